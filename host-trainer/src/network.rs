//! The float network: dense layers with ReLU between them, evaluated on blocks of rows.
//!
//! Parameters are one flat vector: for each layer its weights (row-major, outputs x inputs), then
//! its biases. Rows are worked on [`LANES`] at a time, lane by lane in the same order on every
//! host, so that results do not depend on the width of the vector unit.

use crate::loss::{LANES, Lanes};
use crate::random::Random;

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
    /// tenth of that deviation in the last one, so that training starts near equal scores; biases 0.
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

    /// Sum of the widths after the input: what a forward pass writes for each row.
    pub(crate) fn activations(&self) -> usize {
        self.widths[1..].iter().sum()
    }
}

/// Computes all activations of a block of rows. `inputs` has one element for each input,
/// `activations` one for each unit of all further layers, hidden ones after their ReLU.
#[inline(always)]
pub(crate) fn forward(
    shape: &Shape,
    parameters: &[f32],
    inputs: &[Lanes<f32>],
    activations: &mut [Lanes<f32>],
) {
    let last = shape.widths.len() - 2;
    let (mut from, mut rest) = (inputs, activations);
    for (index, layer) in shape.layers_inline().enumerate() {
        let (to, after) = rest.split_at_mut(layer.outputs);
        let weights = &parameters[layer.weights..layer.biases];
        let biases = &parameters[layer.biases..layer.biases + layer.outputs];
        dense(weights, biases, from, to);
        if index < last {
            for unit in to.iter_mut() {
                for value in unit {
                    *value = if *value > 0.0 { *value } else { 0.0 };
                }
            }
        }
        from = to;
        rest = after;
    }
}

impl Shape {
    /// As [`Shape::layers`], without allocating: for the inner loops.
    #[inline(always)]
    pub(crate) fn layers_inline(&self) -> impl Iterator<Item = LayerSpan> + '_ {
        let mut at = 0;
        self.widths.windows(2).map(move |pair| {
            let (inputs, outputs) = (pair[0], pair[1]);
            let span = LayerSpan { inputs, outputs, weights: at, biases: at + inputs * outputs };
            at = span.biases + outputs;
            span
        })
    }
}

/// `to = biases + weights * from`, four outputs at a time so that each input is loaded once for
/// four uses.
#[inline(always)]
fn dense(weights: &[f32], biases: &[f32], from: &[Lanes<f32>], to: &mut [Lanes<f32>]) {
    let width = from.len();
    let (blocks, rest) = to.as_chunks_mut::<4>();
    let done = blocks.len() * 4;
    for (index, block) in blocks.iter_mut().enumerate() {
        dense_rows::<4>(&weights[index * 4 * width..], &biases[index * 4..], from, block);
    }
    for (index, unit) in rest.iter_mut().enumerate() {
        let row = done + index;
        dense_rows::<1>(&weights[row * width..], &biases[row..], from, std::array::from_mut(unit));
    }
}

#[inline(always)]
fn dense_rows<const R: usize>(
    weights: &[f32],
    biases: &[f32],
    from: &[Lanes<f32>],
    to: &mut [Lanes<f32>; R],
) {
    let width = from.len();
    let rows: [&[f32]; R] = std::array::from_fn(|row| &weights[row * width..][..width]);
    let mut sums: [Lanes<f32>; R] = std::array::from_fn(|row| [biases[row]; LANES]);
    for (input, x) in from.iter().enumerate() {
        for (sum, row) in sums.iter_mut().zip(rows) {
            let weight = row[input];
            for lane in 0..LANES {
                sum[lane] = f32::mul_add(weight, x[lane], sum[lane]);
            }
        }
    }
    *to = sums;
}

/// `to = weights^T * from`, where the unit of `gate` that belongs to an output is positive, else 0:
/// the gradient by a hidden layer's pre-activations.
#[inline(always)]
pub(crate) fn backward_dense(
    weights: &[f32],
    from: &[Lanes<f32>],
    gate: &[Lanes<f32>],
    to: &mut [Lanes<f32>],
) {
    let width = to.len();
    for (input, (to, gate)) in to.iter_mut().zip(gate).enumerate() {
        let mut sum = [0.0; LANES];
        for (output, delta) in from.iter().enumerate() {
            let weight = weights[output * width + input];
            for lane in 0..LANES {
                sum[lane] = f32::mul_add(weight, delta[lane], sum[lane]);
            }
        }
        for lane in 0..LANES {
            to[lane] = if gate[lane] > 0.0 { sum[lane] } else { 0.0 };
        }
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
        assert_eq!(shape.activations(), 11);
        assert_eq!((shape.inputs(), shape.hidden(), shape.outputs()), (3, &[5, 2][..], 4));
    }

    #[test]
    fn forward_equals_the_formula() {
        let shape = Shape::new(2, &[5], 3);
        let parameters: Vec<f32> = shape.initial(7).iter().map(|&p| 3.0 * p as f32 + 0.1).collect();
        let inputs: Vec<Lanes<f32>> = (0..2)
            .map(|i| std::array::from_fn(|lane| (lane as f32 - 8.0) * (i as f32 + 0.5)))
            .collect();
        let mut activations = vec![[0.0; LANES]; shape.activations()];
        forward(&shape, &parameters, &inputs, &mut activations);
        let [first, second]: [LayerSpan; 2] =
            shape.layers().collect::<Vec<_>>().try_into().unwrap();
        for lane in 0..LANES {
            let unit = |layer: &LayerSpan, from: &dyn Fn(usize) -> f64, o: usize| -> f64 {
                (0..layer.inputs)
                    .map(|i| f64::from(parameters[layer.weights + o * layer.inputs + i]) * from(i))
                    .sum::<f64>()
                    + f64::from(parameters[layer.biases + o])
            };
            let hidden: Vec<f64> =
                (0..5).map(|o| unit(&first, &|i| f64::from(inputs[i][lane]), o).max(0.0)).collect();
            for o in 0..3 {
                let expected = unit(&second, &|i| hidden[i], o);
                assert!((f64::from(activations[5 + o][lane]) - expected).abs() < 1e-4);
            }
        }
    }
}
