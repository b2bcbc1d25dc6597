//! Logs in Parquet and in Arrow's formats (files, which Feather 2 is, and streams), for the trainer of
//! `mild`.
//!
//! ```
//! mild_columnar::add();
//! // From here on `mild_trainer::read_log` and all others read them.
//! ```
//!
//! The same table gives the same image, byte for byte, as from CSV. `docs/logs.md` says how values become
//! cells. The compressed file is held in memory, and a batch of its rows.

mod cell;
mod column;
mod rows;

use std::io::Cursor;

use arrow_ipc::reader::{FileReader, StreamReader};
use bytes::Bytes;
use mild_trainer::{ForeignFormat, ForeignRows, add_formats};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rows::Rows;

/// Rows that are in memory as values at a time.
const BATCH: usize = 4096;

/// Parquet, and Arrow's two formats.
pub static FORMATS: [ForeignFormat; 3] = [
    ForeignFormat { name: "Parquet", magic: b"PAR1", open: parquet },
    ForeignFormat { name: "Arrow", magic: b"ARROW1", open: arrow_file },
    // A message's length follows these bytes, with which no text begins.
    ForeignFormat { name: "Arrow stream", magic: &[0xff; 4], open: arrow_stream },
];

/// Lets this program read them, wherever it reads a table. Call it before anything is read.
pub fn add() {
    add_formats(&FORMATS);
}

fn parquet(stored: Vec<u8>) -> Result<Box<dyn ForeignRows>, String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(stored))
        .map_err(|error| error.to_string())?;
    let schema = builder.schema().clone();
    let batches = builder.with_batch_size(BATCH).build().map_err(|error| error.to_string())?;
    Ok(Box::new(Rows::new(&schema, batches)))
}

fn arrow_file(stored: Vec<u8>) -> Result<Box<dyn ForeignRows>, String> {
    let batches =
        FileReader::try_new(Cursor::new(stored), None).map_err(|error| error.to_string())?;
    Ok(Box::new(Rows::new(&batches.schema(), batches)))
}

fn arrow_stream(stored: Vec<u8>) -> Result<Box<dyn ForeignRows>, String> {
    let batches =
        StreamReader::try_new(Cursor::new(stored), None).map_err(|error| error.to_string())?;
    Ok(Box::new(Rows::new(&batches.schema(), batches)))
}
