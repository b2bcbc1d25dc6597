//! Chooses the kernel.
//!
//! By the target's name: stable compilers hide the target feature `dsp` from `cfg`.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(mild_kernel, values(\"dsp\", \"armv7m\", \"armv6m\"))");
    println!("cargo:rustc-check-cfg=cfg(mild_assembly)");
    println!("cargo:rustc-check-cfg=cfg(mild_option)");
    println!("cargo:rustc-check-cfg=cfg(mild_kernel_layers)");
    let target = env::var("TARGET").unwrap_or_default();
    // Every Armv7E-M core has the instructions; on Armv8-M they are an option of the core.
    let option = target.starts_with("thumbv8m.main") && env::var_os("CARGO_FEATURE_DSP").is_some();
    let kernel = if target.starts_with("thumbv7em") || option {
        "dsp"
    } else if target.starts_with("thumbv7m") || target.starts_with("thumbv8m.main") {
        "armv7m"
    } else if target.starts_with("thumbv6m") || target.starts_with("thumbv8m.base") {
        "armv6m"
    } else {
        // The portable kernel, on the host too.
        return;
    };
    println!("cargo:rustc-cfg=mild_kernel=\"{kernel}\"");
    println!("cargo:rustc-cfg=mild_assembly");
    if option {
        println!("cargo:rustc-cfg=mild_option");
    }
    if kernel != "armv6m" {
        // Its routines compute whole layers, not only rows.
        println!("cargo:rustc-cfg=mild_kernel_layers");
    }
}
