//! The two ways of adding an expert, weighed against each other on the calibration rows.
//!
//! A row more in the last layer can only ask for what the hidden layers already tell apart, and
//! those were trained for other experts. So the rejector is also trained anew on the expected
//! errors, and taken if it is clearly better.

use serde::Serialize;

use super::{ClassAccuracies, extend, with_expected};
use crate::arithmetic::statistics::paired_difference;
use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::error::Result;
use crate::intake::config::Config;
use crate::learn::store::Forgetful;
use crate::pipeline::{self, Attempt, Trained};
use crate::progress::Progress;

/// How an expert was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ExtensionMethod {
    /// One more row in the last layer of the old network.
    LastRow,
    /// Another network, trained on the expected errors.
    Anew,
}

impl ExtensionMethod {
    /// For a terminal.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LastRow => "one more row in the last layer",
            Self::Anew => "trained anew",
        }
    }
}

/// Mean deferral losses of images on the calibration rows, the new expert's errors being expected
/// ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Weighed {
    /// Without the new expert.
    pub without: f64,
    /// With one more row.
    pub last_row: f64,
    /// Trained anew.
    pub anew: f64,
    /// Standard error of the difference of the last two, row by row.
    pub standard_error: f64,
}

impl Weighed {
    /// Trained anew only if it is better by more than one standard error.
    #[must_use]
    pub(crate) fn method(&self) -> ExtensionMethod {
        if self.last_row - self.anew > self.standard_error {
            ExtensionMethod::Anew
        } else {
            ExtensionMethod::LastRow
        }
    }
}

/// A rejector with one more expert, made in both ways.
#[derive(Debug)]
pub(crate) struct Extension {
    /// The log with the expert's expected errors.
    pub data: Dataset,
    /// One more row in the last layer.
    pub last_row: Attempt,
    /// Trained anew.
    pub anew: Attempt,
    /// What they are worth.
    pub weighed: Weighed,
}

impl Extension {
    /// Adds an expert to a rejector that was trained on `data`, in both ways.
    ///
    /// # Errors
    /// As [`pipeline::attempt`] and [`extend`].
    pub(crate) fn new(
        old: &Trained,
        config: &Config,
        data: &Dataset,
        (name, price): (&str, f32),
        known: &ClassAccuracies,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let data = with_expected(data, name, price, known);
        let last_row = extend(old, config, &data)?;
        let anew = pipeline::attempt(config, &data, &Forgetful, progress)?;
        let losses =
            |trained: &Trained| losses(&data.calibration, &trained.int8_choices(&data.calibration));
        let (of_row, of_anew) = (losses(&last_row.trained), losses(&anew.trained));
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len().max(1) as f64;
        let (_, standard_error) = paired_difference(&of_row, &of_anew);
        let weighed = Weighed {
            without: mean(&losses(old)),
            last_row: mean(&of_row),
            anew: mean(&of_anew),
            standard_error,
        };
        Ok(Self { data, last_row, anew, weighed })
    }

    /// The better way, unless quantization spoils it and not the other.
    #[must_use]
    pub(crate) fn method(&self) -> ExtensionMethod {
        match (&self.last_row.refusal, &self.anew.refusal) {
            (None, Some(_)) => ExtensionMethod::LastRow,
            (Some(_), None) => ExtensionMethod::Anew,
            _ => self.weighed.method(),
        }
    }

    /// The rejector of [`Self::method`].
    #[must_use]
    pub(crate) fn taken(&self) -> &Attempt {
        match self.method() {
            ExtensionMethod::LastRow => &self.last_row,
            ExtensionMethod::Anew => &self.anew,
        }
    }

    /// The rejector of [`Self::method`] with its log, or why it cannot be used.
    ///
    /// # Errors
    /// [`Error::Refused`](crate::error::Error::Refused) if quantization spoils both.
    pub(crate) fn into_taken(self) -> Result<(Trained, Dataset)> {
        let taken = match self.method() {
            ExtensionMethod::LastRow => self.last_row,
            ExtensionMethod::Anew => self.anew,
        };
        Ok((taken.accepted()?, self.data))
    }
}

/// The deferral loss of each row.
pub(crate) fn losses(part: &Part, choices: &[usize]) -> Vec<f64> {
    choices.iter().enumerate().map(|(row, &k)| f64::from(part.deferral_loss(row, k))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::testing::log;
    use crate::new_expert::{LabelledAnswer, classes};
    use crate::progress::Silent;
    use crate::refusal::Refusal;

    #[test]
    fn anew_is_taken_only_if_clearly_better() {
        let weighed = Weighed { without: 0.5, last_row: 0.3, anew: 0.28, standard_error: 0.03 };
        assert_eq!(weighed.method(), ExtensionMethod::LastRow);
        assert_eq!(Weighed { standard_error: 0.01, ..weighed }.method(), ExtensionMethod::Anew);
        assert_eq!(
            Weighed { anew: 0.4, standard_error: 0.0, ..weighed }.method(),
            ExtensionMethod::LastRow
        );
    }

    /// `local` fails on half of the rows and `cloud` costs much: someone good and cheap halves the
    /// loss.
    #[test]
    fn a_good_new_expert_is_worth_asking_in_both_ways() {
        for method in ["two-stage", "one-vs-all"] {
            let (mut config, mut data) = log(400, 200);
            config.rejector.method = method.parse().unwrap();
            for part in [&mut data.train, &mut data.calibration, &mut data.test] {
                part.edit(|columns| {
                    columns.prices.chunks_exact_mut(2).for_each(|prices| prices[1] = 0.4)
                });
            }
            data.experts[1].mean_price = 0.4;
            let old = pipeline::train(&config, &data, &Forgetful, &Silent).unwrap();
            let answers: Vec<LabelledAnswer> =
                (0..60).map(|i| LabelledAnswer { label: i % 2, right: true }).collect();
            let known = ClassAccuracies::of(&answers, &classes(&data));
            let new = ("person", 0.05);
            let extension = Extension::new(&old, &config, &data, new, &known, &Silent).unwrap();
            let Weighed { without, last_row, anew, .. } = extension.weighed;
            assert!(last_row < 0.7 * without && anew < 0.7 * without, "{:?}", extension.weighed);
            for Attempt { trained, refusal } in [&extension.last_row, &extension.anew] {
                assert!(refusal.is_none(), "{refusal:?}");
                let asked = trained.int8_choices(&data.test).iter().filter(|&&k| k == 2).count();
                assert!(asked > 40, "{method}: {asked}");
                assert_eq!(trained.artifact.image().names().last(), Some("person"));
            }
        }
    }

    #[test]
    fn one_who_is_of_no_use_changes_nothing() {
        let (config, data) = log(400, 200);
        let old = pipeline::train(&config, &data, &Forgetful, &Silent).unwrap();
        let answers = [LabelledAnswer { label: 0, right: false }; 50];
        let known = ClassAccuracies::of(&answers, &classes(&data));
        let new = ("useless", 0.9);
        let extension = Extension::new(&old, &config, &data, new, &known, &Silent).unwrap();
        let extended = &extension.last_row.trained;
        let test = &extension.data.test;
        assert_eq!(extended.float_choices(test), old.float_choices(&data.test));
        assert_eq!(extended.int8_choices(test), old.int8_choices(&data.test));
        assert!(extended.artifact.image().offsets()[2] < -1_000_000);
    }

    #[test]
    fn what_quantization_spoils_is_not_taken() {
        let (config, data) = log(100, 60);
        let old = pipeline::train(&config, &data, &Forgetful, &Silent).unwrap();
        let known = ClassAccuracies::of(&[], &classes(&data));
        let new = ("person", 0.05);
        let mut extension = Extension::new(&old, &config, &data, new, &known, &Silent).unwrap();
        let spoiled = || {
            let (float, int8) = (0.1, 0.2);
            Some(Refusal::Quantization { float, int8, standard_error: 0.01, tolerance: 0.003 })
        };
        (extension.last_row.refusal, extension.anew.refusal) = (spoiled(), None);
        assert_eq!(extension.method(), ExtensionMethod::Anew);
        (extension.last_row.refusal, extension.anew.refusal) = (None, spoiled());
        assert_eq!(extension.method(), ExtensionMethod::LastRow);
        assert!(extension.taken().refusal.is_none());
    }
}
