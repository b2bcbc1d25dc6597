//! Finds the image to embed and asks for the start-up linker script.

fn main() {
    example_build::link();
    example_build::embed_image();
}
