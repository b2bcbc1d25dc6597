//! Finds the image to embed (`MILD_IMAGE`, a directory) and asks for the start-up linker script.

use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=MILD_IMAGE");
    // Here and not in `.cargo/config.toml`, where a RUSTFLAGS of the environment would silently win.
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=-Tdefmt.x");
    // What is logged, unless the environment says otherwise.
    println!("cargo:rerun-if-env-changed=DEFMT_LOG");
    let level = env::var("DEFMT_LOG").unwrap_or_else(|_| "info".to_owned());
    println!("cargo:rustc-env=DEFMT_LOG={level}");

    let given = env::var("MILD_IMAGE").unwrap_or_else(|_| {
        panic!("MILD_IMAGE is not set, expected a directory with rejector.mild")
    });
    let directory =
        fs::canonicalize(&given).unwrap_or_else(|error| panic!("MILD_IMAGE is {given:?}: {error}"));
    assert!(
        directory.join("rejector.mild").is_file(),
        "MILD_IMAGE is {given:?}: no rejector.mild in it"
    );
    println!("cargo:rustc-env=MILD_IMAGE={}", directory.display());
}
