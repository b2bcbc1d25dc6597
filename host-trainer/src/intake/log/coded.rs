//! Parts while a log is read: categories are codes until all of them are known.

use super::split;
use crate::data::matrix::{compact, gather};
use crate::data::part::{Part, PartColumns};

/// A part that is being read.
pub(super) struct Draft {
    pub(super) columns: PartColumns,
    /// Rows x categorical columns.
    pub(super) codes: Vec<u16>,
}

/// A part whose categorical columns are still codes.
pub(super) struct Coded {
    pub(super) part: Part,
    /// Rows x categorical columns.
    pub(super) codes: Vec<u16>,
}

/// Moves rows out of train, where all of them are, into the splits that the seed says. Each row has
/// `count` codes.
pub(super) fn draw_split(parts: &mut [Coded; 3], count: usize, seed: u64) {
    let [all, calibration, test] = parts;
    let rows = split::draw(all.part.rows(), all.part.groups(), seed);
    for (to, rows) in [calibration, test].into_iter().zip(&rows[1..]) {
        *to = Coded { part: all.part.subset(rows), codes: gather(&all.codes, count, rows) };
    }
    all.part.keep(&rows[0]);
    compact(&mut all.codes, count, &rows[0]);
}

impl Draft {
    /// `class_of`: the class of each code of a label.
    pub(super) fn into_coded(mut self, class_of: &[u16]) -> Coded {
        for label in self.columns.labels.iter_mut().flatten() {
            *label = class_of[usize::from(*label)];
        }
        let part = self.columns.build().expect("every row has been added to every column");
        Coded { part, codes: self.codes }
    }
}

impl Coded {
    /// Widens every row to `inputs` and sets the inputs of its categories to 1.
    pub(super) fn one_hot(self, positions: &[Vec<Option<usize>>], inputs: usize) -> Part {
        let Self { mut part, codes } = self;
        part.widen(inputs, |row, features| {
            for (position, &code) in positions.iter().zip(&codes[row * positions.len()..]) {
                if let Some(input) = position[usize::from(code)] {
                    features[input] = 1.0;
                }
            }
        });
        part
    }
}
