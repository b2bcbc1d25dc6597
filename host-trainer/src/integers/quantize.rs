//! From the float network to the integers of an image.
//!
//! - Inputs: one affine 8-bit quantizer per feature; the standardization is folded into it and into
//!   the first layer.
//! - Weights: symmetric int8, one scale per output channel; the last layer has one scale for all
//!   experts, so that integer scores compare directly.
//! - Hidden activations: 0 to 127, scale per unit; the requantizer of a channel takes it there.
//! - Biases: int32 in accumulator units, corrected for the mean effect of the rounded weights
//!   (Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction").
//!
//! The ranges of inputs come from the train rows, since the network is trained on what the input
//! quantizers leave of the features; those of activations from the calibration rows. Nothing here
//! runs an integer network: what the image computes comes from the `mild` crate alone.

use mild::fixed::{RawQuantizer, Requantizer};
use mild::image::{InputQuantizer, LayerParts, MAX_BIAS};

use crate::data::dataset::RawScale;
use crate::data::part::Part;
use crate::error::{Error, Result};
use crate::intake::config::Ranges;
use crate::learn::batch::Input;
use crate::learn::fit::Fit;

/// The quantized network: the parts of an image that come from the weights.
#[derive(Debug, Clone)]
pub(crate) struct Quantized {
    /// One for each feature.
    pub quantizers: Vec<InputQuantizer>,
    /// One for each feature, if the configuration says what raw readings mean.
    pub raw: Option<Vec<RawQuantizer>>,
    /// The layers.
    pub layers: Vec<LayerParts>,
    /// A float score is an integer score times this (up to a shift common to all experts).
    pub score_scale: f32,
}

/// How the range of a hidden unit is chosen between the layer's widest (0) and its own (1), as an
/// exponent. A unit's own range wastes no activation codes; a common one wastes no weight codes of
/// the next layer. Each is tried, and the one with the least error of the scores is kept.
const RANGE_EXPONENTS: [f64; 3] = [0.0, 0.5, 1.0];

/// Shares of the largest activation that are tried as the end of a range.
const CLIPS: [f64; 5] = [1.0, 0.9, 0.8, 0.65, 0.5];

/// Quantizes a network, with ranges from `calibration`.
///
/// # Errors
/// [`Error::Unrepresentable`] if the network has numbers that do not fit an image, as after a
/// training that diverged.
pub(crate) fn quantize(
    fit: &Fit,
    calibration: &Part,
    raw: Option<&[RawScale]>,
    ranges: Ranges,
) -> Result<Quantized> {
    let inputs = &fit.standardizer.inputs;
    let mut best: Option<(f64, Quantized)> = None;
    for exponent in RANGE_EXPONENTS {
        let (error, quantized) = with_exponent(fit, calibration, inputs, exponent, ranges)?;
        if best.as_ref().is_none_or(|(least, _)| error < *least) {
            best = Some((error, quantized));
        }
    }
    let Some((_, mut quantized)) = best else {
        return Err(unusable("a score", f64::NAN));
    };
    quantized.raw = raw.map(|raw| raw_quantizers(inputs, raw)).transpose()?;
    Ok(quantized)
}

fn raw_quantizers(inputs: &[Input], raw: &[RawScale]) -> Result<Vec<RawQuantizer>> {
    inputs
        .iter()
        .zip(raw)
        .map(|(input, raw)| {
            let InputQuantizer { scale, bias } = input.quantizer;
            let factor = f64::from(scale) * f64::from(raw.scale);
            // The half is part of the bias already; the quantizer adds its own.
            let zero = f64::from(scale) * f64::from(raw.offset) + f64::from(bias) - 128.5;
            RawQuantizer::from_affine(factor, zero)
                .ok_or_else(|| unusable("codes per count of a raw reading", factor))
        })
        .collect()
}

/// A layer in floats whose inputs are codes: `bias + sum weight * code`.
struct CodeLayer {
    inputs: usize,
    weights: Vec<f64>,
    biases: Vec<f64>,
}

impl CodeLayer {
    fn outputs(&self) -> usize {
        self.biases.len()
    }

    fn row(&self, output: usize) -> &[f64] {
        &self.weights[output * self.inputs..][..self.inputs]
    }

    fn apply(&self, codes: &[f64]) -> Vec<f64> {
        (0..self.outputs()).map(|o| self.biases[o] + dot(self.row(o), codes)).collect()
    }
}

/// Quantizes with one way of choosing ranges; also returns the squared error of the scores.
fn with_exponent(
    fit: &Fit,
    calibration: &Part,
    inputs: &[Input],
    exponent: f64,
    ranges: Ranges,
) -> Result<(f64, Quantized)> {
    let spans: Vec<_> = fit.shape.layers().collect();
    let mut codes: Vec<Vec<f64>> = (0..calibration.rows())
        .map(|row| {
            inputs.iter().zip(calibration.row(row)).map(|(input, &x)| input.code(x)).collect()
        })
        .collect();
    let mut layers = Vec::new();
    // What one code of each unit that feeds the layer stands for.
    let mut steps: Vec<f64> = Vec::new();
    for (index, span) in spans.iter().enumerate() {
        let weights = &fit.parameters[span.weights..span.biases];
        let biases = &fit.parameters[span.biases..span.biases + span.outputs];
        let mut layer = if index == 0 {
            first_layer(fit, inputs, weights, biases)
        } else {
            CodeLayer {
                inputs: span.inputs,
                weights: weights
                    .chunks_exact(span.inputs)
                    .flat_map(|row| product(row, &steps))
                    .collect(),
                biases: biases.to_vec(),
            }
        };
        let exact: Vec<Vec<f64>> = codes.iter().map(|codes| layer.apply(codes)).collect();
        let means = column_means(&codes, span.inputs);
        if index + 1 == spans.len() {
            // Where outputs are probabilities, what is common to all experts counts too.
            let relative = fit.platt_scaling.is_none();
            if relative {
                center(&mut layer);
            }
            let (parts, scale) = last_layer(&layer, &means)?;
            let integer = integer_sums(&parts, &codes);
            let error = score_error(&exact, &integer, scale, relative);
            layers.push(parts);
            let score_scale = scale as f32;
            if !score_scale.is_normal() {
                return Err(unusable("the scale of the scores", scale));
            }
            let quantizers = inputs.iter().map(|input| input.quantizer).collect();
            return Ok((error, Quantized { quantizers, raw: None, layers, score_scale }));
        }
        let ends = unit_ranges(&exact, span.outputs, exponent, ranges);
        let (parts, actual_steps) = hidden_layer(&layer, &means, &ends)?;
        codes = integer_sums(&parts, &codes)
            .into_iter()
            .map(|sums| {
                let words = sums.iter().zip(&parts.requantizers);
                words.map(|(&sum, requantizer)| f64::from(requantizer.apply(sum as i32))).collect()
            })
            .collect();
        layers.push(parts);
        steps = actual_steps;
    }
    Err(unusable("the number of layers", 0.0))
}

/// Folds standardization and input quantizers into the first layer.
fn first_layer(fit: &Fit, inputs: &[Input], weights: &[f64], biases: &[f64]) -> CodeLayer {
    let standard = &fit.standardizer;
    let mut biases = biases.to_vec();
    let mut folded = Vec::with_capacity(weights.len());
    for (row, bias) in weights.chunks_exact(inputs.len()).zip(&mut biases) {
        for (j, (&weight, input)) in row.iter().zip(inputs).enumerate() {
            let per_unit = weight / standard.deviations[j];
            folded.push(per_unit * input.step);
            *bias += per_unit * (input.zero - standard.means[j]);
        }
    }
    CodeLayer { inputs: inputs.len(), weights: folded, biases }
}

/// Takes from each input's weights the middle of their range over the experts, and from the biases
/// theirs: scores shift together, decisions stay, and the common scale becomes finer.
fn center(layer: &mut CodeLayer) {
    let (inputs, outputs) = (layer.inputs, layer.outputs());
    for j in 0..inputs {
        let column = |layer: &CodeLayer, o: usize| layer.weights[o * inputs + j];
        let (low, high) = range((0..outputs).map(|o| column(layer, o)));
        for o in 0..outputs {
            layer.weights[o * inputs + j] -= 0.5 * (low + high);
        }
    }
    let (low, high) = range(layer.biases.iter().copied());
    layer.biases.iter_mut().for_each(|bias| *bias -= 0.5 * (low + high));
}

fn last_layer(layer: &CodeLayer, means: &[f64]) -> Result<(LayerParts, f64)> {
    let largest = layer.weights.iter().fold(0.0f64, |largest, w| largest.max(w.abs()));
    let largest_bias = layer.biases.iter().fold(0.0f64, |largest, b| largest.max(b.abs()));
    // Weights decide the scale; a constant rejector has biases alone.
    let scale = (largest / 127.0).max(largest_bias / f64::from(1 << 24));
    let scale = if scale > 0.0 { scale } else { 1.0 };
    let mut parts = empty_parts(layer.inputs);
    for o in 0..layer.outputs() {
        push_row(&mut parts, layer.row(o), layer.biases[o], scale, means)?;
    }
    Ok((parts, scale))
}

/// Quantizes a hidden layer whose units reach up to `ranges`; also returns what one code of each
/// unit stands for.
fn hidden_layer(
    layer: &CodeLayer,
    means: &[f64],
    ranges: &[f64],
) -> Result<(LayerParts, Vec<f64>)> {
    let mut parts = empty_parts(layer.inputs);
    let mut steps = Vec::with_capacity(ranges.len());
    for (o, &range) in ranges.iter().enumerate() {
        let row = layer.row(o);
        let largest = row.iter().fold(0.0f64, |largest, w| largest.max(w.abs()));
        let bias = layer.biases[o];
        let scale = (largest / 127.0).max(bias.abs() / f64::from(1 << 24));
        let scale = if scale > 0.0 { scale } else { 1.0 };
        // A unit that a single code of an input would saturate gets a wider range.
        let step = (range / 127.0).max(scale / Requantizer::MAX_FACTOR);
        // A quotient of a quotient may be a rounding above the largest factor.
        let factor = scale / step;
        let factor =
            if factor > Requantizer::MAX_FACTOR { Requantizer::MAX_FACTOR } else { factor };
        let Some(requantizer) = Requantizer::from_factor(factor) else {
            return Err(unusable("a requantization factor", factor));
        };
        push_row(&mut parts, row, bias, scale, means)?;
        parts.requantizers.push(requantizer);
        steps.push(scale / requantizer.factor());
    }
    Ok((parts, steps))
}

fn empty_parts(inputs: usize) -> LayerParts {
    LayerParts { inputs, biases: Vec::new(), requantizers: Vec::new(), weights: Vec::new() }
}

fn push_row(
    parts: &mut LayerParts,
    row: &[f64],
    bias: f64,
    scale: f64,
    means: &[f64],
) -> Result<()> {
    let mut corrected = bias;
    for (&weight, &mean) in row.iter().zip(means) {
        let rounded = (weight / scale).round().clamp(-127.0, 127.0);
        corrected += (weight - rounded * scale) * mean;
        parts.weights.push(rounded as i8);
    }
    let bias = (corrected / scale).round();
    if bias.is_nan() || bias.abs() > f64::from(MAX_BIAS) {
        return Err(unusable("a bias in accumulator units", bias));
    }
    parts.biases.push(bias as i32);
    Ok(())
}

/// Where each hidden unit's codes end: by least squared error of its own values or at their
/// percentile, then brought toward the layer's widest by the exponent.
fn unit_ranges(values: &[Vec<f64>], units: usize, exponent: f64, ranges: Ranges) -> Vec<f64> {
    let own: Vec<f64> = (0..units)
        .map(|unit| {
            if let Ranges::Percentile(percentile) = ranges {
                return positive_percentile(values.iter().map(|row| row[unit]), percentile);
            }
            let largest = values.iter().fold(0.0f64, |largest, row| largest.max(row[unit]));
            let error = |end: f64| -> f64 {
                let step = end / 127.0;
                values
                    .iter()
                    .map(|row| {
                        let x = row[unit].max(0.0);
                        ((x / step).round().min(127.0) * step - x).powi(2)
                    })
                    .sum()
            };
            let ends = CLIPS.iter().map(|clip| clip * largest);
            ends.min_by(|a, b| error(*a).total_cmp(&error(*b))).unwrap_or(largest)
        })
        .collect();
    let widest = own.iter().copied().fold(0.0, f64::max);
    own.iter()
        .map(|&own| {
            // A unit that is never active may take any range.
            if own > 0.0 { libm::pow(own / widest, exponent) * widest } else { widest.max(1e-6) }
        })
        .collect()
}

/// A percentile of the values above 0, which is all that a ReLU lets pass; 0 if there are none.
fn positive_percentile(values: impl Iterator<Item = f64>, percentile: f64) -> f64 {
    let mut positive: Vec<f64> = values.filter(|&x| x > 0.0).collect();
    positive.sort_by(f64::total_cmp);
    let last = positive.len().saturating_sub(1) as f64;
    positive.get((percentile / 100.0 * last).round() as usize).copied().unwrap_or(0.0)
}

/// The integer accumulators of a layer, computed exactly in doubles.
fn integer_sums(parts: &LayerParts, codes: &[Vec<f64>]) -> Vec<Vec<f64>> {
    codes
        .iter()
        .map(|codes| {
            let rows = parts.weights.chunks_exact(parts.inputs).zip(&parts.biases);
            rows.map(|(row, &bias)| {
                let sum: f64 = row.iter().zip(codes).map(|(&w, code)| f64::from(w) * code).sum();
                sum + f64::from(bias)
            })
            .collect()
        })
        .collect()
}

/// Squared error of the scores; if they are relative, each row's common shift aside.
fn score_error(exact: &[Vec<f64>], integer: &[Vec<f64>], scale: f64, relative: bool) -> f64 {
    let rows = exact.iter().zip(integer).map(|(exact, integer)| {
        let differences: Vec<f64> = exact.iter().zip(integer).map(|(e, i)| e - i * scale).collect();
        let mean = differences.iter().sum::<f64>() / differences.len() as f64;
        let mean = if relative { mean } else { 0.0 };
        differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>()
    });
    rows.sum()
}

fn column_means(rows: &[Vec<f64>], width: usize) -> Vec<f64> {
    let mut means = vec![0.0; width];
    for row in rows {
        for (mean, value) in means.iter_mut().zip(row) {
            *mean += value / rows.len() as f64;
        }
    }
    means
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn product<'a>(a: &'a [f64], b: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    a.iter().zip(b).map(|(a, b)| a * b)
}

fn unusable(what: &'static str, found: f64) -> Error {
    Error::Unrepresentable { what, found }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The range is then made so wide that the factor is the largest: a rounding above it was
    /// refused.
    #[test]
    fn units_that_one_code_saturates_are_quantized_whatever_their_scale() {
        for n in 1..2000 {
            let weights = vec![0.01 + 0.000_37 * f64::from(n)];
            let layer = CodeLayer { inputs: 1, weights, biases: vec![0.0] };
            let (parts, _) = hidden_layer(&layer, &[0.0], &[0.0]).unwrap();
            assert!(parts.requantizers[0].factor() < 0.25);
        }
    }
}
