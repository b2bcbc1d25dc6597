//! The way of rows through an integer network, and of gradients back.

use rayon::prelude::*;

use super::layer::Layer;
use crate::arithmetic::dense::{LANES, Lanes};
use crate::learn::batch::Blocks;
use crate::learn::objective::GroupLoss;
use crate::loss::Surrogate;

/// Rows of a task. What a task is depends on the number of rows alone, so that sums have the same
/// order on any number of threads.
const TASK: usize = 16 * LANES;

/// The mean surrogate loss of an integer network, and its gradient, layer by layer weights and
/// biases.
pub(super) fn evaluate<S: Surrogate<f32>>(
    network: &[Layer],
    codes: &[f64],
    scale: f64,
    surrogate: &S,
    targets: &Blocks,
) -> (f64, Vec<f64>) {
    let inputs = network.first().map_or(1, |layer| layer.inputs);
    let tasks: Vec<(f64, Vec<f64>)> = codes
        .par_chunks(TASK * inputs)
        .enumerate()
        .map(|(task, codes)| {
            let mut pass = Pass::new(network);
            for (block, codes) in codes.chunks(LANES * inputs).enumerate() {
                let block = task * (TASK / LANES) + block;
                let targets = targets.blocks(block..block + 1);
                pass.block(network, codes, scale, surrogate, targets);
            }
            (pass.loss, pass.gradient)
        })
        .collect();
    let rows = targets.rows.max(1) as f64;
    let mut gradient = vec![0.0; network.iter().map(Layer::parameters).sum()];
    let mut loss = 0.0;
    for (of_task, by_parameters) in tasks {
        loss += of_task / rows;
        for (sum, value) in gradient.iter_mut().zip(by_parameters) {
            *sum += value / rows;
        }
    }
    (loss, gradient)
}

/// Memory of a task.
pub(super) struct Pass {
    loss: f64,
    gradient: Vec<f64>,
    /// For each lane and layer the codes that go in.
    codes: Vec<Vec<Vec<f64>>>,
    /// For each lane and hidden layer, codes by accumulator unit; 0 where saturated.
    slopes: Vec<Vec<Vec<f64>>>,
    pub(super) scores: Vec<Lanes<f32>>,
    deltas: Vec<Lanes<f32>>,
}

impl Pass {
    pub(super) fn new(network: &[Layer]) -> Self {
        let outputs = network.last().map_or(0, |layer| layer.biases.len());
        Self {
            loss: 0.0,
            gradient: vec![0.0; network.iter().map(Layer::parameters).sum()],
            codes: vec![vec![Vec::new(); network.len()]; LANES],
            slopes: vec![vec![Vec::new(); network.len()]; LANES],
            scores: vec![[0.0; LANES]; outputs],
            deltas: vec![[0.0; LANES]; outputs],
        }
    }

    fn block<S: Surrogate<f32>>(
        &mut self,
        network: &[Layer],
        codes: &[f64],
        scale: f64,
        surrogate: &S,
        targets: &[Lanes<f32>],
    ) {
        let inputs = network.first().map_or(1, |layer| layer.inputs);
        for score in &mut self.scores {
            score.fill(0.0);
        }
        for (lane, codes) in codes.chunks_exact(inputs).enumerate() {
            self.forward(network, lane, codes, scale);
        }
        self.loss += pulp::Arch::new().dispatch(GroupLoss {
            surrogate,
            outputs: self.scores.len(),
            targets,
            scores: &self.scores,
            deltas: &mut self.deltas,
        });
        for lane in 0..codes.len() / inputs {
            self.backward(network, lane, scale);
        }
    }

    pub(super) fn forward(&mut self, network: &[Layer], lane: usize, codes: &[f64], scale: f64) {
        let mut codes = codes.to_vec();
        for (at, layer) in network.iter().enumerate() {
            let sums: Vec<f64> = layer.sums(&codes).collect();
            self.codes[lane][at] = codes;
            let slopes = &mut self.slopes[lane][at];
            slopes.clear();
            codes = Vec::with_capacity(sums.len());
            for (&sum, requantizer) in sums.iter().zip(&layer.requantizers) {
                let factor = requantizer.factor();
                let open = (0.0..=127.0).contains(&(sum * factor));
                slopes.push(if open { factor } else { 0.0 });
                codes.push(f64::from(requantizer.apply(sum as i32)));
            }
            if at + 1 == network.len() {
                for (score, sum) in self.scores.iter_mut().zip(&sums) {
                    score[lane] = (sum * scale) as f32;
                }
            }
        }
    }

    fn backward(&mut self, network: &[Layer], lane: usize, scale: f64) {
        let mut by_sums: Vec<f64> =
            self.deltas.iter().map(|delta| f64::from(delta[lane]) * scale).collect();
        let mut end = self.gradient.len();
        for (at, layer) in network.iter().enumerate().rev() {
            let codes = &self.codes[lane][at];
            let gradient = &mut self.gradient[end - layer.parameters()..end];
            end -= layer.parameters();
            let (weights, biases) = gradient.split_at_mut(layer.weights.len());
            let mut by_codes = vec![0.0; layer.inputs];
            let rows = layer.weights.chunks_exact(layer.inputs);
            let gradients = weights.chunks_exact_mut(layer.inputs).zip(biases);
            for ((&by_sum, row), (of_row, bias)) in by_sums.iter().zip(rows).zip(gradients) {
                if by_sum == 0.0 {
                    continue;
                }
                *bias += by_sum;
                for (((sum, &code), by_code), &weight) in
                    of_row.iter_mut().zip(codes).zip(&mut by_codes).zip(row)
                {
                    *sum += by_sum * code;
                    *by_code += by_sum * weight;
                }
            }
            if let Some(before) = at.checked_sub(1) {
                let slopes = &self.slopes[lane][before];
                by_sums = by_codes.iter().zip(slopes).map(|(by, slope)| by * slope).collect();
            }
        }
    }
}
