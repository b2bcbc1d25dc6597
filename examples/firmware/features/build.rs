//! Asks for the start-up linker script.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Here and not in `.cargo/config.toml`, where a RUSTFLAGS of the environment would silently win.
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=--nmagic");
}
