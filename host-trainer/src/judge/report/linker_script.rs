//! How an image in a file becomes an object file.

use super::c_names::identifier;

/// A script for GNU ld, by which the file `name.bin` becomes an object file with the image in a
/// section of its own, between two symbols.
///
/// They are `name_image` and `name_image_end`, with `name` made a C identifier as for C source, whose
/// header declares the same. The section is read-only and begins at a multiple of four.
#[must_use]
pub fn linker_script(name: &str) -> String {
    let symbol = identifier(name);
    format!(
        "/* Written by `mild export --format bin`. Makes an object file of {name}.bin, for GNU ld:\n \
         *\n \
         *   arm-none-eabi-ld -r --oformat elf32-littlearm -T {name}.ld -o {name}.o\n \
         *   riscv64-unknown-elf-ld -r -m elf32lriscv --oformat elf32-littleriscv -T {name}.ld -o {name}.o\n \
         *\n \
         * In C: extern const uint32_t {symbol}_image[]; extern const uint8_t {symbol}_image_end[]; */\n\
         TARGET(binary)\n\
         INPUT(\"{name}.bin\")\n\
         SECTIONS\n\
         {{\n  \
           .rodata.{symbol}_image (READONLY) : SUBALIGN(4)\n  \
           {{\n    \
             {symbol}_image = .;\n    \
             *(.data)\n    \
             {symbol}_image_end = .;\n  \
           }}\n\
         }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_identifiers_and_the_file_keeps_its_name() {
        let script = linker_script("2nd-node");
        assert!(script.contains("INPUT(\"2nd-node.bin\")\n"), "{script}");
        assert!(script.contains("  .rodata.image_2nd_node_image (READONLY) : SUBALIGN(4)\n"));
        assert!(script.contains("    image_2nd_node_image = .;\n"), "{script}");
    }
}
