//! What a file is by its first bytes: compressed text, or something that is no text at all.

/// A file that is known by its first bytes.
pub(super) enum Signature {
    Gzip,
    Zstd,
    /// What it is, and how it becomes text.
    Other(&'static str, &'static str),
}

const EXPORT: &str = "export it as CSV";

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
    (b"PAR1", "a Parquet file", EXPORT),
    (b"ARROW1", "an Arrow file", EXPORT),
    (b"\x93NUMPY", "a NumPy array", EXPORT),
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
    let other = OTHERS.iter().find(|(magic, ..)| start.starts_with(magic));
    // No table has a header that begins as these do.
    let markup = || {
        let text = start.trim_ascii_start();
        if text.starts_with(b"{\"") || text.starts_with(b"[{") {
            Some(Signature::Other("JSON", EXPORT))
        } else if text.starts_with(b"<") {
            Some(Signature::Other("HTML or XML", EXPORT))
        } else {
            None
        }
    };
    other.map_or_else(markup, |&(_, what, change)| Some(Signature::Other(what, change)))
}
