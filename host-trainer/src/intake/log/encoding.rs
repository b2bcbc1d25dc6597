//! Which encoding a text is in, and the text in UTF-8.

use std::fmt;
use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// The encoding of a text.
pub(super) struct Recognised {
    pub(super) encoding: &'static Encoding,
    /// The bytes of its byte order mark.
    pub(super) mark: usize,
}

/// The encoding of a text by its first bytes: what its byte order mark says; without one what is
/// `set`; else UTF-16 if every other byte is mostly zero, as in text with few letters beyond ASCII;
/// else UTF-8.
pub(super) fn recognise(start: &[u8], set: Option<&'static Encoding>) -> Recognised {
    if let Some((encoding, mark)) = Encoding::for_bom(start) {
        return Recognised { encoding, mark };
    }
    let zeros = |first: usize| start.iter().skip(first).step_by(2).filter(|&&b| b == 0).count();
    let mostly = |zeros: usize| zeros > start.len() / 4;
    let guess = match (mostly(zeros(0)), mostly(zeros(1))) {
        (false, true) => UTF_16LE,
        (true, false) => UTF_16BE,
        _ => UTF_8,
    };
    Recognised { encoding: set.unwrap_or(guess), mark: 0 }
}

/// Bytes that do not fit their encoding.
#[derive(Debug)]
pub(super) struct Malformed(pub(super) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytes that are not {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// The text of a source in UTF-8.
pub(super) struct Decoded<R> {
    source: R,
    decoder: Decoder,
    /// Bytes of the source that are not decoded yet.
    pending: Vec<u8>,
    /// Text that is not read yet, from `given` on.
    text: Vec<u8>,
    given: usize,
    ended: bool,
    broken: bool,
}

/// Bytes that are decoded at a time.
const CHUNK: usize = 1 << 14;

impl<R: Read> Decoded<R> {
    /// `source` has no byte order mark.
    pub(super) fn new(source: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_without_bom_handling();
        let (pending, text) = (Vec::with_capacity(CHUNK), Vec::new());
        Self { source, decoder, pending, text, given: 0, ended: false, broken: false }
    }

    /// Decodes the next bytes.
    fn fill(&mut self) -> io::Result<()> {
        let read = self.source.by_ref().take(CHUNK as u64).read_to_end(&mut self.pending)?;
        self.ended = read == 0;
        let room = self.decoder.max_utf8_buffer_length_without_replacement(self.pending.len());
        self.text.resize(room.unwrap_or(CHUNK * 4), 0);
        let (result, consumed, written) = self.decoder.decode_to_utf8_without_replacement(
            &self.pending,
            &mut self.text,
            self.ended,
        );
        self.pending.drain(..consumed);
        self.text.truncate(written);
        self.given = 0;
        self.broken = matches!(result, DecoderResult::Malformed(..));
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            // What stands before the damage is given first, so that the message has its line.
            if self.broken {
                return Err(io::Error::other(Malformed(self.decoder.encoding().name())));
            }
            if self.ended {
                return Ok(0);
            }
            self.fill()?;
        }
        let n = buffer.len().min(self.text.len() - self.given);
        buffer[..n].copy_from_slice(&self.text[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], encoding: &'static Encoding) -> (String, Option<String>) {
        let mut text = Vec::new();
        let error = Decoded::new(bytes, encoding).read_to_end(&mut text).err();
        (String::from_utf8(text).unwrap(), error.map(|error| error.to_string()))
    }

    #[test]
    fn long_texts_are_decoded_whole() {
        let text = "é😀,".repeat(20_000);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded(&bytes, UTF_16LE), (text, None));
        let latin = decoded(b"caf\xe9", encoding_rs::WINDOWS_1252);
        assert_eq!(latin, ("café".to_owned(), None));
    }

    #[test]
    fn damage_comes_after_the_text_before_it() {
        let (text, error) = decoded(b"a\0b\0c", UTF_16LE);
        assert_eq!((text.as_str(), error.as_deref()), ("ab", Some("bytes that are not UTF-16LE")));
    }

    #[test]
    fn utf_16_without_a_mark_is_recognised() {
        let bytes: Vec<u8> = "x0,label\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(recognise(&bytes, None).encoding, UTF_16BE);
        assert_eq!(recognise(b"x0,label\n", None).encoding, UTF_8);
        assert_eq!(recognise(b"", None).encoding, UTF_8);
        let set = Some(encoding_rs::WINDOWS_1252);
        assert_eq!(recognise("\u{feff}x".as_bytes(), set).encoding, UTF_8);
        assert_eq!(recognise(b"x", set).encoding, encoding_rs::WINDOWS_1252);
    }
}
