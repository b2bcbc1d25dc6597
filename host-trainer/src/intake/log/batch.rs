//! Rows that go from the reader to the checks together.

use csv::StringRecord;

/// The most rows of a batch.
const ROWS: usize = 1024;

/// A batch with so many bytes of text is full. A row with a recording in a cell may have a hundred
/// thousand, and a log that is piped in is not held.
const BYTES: usize = 1 << 18;

/// The records of some rows, each with its line.
#[derive(Default)]
pub(super) struct Batch {
    records: Vec<(StringRecord, u64)>,
    used: usize,
    bytes: usize,
}

impl Batch {
    /// Its rows.
    pub(super) fn rows(&self) -> &[(StringRecord, u64)] {
        &self.records[..self.used]
    }

    /// Takes a copy of a row's cells.
    pub(super) fn add(&mut self, record: &StringRecord, line: u64) {
        match self.records.get_mut(self.used) {
            Some((kept, of)) => {
                kept.clone_from(record);
                *of = line;
            }
            None => self.records.push((record.clone(), line)),
        }
        self.used += 1;
        self.bytes += record.as_slice().len();
    }

    /// Whether it has as many rows as go together.
    pub(super) fn is_full(&self) -> bool {
        self.used == ROWS || self.bytes >= BYTES
    }

    /// Forgets the rows, but not their memory.
    pub(super) fn clear(&mut self) {
        (self.used, self.bytes) = (0, 0);
    }
}
