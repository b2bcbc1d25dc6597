//! The measurements, in whole numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// One column of the source: the log's name for it, and how its values become whole counts.
pub(super) struct Column {
    pub(super) name: &'static str,
    /// Taken off first, so that the counts of the density fit 16 bits.
    pub(super) offset: f64,
    /// Counts per unit of the source.
    pub(super) counts: f64,
    /// Decimals of the log's unit: a count is ten to the power of minus this.
    pub(super) decimals: usize,
}

const fn column(name: &'static str, counts: f64, decimals: usize) -> Column {
    Column { name, offset: 0.0, counts, decimals }
}

/// The source's columns in the source's order. The counts are as fine as the source's values are
/// printed, but for alcohol: a few values there are means of three (9.5333) and are rounded to two
/// decimals.
pub(super) const COLUMNS: [Column; 11] = [
    column("lab_fixed_acidity", 100.0, 2),
    column("lab_volatile_acidity", 1000.0, 3),
    column("lab_citric_acid", 100.0, 2),
    column("lab_residual_sugar", 100.0, 2),
    column("lab_chlorides", 1000.0, 3),
    column("lab_free_sulfur_dioxide", 10.0, 1),
    column("lab_total_sulfur_dioxide", 10.0, 1),
    // The source has g/mL.
    Column { name: "x_gravity", offset: 1.0, counts: 100_000.0, decimals: 2 },
    column("x_ph", 100.0, 2),
    column("lab_sulphates", 100.0, 2),
    column("x_alcohol", 100.0, 2),
];

const FIXED_ACIDITY: usize = 0;
pub(super) const CITRIC_ACID: usize = 2;
pub(super) const GRAVITY: usize = 7;
pub(super) const PH: usize = 8;
pub(super) const ALCOHOL: usize = 10;

/// The lowest counts of the middle and the upper band: round figures that leave about a third of
/// the wines in each.
const BANDS: [i16; 2] = [750, 900];

/// The source in whole numbers.
pub(super) struct Wines {
    pub(super) readings: Vec<[i16; COLUMNS.len()]>,
    pub(super) quality: Vec<usize>,
    pub(super) bands: Vec<u8>,
    /// Equal readings have equal numbers; groups are numbered as they first appear.
    pub(super) groups: Vec<usize>,
}

impl Wines {
    pub(super) fn load() -> Self {
        let source = linfa_datasets::winequality();
        let readings: Vec<[i16; COLUMNS.len()]> = (0..source.records.nrows())
            .map(|row| {
                std::array::from_fn(|at| {
                    let Column { offset, counts, .. } = COLUMNS[at];
                    // Rounding takes off the error of the binary fraction, so the count is the
                    // printed decimal.
                    ((source.records[(row, at)] - offset) * counts).round() as i16
                })
            })
            .collect();
        let bands = readings
            .iter()
            .map(|reading| {
                BANDS.iter().filter(|&&lowest| reading[FIXED_ACIDITY] >= lowest).count() as u8
            })
            .collect();
        let mut numbers = BTreeMap::new();
        let groups = readings
            .iter()
            .map(|reading| {
                let next = numbers.len();
                *numbers.entry(*reading).or_insert(next)
            })
            .collect();
        Self { readings, quality: source.targets.to_vec(), bands, groups }
    }
}

/// A count of the column `at` as a decimal number in the log's unit.
pub(super) fn decimal(count: i16, at: usize) -> String {
    let decimals = COLUMNS[at].decimals;
    let unit = 10_u16.pow(decimals as u32);
    let size = count.unsigned_abs();
    let mut text = String::new();
    if count < 0 {
        text.push('-');
    }
    // Writing to a string cannot fail.
    let _ = write!(text, "{}.{:0decimals$}", size / unit, size % unit);
    text
}
