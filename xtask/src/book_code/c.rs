//! Blocks of C.

use super::{
    blocks::Block,
    frames::{Frame, framed},
};
use crate::{
    apt,
    c_library::{WARNINGS, directory},
    process::{find_program, run_quietly, target_dir},
};
use anyhow::{Context, Result};
use std::{fs, process::Command};

/// Something like the header that `mild export --format c` writes.
const REJECTOR: &str = r#"
#include "mild.h"
enum { REJECTOR_INPUTS = 8, REJECTOR_SCRATCH_WORDS = 24, REJECTOR_IMAGE_WORDS = 99 };
enum { REJECTOR_INPUT_TEMP = 0 };
extern const uint32_t rejector_image[REJECTOR_IMAGE_WORDS];
typedef struct { int samples; } rejector_window_sound;
mild_status rejector_window_sound_push(rejector_window_sound *of, int16_t sample,
                                       float inputs[REJECTOR_INPUTS], bool *ready);
"#;

const GOVERNED: &str = r#"
#include "rejector.h"
extern mild_image image;
extern mild_governor governor;
extern uint32_t scratch[REJECTOR_SCRATCH_WORDS];
void take(const float features[REJECTOR_INPUTS]);
void take(const float features[REJECTOR_INPUTS]) {
"#;

const CLIENT: &str = r#"
#include "rejector.h"
extern struct uart { int registers; } uart;
extern mild_retry_policy policy;
extern mild_client client;
extern mild_governor_input input;
extern mild_client_input asked;
extern uint32_t node;
extern uint8_t key_number;
extern uint8_t key[MILD_KEY_BYTES];
size_t uart_read(void *context, uint8_t *into, size_t size);
bool uart_write(void *context, const uint8_t *bytes, size_t size);
uint64_t uptime_ms(void *context);
void wait_for_interrupt(void *context);
uint64_t random_64_bits(void);
void start(void);
void start(void) {
    mild_outcome outcome;
"#;

const FRAMES: &[Frame] = &[
    frame("docs/firmware-c.md", 0, "", ""),
    frame("docs/firmware-c.md", 1, "#include \"mild.h\"\nextern mild_image image;\n", ""),
    frame(
        "docs/firmware-c.md",
        2,
        "#include \"rejector.h\"\nfloat temperature(void);\nvoid decide(const float *inputs);\n",
        "",
    ),
    frame("docs/firmware-c.md", 3, "#include \"mild.h\"\n", ""),
    frame("mild-c/README.md", 0, "", ""),
    frame("mild-c/README.md", 1, GOVERNED, "}\n"),
    frame("mild-c/README.md", 2, CLIENT, "}\n"),
];

const fn frame(
    document: &'static str,
    place: usize,
    before: &'static str,
    after: &'static str,
) -> Frame {
    Frame { document, place, before, after }
}

pub(super) fn compile(blocks: &[&Block]) -> Result<()> {
    if find_program("gcc").is_none() {
        apt::install(&["gcc"], "a C compiler")?;
    }
    let folder = target_dir().join("book-code/c");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("rejector.h"), REJECTOR)?;
    for (block, frame) in framed(blocks, FRAMES)? {
        let source = folder.join(block.name()).with_extension("c");
        fs::write(&source, [frame.before, &block.code, frame.after].concat())?;
        let mut gcc = Command::new("gcc");
        gcc.args(["-std=c99", "-fsyntax-only"]).args(WARNINGS);
        // Fragments call functions before anybody declares them, and hold what nobody uses.
        gcc.args(["-Wno-unused", "-I"]).arg(directory().join("include")).arg("-I").arg(&folder);
        run_quietly(gcc.arg(&source))
            .with_context(|| format!("{}:{}", block.document, block.line))?;
    }
    Ok(())
}
