//! Asks for the start-up linker script.

fn main() {
    example_build::link();
}
