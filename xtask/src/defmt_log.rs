//! The defmt log of firmware, as text.

use anyhow::{Context, Result};
use defmt_decoder::{DecodeError, Table};
use std::{
    fs::{self, File},
    io::{Read, Write},
    path::Path,
    sync::mpsc,
    thread,
};

/// The lines of the log of `elf`, whose bytes come out of `output`, one by one as they come. They
/// are also written to the file `kept`.
pub(crate) fn lines(
    elf: &Path,
    mut output: impl Read + Send + 'static,
    kept: &Path,
) -> Result<mpsc::Receiver<String>> {
    let bytes = fs::read(elf).with_context(|| format!("cannot read {}", elf.display()))?;
    let table = Table::parse(&bytes)?;
    let table = table.with_context(|| format!("{} has no defmt log", elf.display()))?;
    let mut kept = File::create(kept)?;
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
    Ok(said)
}
