//! Lists the images to embed (all `*.mild` in the directory `MILD_IMAGE`) and asks for the start-up linker script.

use std::{env, fmt::Write, fs, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=MILD_IMAGE");
    // Here and not in `.cargo/config.toml`, where a RUSTFLAGS of the environment would silently win.
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=--nmagic");

    let given = env::var("MILD_IMAGE")
        .unwrap_or_else(|_| panic!("MILD_IMAGE is not set, expected a directory with images"));
    println!("cargo:rerun-if-changed={given}");
    let directory =
        fs::read_dir(&given).unwrap_or_else(|error| panic!("MILD_IMAGE is {given:?}: {error}"));
    let mut paths: Vec<PathBuf> = directory
        .map(|entry| entry.expect("MILD_IMAGE is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mild"))
        .collect();
    assert!(!paths.is_empty(), "MILD_IMAGE is {given:?}: no *.mild in it");
    paths.sort();

    let mut list = String::from("[\n");
    for path in &paths {
        println!("cargo:rerun-if-changed={}", path.display());
        let name = path.file_stem().unwrap_or_default();
        writeln!(list, "    ({name:?}, mild::include_image!({path:?})),").expect("a string");
    }
    list.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("images.rs"), list).expect("OUT_DIR is writable");
    println!("cargo:rustc-env=IMAGES={}", paths.len());
}
