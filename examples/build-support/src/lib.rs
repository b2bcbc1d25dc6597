//! What the build scripts of the device examples share. Every function panics with a reason, as
//! build scripts do.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Asks the linker for the start-up code's linker script.
///
/// Here and not in `.cargo/config.toml`, where a `RUSTFLAGS` of the environment would silently win.
pub fn link() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
}

/// The same with the linker script of defmt's log.
pub fn link_with_log() {
    link();
    println!("cargo:rustc-link-arg-bins=-Tdefmt.x");
}

/// Makes this the memory map that the start-up code's linker script includes.
///
/// # Panics
///
/// If it cannot be written.
pub fn memory_map(text: &str) {
    let out = out_dir();
    fs::write(out.join("memory.x"), text).expect("OUT_DIR is writable");
    println!("cargo:rustc-link-search={}", out.display());
}

/// The same from the file `memory.x` of the package.
///
/// # Panics
///
/// If there is no such file.
pub fn memory_map_of_package() {
    println!("cargo:rerun-if-changed=memory.x");
    memory_map(&fs::read_to_string("memory.x").expect("memory.x is readable"));
}

/// Where a build script writes.
///
/// # Panics
///
/// Outside of cargo.
#[must_use]
pub fn out_dir() -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"))
}

/// The directory that the variable `MILD_IMAGE` names; the build runs again when that changes.
///
/// # Panics
///
/// If the variable is not set or names no directory.
#[must_use]
pub fn image_directory() -> PathBuf {
    println!("cargo:rerun-if-env-changed=MILD_IMAGE");
    let given = env::var("MILD_IMAGE")
        .unwrap_or_else(|_| panic!("MILD_IMAGE is not set, expected a directory with images"));
    let directory =
        fs::canonicalize(&given).unwrap_or_else(|error| panic!("MILD_IMAGE is {given:?}: {error}"));
    assert!(directory.is_dir(), "MILD_IMAGE is {given:?}, which is no directory");
    directory
}

/// Makes `rejector.mild` in [`image_directory`] the image that `env!("MILD_IMAGE")` leads to.
///
/// # Panics
///
/// If it is not there.
pub fn embed_image() {
    let directory = image_directory();
    let image = directory.join("rejector.mild");
    assert!(Path::is_file(&image), "there is no {}", image.display());
    println!("cargo:rustc-env=MILD_IMAGE={}", directory.display());
}
