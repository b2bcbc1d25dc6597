//! Quantization-aware fine-tuning: the integer network is trained on, through the device's own
//! rounding.
//!
//! Forward, every sum, requantization and saturation is the device's, bit for bit (`mild::fixed`).
//! Backward, rounding counts as the identity and saturation as a stop: the straight-through
//! estimator (Bengio, Léonard, Courville 2013; for quantized networks Jacob et al. 2018). Behind
//! each integer weight stands a real one in the same unit; steps are Adam's (Kingma and Ba 2015)
//! with a cosine decay, counted in codes, so that scales stay what quantization made them. Among
//! all steps that one is kept whose *integer* network has the least surrogate loss: the start is
//! one of them, so that nothing gets worse by it.

mod adam;

use mild::fixed::Requantizer;
use mild::image::{LayerParts, MAX_BIAS};
use rayon::prelude::*;

use self::adam::Adam;
use crate::arithmetic::dense::{LANES, Lanes};
use crate::data::part::Part;
use crate::integers::quantize::Quantized;
use crate::learn::batch::Blocks;
use crate::learn::candidate::Candidate;
use crate::learn::fit::Fit;
use crate::learn::objective::GroupLoss;
use crate::learn::train::with_surrogate;
use crate::loss::{Surrogate, WithSurrogate};

/// Codes that a weight moves by in one step at the start.
const RATE: f64 = 0.5;

/// A bias moves by as much as all weights of a unit would at codes of about this size.
const BIAS_RATE: f64 = 64.0;

/// Rows of a task. What a task is depends on the number of rows alone, so that sums have the same
/// order on any number of threads.
const TASK: usize = 16 * LANES;

/// Trains the integers of a quantized fit on some rows of a part, with the candidate's loss.
/// Returns them if that lowers the surrogate loss on these rows.
#[must_use]
pub(crate) fn fine_tune(
    quantized: &Quantized,
    fit: &Fit,
    candidate: &Candidate,
    part: &Part,
    rows: &[usize],
    steps: u32,
) -> Option<Quantized> {
    let inputs = &fit.standardizer.inputs;
    let codes: Vec<f64> = rows
        .iter()
        .flat_map(|&row| inputs.iter().zip(part.row(row)).map(|(input, &x)| input.code(x)))
        .collect();
    let scale = f64::from(quantized.score_scale);
    let scores = || -> Vec<f32> {
        fit.outputs(part, rows).values().iter().map(|&score| score as f32).collect()
    };
    let layers = &quantized.layers;
    let tuning = Tuning { layers, codes: &codes, scale, steps, scores: &scores };
    let layers = with_surrogate(part, rows, candidate, &fit.standardizer, tuning)?;
    Some(Quantized { layers, ..quantized.clone() })
}

/// What is trained, on what.
struct Tuning<'a> {
    layers: &'a [LayerParts],
    /// Rows x inputs.
    codes: &'a [f64],
    scale: f64,
    steps: u32,
    /// The float network's scores of the rows, row-major.
    scores: &'a dyn Fn() -> Vec<f32>,
}

impl WithSurrogate for Tuning<'_> {
    type Output = Option<Vec<LayerParts>>;

    fn run<S: Surrogate<f32>>(self, surrogate: &S, targets: &[f32]) -> Self::Output {
        let outputs = self.layers.last().map_or(0, |layer| layer.biases.len());
        let at_scores = || surrogate.at_scores(targets, &(self.scores)());
        let followed = surrogate.follows_scores().then(at_scores).flatten();
        let surrogate = followed.as_ref().unwrap_or(surrogate);
        self.tuned(surrogate, &Blocks::of(targets, surrogate.targets_per_row(outputs)))
    }
}

impl Tuning<'_> {
    fn tuned(self, surrogate: &impl Surrogate<f32>, targets: &Blocks) -> Option<Vec<LayerParts>> {
        let mut network: Vec<Layer> = self.layers.iter().map(Layer::new).collect();
        let mut optimizer = Adam::new(network.iter().map(Layer::parameters).sum());
        let mut first = None;
        let mut best: Option<(f64, Vec<Layer>)> = None;
        for step in 0..=self.steps {
            let rounded: Vec<Layer> = network.iter().map(Layer::rounded).collect();
            let (loss, gradient) = evaluate(&rounded, self.codes, self.scale, surrogate, targets);
            let first = *first.get_or_insert(loss);
            if loss < best.as_ref().map_or(first, |(least, _)| *least) {
                best = Some((loss, rounded));
            }
            let progress = f64::from(step) / f64::from(self.steps.max(1));
            let rate = RATE * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * progress));
            let parameters = network.iter_mut().flat_map(Layer::all);
            optimizer.step(rate, &gradient, parameters);
        }
        let (_, best) = best?;
        Some(best.iter().zip(self.layers).map(|(layer, parts)| layer.integers(parts)).collect())
    }
}

/// A layer with real numbers where the device has integers, in the same units.
#[derive(Clone)]
struct Layer {
    inputs: usize,
    weights: Vec<f64>,
    biases: Vec<f64>,
    /// None in the last layer.
    requantizers: Vec<Requantizer>,
}

impl Layer {
    fn new(parts: &LayerParts) -> Self {
        Self {
            inputs: parts.inputs,
            weights: parts.weights.iter().map(|&weight| f64::from(weight)).collect(),
            biases: parts.biases.iter().map(|&bias| f64::from(bias)).collect(),
            requantizers: parts.requantizers.clone(),
        }
    }

    fn parameters(&self) -> usize {
        self.weights.len() + self.biases.len()
    }

    /// Each number with the factor of its steps and its bound.
    fn all(&mut self) -> impl Iterator<Item = (&mut f64, f64, f64)> {
        let weights = self.weights.iter_mut().map(|weight| (weight, 1.0, 127.0));
        weights.chain(self.biases.iter_mut().map(|bias| (bias, BIAS_RATE, f64::from(MAX_BIAS))))
    }

    /// As the device has it.
    fn rounded(&self) -> Self {
        let round = |values: &[f64]| values.iter().map(|value| value.round()).collect();
        Self { weights: round(&self.weights), biases: round(&self.biases), ..self.clone() }
    }

    fn integers(&self, parts: &LayerParts) -> LayerParts {
        LayerParts {
            weights: self.weights.iter().map(|&weight| weight as i8).collect(),
            biases: self.biases.iter().map(|&bias| bias as i32).collect(),
            ..parts.clone()
        }
    }

    /// Sums of the device, exact in doubles.
    fn sums<'a>(&'a self, codes: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        let rows = self.weights.chunks_exact(self.inputs).zip(&self.biases);
        rows.map(move |(row, &bias)| bias + row.iter().zip(codes).map(|(w, x)| w * x).sum::<f64>())
    }
}

/// The mean surrogate loss of an integer network, and its gradient, layer by layer weights and
/// biases.
fn evaluate<S: Surrogate<f32>>(
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
struct Pass {
    loss: f64,
    gradient: Vec<f64>,
    /// For each lane and layer the codes that go in.
    codes: Vec<Vec<Vec<f64>>>,
    /// For each lane and hidden layer, codes by accumulator unit; 0 where saturated.
    slopes: Vec<Vec<Vec<f64>>>,
    scores: Vec<Lanes<f32>>,
    deltas: Vec<Lanes<f32>>,
}

impl Pass {
    fn new(network: &[Layer]) -> Self {
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

    fn forward(&mut self, network: &[Layer], lane: usize, codes: &[f64], scale: f64) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::random::Random;
    use crate::loss::TwoStage;

    fn layer(random: &mut Random, inputs: usize, outputs: usize, last: bool) -> LayerParts {
        let mut weights = || (random.normal() * 40.0).clamp(-127.0, 127.0) as i8;
        LayerParts {
            inputs,
            weights: (0..inputs * outputs).map(|_| weights()).collect(),
            biases: (0..outputs as i32).map(|k| 1500 * (k + 1)).collect(),
            requantizers: if last {
                Vec::new()
            } else {
                vec![Requantizer::from_factor(0.004).unwrap(); outputs]
            },
        }
    }

    fn problem(rows: usize) -> (Vec<LayerParts>, Vec<f64>, Blocks) {
        let mut random = Random::new(3);
        let layers = vec![layer(&mut random, 3, 5, false), layer(&mut random, 5, 2, true)];
        let codes: Vec<f64> =
            (0..rows * 3).map(|_| (random.normal() * 50.0).round().clamp(-128.0, 127.0)).collect();
        let targets = Blocks::new(rows, 2, |row, k| {
            let first = codes[row * 3] > 10.0;
            f32::from(u8::from(first == (k == 0)))
        });
        (layers, codes, targets)
    }

    #[test]
    fn sums_are_those_of_the_device_bit_for_bit() {
        let (mut config, data) = crate::intake::testing::log(400, 300);
        config.rejector.hidden = Some(vec![9, 5]);
        let candidate = Candidate { hidden: vec![9, 5], ..Candidate::default() };
        let rows: Vec<usize> = (0..data.train.rows()).collect();
        let fit = crate::learn::train::fit_for(&data.train, &rows, &candidate, 1, 60);
        let ranges = config.quantize.ranges;
        let quantized =
            crate::integers::quantize::quantize(&fit, &data.calibration, None, ranges).unwrap();
        let parts =
            crate::integers::artifact::make(quantized.clone(), &fit, &[0.0; 2], &data, &config)
                .unwrap();
        let artifact = crate::integers::artifact::Artifact::new(&parts).unwrap();
        let device = crate::integers::artifact::scores(&artifact.image(), &data.test);
        let network: Vec<Layer> = quantized.layers.iter().map(Layer::new).collect();
        let mut pass = Pass::new(&network);
        for (row, device) in device.iter_rows().enumerate() {
            let inputs = fit.standardizer.inputs.iter().zip(data.test.row(row));
            let codes: Vec<f64> = inputs.map(|(input, &x)| input.code(x)).collect();
            pass.forward(&network, 0, &codes, 1.0);
            let sums: Vec<i32> = pass.scores.iter().map(|score| score[0] as i32).collect();
            assert_eq!(sums, device, "row {row}");
        }
    }

    const LOSS: TwoStage = TwoStage::LOG;

    /// Without rounding the network is an ordinary one: its gradient is checked by differences in
    /// the last layer, where nothing is rounded after the sums, and in the first by the sign of
    /// what a large step does.
    #[test]
    fn the_gradient_of_the_last_layer_is_exact() {
        let (layers, codes, targets) = problem(200);
        let network: Vec<Layer> = layers.iter().map(Layer::new).collect();
        let scale = 1e-3;
        let (_, gradient) = evaluate(&network, &codes, scale, &LOSS, &targets);
        let first = network[0].parameters();
        for index in 0..network[1].parameters() {
            let moved = |step: f64| {
                let mut network = network.clone();
                *network[1].all().nth(index).unwrap().0 += step;
                evaluate(&network, &codes, scale, &LOSS, &targets).0
            };
            let step = if index < 10 { 0.25 } else { 25.0 };
            let difference = (moved(step) - moved(-step)) / (2.0 * step);
            let found = gradient[first + index];
            assert!((difference - found).abs() < 1e-3 * found.abs() + 1e-5, "{difference} {found}");
        }
    }

    #[test]
    fn the_gradient_through_the_rounding_points_downhill() {
        let (layers, codes, targets) = problem(2000);
        let network: Vec<Layer> = layers.iter().map(Layer::new).collect();
        let (loss, gradient) = evaluate(&network, &codes, 1e-3, &LOSS, &targets);
        // As long as one weight code, in the first layer alone.
        let first = network[0].parameters();
        let norm = gradient[..15].iter().map(|g| g * g).sum::<f64>().sqrt();
        let mut moved = network.clone();
        for ((parameter, ..), g) in moved[0].all().take(15).zip(&gradient[..first]) {
            *parameter -= 2.0 * g / norm;
        }
        let (less, _) = evaluate(&moved, &codes, 1e-3, &LOSS, &targets);
        let expected = 2.0 * norm;
        assert!(loss - less > 0.3 * expected, "{loss} to {less}, expected {expected} less");
    }

    #[test]
    fn the_loss_is_that_of_the_integers_and_never_rises() {
        let (layers, codes, targets) = problem(500);
        let loss_of = |layers: &[LayerParts]| {
            let network: Vec<Layer> = layers.iter().map(Layer::new).collect();
            evaluate(&network, &codes, 1e-3, &LOSS, &targets).0
        };
        let tuned = |steps: u32| {
            let scores: &dyn Fn() -> Vec<f32> = &Vec::new;
            Tuning { layers: &layers, codes: &codes, scale: 1e-3, steps, scores }
                .tuned(&LOSS, &targets)
        };
        assert!(tuned(0).is_none(), "no step changes nothing");
        let after = tuned(60).unwrap();
        assert!(
            loss_of(&after) < 0.8 * loss_of(&layers),
            "{} {}",
            loss_of(&after),
            loss_of(&layers)
        );
        for (before, after) in layers.iter().zip(&after) {
            assert_eq!(before.requantizers, after.requantizers);
        }
    }
}
