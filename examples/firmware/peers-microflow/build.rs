//! Writes the models: dense int8 networks of the shapes in `MILD_SHAPES`, as TensorFlow Lite files, and a list of them.

#[path = "tflite.rs"]
mod tflite;

use std::{env, fmt::Write, fs, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=tflite.rs");
    println!("cargo:rerun-if-env-changed=MILD_SHAPES");
    // Here and not in `.cargo/config.toml`, where a RUSTFLAGS of the environment would silently win.
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=--nmagic");

    let shapes = env::var("MILD_SHAPES").unwrap_or_else(|_| {
        panic!("MILD_SHAPES is not set, expected shapes such as 16-32-16-5,32-16")
    });
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut list = String::from("networks! {\n");
    for name in shapes.split(',') {
        let widths: Vec<usize> = name
            .split('-')
            .map(|width| {
                width.parse().unwrap_or_else(|_| panic!("MILD_SHAPES has {name:?}, expected a-b-c"))
            })
            .collect();
        let path = out.join(name).with_extension("tflite");
        fs::write(&path, tflite::dense(&widths)).expect("OUT_DIR is writable");
        let macs: usize = widths.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let module = name.replace('-', "_");
        writeln!(list, "    n{module} {name:?} {path:?} {} {macs};", widths[0]).expect("a string");
    }
    list.push_str("}\n");
    fs::write(out.join("networks.rs"), list).expect("OUT_DIR is writable");
}
