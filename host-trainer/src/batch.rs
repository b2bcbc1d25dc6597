//! Rows in the order in which training reads them: standardised, [`LANES`] rows side by side.

use crate::dataset::Part;
use crate::loss::{LANES, Lanes};

/// Mean and standard deviation of each feature on the training rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardizer {
    /// Mean of each feature.
    pub means: Vec<f64>,
    /// Standard deviation of each feature; 1 where the feature is constant.
    pub deviations: Vec<f64>,
}

impl Standardizer {
    /// From some rows of a part; at least one.
    #[must_use]
    pub fn fit(part: &Part, rows: &[usize]) -> Self {
        let count = rows.len() as f64;
        let mut means = vec![0.0; part.inputs];
        for &row in rows {
            for (mean, &x) in means.iter_mut().zip(part.row(row)) {
                *mean += f64::from(x) / count;
            }
        }
        let mut deviations = vec![0.0; part.inputs];
        for &row in rows {
            for ((variance, &x), mean) in deviations.iter_mut().zip(part.row(row)).zip(&means) {
                *variance += (f64::from(x) - mean).powi(2) / count;
            }
        }
        for (deviation, mean) in deviations.iter_mut().zip(&means) {
            *deviation = deviation.sqrt();
            // A spread below the feature's own rounding is no information.
            if *deviation <= mean.abs() * 1e-7 {
                *deviation = 1.0;
            }
        }
        Self { means, deviations }
    }

    /// A feature in standard deviations from its mean.
    #[inline]
    #[must_use]
    pub fn apply(&self, feature: usize, x: f32) -> f32 {
        ((f64::from(x) - self.means[feature]) / self.deviations[feature]) as f32
    }
}

/// Values of rows, as blocks of [`LANES`] rows; the last block is padded with zeros.
#[derive(Debug, Clone)]
pub struct Blocks {
    /// Number of rows.
    pub rows: usize,
    /// Values of each row.
    pub width: usize,
    values: Vec<Lanes<f32>>,
}

impl Blocks {
    /// Blocks of `rows` rows of `width` values, `value(row, index)` each.
    #[must_use]
    pub fn new(rows: usize, width: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let mut values = vec![[0.0; LANES]; rows.div_ceil(LANES) * width];
        for row in 0..rows {
            let block = &mut values[row / LANES * width..][..width];
            for (index, lanes) in block.iter_mut().enumerate() {
                lanes[row % LANES] = value(row, index);
            }
        }
        Self { rows, width, values }
    }

    /// The standardised features of some rows.
    #[must_use]
    pub fn features(part: &Part, rows: &[usize], standardizer: &Standardizer) -> Self {
        Self::new(rows.len(), part.inputs, |row, feature| {
            standardizer.apply(feature, part.row(rows[row])[feature])
        })
    }

    /// Number of blocks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.div_ceil(LANES)
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// One block: `width` elements.
    #[must_use]
    #[inline(always)]
    pub fn block(&self, index: usize) -> &[Lanes<f32>] {
        &self.values[index * self.width..][..self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_features_are_left_alone() {
        let features = vec![1.0, 5.0, 3.0, 5.0, 5.0, 5.0];
        let part = Part { rows: 3, inputs: 2, experts: 0, features, ..Part::default() };
        let standardizer = Standardizer::fit(&part, &[0, 1, 2]);
        assert_eq!(standardizer.deviations[1], 1.0);
        assert_eq!(standardizer.apply(1, 5.0), 0.0);
        let blocks = Blocks::features(&part, &[2, 0], &standardizer);
        let expected = (2.0 / (8.0f64 / 3.0).sqrt()) as f32;
        assert!((blocks.block(0)[0][0] - expected).abs() < 1e-6);
        assert!((blocks.block(0)[0][1] + expected).abs() < 1e-6);
        assert_eq!(blocks.block(0)[0][2..], [0.0; LANES - 2], "padding");
    }
}
