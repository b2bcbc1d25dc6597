//! The emulated nodes, one in Rust and one in C, and what they say.

use crate::process::collect_lines;
use anyhow::{Context, Result};
use defmt_decoder::{DecodeError, Table};
use std::{
    fs::{self, File},
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
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
    let table = match language {
        Language::Rust => {
            let elf = fs::read(elf).with_context(|| format!("cannot read {}", elf.display()))?;
            Some(Table::parse(&elf)?.context("the node has no defmt log")?)
        }
        Language::C => None,
    };
    let mut node = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(directory.join("qemu.log"))?)
        .spawn()
        .context("cannot start the emulator")?;
    let mut output = node.stdout.take().context("no output of the emulator")?;
    let Some(table) = table else { return Ok((node, collect_lines(output))) };
    let mut kept = File::create(directory.join("node.log"))?;
    let (sender, said) = mpsc::channel();
    thread::spawn(move || {
        let mut decoder = table.new_stream_decoder();
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = output.read(&mut piece) {
            decoder.received(&piece[..length]);
            loop {
                let line = match decoder.decode() {
                    Ok(frame) => {
                        let level = frame.level().map(|level| format!("{level:?} "));
                        format!("{}{}", level.unwrap_or_default(), frame.display_message())
                    }
                    Err(DecodeError::UnexpectedEof) => break,
                    // A panic's text, for instance.
                    Err(DecodeError::Malformed) => "(not a log frame)".to_owned(),
                };
                // The file is for people, and not needed.
                let _ = writeln!(kept, "{line}");
                if sender.send(line).is_err() {
                    return;
                }
            }
        }
    });
    Ok((node, said))
}
