//! What the cells of a column have in common.

use std::collections::HashMap;

use crate::warnings::is_group_name;

/// So many different values are counted; a column with more has many. Groups may be more than that.
const MOST_VALUES: usize = 2_000;

/// What stands for all cells without a value.
const MISSING: &str = "";

/// A column as its rows show it.
pub(super) struct Facts {
    pub(super) name: String,
    /// The cells that are not empty.
    pub(super) filled: usize,
    pub(super) rows: usize,
    /// Whether all cells are finite numbers.
    pub(super) numeric: bool,
    /// Whether all cells are whole numbers.
    pub(super) whole: bool,
    /// Of numbers.
    pub(super) lowest: f64,
    pub(super) highest: f64,
    /// Whether no cell is below the one before, as a number or else as text.
    pub(super) ascending: bool,
    /// Whether no two neighbours are equal.
    pub(super) no_repeats: bool,
    /// The different values, in the order of their first appearance; not all of them if there are
    /// many.
    values: HashMap<String, usize>,
    pub(super) many: bool,
    /// The number of the value of each row, until there are many.
    codes: Vec<u32>,
    last: Option<(String, f64)>,
}

impl Facts {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            filled: 0,
            rows: 0,
            numeric: true,
            whole: true,
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
            ascending: true,
            no_repeats: true,
            values: HashMap::new(),
            many: false,
            codes: Vec::new(),
            last: None,
        }
    }

    /// Looks at one more cell.
    pub(super) fn add(&mut self, cell: &str, is_missing: bool) {
        self.rows += 1;
        let cell = if is_missing { MISSING } else { cell };
        if !is_missing {
            self.filled += 1;
            self.look_at(cell);
        }
        self.count(cell);
    }

    /// What a cell with a value says of the column.
    fn look_at(&mut self, cell: &str) {
        let number = cell.parse::<f64>().ok().filter(|number| number.is_finite());
        match number {
            None => (self.numeric, self.whole) = (false, false),
            Some(number) => {
                self.whole &= number.fract() == 0.0;
                self.lowest = self.lowest.min(number);
                self.highest = self.highest.max(number);
            }
        }
        let number = number.unwrap_or(f64::NAN);
        if let Some((text, before)) = &self.last {
            let below = if self.numeric { number < *before } else { cell < text.as_str() };
            self.ascending &= !below;
            self.no_repeats &= cell != text;
        }
        if self.ascending || self.no_repeats {
            self.last = Some((cell.to_owned(), number));
        }
    }

    fn count(&mut self, cell: &str) {
        if !self.many {
            let next = self.values.len();
            let code = match self.values.get(cell) {
                Some(&code) => code,
                None => *self.values.entry(cell.to_owned()).or_insert(next),
            };
            self.codes.push(code as u32);
            if self.values.len() > MOST_VALUES && !is_group_name(&self.name) {
                self.many = true;
                self.codes = Vec::new();
            }
        }
    }

    /// The number of different values, as far as they are counted.
    pub(super) fn distinct(&self) -> usize {
        self.values().count()
    }

    pub(super) fn has(&self, value: &str) -> bool {
        self.values.contains_key(value)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str).filter(|value| *value != MISSING)
    }

    /// Whether every value is one of another column.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        !self.many && !other.many && self.values().all(|value| other.has(value))
    }

    /// Whether two columns are equal on every row; both have few values.
    pub(super) fn is_equal(&self, other: &Self) -> bool {
        self.agreement(other) == Some(1.0)
    }

    /// The share of rows on which two columns with few values are equal.
    pub(super) fn agreement(&self, other: &Self) -> Option<f64> {
        if self.many || other.many || self.rows == 0 {
            return None;
        }
        let mut same = vec![None; self.values.len()];
        for (value, &code) in self.values.iter().filter(|(value, _)| *value != MISSING) {
            same[code] = other.values.get(value).map(|&code| code as u32);
        }
        let pairs = self.codes.iter().zip(&other.codes);
        let equal = pairs.filter(|&(&a, &b)| same[a as usize] == Some(b)).count();
        Some(equal as f64 / self.rows as f64)
    }

    /// The share of the value that is most frequent, of a column with few values.
    pub(super) fn majority(&self) -> f64 {
        let mut counts = vec![0usize; self.values.len()];
        self.codes.iter().for_each(|&code| counts[code as usize] += 1);
        counts.into_iter().max().unwrap_or(0) as f64 / self.rows.max(1) as f64
    }

    /// Whether each value of this column goes with one value of another only.
    pub(super) fn determines(&self, other: &Self) -> bool {
        let mut of = vec![None; self.values.len()];
        !self.many
            && !other.many
            && self
                .codes
                .iter()
                .zip(&other.codes)
                .all(|(&code, &other)| *of[code as usize].get_or_insert(other) == other)
    }

    pub(super) fn is_constant(&self) -> bool {
        !self.many && self.distinct() == 1
    }

    /// Whether the rows are numbered, or follow a clock.
    pub(super) fn is_order(&self) -> bool {
        self.filled == self.rows
            && self.ascending
            && (self.no_repeats || self.looks_like_time())
            && self.rows > 2
            && !self.is_constant()
    }

    /// Whether the first value looks like a date or a time of day.
    fn looks_like_time(&self) -> bool {
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        let mut values = self.values();
        !self.numeric
            && values.next().is_some_and(|value| {
                digits(value) >= 4
                    && (value.contains('-') || value.contains(':') || value.contains('/'))
            })
    }
}
