//! Rows that go from the reader to the checks together.

use std::mem;

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

    /// Takes a row's cells, and leaves the memory of an earlier row in their place.
    pub(super) fn take(&mut self, record: &mut StringRecord, line: u64) {
        self.bytes += record.as_slice().len();
        match self.records.get_mut(self.used) {
            Some((kept, of)) => {
                mem::swap(kept, record);
                *of = line;
            }
            None => self.records.push((mem::take(record), line)),
        }
        self.used += 1;
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
