//! What a training found and made.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Evaluation, FLOAT_LINE, IMAGE_LINE, ImageReport, MeritTable, evaluation};
use crate::data::dataset::Dataset;
use crate::data::notes::LogNotes;
use crate::intake::config::{Budget, Config, FeatureCore, Limit};
use crate::integers::window_costs::window_costs;
use crate::judge::importance::{FeatureInstructions, Importance, importance};
use crate::judge::terminal::Look;
use crate::pipeline::{Choice, Reason, Trained};
use crate::warnings::Warning;

/// A figure, and what it may be at most.
fn of_most(found: usize, most: Option<usize>) -> String {
    most.map_or_else(|| found.to_string(), |most| format!("{found} of {most}"))
}

/// What `mild train` writes into `metrics.json` and prints with `--json`.
#[derive(Debug, Clone, Serialize)]
pub struct TrainReport {
    /// How the log was understood.
    pub log: LogNotes,
    /// The names of the image's inputs, in their order.
    pub inputs: Vec<String>,
    /// The names of the classes, in their order; none without labels.
    pub classes: Vec<String>,
    /// The winner in words.
    pub chosen: String,
    /// Why it is always the same expert, if it is.
    pub reason: Option<String>,
    /// How long was searched: `quick`, `normal` or `thorough`.
    pub effort: &'static str,
    /// The candidates, the best first.
    pub candidates: Vec<CandidateReport>,
    /// Cross-validated deferral loss of always the same expert.
    pub constants: Vec<f64>,
    /// On the rows that training may see.
    pub seen: crate::pipeline::SeenLoss,
    /// Mean deferral loss on those rows of the image before its integers were trained on, if that
    /// helped.
    pub before_fine_tuning: Option<f64>,
    /// Share of test rows on which the float network and the image decide alike.
    pub float_int8_agreement: f64,
    /// Mean deferral loss of the float network on the test rows.
    pub float_deferral_loss: f64,
    /// What was promised, if the configuration has a policy.
    pub policy: Option<crate::pipeline::PolicyReport>,
    /// The image on the test rows.
    pub test: Evaluation,
    /// All lines of the table.
    pub table: MeritTable,
    /// The image itself.
    pub image: ImageReport,
    /// Estimated instructions of all window features for a decision, if there are some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_features: Option<FeatureInstructions>,
    /// Which features earn their place, if that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub importance: Option<Importance>,
    /// What looks wrong about the log.
    pub warnings: Vec<Warning>,
    /// What the image may take of the device, if the configuration says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetReport>,
}

/// The most that an image may take; what it takes is in its [`ImageReport`] under the same names.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct BudgetReport {
    /// Bytes of the image.
    pub image_bytes: Option<usize>,
    /// Multiply-accumulates of a decision.
    pub macs: Option<usize>,
    /// Bytes of scratch that a decision needs.
    pub scratch_bytes: Option<usize>,
    /// Estimated instructions of the window features for a decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_instructions: Option<usize>,
    /// The core that these are counted on: `m0` or `m4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_core: Option<FeatureCore>,
}

impl BudgetReport {
    fn new(config: &Config) -> Option<Self> {
        let Config { budget, feature_budget: features, .. } = config;
        let most = |limit: Option<Limit>| limit.map(|limit| limit.most);
        (*budget != Budget::default() || features.is_some()).then(|| Self {
            image_bytes: most(budget.image_bytes),
            macs: most(budget.macs),
            scratch_bytes: most(budget.scratch_bytes),
            feature_instructions: features.map(|features| features.instructions.most),
            feature_core: features.map(|features| features.core),
        })
    }
}

/// One candidate of a selection.
#[derive(Debug, Clone, Serialize)]
pub struct CandidateReport {
    /// The candidate in words.
    pub candidate: String,
    /// Iterations at which it did best.
    pub iterations: usize,
    /// Cross-validated deferral loss.
    pub deferral_loss: f64,
    /// Folds that it was judged on; the first round's, if it was clearly behind there.
    pub folds: usize,
}

/// A reason in words.
fn why(reason: Reason) -> String {
    match reason {
        Reason::NotClearlyAhead { gain, .. } if gain <= 0.0 => {
            format!("in cross-validation the preferred candidate is behind by {:.4}", -gain)
        }
        Reason::NotClearlyAhead { gain, needed } => format!(
            "in cross-validation the preferred candidate is ahead by {gain:.4}, which is not \
             clearly more than luck; it had to be ahead by more than {needed:.4}"
        ),
        Reason::BehindOnCalibration { constant, rejector } => format!(
            "on the calibration rows, which had no part in the search, the preferred candidate \
             costs {rejector:.4}, always the same expert {constant:.4}"
        ),
    }
}

impl TrainReport {
    /// Judges a training on the test rows.
    #[must_use]
    pub fn new(trained: &Trained, data: &Dataset, config: &Config) -> Self {
        let float = trained.float_choices(&data.test);
        let int8 = trained.int8_choices(&data.test);
        let agree = float.iter().zip(&int8).filter(|(a, b)| a == b).count();
        let lines: [(&str, &[usize]); 2] = [(FLOAT_LINE, &float), (IMAGE_LINE, &int8)];
        let table = MeritTable::new(data, &data.test, config.train.seed, &lines);
        let (chosen, reason) = match &trained.choice {
            Choice::Constant { expert, reason, .. } => {
                (format!("always {}", data.experts[*expert].name), Some(why(*reason)))
            }
            choice @ Choice::Rejector(_) => (choice.to_string(), None),
        };
        Self {
            log: data.notes.clone(),
            inputs: data.feature_names.clone(),
            classes: data.class_names.clone(),
            chosen,
            reason,
            effort: config.train.effort.name(),
            candidates: trained
                .selection
                .ranking
                .iter()
                .map(|judged| CandidateReport {
                    candidate: judged.candidate.to_string(),
                    iterations: judged.iterations,
                    deferral_loss: judged.loss,
                    folds: judged.folds,
                })
                .collect(),
            constants: trained.selection.constants.clone(),
            seen: trained.seen,
            before_fine_tuning: trained.before_fine_tuning,
            policy: trained.policy.clone(),
            float_int8_agreement: agree as f64 / data.test.rows().max(1) as f64,
            float_deferral_loss: data.test.mean_deferral_loss(|row| float[row]),
            test: evaluation(&table, IMAGE_LINE, data, &data.test),
            table,
            image: ImageReport::new(&trained.artifact.image()),
            window_features: (!data.windows.is_empty())
                .then(|| FeatureInstructions::of(|core| window_costs(&data.windows, core).total)),
            importance: None,
            warnings: Vec::new(),
            budget: BudgetReport::new(config),
        }
    }

    /// The same report with what looks wrong about the log.
    #[must_use]
    pub fn with_warnings(self, warnings: Vec<Warning>) -> Self {
        Self { warnings, ..self }
    }

    /// The same report with the importance of the features on the test rows, which takes a second or
    /// two.
    #[must_use]
    pub fn with_importance(self, trained: &Trained, data: &Dataset, config: &Config) -> Self {
        let image = trained.artifact.image();
        let importance = importance(&image, config, data, &data.test, config.train.seed);
        Self { importance, ..self }
    }

    /// For a terminal.
    #[must_use]
    pub fn render(&self) -> String {
        self.render_for(Look::PLAIN)
    }

    /// The same for a place that can show more.
    pub(crate) fn render_for(&self, look: Look) -> String {
        let best_constant = self.constants.iter().copied().fold(f64::INFINITY, f64::min);
        let best = self.candidates.first().map_or(f64::NAN, |best| best.deferral_loss);
        let mut text = format!("log: {}\nchosen: {}\n", self.log.recognised, self.chosen);
        if let Some(reason) = &self.reason {
            let _ = writeln!(text, "why: {reason}");
        }
        let _ = write!(
            text,
            "(cross-validated deferral loss of the best of {} candidates {best:.4}, of the \
             best single expert {best_constant:.4})\n\n{} test rows:\n{}\n",
            self.candidates.len(),
            self.table.rows,
            self.table.render_for(look),
        );
        if let Some(kept) = &self.policy {
            text += &kept.render();
        }
        let budget = self.budget.unwrap_or_default();
        let _ = writeln!(
            text,
            "float and int8 decide alike on {:.2}% of the test rows\nimage {} bytes, scratch {} \
             bytes, {} multiply-accumulates",
            100.0 * self.float_int8_agreement,
            of_most(self.image.image_bytes, budget.image_bytes),
            of_most(self.image.scratch_bytes, budget.scratch_bytes),
            of_most(self.image.macs as usize, budget.macs),
        );
        if let Some(FeatureInstructions { m0, m4 }) = self.window_features {
            let of = |core, found: u64| {
                let most =
                    budget.feature_instructions.filter(|_| budget.feature_core == Some(core));
                of_most(found as usize, most)
            };
            let _ = writeln!(
                text,
                "window features, before each decision: {} instructions on a Cortex-M0, {} on a \
                 Cortex-M4 with FPU (estimates)",
                of(FeatureCore::M0, m0),
                of(FeatureCore::M4, m4),
            );
        }
        if let Some(before) = self.before_fine_tuning {
            let crate::pipeline::SeenLoss { float_all, int8_all, .. } = self.seen;
            let _ = writeln!(
                text,
                "fine-tuning the integers: deferral loss on train and calibration rows {before:.4} \
                 before, {int8_all:.4} after, {float_all:.4} in floating point",
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_does_not_contradict_its_figures() {
        let ahead = why(Reason::NotClearlyAhead { gain: 0.0066, needed: 0.0081 });
        assert!(ahead.contains("ahead by 0.0066") && ahead.contains("more than 0.0081"), "{ahead}");
        let behind = why(Reason::NotClearlyAhead { gain: -0.002, needed: 0.0081 });
        assert!(behind.contains("is behind") && behind.contains("by 0.0020"), "{behind}");
        let new = why(Reason::BehindOnCalibration { constant: 0.09, rejector: 0.1 });
        assert!(new.contains("costs 0.1000, always the same expert 0.0900"), "{new}");
    }
}
