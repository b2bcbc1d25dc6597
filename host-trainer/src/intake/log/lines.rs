//! One kind of line end.

use std::io::{self, Read};

/// Turns every line end (LF, CR LF, CR) into LF and ends the last line, because the CSV reader's
/// line count is only right then.
pub(super) struct LineEnds<R> {
    inner: R,
    after_cr: bool,
    last: u8,
}

impl<R: Read> LineEnds<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, after_cr: false, last: b'\n' }
    }
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
            LineEnds::new(given.as_bytes()).read_to_string(&mut whole).unwrap();
            assert_eq!(whole, expected);
            let mut slow = String::new();
            LineEnds::new(Slow(given.as_bytes())).read_to_string(&mut slow).unwrap();
            assert_eq!(slow, expected);
        }
    }
}
