//! Asks for the start-up linker script, and finds the images: `old.mild`, `new.mild` and the bytes
//! of the public key, `public.key`, in the directory `MILD_IMAGE`.

fn main() {
    example_build::link();
    let directory = example_build::image_directory();
    for name in ["old.mild", "new.mild", "public.key"] {
        println!("cargo:rerun-if-changed={}", directory.join(name).display());
    }
    println!("cargo:rustc-env=MILD_IMAGE={}", directory.display());
}
