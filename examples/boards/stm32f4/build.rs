//! Hands the linker this board's memory map and the linker scripts of the start-up code and of the log.

use std::{env, fs, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=memory.x");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::copy("memory.x", out.join("memory.x")).expect("memory.x is readable, OUT_DIR is writable");
    println!("cargo:rustc-link-search={}", out.display());
    // Here and not in `.cargo/config.toml`, where a RUSTFLAGS of the environment would silently win.
    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=-Tdefmt.x");
}
