//! Writes the models: dense int8 networks of the shapes in `MILD_SHAPES`, as TensorFlow Lite files,
//! and a list of them.

mod tflite;

use std::{env, fmt::Write, fs};

fn main() {
    println!("cargo:rerun-if-changed=tflite.rs");
    println!("cargo:rerun-if-env-changed=MILD_SHAPES");
    example_build::link();

    let shapes = env::var("MILD_SHAPES").unwrap_or_else(|_| {
        panic!("MILD_SHAPES is not set, expected shapes such as 16-32-16-5,32-16")
    });
    let out = example_build::out_dir();
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
