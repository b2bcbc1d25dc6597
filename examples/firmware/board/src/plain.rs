//! Writing to the host without formatting, which would bring panics.

use crate::hio;

/// Writes a line: a name, and numbers in hexadecimal.
pub fn write_line(name: &str, numbers: &[u32]) {
    let Ok(mut host) = hio::hstdout() else { return };
    // The host sees that something is missing.
    let _ = host.write_all(name.as_bytes());
    for number in numbers {
        let mut text = *b" 00000000";
        let mut rest = *number;
        for digit in text.iter_mut().skip(1).rev() {
            let value = (rest & 15) as u8;
            *digit = if value < 10 { b'0' + value } else { b'a' - 10 + value };
            rest >>= 4;
        }
        let _ = host.write_all(&text);
    }
    let _ = host.write_all(b"\n");
}
