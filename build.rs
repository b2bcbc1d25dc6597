//! Chooses the kernel.
//!
//! By the target's name and the cargo features: stable compilers hide the target features `dsp` and
//! `mve` from `cfg`.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!(
        "cargo:rustc-check-cfg=cfg(mild_kernel, values(\"helium\", \"dsp\", \"armv7m\", \"armv6m\", \"riscv\", \"portable\"))"
    );
    let target = env::var("TARGET").unwrap_or_default();
    // Every Armv7E-M core has the instructions; on Armv8-M they are an option of the core.
    let options = target.starts_with("thumbv8m.main");
    let option = options && env::var_os("CARGO_FEATURE_DSP").is_some();
    let kernel = if options && env::var_os("CARGO_FEATURE_HELIUM").is_some() {
        "helium"
    } else if target.starts_with("thumbv7em") || option {
        "dsp"
    } else if target.starts_with("thumbv7m") || target.starts_with("thumbv8m.main") {
        "armv7m"
    } else if target.starts_with("thumbv6m") || target.starts_with("thumbv8m.base") {
        "armv6m"
    } else if target.starts_with("riscv32im") {
        // With the extension M; without it every multiplication is a call.
        "riscv"
    } else {
        // The host's, too.
        "portable"
    };
    println!("cargo:rustc-cfg=mild_kernel=\"{kernel}\"");
    // The directive by which an assembler takes what the target's name has: left to itself it takes
    // the base alone.
    let extensions = target.strip_prefix("riscv32i").and_then(|rest| rest.split('-').next());
    let compressed = extensions.is_some_and(|letters| letters.contains('c'));
    let arch = if compressed { ".option arch, +m, +c" } else { ".option arch, +m" };
    println!("cargo:rustc-env=MILD_RISCV_ARCH={arch}");
    // The directive by which an assembler for a core without the instructions takes them.
    println!("cargo:rustc-env=MILD_DSP_CPU={}", if option { ".cpu cortex-m33" } else { "" });
}
