//! Promises: the threshold of an image, turned so that a policy is kept.

use mild::image::MAX_OFFSET;
use serde::Serialize;

use super::Trained;
use crate::data::part::Part;
use crate::error::Result;
use crate::intake::config::Policy;
use crate::integers::artifact::{Artifact, scores};
use crate::promises::{AdvantageRows, Promise, ThresholdSearch, caps};

/// How a policy is kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyReport {
    /// What an advantage must exceed, in score units, beyond what the offsets were tuned to.
    pub threshold: i32,
    /// The limits, and where calibration is.
    pub promises: Vec<Promise>,
    /// Why the image always takes the same expert, if the promises cannot be made.
    pub refused: Option<String>,
}

impl PolicyReport {
    /// For a terminal.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        if let Some(reason) = &self.refused {
            text += &format!("policy: always the fallback, because of {reason}\n");
        }
        for Promise { what, limit, calibration } in &self.promises {
            text += &format!(
                "policy: {what} = {limit} is promised; {calibration:.4} on the calibration rows\n"
            );
        }
        text
    }
}

impl Trained {
    /// Turns the image's threshold so that a policy is kept, by rows on which nothing has been tuned.
    pub(super) fn keep(&mut self, policy: &Policy, train: &Part, reserved: &Part) -> Result<()> {
        let image = self.artifact.image();
        let of_train = scores(&image, train);
        let offsets = caps::lower(&of_train, &self.parts.offsets, train, &policy.max_share);
        let train = AdvantageRows::of(&of_train, &offsets, train);
        let calibration = AdvantageRows::new(&image, &offsets, reserved);
        let calibrated = ThresholdSearch::new(policy, &train, &calibration).run();
        let kept = match (calibrated, policy.fallback) {
            (Ok(calibrated), _) => {
                let unit = f64::from(self.parts.score_scale);
                let changed = offsets.iter().zip(&mut self.parts.offsets).zip(&mut self.offsets);
                for (k, ((&offset, integer), float)) in changed.enumerate() {
                    let turned =
                        offset.saturating_add(if k == 0 { calibrated.threshold } else { 0 });
                    let turned = turned.clamp(-MAX_OFFSET, MAX_OFFSET);
                    *float += f64::from(turned - *integer) * unit;
                    *integer = turned;
                }
                self.parts.operating_points = Some(calibrated.operating_points);
                PolicyReport {
                    threshold: calibrated.threshold,
                    promises: calibrated.promises,
                    refused: None,
                }
            }
            (Err(error), Some(expert)) => {
                // Further apart than any two scores.
                self.parts.offsets.fill(-MAX_OFFSET);
                self.parts.offsets[expert] = MAX_OFFSET;
                let unit = f64::from(self.parts.score_scale);
                let offsets = self.parts.offsets.iter();
                self.offsets = offsets.map(|&offset| f64::from(offset) * unit).collect();
                PolicyReport {
                    threshold: 0,
                    promises: Vec::new(),
                    refused: Some(error.to_string()),
                }
            }
            (Err(error), None) => return Err(error),
        };
        self.artifact = Artifact::new(&self.parts)?;
        self.policy = Some(kept);
        Ok(())
    }
}
