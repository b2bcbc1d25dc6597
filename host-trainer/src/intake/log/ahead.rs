//! Rows that are read while those before them are checked.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::batch::Batch;
use super::rows::Rows;
use super::table::Table;
use crate::error::Result;

/// Batches that are read ahead at most; a log may be longer than the memory.
const AHEAD: usize = 2;

/// Hands all rows of a table over to `rows`; `before` lines stand in the files before it. Returns the
/// number of rows, and the line of the last one.
///
/// # Errors
/// That of the first row that cannot be read or used.
pub(super) fn push_all(
    table: &mut Table<'_>,
    rows: &mut Rows<'_>,
    before: u64,
) -> Result<(u64, u64)> {
    let header = table.header().clone();
    let (full, to_check) = sync_channel::<Batch>(AHEAD);
    // Their memory is used again.
    let (checked, empty) = sync_channel::<Batch>(AHEAD + 2);
    thread::scope(|scope| {
        let check = scope.spawn(move || -> Result<()> {
            for mut batch in to_check {
                rows.push(&header, &batch, before)?;
                batch.clear();
                // Nobody waits for it once all rows have been read.
                let _ = checked.try_send(batch);
            }
            Ok(())
        });
        let read = send_all(table, &full, &empty);
        drop(full);
        // Rows before the one that cannot be read may be wrong themselves.
        match check.join() {
            Ok(checked) => checked.and(read),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Reads until the end of the table, or until nobody takes the rows any more.
fn send_all(
    table: &mut Table<'_>,
    full: &SyncSender<Batch>,
    empty: &Receiver<Batch>,
) -> Result<(u64, u64)> {
    let (mut count, mut last) = (0, 0);
    loop {
        let mut batch = empty.try_recv().unwrap_or_default();
        let mut outcome = Ok(true);
        while !batch.is_full() {
            match table.next_row() {
                Ok(Some(row)) => {
                    (count, last) = (count + 1, row.line());
                    batch.take(table.record_mut(), last);
                }
                Ok(None) => {
                    outcome = Ok(false);
                    break;
                }
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        let taken = full.send(batch).is_ok();
        if !outcome? || !taken {
            return Ok((count, last));
        }
    }
}
