//! A table as NumPy's `savez` writes one: an archive with an array for each column, or for several.
//!
//! An array with one value a row is the column of its name. One with more dimensions is a column for
//! each place in a row, `x.0`, `x.1` and so on, as in JSON Lines. The file is held in memory, for its
//! columns stand one behind the other.

use std::io::{Cursor, Read};
use std::path::Path;

use csv::StringRecord;
use zip::ZipArchive;

use super::npy::{Array, BadArray, Values};
use crate::error::{Error, LogError, Result};

/// The columns of an archive, and the row that comes next.
pub(super) struct Arrays {
    arrays: Vec<Values>,
    columns: Vec<Column>,
    rows: usize,
    next: usize,
    cell: String,
}

struct Column {
    name: String,
    /// The position of its array, of its first value in that, and the distance to the next.
    array: usize,
    first: usize,
    step: usize,
}

impl Arrays {
    /// Reads an archive.
    pub(super) fn read(archive: Vec<u8>, file: &Path) -> Result<Self> {
        let damaged = |found: &dyn std::fmt::Display| {
            let (file, found) = (file.to_path_buf(), found.to_string());
            Error::from(LogError::Damaged { file, line: 1, format: "NPZ", found })
        };
        let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|error| damaged(&error))?;
        let mut read =
            Self { arrays: Vec::new(), columns: Vec::new(), rows: 0, next: 0, cell: String::new() };
        // The array that said how many rows there are.
        let mut first: Option<String> = None;
        for index in 0..archive.len() {
            let mut stored = archive.by_index(index).map_err(|error| damaged(&error))?;
            let name = stored.name();
            let name = name.strip_suffix(".npy").unwrap_or(name).to_owned();
            let wrong = |bad: BadArray| {
                let BadArray { found, expected, change } = bad;
                let (expected, change) = (expected.to_owned(), change.to_owned());
                let (file, array) = (file.to_path_buf(), name.clone());
                Error::from(LogError::Array { file, array, found, expected, change })
            };
            let mut bytes = Vec::new();
            stored.read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
            let array = Array::read(&bytes).map_err(wrong)?;
            // A single value belongs to no row.
            let Some(&rows) = array.shape.first() else { continue };
            match &first {
                Some(first) if rows != read.rows => {
                    return Err(Error::from(LogError::Array {
                        file: file.to_path_buf(),
                        array: name,
                        found: format!("{rows} values"),
                        expected: format!("{}, one a row, as `{first}` has", read.rows),
                        change: "leave it out if it is no column".to_owned(),
                    }));
                }
                Some(_) => {}
                None => (first, read.rows) = (Some(name.clone()), rows),
            }
            read.add(&name, array);
        }
        Ok(read)
    }

    /// The columns of an array.
    fn add(&mut self, name: &str, array: Array) {
        let Array { shape, fortran, values } = array;
        let rows = shape[0];
        let places: usize = shape[1..].iter().product();
        for place in 0..places {
            // The place as an index in each dimension, the last one changing fastest.
            let (mut rest, mut index) = (place, vec![0; shape.len()]);
            for (side, index) in shape.iter().zip(&mut index).skip(1).rev() {
                *index = rest % side;
                rest /= side;
            }
            let (first, step) = if fortran {
                let place = shape.iter().zip(&index).skip(1).rev();
                (rows * place.fold(0, |at, (side, index)| at * side + index), 1)
            } else {
                (place, places)
            };
            let dotted: String = index[1..].iter().map(|index| format!(".{index}")).collect();
            let array = self.arrays.len();
            self.columns.push(Column { name: format!("{name}{dotted}"), array, first, step });
        }
        self.arrays.push(values);
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> StringRecord {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    /// Reads the next row; its number, counted from 1.
    pub(super) fn next(&mut self, record: &mut StringRecord) -> Option<u64> {
        if self.next == self.rows {
            return None;
        }
        record.clear();
        for Column { array, first, step, .. } in &self.columns {
            self.cell.clear();
            self.arrays[*array].write(first + self.next * step, &mut self.cell);
            record.push_field(&self.cell);
        }
        self.next += 1;
        Some(self.next as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::super::npy::tests::npy;
    use super::*;

    fn archive(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, array) in arrays {
            writer.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
            writer.write_all(array).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn rows(arrays: &[(&str, Vec<u8>)]) -> Result<(Vec<String>, Vec<Vec<String>>)> {
        let mut arrays = Arrays::read(archive(arrays), Path::new("log.npz"))?;
        let texts = |record: &StringRecord| record.iter().map(str::to_owned).collect();
        let (names, mut record, mut rows) =
            (texts(&arrays.names()), StringRecord::new(), Vec::new());
        while let Some(row) = arrays.next(&mut record) {
            assert_eq!(row, rows.len() as u64 + 1);
            rows.push(texts(&record));
        }
        Ok((names, rows))
    }

    #[test]
    fn dimensions_become_columns_in_either_order() {
        let data: Vec<u8> = (0..12).collect();
        let c = npy("'|u1'", "(2, 3, 2)", &data);
        // The same values, the first index changing fastest.
        let turned: Vec<u8> = (0..12u8)
            .map(|at| {
                let (row, rest) = (at % 2, at / 2);
                let (a, b) = (rest % 3, rest / 3);
                row * 6 + a * 2 + b
            })
            .collect();
        let text = String::from_utf8_lossy(&c[10..c.len() - 12]).replace("False", "True ");
        let mut f = c[..10].to_vec();
        f.extend(text.as_bytes());
        f[8] = text.len() as u8;
        f.extend(&turned);
        let label =
            npy("'<U1'", "(2,)", &[b'a'.into(), b'b'.into()].map(u32::to_le_bytes).concat());
        let seed = npy("'|u1'", "()", &[5]);
        let read = |x: Vec<u8>| rows(&[("x", x), ("label", label.clone()), ("seed", seed.clone())]);
        let (names, found) = read(c).unwrap();
        assert_eq!(names, ["x.0.0", "x.0.1", "x.1.0", "x.1.1", "x.2.0", "x.2.1", "label"]);
        assert_eq!(found[1], ["6", "7", "8", "9", "10", "11", "b"]);
        assert_eq!(read(f).unwrap(), (names, found));
    }

    #[test]
    fn arrays_that_are_no_columns_are_refused() {
        let x = npy("'|u1'", "(2,)", &[1, 2]);
        let error = rows(&[("x", x.clone()), ("y", npy("'|u1'", "(1,)", &[1]))]).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("log.npz: array `y`: found 1 values, expected 2"), "{error}");
        let error = rows(&[("x", x), ("o", npy("'|O'", "(2,)", &[0]))]).unwrap_err().to_string();
        assert!(error.contains("array `o`: found objects of Python"), "{error}");
        let whole = archive(&[("x", npy("'|u1'", "(2,)", &[1, 2]))]);
        let error = Arrays::read(whole[..whole.len() - 9].to_vec(), Path::new("log.npz"));
        let error = error.err().unwrap().to_string();
        assert!(error.contains("log.npz:1: found damaged compressed data"), "{error}");
    }
}
