//! Asks for the start-up linker script, and finds the image: `signed.mild` in the directory
//! `MILD_IMAGE`, and the bytes of the public key, `public.key`.

fn main() {
    example_build::link();
    let directory = example_build::image_directory();
    println!("cargo:rerun-if-changed={}", directory.display());
    println!("cargo:rustc-env=MILD_IMAGE={}", directory.display());
}
