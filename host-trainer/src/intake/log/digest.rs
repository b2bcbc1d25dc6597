//! The digest of a table as it is read.

use sha2::{Digest, Sha256};

/// The SHA-256 of what was read of each row, in order: not of how it is written. A log that is
/// rewritten with other delimiters, encodings or spellings of the same numbers keeps its digest.
#[derive(Default)]
pub(super) struct TableDigest {
    hash: Sha256,
    /// What a row has added so far.
    row: Vec<u8>,
}

impl TableDigest {
    /// A number. -0 is 0.
    pub(super) fn number(&mut self, value: f32) {
        self.row.extend((value + 0.0).to_le_bytes());
    }

    /// A code, a count or a choice.
    pub(super) fn code(&mut self, code: u32) {
        self.row.extend(code.to_le_bytes());
    }

    /// A text, whose end cannot be mistaken.
    pub(super) fn text(&mut self, text: &str) {
        self.row.extend((text.len() as u64).to_le_bytes());
        self.row.extend(text.as_bytes());
    }

    /// Takes up what has been added.
    pub(super) fn end_row(&mut self) {
        self.hash.update(&self.row);
        self.row.clear();
    }

    /// Forgets what has been added since the last row.
    pub(super) fn drop_row(&mut self) {
        self.row.clear();
    }

    /// The first eight bytes.
    pub(super) fn finish(mut self) -> [u8; 8] {
        self.end_row();
        let mut digest = [0; 8];
        digest.copy_from_slice(&self.hash.finalize()[..8]);
        digest
    }
}
