//! The emulated node and its log.

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

/// Starts the node. The lines of its log arrive one by one, and are also written to a file.
pub(super) fn listen(
    command: &mut Command,
    elf: &Path,
    directory: &Path,
) -> Result<(Child, mpsc::Receiver<String>)> {
    let elf = fs::read(elf).with_context(|| format!("cannot read {}", elf.display()))?;
    let table = Table::parse(&elf)?.context("the node has no defmt log")?;
    let mut node = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(directory.join("qemu.log"))?)
        .spawn()
        .context("cannot start the emulator")?;
    let mut output = node.stdout.take().context("no output of the emulator")?;
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
