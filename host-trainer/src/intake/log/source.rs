//! From the bytes of a log to its text: decompressed, decoded to UTF-8, with one kind of line end;
//! or to the archive that it is.

use std::fmt;
use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::encoding::{self, Decoded};
use super::foreign::ForeignFormat;
use super::lines::LineEnds;
use super::signature::{self, Signature};
use super::zstd::ZstdFrames;
use encoding_rs::Encoding;

/// Bytes that are looked at to recognise what a file is.
const START: usize = 1 << 12;

/// What the bytes of a log are.
pub(super) enum Stored<'a> {
    Text(Text<'a>),
    /// An archive of NumPy's arrays, all of it.
    Npz(Vec<u8>),
    /// A file in a format that another crate reads, all of it.
    Foreign(&'static ForeignFormat, Vec<u8>),
}

/// The text of a table.
pub(super) struct Text<'a> {
    pub(super) lines: LineEnds<Box<dyn Read + 'a>>,
    pub(super) origin: Origin,
}

/// How the text was stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    /// `gzip` or `zstd`.
    pub(super) compression: Option<&'static str>,
    pub(super) encoding: &'static Encoding,
    /// Whether it begins with a byte order mark.
    pub(super) marked: bool,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(compression) = self.compression {
            write!(f, "{compression}, ")?;
        }
        f.write_str(self.encoding.name())?;
        if self.marked { f.write_str(" with a byte order mark") } else { Ok(()) }
    }
}

/// Why there is no text.
pub(super) enum NoText {
    Io(io::Error),
    /// What is compressed like this is damaged at its beginning.
    Compressed(&'static str, io::Error),
    /// The file is something else: what, and what to do.
    Other(&'static str, &'static str),
}

impl From<io::Error> for NoText {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A table that may be compressed. Without an `encoding` its text is UTF-16 where that is
/// recognised, else UTF-8.
pub(super) fn open<'a>(
    stored: impl Read + 'a,
    encoding: Option<&'static Encoding>,
) -> Result<Stored<'a>, NoText> {
    let (start, stored) = peek(stored)?;
    let mut stored = BufReader::with_capacity(1 << 16, stored);
    let (compression, plain): (_, Box<dyn Read + 'a>) = match signature::of(&start) {
        Some(Signature::Gzip) => (Some("gzip"), Box::new(MultiGzDecoder::new(stored))),
        Some(Signature::Zstd) => (Some("zstd"), Box::new(ZstdFrames::new(stored))),
        Some(Signature::Npz) => {
            let mut archive = Vec::new();
            stored.read_to_end(&mut archive)?;
            return Ok(Stored::Npz(archive));
        }
        Some(Signature::Foreign(format)) => {
            let mut table = Vec::new();
            stored.read_to_end(&mut table)?;
            return Ok(Stored::Foreign(format, table));
        }
        Some(Signature::Other(what, change)) => return Err(NoText::Other(what, change)),
        None => (None, Box::new(stored)),
    };
    let (start, plain) = match compression {
        None => (start, plain),
        Some(format) => {
            let (start, plain) = peek(plain).map_err(|error| NoText::Compressed(format, error))?;
            match signature::of(&start) {
                Some(Signature::Other(what, change)) => return Err(NoText::Other(what, change)),
                Some(Signature::Foreign(format)) => {
                    return Err(NoText::Other(format.name, "unpack it: it is compressed inside"));
                }
                _ => {}
            }
            (start, Box::new(plain) as Box<dyn Read + 'a>)
        }
    };
    let recognised = encoding::recognise(&start, encoding);
    if recognised.encoding == encoding_rs::UTF_8 && start.contains(&0) {
        return Err(NoText::Other(
            "bytes that are no text (some are zero)",
            "save it as CSV, or set `encoding` in `[data]`",
        ));
    }
    let origin = Origin { compression, encoding: recognised.encoding, marked: recognised.mark > 0 };
    let mut plain = plain;
    io::copy(&mut plain.by_ref().take(recognised.mark as u64), &mut io::sink())?;
    let utf8: Box<dyn Read + 'a> = match recognised.encoding == encoding_rs::UTF_8 {
        true => plain,
        false => Box::new(Decoded::new(plain, recognised.encoding)),
    };
    Ok(Stored::Text(Text { lines: LineEnds::new(utf8), origin }))
}

/// The first bytes, and everything.
fn peek<'a>(mut stored: impl Read + 'a) -> io::Result<(Vec<u8>, impl Read + 'a)> {
    let mut start = Vec::with_capacity(START);
    stored.by_ref().take(START as u64).read_to_end(&mut start)?;
    Ok((start.clone(), Cursor::new(start).chain(stored)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(stored: &[u8]) -> (String, Origin) {
        let Ok(Stored::Text(Text { mut lines, origin })) = open(stored, None) else {
            panic!("no text")
        };
        let mut whole = String::new();
        lines.read_to_string(&mut whole).unwrap();
        (whole, origin)
    }

    #[test]
    fn byte_order_marks_are_no_text() {
        let (text, origin) = read("\u{feff}a,b\r\n".as_bytes());
        assert_eq!((text.as_str(), origin.marked), ("a,b\n", true));
        let wide: Vec<u8> = "\u{feff}é,b\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let (text, origin) = read(&wide);
        assert_eq!((text.as_str(), origin.encoding), ("é,b\n", encoding_rs::UTF_16BE));
        let (text, origin) = read(&wide[2..]);
        assert_eq!((text.as_str(), origin.marked), ("é,b\n", false));
    }

    #[test]
    fn other_files_are_named() {
        for (stored, name) in
            [(&b"PK\x03\x04..."[..], "zip"), (b"PAR1....", "Parquet"), (b"a\0,b", "zero")]
        {
            match open(stored, None) {
                Err(NoText::Other(what, _)) => assert!(what.contains(name), "{what}"),
                _ => panic!("{name} is read"),
            }
        }
    }
}
