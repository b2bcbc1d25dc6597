//! The rows of a table, from batches of columns.

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema};
use mild_trainer::ForeignRows;

use crate::cell;
use crate::column::Columns;

/// A table of which one batch is in memory.
pub(crate) struct Rows<B> {
    columns: Columns,
    batches: B,
    batch: Option<RecordBatch>,
    /// The next row of the batch.
    next: usize,
    cell: String,
}

impl<B: Iterator<Item = Result<RecordBatch, ArrowError>>> Rows<B> {
    pub(crate) fn new(schema: &Schema, batches: B) -> Self {
        let columns = Columns::of(schema);
        Self { columns, batches, batch: None, next: 0, cell: String::new() }
    }
}

impl<B: Iterator<Item = Result<RecordBatch, ArrowError>> + Send> ForeignRows for Rows<B> {
    fn names(&self) -> Vec<String> {
        self.columns.columns.iter().map(|column| column.name.clone()).collect()
    }

    fn remark(&self) -> Option<String> {
        let passed_over = &self.columns.passed_over;
        (!passed_over.is_empty()).then(|| format!("without {}", passed_over.join(", ")))
    }

    fn next_row(&mut self, cell: &mut dyn FnMut(&str)) -> Result<bool, String> {
        let batch = loop {
            match &self.batch {
                Some(batch) if self.next < batch.num_rows() => break batch,
                _ => {
                    let Some(batch) = self.batches.next() else { return Ok(false) };
                    self.batch = Some(batch.map_err(|error| error.to_string())?);
                    self.next = 0;
                }
            }
        };
        for column in &self.columns.columns {
            self.cell.clear();
            let array = batch.column(column.field);
            cell::write(array, &column.steps, self.next, &mut self.cell);
            cell(&self.cell);
        }
        self.next += 1;
        Ok(true)
    }
}
