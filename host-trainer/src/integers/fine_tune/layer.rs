//! A layer that is fine-tuned.

use mild::fixed::Requantizer;
use mild::image::{LayerParts, MAX_BIAS};

/// A bias moves by as much as all weights of a unit would at codes of about this size.
const BIAS_RATE: f64 = 64.0;

/// A layer with real numbers where the device has integers, in the same units.
#[derive(Clone)]
pub(super) struct Layer {
    pub(super) inputs: usize,
    pub(super) weights: Vec<f64>,
    pub(super) biases: Vec<f64>,
    /// None in the last layer.
    pub(super) requantizers: Vec<Requantizer>,
}

impl Layer {
    pub(super) fn new(parts: &LayerParts) -> Self {
        Self {
            inputs: parts.inputs,
            weights: parts.weights.iter().map(|&weight| f64::from(weight)).collect(),
            biases: parts.biases.iter().map(|&bias| f64::from(bias)).collect(),
            requantizers: parts.requantizers.clone(),
        }
    }

    pub(super) fn parameters(&self) -> usize {
        self.weights.len() + self.biases.len()
    }

    /// Each number with the factor of its steps and its bound.
    pub(super) fn all(&mut self) -> impl Iterator<Item = (&mut f64, f64, f64)> {
        let weights = self.weights.iter_mut().map(|weight| (weight, 1.0, 127.0));
        weights.chain(self.biases.iter_mut().map(|bias| (bias, BIAS_RATE, f64::from(MAX_BIAS))))
    }

    /// As the device has it.
    pub(super) fn rounded(&self) -> Self {
        let round = |values: &[f64]| values.iter().map(|value| value.round()).collect();
        Self { weights: round(&self.weights), biases: round(&self.biases), ..self.clone() }
    }

    pub(super) fn integers(&self, parts: &LayerParts) -> LayerParts {
        LayerParts {
            weights: self.weights.iter().map(|&weight| weight as i8).collect(),
            biases: self.biases.iter().map(|&bias| bias as i32).collect(),
            ..parts.clone()
        }
    }

    /// Sums of the device, exact in doubles.
    pub(super) fn sums<'a>(&'a self, codes: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        let rows = self.weights.chunks_exact(self.inputs).zip(&self.biases);
        rows.map(move |(row, &bias)| bias + row.iter().zip(codes).map(|(w, x)| w * x).sum::<f64>())
    }
}
