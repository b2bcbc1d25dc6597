//! The bytes of a log: hashed as they are stored, decompressed if need be, with one kind of line
//! end.

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A reader that computes the digest of what goes through it.
pub(super) struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Hashed<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, hash: Sha256::new() }
    }

    /// The first eight bytes of the SHA-256 of all bytes, those after the last one asked for
    /// included.
    pub(super) fn finish(mut self) -> io::Result<[u8; 8]> {
        io::copy(&mut self, &mut io::sink())?;
        let mut digest = [0; 8];
        digest.copy_from_slice(&self.hash.finalize()[..8]);
        Ok(digest)
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(&buffer[..n]);
        Ok(n)
    }
}

/// The text of a log that may be compressed, and whether it is.
pub(super) fn text<'a>(
    mut stored: impl Read + 'a,
) -> io::Result<(LineEnds<Box<dyn Read + 'a>>, bool)> {
    let mut start = Vec::with_capacity(GZIP.len());
    stored.by_ref().take(GZIP.len() as u64).read_to_end(&mut start)?;
    let compressed = start == GZIP;
    let stored = BufReader::with_capacity(1 << 16, Cursor::new(start).chain(stored));
    let text: Box<dyn Read + 'a> =
        if compressed { Box::new(MultiGzDecoder::new(stored)) } else { Box::new(stored) };
    Ok((LineEnds { inner: text, after_cr: false, last: b'\n' }, compressed))
}

/// Turns every line end (LF, CR LF, CR) into LF and ends the last line, because the CSV reader's
/// line count is only right then.
pub(super) struct LineEnds<R> {
    inner: R,
    after_cr: bool,
    last: u8,
}

impl<R: Read> Read for LineEnds<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let n = self.inner.read(buffer)?;
            if n == 0 {
                let open = self.last != b'\n';
                if open {
                    buffer[0] = b'\n';
                    self.last = b'\n';
                }
                return Ok(usize::from(open));
            }
            let mut kept = n;
            if self.after_cr || buffer[..n].contains(&b'\r') {
                kept = 0;
                for i in 0..n {
                    let byte = buffer[i];
                    let second_half = byte == b'\n' && self.after_cr;
                    self.after_cr = byte == b'\r';
                    if !second_half {
                        buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                        kept += 1;
                    }
                }
            }
            if kept > 0 {
                self.last = buffer[kept - 1];
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every boundary is met.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(buffer.len()).min(1);
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn every_line_end_becomes_lf() {
        for (given, expected) in
            [("a\r\nb\r\n", "a\nb\n"), ("a\rb", "a\nb\n"), ("a\n\r\n\nb", "a\n\n\nb\n"), ("", "")]
        {
            let mut whole = String::new();
            text(given.as_bytes()).unwrap().0.read_to_string(&mut whole).unwrap();
            assert_eq!(whole, expected);
            let mut slow = String::new();
            text(Slow(given.as_bytes())).unwrap().0.read_to_string(&mut slow).unwrap();
            assert_eq!(slow, expected);
        }
    }

    #[test]
    fn the_digest_covers_bytes_that_nobody_read() {
        let mut hashed = Hashed::new(&b"abc"[..]);
        hashed.read_exact(&mut [0]).unwrap();
        assert_eq!(hashed.finish().unwrap(), [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea]);
    }
}
