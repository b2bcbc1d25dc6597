//! Finds the image to embed, asks for the linker scripts of start-up and log, and sets the log's
//! level.

fn main() {
    example_build::link_with_log();
    example_build::embed_image();
    // What is logged, unless the environment says otherwise.
    println!("cargo:rerun-if-env-changed=DEFMT_LOG");
    let level = std::env::var("DEFMT_LOG").unwrap_or_else(|_| "info".to_owned());
    println!("cargo:rustc-env=DEFMT_LOG={level}");
}
