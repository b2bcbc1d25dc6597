//! What quantization costs on the rows that training may see, and what is done about it.

use serde::Serialize;

use super::{Choice, Trained, float_choices, selection_rows};
use crate::arithmetic::statistics::paired_difference;
use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::error::{Error, Result};
use crate::intake::config::Config;
use crate::integers::artifact::{Artifact, decisions, make};
use crate::integers::fine_tune::fine_tune;
use crate::integers::quantize::Quantized;
use crate::learn::fit::Fit;

/// Up to this share of the tolerance integers are as good as floats, and are left as they are.
const UNTUNED_SHARE: f64 = 1.0 / 3.0;

/// Train rows that fine-tuning uses at most.
const FINE_TUNED_ROWS: usize = 6_000;

/// Mean deferral loss before and after quantization, on the calibration rows, which decide between
/// restarts, and on train and calibration rows together, which tell more finely what quantization
/// costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SeenLoss {
    /// Of the float network on the calibration rows.
    pub float_calibration: f64,
    /// Of the image on the calibration rows.
    pub int8_calibration: f64,
    /// Of the float network on train and calibration rows.
    pub float_all: f64,
    /// Of the image on train and calibration rows.
    pub int8_all: f64,
    /// Standard error of the difference of the last two, row by row.
    pub growth_error: f64,
}

/// Quantization must not cost more than it may. On a small log a handful of rows is more than the
/// tolerance, so what counts is a growth beyond it by more than one standard error.
pub(crate) fn check_quantization(seen: &SeenLoss, tolerance: f64) -> Result<()> {
    let SeenLoss { float_all: float, int8_all: int8, growth_error: error, .. } = *seen;
    if int8 - float <= tolerance + error {
        return Ok(());
    }
    Err(Error::Invalid {
        what: "quantization: growth of the deferral loss on train and calibration rows from float \
               to int8"
            .to_owned(),
        found: format!("{:.4} +- {error:.4} (from {float:.4} to {int8:.4})", int8 - float),
        expected: format!(
            "at most quantize.tolerance = {tolerance}; try wider hidden layers, a larger train.l2, \
             or features without extreme outliers"
        ),
    })
}

impl SeenLoss {
    /// Of a float network with its offsets, and of its image.
    pub(super) fn of(fit: &Fit, offsets: &[f64], artifact: &Artifact, data: &Dataset) -> Self {
        let losses = |part: &Part| -> (Vec<f64>, Vec<f64>) {
            let of = |choices: Vec<usize>| -> Vec<f64> {
                choices
                    .iter()
                    .enumerate()
                    .map(|(row, &k)| f64::from(part.deferral_loss(row, k)))
                    .collect()
            };
            (of(float_choices(fit, offsets, part)), of(decisions(&artifact.image(), part)))
        };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let (mut float, mut int8) = losses(&data.calibration);
        let (float_calibration, int8_calibration) = (mean(&float), mean(&int8));
        let (train_float, train_int8) = losses(&data.train);
        float.extend(train_float);
        int8.extend(train_int8);
        let (_, growth_error) = paired_difference(&int8, &float);
        Self {
            float_calibration,
            int8_calibration,
            float_all: mean(&float),
            int8_all: mean(&int8),
            growth_error,
        }
    }
}

impl Trained {
    /// Trains on through the device's rounding where that costs something, and keeps what comes of it if the
    /// image does better on the rows that training may see, and not worse on the calibration rows among them.
    pub(super) fn fine_tuned(
        self,
        quantized: &Quantized,
        config: &Config,
        data: &Dataset,
    ) -> Result<Self> {
        let Choice::Rejector(judged) = &self.choice else { return Ok(self) };
        let growth = self.seen.int8_all - self.seen.float_all;
        let steps = config.quantize.fine_tune;
        if steps == 0 || growth <= UNTUNED_SHARE * config.quantize.tolerance {
            return Ok(self);
        }
        let sample = selection_rows(&data.train, FINE_TUNED_ROWS, config.train.seed);
        let part = sample.as_ref().unwrap_or(&data.train);
        let rows: Vec<usize> = (0..part.rows()).collect();
        let candidate = &judged.candidate;
        let Some(tuned) = fine_tune(quantized, &self.fit, candidate, part, &rows, steps) else {
            return Ok(self);
        };
        let parts = make(tuned, &self.fit, &self.offsets, data, config)?;
        let artifact = Artifact::new(&parts)?;
        let seen = SeenLoss::of(&self.fit, &self.offsets, &artifact, data);
        let better = seen.int8_all < self.seen.int8_all
            && seen.int8_calibration <= self.seen.int8_calibration;
        if !better {
            return Ok(self);
        }
        let before_fine_tuning = Some(self.seen.int8_all);
        Ok(Self { parts, artifact, seen, before_fine_tuning, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::store::Forgetful;
    use crate::pipeline::attempt;
    use crate::progress::Silent;

    /// Who is right alternates over many bands of one feature: the weights of a network that tells them apart are
    /// large and nearly cancel, which 8 bits cannot hold.
    #[test]
    fn fine_tuning_wins_back_what_integers_cost() {
        let (mut config, mut data) = crate::intake::testing::log(3000, 1500);
        for part in [&mut data.train, &mut data.calibration, &mut data.test] {
            let odd = |x: &[f32]| (x[0] * 4.0).floor().rem_euclid(2.0);
            let odd = part.features().iter_rows().map(odd);
            let errors = odd.flat_map(|odd| [odd, 1.0 - odd]).collect();
            part.edit(|columns| columns.errors = errors);
        }
        config.rejector.method = "two-stage".parse().unwrap();
        config.rejector.hidden = Some(vec![32]);
        config.train.l2 = Some(1e-6);
        config.train.max_iterations = 640;
        let growth = |fine_tune: u32| {
            let mut config = config.clone();
            config.quantize.fine_tune = fine_tune;
            let (trained, refused) = attempt(&config, &data, &Forgetful, &Silent).unwrap();
            // Far beyond the tolerance all the same: such a log needs other features, and is told so.
            assert!(refused.is_some());
            assert_eq!(trained.before_fine_tuning.is_some(), fine_tune > 0);
            let (float, int8) =
                (trained.float_choices(&data.test), trained.int8_choices(&data.test));
            let loss = |choices: &[usize]| data.test.mean_deferral_loss(|row| choices[row]);
            loss(&int8) - loss(&float)
        };
        // On rows that no training has seen.
        let (without, with) = (growth(0), growth(100));
        assert!(with < 0.8 * without && without > 0.02, "{without} {with}");
    }

    fn seen(float_all: f64, int8_all: f64, growth_error: f64) -> SeenLoss {
        SeenLoss {
            float_calibration: 0.0,
            int8_calibration: 0.0,
            float_all,
            int8_all,
            growth_error,
        }
    }

    #[test]
    fn growth_beyond_the_tolerance_and_its_error_fails_with_both_numbers() {
        assert!(check_quantization(&seen(0.1, 0.1029, 0.0), 0.003).is_ok());
        assert!(check_quantization(&seen(0.1, 0.0900, 0.0), 0.0).is_ok());
        assert!(check_quantization(&seen(0.1, 0.104, 0.002), 0.003).is_ok(), "within the noise");
        let error = check_quantization(&seen(0.1, 0.12, 0.001), 0.003).unwrap_err().to_string();
        for part in ["0.0200", "0.1200", "quantize.tolerance = 0.003", "wider hidden layers"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
