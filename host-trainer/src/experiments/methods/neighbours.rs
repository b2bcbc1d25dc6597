//! The nearest train rows of a row: Euclidean over the standardised features.

use rayon::prelude::*;

use super::run::all_rows;
use crate::arithmetic::random::Random;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::intake::config::Ranges;
use crate::learn::batch::Standardizer;
use crate::learn::candidate::Scaling;

/// Train rows kept at most; of more a seeded sample.
const MOST_ROWS: usize = 20_000;

/// Train rows that can be asked for the nearest ones.
pub(super) struct Neighbours<'a> {
    part: &'a Part,
    standardizer: Standardizer,
    rows: Vec<usize>,
    /// Standardised features of those rows.
    features: Matrix<f32>,
}

impl<'a> Neighbours<'a> {
    /// Of the rows of a part, or of a seeded sample of many.
    pub(super) fn new(part: &'a Part, seed: u64) -> Self {
        let mut rows = all_rows(part.rows());
        let standardizer = Standardizer::fit(part, &rows, Ranges::default(), Scaling::Each);
        if rows.len() > MOST_ROWS {
            Random::new(seed).shuffle(&mut rows);
            rows.truncate(MOST_ROWS);
        }
        let features = Matrix::from_fn(rows.len(), part.inputs(), |row, feature| {
            standardizer.apply(feature, part.row(rows[row])[feature])
        });
        Self { part, standardizer, rows, features }
    }

    /// The part that neighbours are rows of.
    pub(super) fn part(&self) -> &'a Part {
        self.part
    }

    /// Whether there were too many rows to keep, so that the seed matters.
    pub(super) fn is_sample(&self) -> bool {
        self.rows.len() < self.part.rows()
    }

    /// What `of_row` makes of the `most` nearest rows of each row of a part, the nearest first.
    pub(super) fn of_rows<T: Send>(
        &self,
        part: &Part,
        most: usize,
        of_row: impl Fn(&[usize]) -> T + Sync,
    ) -> Vec<T> {
        (0..part.rows())
            .into_par_iter()
            .map_init(Vec::new, |distances, row| {
                of_row(&self.nearest(part.row(row), most, distances))
            })
            .collect()
    }

    fn nearest(
        &self,
        features: &[f32],
        most: usize,
        distances: &mut Vec<(f32, u32)>,
    ) -> Vec<usize> {
        let features = features.iter().enumerate();
        let query: Vec<f32> = features.map(|(j, &x)| self.standardizer.apply(j, x)).collect();
        distances.clear();
        distances.extend(self.features.iter_rows().zip(0u32..).map(|(row, at)| {
            let squares = row.iter().zip(&query).map(|(a, b)| (a - b) * (a - b));
            (squares.sum::<f32>(), at)
        }));
        // Equal distances are ordered by row, so that the answer does not depend on the sort.
        let by = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let most = most.min(distances.len());
        if most < distances.len() {
            distances.select_nth_unstable_by(most, by);
        }
        distances[..most].sort_unstable_by(by);
        distances[..most].iter().map(|&(_, at)| self.rows[at as usize]).collect()
    }
}
