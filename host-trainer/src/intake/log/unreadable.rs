//! What it means that a table cannot be read further.

use std::io;
use std::path::Path;

use super::encoding::Malformed;
use crate::error::{Error, LogError};

/// The error for bytes that are in another encoding than the usual one.
pub(super) fn not_utf8(file: &Path, line: u64) -> Error {
    Error::from(LogError::Encoding {
        file: file.to_path_buf(),
        line,
        encoding: "UTF-8",
        change: "save it as UTF-8, or set `encoding` in `[data]`, for most spreadsheets \
                 `encoding = \"windows-1252\"`"
            .to_owned(),
    })
}

/// What an error of a reader below means: that the compressed data are damaged, that the bytes are
/// in another encoding, or that reading failed.
pub(super) fn reading(
    file: &Path,
    compression: Option<&'static str>,
    line: u64,
    error: io::Error,
) -> Error {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    let path = file.to_path_buf();
    if let Some(&Malformed(encoding)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        let change = "set the right `encoding` in `[data]`, or save it as UTF-8".to_owned();
        return LogError::Encoding { file: path, line, encoding, change }.into();
    }
    match (error.kind(), compression) {
        (InvalidData | InvalidInput | UnexpectedEof, Some(format)) => {
            LogError::Damaged { file: path, line, format, found: error.to_string() }.into()
        }
        _ => Error::Io { path, source: error },
    }
}
