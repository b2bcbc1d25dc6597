//! A table in memory: named columns of numbers or texts, as another program holds them.
//!
//! A row is read as if its cells stood in a file, each number with the fewest digits that tell it
//! from all others of its type. So a log means the same in memory as in a CSV file that such a
//! program writes, down to the last bit.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

use csv::StringRecord;

use super::batch::Batch;
use super::category;
use super::dialect::TableFormat;
use super::header::Header;
use super::rows::Rows;
use super::text::visible;
use crate::data::dataset::Dataset;
use crate::data::matrix::ShapeError;
use crate::error::Result;
use crate::intake::config::Config;

/// Values that lie at equal distances in memory, as those of a column of a row-major matrix.
#[derive(Debug, Clone, Copy)]
pub struct Strided<'a, T> {
    values: &'a [T],
    step: usize,
}

impl<'a, T: Copy> Strided<'a, T> {
    /// Values that lie next to each other.
    #[must_use]
    pub fn dense(values: &'a [T]) -> Self {
        Self { values, step: 1 }
    }

    /// The columns of a row-major matrix.
    ///
    /// # Errors
    /// [`ShapeError`] if the values are no whole rows.
    pub fn columns(
        values: &'a [T],
        columns: usize,
    ) -> std::result::Result<impl Iterator<Item = Self>, ShapeError> {
        let rows = values.len() / columns.max(1);
        if rows * columns != values.len() {
            return Err(ShapeError { found: values.len(), rows, columns });
        }
        let from =
            move |first| Self { values: values.get(first..).unwrap_or_default(), step: columns };
        Ok((0..columns).map(from))
    }

    fn len(&self) -> usize {
        self.values.len().div_ceil(self.step)
    }

    fn get(&self, row: usize) -> Option<T> {
        self.values.get(row * self.step).copied()
    }
}

/// The cells of a column. A NaN, and a text that is empty or marks a missing cell, is a missing
/// cell.
#[derive(Debug, Clone)]
pub enum Cells<'a> {
    /// Single precision.
    F32(Strided<'a, f32>),
    /// Double precision. What is read of it is rounded to single precision, as from a file.
    F64(Strided<'a, f64>),
    /// Whole numbers.
    Integers(Strided<'a, i64>),
    /// Texts.
    Texts(Cow<'a, [String]>),
}

impl Cells<'_> {
    fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Texts(values) => values.len(),
        }
    }

    /// Writes a cell. Writing to a string cannot fail.
    fn write(&self, row: usize, text: &mut String) {
        let _ = match self {
            Self::F32(values) => match values.get(row) {
                Some(value) if !value.is_nan() => write!(text, "{value}"),
                _ => Ok(()),
            },
            Self::F64(values) => match values.get(row) {
                Some(value) if !value.is_nan() => write!(text, "{value}"),
                _ => Ok(()),
            },
            Self::Integers(values) => match values.get(row) {
                Some(value) => write!(text, "{value}"),
                None => Ok(()),
            },
            Self::Texts(values) => {
                text.push_str(values.get(row).map_or("", String::as_str));
                Ok(())
            }
        };
    }
}

/// The name of the category in each cell of a column, as a log that is read from memory has it: a
/// text without the space around it, and 3.0 is 3. A missing cell gives an empty name.
#[must_use]
pub fn categories(cells: &Cells<'_>) -> Vec<String> {
    let of_row = |row| {
        let mut text = String::new();
        cells.write(row, &mut text);
        category::name(visible(&text))
    };
    (0..cells.len()).map(of_row).collect()
}

/// The single that is read where a file has a double, with the fewest digits that tell it from all
/// others. Nearly always that is the nearest single; in the middle between two the digits decide.
#[inline]
#[must_use]
pub fn single(value: f64) -> f32 {
    // The bits of a double that a single does not have; in the middle between two singles the first
    // of them alone is set.
    const BEYOND: u64 = (1 << 29) - 1;
    const MIDDLE: u64 = 1 << 28;
    let is_middle = value.to_bits() & BEYOND == MIDDLE;
    // Singles next to 0 have fewer bits.
    let is_tiny = value.abs() < f64::from(f32::MIN_POSITIVE) && value != 0.0;
    if is_middle || is_tiny { by_digits(value) } else { value as f32 }
}

#[cold]
fn by_digits(value: f64) -> f32 {
    value.to_string().parse().unwrap_or(f32::NAN)
}

/// A table in memory.
///
/// ```
/// use std::path::Path;
///
/// use mild_trainer::{Cells, Config, MemoryTable, Strided, read_log_from_memory};
///
/// let config = Config::parse(
///     "[data]\nlog = 'log.csv'\nfeatures = ['x']\n\
///      [[expert]]\nname = 'local'\nloss_column = 'local'\n\
///      [[expert]]\nname = 'cloud'\nloss_column = 'cloud'\nprice = 0.1\n",
///     Path::new("mild.toml"),
/// )?;
/// let x: Vec<f32> = (0..100).map(|row| row as f32).collect();
/// // Rows x experts.
/// let losses: Vec<f64> = (0..100).flat_map(|row| [f64::from(row % 2), 0.25]).collect();
/// let mut of_experts = Strided::columns(&losses, 2)?;
/// let table = MemoryTable::new(100)
///     .with("x", Cells::F32(Strided::dense(&x)))?
///     .with("local", Cells::F64(of_experts.next().unwrap()))?
///     .with("cloud", Cells::F64(of_experts.next().unwrap()))?;
/// let data = read_log_from_memory(&table, Path::new("memory"), &config)?;
/// assert_eq!((data.train.rows(), data.calibration.rows(), data.test.rows()), (60, 20, 20));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MemoryTable<'a> {
    rows: usize,
    names: StringRecord,
    columns: Vec<Cells<'a>>,
}

impl<'a> MemoryTable<'a> {
    /// A table of so many rows, without columns.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        Self { rows, names: StringRecord::new(), columns: Vec::new() }
    }

    /// The table with one more column. That names differ is checked when it is read.
    ///
    /// # Errors
    /// [`ShapeError`] if the column has another number of rows.
    pub fn with(mut self, name: &str, cells: Cells<'a>) -> std::result::Result<Self, ShapeError> {
        if cells.len() != self.rows {
            return Err(ShapeError { found: cells.len(), rows: self.rows, columns: 1 });
        }
        self.names.push_field(name);
        self.columns.push(cells);
        Ok(self)
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A cell as the reader of a log sees it; none if there is no such column.
    pub(crate) fn text(&self, name: &str, row: usize) -> Option<String> {
        let column = self.names.iter().position(|known| known == name)?;
        let mut text = String::new();
        self.columns.get(column)?.write(row, &mut text);
        Some(visible(&text).to_owned())
    }

    /// The dataset, with rows on which somebody was not asked if the configuration allows that.
    pub(super) fn survey(&self, name: &Path, config: &Config) -> Result<Dataset> {
        let dialect = TableFormat::from(&config.data).in_memory();
        let header = Header::new(name, 1, &self.names, dialect);
        header.no_duplicates()?;
        let mut rows = Rows::new(&header, config).map_err(|error| config.explain(error))?;
        let (mut record, mut text, mut batch) =
            (StringRecord::new(), String::new(), Batch::default());
        for row in 0..self.rows {
            record.clear();
            for cells in &self.columns {
                text.clear();
                cells.write(row, &mut text);
                record.push_field(&text);
            }
            batch.take(&mut record, row as u64 + 2);
            if batch.is_full() {
                rows.push(&header, &batch, 0)?;
                batch.clear();
            }
        }
        rows.push(&header, &batch, 0)?;
        rows.finish(format!("{} rows of {} columns, in memory", self.rows, self.columns.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::log::{read_from, read_memory};

    const CONFIG: &str = "[data]\nlog = 'log.csv'\nfeatures = ['a', 'b', 'n']\n\
        categorical = ['room']\nlabel = 'y'\ngroup = 'device'\nclasses = 3\nnot_asked = 'allowed'\n\
        complete_only = true\n[train]\nseed = 5\n\
        [[expert]]\nname = 'local'\nprediction = 'p'\n\
        [[expert]]\nname = 'cloud'\nloss_column = 'loss'\nprice_column = 'price'\n";

    fn config() -> Config {
        Config::parse(CONFIG, Path::new("mild.toml")).unwrap()
    }

    /// Doubles in the middle between two singles, and next to it, where rounding twice goes wrong.
    fn double(row: usize) -> f64 {
        let single = (row as f32 + 1.0) * 0.1;
        let middle = f64::midpoint(f64::from(single), f64::from(single.next_up()));
        [middle, middle.next_up(), middle.next_down(), -0.0, 1e-30, 1e30][row % 6]
            * 3f64.powi(row as i32 % 3)
    }

    #[test]
    fn a_log_is_the_same_in_memory_and_in_a_file() {
        const ROWS: usize = 90;
        let singles: Vec<f32> = (0..ROWS).map(|row| (row as f32).sqrt() - 3.3).collect();
        let doubles: Vec<f64> = (0..ROWS).map(double).collect();
        let pairs: Vec<i64> =
            (0..ROWS as i64).flat_map(|row| [row * 31 % 7 - 3, row % 3]).collect();
        let rooms: Vec<String> =
            (0..ROWS).map(|row| ["hall", " Große, Halle"][row / 4 % 2].into()).collect();
        // Every tenth answer is missing.
        let gap = |row: usize| row % 10 == 7;
        let losses: Vec<f64> =
            (0..ROWS).map(|row| if gap(row) { f64::NAN } else { row as f64 / 97.0 }).collect();
        let prices: Vec<f32> = (0..ROWS).map(|row| row as f32 * 0.01).collect();
        let answers: Vec<String> = (0..ROWS).map(|row| (row % 2).to_string()).collect();
        let devices: Vec<i64> = (0..ROWS as i64).map(|row| row / 5).collect();

        let mut csv = String::from("a,b,n,y,room,p,loss,price,device\n");
        for row in 0..ROWS {
            let loss = if gap(row) { "NA".to_owned() } else { losses[row].to_string() };
            let _ = writeln!(
                csv,
                "{},{},{},{},\"{}\",{},{loss},{},{}",
                singles[row],
                doubles[row],
                pairs[2 * row],
                pairs[2 * row + 1],
                rooms[row],
                answers[row],
                prices[row],
                devices[row],
            );
        }
        let mut of_pairs = Strided::columns(&pairs, 2).unwrap();
        let mut next = || Cells::Integers(of_pairs.next().unwrap());
        let table = MemoryTable::new(ROWS)
            .with("a", Cells::F32(Strided::dense(&singles)))
            .and_then(|table| table.with("b", Cells::F64(Strided::dense(&doubles))))
            .and_then(|table| table.with("n", next()))
            .and_then(|table| table.with("y", next()))
            .and_then(|table| table.with("room", Cells::Texts(rooms.into())))
            .and_then(|table| table.with("p", Cells::Texts(answers.into())))
            .and_then(|table| table.with("loss", Cells::F64(Strided::dense(&losses))))
            .and_then(|table| table.with("price", Cells::F32(Strided::dense(&prices))))
            .and_then(|table| table.with("device", Cells::Integers(Strided::dense(&devices))))
            .unwrap();
        let mut in_memory = read_memory(&table, Path::new("log.csv"), &config()).unwrap();
        let in_file = read_from(csv.as_bytes(), Path::new("log.csv"), &config()).unwrap();
        assert_eq!(in_memory.notes.recognised, "90 rows of 9 columns, in memory");
        assert_eq!(in_memory.notes.left_out, 9);
        in_memory.notes.recognised.clone_from(&in_file.notes.recognised);
        assert_eq!(in_memory, in_file);
        // One other bit of one cell is another log.
        let mut changed = singles.clone();
        changed[40] = changed[40].next_up();
        let mut table = table;
        table.columns[0] = Cells::F32(Strided::dense(&changed));
        let changed = read_memory(&table, Path::new("log.csv"), &config()).unwrap();
        assert_ne!(changed.log_digest, in_file.log_digest);
    }

    #[test]
    fn a_double_is_rounded_as_its_digits_are() {
        let mut random = crate::arithmetic::random::Random::new(11);
        let mut cast_differs = 0;
        for row in 0..20_000 {
            let single_bits = (random.next_u64() >> 33) as u32 % f32::INFINITY.to_bits();
            let near = f32::from_bits(single_bits);
            let middle = f64::midpoint(f64::from(near), f64::from(near.next_up().min(f32::MAX)));
            let sign = if row % 2 == 0 { 1.0 } else { -1.0 };
            for value in [middle, middle.next_up(), middle.next_down(), middle * 1.1, near.into()] {
                let value = sign * value;
                let read: f32 = value.to_string().parse().unwrap();
                assert_eq!(single(value).to_bits(), read.to_bits(), "{value:e}");
                cast_differs += u32::from(value as f32 != read);
            }
        }
        assert!(cast_differs > 100, "{cast_differs}: a cast would do");
        assert_eq!(single(-0.0).to_bits(), (-0.0f32).to_bits());
        assert!(single(f64::NAN).is_nan() && single(1e300).is_infinite());
        assert!(single(f64::NEG_INFINITY).is_infinite());
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        let config = Config::parse(
            "[data]\nlog = 'x'\nfeatures = ['a']\n[[expert]]\nname = 'local'\nloss_column = 'l'\n\
             [[expert]]\nname = 'cloud'\nloss_column = 'c'\n",
            Path::new("mild.toml"),
        )
        .unwrap();
        let (mut features, losses) = (vec![1.0f64; 30], vec![0.5f32; 30]);
        features[4] = f64::NAN;
        let read = |features: &[f64], name: &str| {
            let cells = |values| Cells::F32(Strided::dense(values));
            let table = MemoryTable::new(30)
                .with("a", Cells::F64(Strided::dense(features)))?
                .with("l", cells(&losses))?
                .with(name, cells(&losses))?;
            Ok(read_memory(&table, Path::new("memory"), &config).map_err(|error| error.to_string()))
        };
        let error = read(&features, "c").unwrap().unwrap_err();
        assert!(error.starts_with("memory:6: column `a`: found an empty cell"), "{error}");
        let error = read(&[1.0; 30], "l").unwrap().unwrap_err();
        assert!(error.contains("`l`") && error.contains('2') && error.contains('3'), "{error}");
        let error = read(&[1.0; 30], "d").unwrap().unwrap_err();
        assert!(error.contains("`c`"), "{error}");
        let error: ShapeError = read(&[1.0; 29], "c").unwrap_err();
        assert_eq!((error.found, error.rows), (29, 30));
        let error = Strided::columns(&losses, 7).err().unwrap();
        assert_eq!((error.found, error.rows, error.columns), (30, 4, 7));
    }
}
