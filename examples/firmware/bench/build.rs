//! Lists the images to embed (all `*.mild` in the directory `MILD_IMAGE`) and asks for the start-up
//! linker script.

use std::{fmt::Write, fs, path::PathBuf};

fn main() {
    example_build::link();
    let directory = example_build::image_directory();
    println!("cargo:rerun-if-changed={}", directory.display());
    let entries = fs::read_dir(&directory).expect("MILD_IMAGE is readable");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("MILD_IMAGE is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mild"))
        .collect();
    assert!(!paths.is_empty(), "no *.mild in {}", directory.display());
    paths.sort();

    let mut list = String::from("[\n");
    for path in &paths {
        println!("cargo:rerun-if-changed={}", path.display());
        let name = path.file_stem().unwrap_or_default();
        writeln!(list, "    ({name:?}, mild::include_image!({path:?})),").expect("a string");
    }
    list.push(']');
    fs::write(example_build::out_dir().join("images.rs"), list).expect("OUT_DIR is writable");
    println!("cargo:rustc-env=IMAGES={}", paths.len());
}
