//! Rows in the order in which training reads them: standardised, [`LANES`] rows side by side.

use std::ops::Range;

use mild::image::InputQuantizer;

use crate::arithmetic::dense::{LANES, LaneBuffer, Lanes};
use crate::data::part::Part;
use crate::intake::config::Ranges;
use crate::learn::candidate::Scaling;

/// The numbers of an input quantizer exactly as the device has them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Input {
    /// As the image has it.
    pub quantizer: InputQuantizer,
    /// Feature units per code; 0 for a constant feature.
    pub step: f64,
    /// The feature value that code 0 stands for.
    pub zero: f64,
}

impl Input {
    /// A quantizer whose codes span `low..=high`.
    #[must_use]
    pub fn new(low: f64, high: f64) -> Self {
        let scale = if high > low { (255.0 / (high - low)) as f32 } else { 0.0 };
        // Codes beyond f32's precision are unusable: treat the feature as constant.
        let bias = (0.5 - low * f64::from(scale)) as f32;
        if scale <= 0.0 || !scale.is_finite() || !bias.is_finite() {
            let quantizer = InputQuantizer { scale: 0.0, bias: 128.5 };
            return Self { quantizer, step: 0.0, zero: low };
        }
        let step = 1.0 / f64::from(scale);
        // floor(x scale + bias) - 128 = 0 in the middle of its step.
        let zero = (128.5 - f64::from(bias)) * step;
        Self { quantizer: InputQuantizer { scale, bias }, step, zero }
    }

    /// The code of a feature.
    #[inline]
    #[must_use]
    pub fn code(&self, x: f32) -> f64 {
        let InputQuantizer { scale, bias } = self.quantizer;
        f64::from((x * scale + bias) as u8) - 128.0
    }

    /// The feature value that a code stands for.
    #[inline]
    #[must_use]
    pub fn value(&self, code: f64) -> f64 {
        self.zero + code * self.step
    }
}

/// Tail shares beyond which the values of an input may saturate.
const INPUT_TAILS: [f64; 5] = [0.0, 1e-4, 5e-4, 2e-3, 5e-3];

/// Ranges by least squared error among a few tail shares, or with the same share for all.
fn input_quantizers(part: &Part, rows: &[usize], ranges: Ranges) -> Vec<Input> {
    let tails = match ranges {
        Ranges::SquaredError => INPUT_TAILS.to_vec(),
        Ranges::Percentile(percentile) => vec![1.0 - percentile / 100.0],
    };
    (0..part.inputs())
        .map(|feature| {
            let mut sorted: Vec<f32> = rows.iter().map(|&row| part.row(row)[feature]).collect();
            sorted.sort_by(f32::total_cmp);
            let at = |share: f64| -> f64 {
                let last = sorted.len().saturating_sub(1);
                sorted.get((share * last as f64).round() as usize).map_or(0.0, |&x| f64::from(x))
            };
            let squared_error = |input: &Input| -> f64 {
                sorted.iter().map(|&x| (input.value(input.code(x)) - f64::from(x)).powi(2)).sum()
            };
            let tried = tails.iter().map(|&tail| Input::new(at(tail), at(1.0 - tail)));
            tried
                .map(|input| (squared_error(&input), input))
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .map_or_else(|| Input::new(0.0, 0.0), |(_, input)| input)
        })
        .collect()
}

/// What training sees of the features: rounded by the input quantizers, as the device will see
/// them, then standardised by mean and standard deviation on the training rows, each feature by its
/// own or all by a common one.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardizer {
    /// The input quantizers.
    pub inputs: Vec<Input>,
    /// Mean of each feature.
    pub means: Vec<f64>,
    /// What each feature is divided by: its standard deviation, 1 where the feature is constant, or
    /// the common one.
    pub deviations: Vec<f64>,
}

impl Standardizer {
    /// From some rows of a part; at least one.
    #[must_use]
    pub fn fit(part: &Part, rows: &[usize], ranges: Ranges, scaling: Scaling) -> Self {
        let count = rows.len() as f64;
        let mut means = vec![0.0; part.inputs()];
        for &row in rows {
            for (mean, &x) in means.iter_mut().zip(part.row(row)) {
                *mean += f64::from(x) / count;
            }
        }
        let mut deviations = vec![0.0; part.inputs()];
        for &row in rows {
            for ((variance, &x), mean) in deviations.iter_mut().zip(part.row(row)).zip(&means) {
                *variance += (f64::from(x) - mean).powi(2) / count;
            }
        }
        let (mut squares, mut varying) = (0.0, 0u32);
        for (deviation, mean) in deviations.iter_mut().zip(&means) {
            *deviation = deviation.sqrt();
            // A spread below the feature's own rounding is no information.
            if *deviation <= mean.abs() * 1e-7 {
                *deviation = 1.0;
            } else {
                squares += *deviation * *deviation;
                varying += 1;
            }
        }
        if scaling == Scaling::Common && varying > 0 {
            deviations.fill((squares / f64::from(varying)).sqrt());
        }
        Self { inputs: input_quantizers(part, rows, ranges), means, deviations }
    }

    /// A feature, rounded as on the device, in standard deviations from its mean.
    #[inline]
    #[must_use]
    pub fn apply(&self, feature: usize, x: f32) -> f32 {
        let input = &self.inputs[feature];
        ((input.value(input.code(x)) - self.means[feature]) / self.deviations[feature]) as f32
    }
}

/// Values of rows, as blocks of [`LANES`] rows; the last block is padded with zeros.
#[derive(Debug, Clone)]
pub struct Blocks {
    /// Number of rows.
    pub rows: usize,
    /// Values of each row.
    pub width: usize,
    values: LaneBuffer,
}

impl Blocks {
    /// Blocks of `rows` rows of `width` values, `value(row, index)` each.
    #[must_use]
    pub fn new(rows: usize, width: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let mut values = LaneBuffer::new(rows.div_ceil(LANES) * width);
        for (index, block) in values.as_mut_slice().chunks_exact_mut(width.max(1)).enumerate() {
            for lane in 0..LANES.min(rows - index * LANES) {
                for (at, lanes) in block.iter_mut().enumerate() {
                    lanes[lane] = value(index * LANES + lane, at);
                }
            }
        }
        Self { rows, width, values }
    }

    /// Blocks of rows whose values are row-major, `width` of each.
    #[must_use]
    pub fn of(values: &[f32], width: usize) -> Self {
        Self::new(values.len() / width.max(1), width, |row, at| values[row * width + at])
    }

    /// The standardised features of some rows.
    #[must_use]
    pub fn features(part: &Part, rows: &[usize], standardizer: &Standardizer) -> Self {
        Self::new(rows.len(), part.inputs(), |row, feature| {
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

    /// Some blocks: `width` elements each.
    #[must_use]
    pub fn blocks(&self, range: Range<usize>) -> &[Lanes<f32>] {
        &self.values.as_slice()[range.start * self.width..range.end * self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::part::PartColumns;

    #[test]
    fn constant_features_are_left_alone() {
        let features = vec![1.0, 5.0, 3.0, 5.0, 5.0, 5.0];
        let part =
            PartColumns { rows: 3, inputs: 2, experts: 0, features, ..PartColumns::default() }
                .padded();
        let standardizer = Standardizer::fit(&part, &[0, 1, 2], Ranges::default(), Scaling::Each);
        assert_eq!(standardizer.deviations[1], 1.0);
        assert_eq!(standardizer.apply(1, 5.0), 0.0);
        let blocks = Blocks::features(&part, &[2, 0], &standardizer);
        let expected = (2.0 / (8.0f64 / 3.0).sqrt()) as f32;
        assert!((blocks.blocks(0..1)[0][0] - expected).abs() < 1e-2, "up to half a code");
        assert!((blocks.blocks(0..1)[0][1] + expected).abs() < 1e-2);
        assert_eq!(blocks.blocks(0..1)[0][2..], [0.0; LANES - 2], "padding");
    }
}
