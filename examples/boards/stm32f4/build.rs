//! Hands the linker this board's memory map and the linker scripts of the start-up code and of the
//! log.

fn main() {
    example_build::link_with_log();
    example_build::memory_map_of_package();
}
