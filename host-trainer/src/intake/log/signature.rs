//! What a file is by its first bytes: compressed text, or something that is no text at all.

use super::foreign::{self, ForeignFormat};

/// A file that is known by its first bytes.
pub(super) enum Signature {
    Gzip,
    Zstd,
    /// A zip archive that begins with an array of NumPy.
    Npz,
    /// A table in a format that another crate reads.
    Foreign(&'static ForeignFormat),
    /// What it is, and how it becomes text.
    Other(&'static str, &'static str),
}

const EXPORT: &str = "export it as CSV";

/// What is said of formats that other programs read, and Python with them.
const CONVERT: &str = "use the program of the package `columnar`, write it as CSV, or train from Python, which reads it: docs/logs.md has the lines for \
                       either";

const LINES: &str = "write each object on a line of its own (JSON Lines), as `jq -c '.[]'` does, or pandas with \
                     `to_json(…, orient=\"records\", lines=True)`";

/// Those that are no text. A workbook is a zip archive as well.
const OTHERS: [(&[u8], &str, &str); 12] = [
    (
        b"PK\x03\x04",
        "a zip archive or a spreadsheet's workbook",
        "unpack it, or save the sheet as CSV",
    ),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old spreadsheet's workbook", "save the sheet as CSV"),
    (b"BZh", "a file compressed with bzip2", "unpack it, or compress it with gzip or zstd"),
    (b"\xfd7zXZ\0", "a file compressed with xz", "unpack it, or compress it with gzip or zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"PAR1", "a Parquet file", CONVERT),
    (b"ARROW1", "an Arrow or Feather file", CONVERT),
    (
        b"\x93NUMPY",
        "an array of NumPy alone",
        "save all columns in one file, as `numpy.savez(\"log.npz\", x=x, label=label)` does",
    ),
    (b"\x89HDF\r\n", "an HDF5 file", EXPORT),
    (b"SQLite format 3\0", "an SQLite data base", EXPORT),
    (b"%PDF", "a PDF", EXPORT),
    (b"MILD", "an image of a rejector", "give the path of the log"),
];

/// What begins like this, if it is no plain text.
pub(super) fn of(start: &[u8]) -> Option<Signature> {
    if start.starts_with(&[0x1f, 0x8b]) {
        return Some(Signature::Gzip);
    }
    // The second one is a frame to be skipped.
    if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || matches!(start, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
    {
        return Some(Signature::Zstd);
    }
    if is_npz(start) {
        return Some(Signature::Npz);
    }
    if let Some(format) = foreign::of(start) {
        return Some(Signature::Foreign(format));
    }
    let other = OTHERS.iter().find(|(magic, ..)| start.starts_with(magic));
    // No table has a header that begins as these do.
    let markup = || {
        let text = start.trim_ascii_start();
        let list = text.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
        if list.is_some_and(|list| list.starts_with(b"{")) {
            Some(Signature::Other("a list in JSON", LINES))
        } else if text.starts_with(b"<") {
            Some(Signature::Other("HTML or XML", EXPORT))
        } else {
            None
        }
    };
    other.map_or_else(markup, |&(_, what, change)| Some(Signature::Other(what, change)))
}

/// Whether the first file of a zip archive is an array. Its name follows 30 bytes, and its length is
/// in bytes 26 and 27 (APPNOTE.TXT, 4.3.7).
fn is_npz(start: &[u8]) -> bool {
    let name =
        start.get(26..28).map(|length| usize::from(u16::from_le_bytes([length[0], length[1]])));
    let name = name.and_then(|length| start.get(30..30 + length));
    start.starts_with(b"PK\x03\x04") && name.is_some_and(|name| name.ends_with(b".npy"))
}
