//! The emulated nodes, one in Rust and one in C, and what they say.

use crate::{defmt_log, process::collect_lines};
use anyhow::{Context, Result};
use std::{
    fs::File,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
};

/// A program of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// `examples/firmware/node`, which embeds its image and logs with defmt.
    Rust,
    /// `mild-c/tests/node.c`, which has its image in the flash slot and prints lines.
    C,
}

/// Starts the node. The lines of its log arrive one by one, and are also written to a file.
pub(super) fn listen(
    command: &mut Command,
    language: Language,
    elf: &Path,
    directory: &Path,
) -> Result<(Child, mpsc::Receiver<String>)> {
    let mut node = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(directory.join("qemu.log"))?)
        .spawn()
        .context("cannot start the emulator")?;
    let output = node.stdout.take().context("no output of the emulator")?;
    let said = match language {
        Language::Rust => defmt_log::lines(elf, output, &directory.join("node.log"))?,
        Language::C => collect_lines(output),
    };
    Ok((node, said))
}
