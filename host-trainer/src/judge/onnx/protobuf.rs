//! Messages in the wire format of Protocol Buffers, as far as ONNX needs them: each field is a key and
//! a variable-length integer, four bytes, or a length and bytes.

/// A message that is being written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Message {
    bytes: Vec<u8>,
}

/// How the value of a field is stored, the low three bits of its key.
#[derive(Debug, Clone, Copy)]
enum Wire {
    Varint = 0,
    Length = 2,
}

impl Message {
    /// The message with an integer that is not negative.
    pub(super) fn integer(mut self, field: u32, value: u64) -> Self {
        self.key(field, Wire::Varint);
        self.varint(value);
        self
    }

    /// The message with bytes.
    pub(super) fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        self.key(field, Wire::Length);
        self.varint(value.len() as u64);
        self.bytes.extend_from_slice(value);
        self
    }

    /// The message with a text.
    pub(super) fn text(self, field: u32, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    /// The message with another one in it.
    pub(super) fn message(self, field: u32, value: &Self) -> Self {
        self.bytes(field, &value.bytes)
    }

    /// The message with several others under the same field.
    pub(super) fn messages(self, field: u32, values: impl IntoIterator<Item = Self>) -> Self {
        values.into_iter().fold(self, |message, value| message.message(field, &value))
    }

    /// The bytes of a file.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn key(&mut self, field: u32, wire: Wire) {
        self.varint(u64::from(field) << 3 | wire as u64);
    }

    /// Seven bits a byte, the lowest first; the highest bit of a byte says that another one follows.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of <https://protobuf.dev/programming-guides/encoding/>.
    #[test]
    fn fields_are_written_as_the_specification_shows() {
        let one = Message::default().integer(1, 150);
        assert_eq!(one.bytes, [0x08, 0x96, 0x01]);
        let text = Message::default().text(2, "testing");
        assert_eq!(text.bytes, [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
        let outer = Message::default().message(3, &one);
        assert_eq!(outer.bytes, [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let both = Message::default().messages(3, [one.clone(), one]);
        assert_eq!(both.bytes, [0x1a, 0x03, 0x08, 0x96, 0x01, 0x1a, 0x03, 0x08, 0x96, 0x01]);
        // Field numbers from 16 on take a second byte.
        assert_eq!(Message::default().integer(20, 1).into_bytes(), [0xa0, 0x01, 0x01]);
    }
}
