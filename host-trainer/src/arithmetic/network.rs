//! The float network: dense layers with ReLU between them.
//!
//! Parameters are one flat vector: for each layer its weights (row-major, outputs x inputs), then
//! its biases.

use crate::arithmetic::random::Random;

/// The widths of a network: inputs, hidden layers, outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    widths: Vec<usize>,
}

/// Where a layer's parameters lie in the flat vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerSpan {
    /// Width of the input.
    pub inputs: usize,
    /// Width of the output.
    pub outputs: usize,
    /// Index of the first weight.
    pub weights: usize,
    /// Index of the first bias.
    pub biases: usize,
}

impl Shape {
    /// A network from `inputs` over hidden layers to `outputs`; all widths at least 1.
    ///
    /// # Panics
    /// If a width is 0.
    #[must_use]
    pub fn new(inputs: usize, hidden: &[usize], outputs: usize) -> Self {
        let mut widths = vec![inputs];
        widths.extend(hidden);
        widths.push(outputs);
        assert!(widths.iter().all(|&width| width > 0), "a layer needs a width");
        Self { widths }
    }

    /// Width of the input.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.widths[0]
    }

    /// Widths of the hidden layers.
    #[must_use]
    pub fn hidden(&self) -> &[usize] {
        &self.widths[1..self.widths.len() - 1]
    }

    /// Width of the output.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.widths[self.widths.len() - 1]
    }

    /// The layers in order.
    pub fn layers(&self) -> impl DoubleEndedIterator<Item = LayerSpan> + ExactSizeIterator {
        let mut at = 0;
        let spans: Vec<LayerSpan> = self
            .widths
            .windows(2)
            .map(|pair| {
                let (inputs, outputs) = (pair[0], pair[1]);
                let span =
                    LayerSpan { inputs, outputs, weights: at, biases: at + inputs * outputs };
                at = span.biases + outputs;
                span
            })
            .collect();
        spans.into_iter()
    }

    /// Number of parameters.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.widths.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum()
    }

    /// Seeded start: normal weights of variance 2 / inputs in hidden layers (He et al. 2015), a
    /// tenth of that deviation in the last one, so that training starts near equal scores; biases
    /// 0.
    #[must_use]
    pub fn initial(&self, seed: u64) -> Vec<f64> {
        let mut random = Random::new(seed);
        let mut parameters = vec![0.0; self.parameters()];
        let last = self.widths.len() - 2;
        for (index, layer) in self.layers().enumerate() {
            let deviation = (2.0 / layer.inputs as f64).sqrt();
            let deviation = if index == last { 0.1 * deviation } else { deviation };
            for weight in &mut parameters[layer.weights..layer.biases] {
                *weight = deviation * random.normal();
            }
        }
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cover_the_parameters() {
        let shape = Shape::new(3, &[5, 2], 4);
        let spans: Vec<LayerSpan> = shape.layers().collect();
        assert_eq!(spans[0], LayerSpan { inputs: 3, outputs: 5, weights: 0, biases: 15 });
        assert_eq!(spans[2].biases + 4, shape.parameters());
        assert_eq!((shape.inputs(), shape.hidden(), shape.outputs()), (3, &[5, 2][..], 4));
    }
}
