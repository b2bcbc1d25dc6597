//! By how much quantization raises the deferral loss on the rows that training may see, and what is
//! done about it.

use serde::Serialize;

use super::rows::selection_rows;
use super::{Choice, Made, Trained, float_choices};
use crate::arithmetic::statistics::paired_difference;
use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::error::Result;
use crate::intake::config::Config;
use crate::integers::artifact::{Artifact, decisions, make};
use crate::integers::fine_tune::fine_tune;
use crate::learn::fit::Fit;
use crate::refusal::Refusal;

/// Up to this share of the tolerance integers are as good as floats, and are left as they are.
const UNTUNED_SHARE: f64 = 1.0 / 3.0;

/// Train rows that fine-tuning uses at most.
const FINE_TUNED_ROWS: usize = 6_000;

/// Mean deferral loss before and after quantization, on the calibration rows, which decide between
/// restarts, and on train and calibration rows together, which measure the rise more finely.
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
    pub standard_error: f64,
}

/// Checks the rise of the deferral loss. On a small log a handful of rows is more than the
/// tolerance, so only a rise beyond it by more than one standard error is refused.
pub(crate) fn check_quantization(
    seen: &SeenLoss,
    tolerance: f64,
) -> std::result::Result<(), Refusal> {
    let SeenLoss { float_all: float, int8_all: int8, standard_error, .. } = *seen;
    if int8 - float <= tolerance + standard_error {
        return Ok(());
    }
    Err(Refusal::Quantization { float, int8, standard_error, tolerance })
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
        let (_, standard_error) = paired_difference(&int8, &float);
        Self {
            float_calibration,
            int8_calibration,
            float_all: mean(&float),
            int8_all: mean(&int8),
            standard_error,
        }
    }
}

impl Made {
    /// Trains on through the device's rounding where that raises the deferral loss. The result is
    /// kept if the image does better on the rows that training may see, and not worse on the
    /// calibration rows among them.
    pub(super) fn fine_tuned(self, config: &Config, data: &Dataset) -> Result<Self> {
        let Self { trained, quantized, .. } = &self;
        let Choice::Rejector(judged) = &trained.choice else { return Ok(self) };
        let growth = trained.seen.int8_all - trained.seen.float_all;
        let steps = config.quantize.fine_tune;
        if steps == 0 || growth <= UNTUNED_SHARE * config.quantize.tolerance {
            return Ok(self);
        }
        let sample = selection_rows(&data.train, FINE_TUNED_ROWS, config.train.seed);
        let part = sample.as_ref().unwrap_or(&data.train);
        let rows: Vec<usize> = (0..part.rows()).collect();
        let candidate = &judged.candidate;
        let Some(tuned) = fine_tune(quantized, &trained.fit, candidate, part, &rows, steps) else {
            return Ok(self);
        };
        let parts = make(tuned, &trained.fit, &trained.offsets, data, config)?;
        let artifact = Artifact::new(&parts)?;
        let seen = SeenLoss::of(&trained.fit, &trained.offsets, &artifact, data);
        let better = seen.int8_all < trained.seen.int8_all
            && seen.int8_calibration <= trained.seen.int8_calibration;
        if !better {
            return Ok(self);
        }
        let before_fine_tuning = Some(trained.seen.int8_all);
        let trained = Trained { artifact, seen, before_fine_tuning, ..self.trained };
        Ok(Self { trained, parts, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::store::Forgetful;
    use crate::pipeline::attempt;
    use crate::progress::Silent;

    /// Who is right alternates over many bands of one feature: the weights of a network that tells
    /// them apart are large and nearly cancel, which 8 bits cannot hold.
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
            let attempt = attempt(&config, &data, &Forgetful, &Silent).unwrap();
            let trained = attempt.trained;
            // Far beyond the tolerance all the same: such a log needs other features.
            assert!(attempt.refusal.is_some());
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

    fn seen(float_all: f64, int8_all: f64, standard_error: f64) -> SeenLoss {
        SeenLoss {
            float_calibration: 0.0,
            int8_calibration: 0.0,
            float_all,
            int8_all,
            standard_error,
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
