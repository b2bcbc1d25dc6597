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
mod layer;
mod pass;

use mild::image::LayerParts;

use self::adam::Adam;
use self::layer::Layer;
use self::pass::evaluate;
use crate::data::part::Part;
use crate::integers::quantize::Quantized;
use crate::learn::batch::Blocks;
use crate::learn::candidate::Candidate;
use crate::learn::fit::Fit;
use crate::learn::train::with_surrogate;
use crate::loss::{Surrogate, WithSurrogate};

/// Codes that a weight moves by in one step at the start.
const RATE: f64 = 0.5;

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

#[cfg(test)]
mod tests;
