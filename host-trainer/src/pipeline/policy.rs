//! Promises: the threshold of an image, set so that a policy is kept.

use mild::image::MAX_OFFSET;
use serde::Serialize;

use super::{Made, Trained};
use crate::data::part::Part;
use crate::error::Result;
use crate::intake::config::Policy;
use crate::integers::artifact::{Artifact, scores};
use crate::promises::{AdvantageRows, Promise, ThresholdSearch, caps};

/// How an image keeps a policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyReport {
    /// What an advantage must exceed, in score units, beyond what the offsets were tuned to.
    pub threshold: i32,
    /// The limits, and the figures on the calibration rows.
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
            text += &format!(
                "policy: always the fallback, because the limits cannot be promised: {reason}\n"
            );
        }
        for Promise { what, limit, calibration } in &self.promises {
            text += &format!(
                "policy: {what} = {limit} is promised; {calibration:.4} on the calibration rows\n"
            );
        }
        text
    }
}

impl Made {
    /// Sets the image's threshold so that a policy is kept, by rows on which nothing has been
    /// tuned.
    pub(super) fn with_policy(
        self,
        policy: &Policy,
        train: &Part,
        reserved: &Part,
    ) -> Result<Trained> {
        let Self { mut trained, mut parts, .. } = self;
        let image = trained.artifact.image();
        let of_train = scores(&image, train);
        let offsets = caps::lower(&of_train, &parts.offsets, &policy.max_share);
        let train = AdvantageRows::of(&of_train, &offsets, train);
        let calibration = AdvantageRows::new(&image, &offsets, reserved);
        let found = ThresholdSearch::new(policy, &train, &calibration).run();
        let unit = f64::from(parts.score_scale);
        let report = match (found, policy.fallback) {
            (Ok(found), _) => {
                let changed = offsets.iter().zip(&mut parts.offsets).zip(&mut trained.offsets);
                for (k, ((&offset, integer), float)) in changed.enumerate() {
                    let moved = offset.saturating_add(if k == 0 { found.threshold } else { 0 });
                    let moved = moved.clamp(-MAX_OFFSET, MAX_OFFSET);
                    *float += f64::from(moved - *integer) * unit;
                    *integer = moved;
                }
                parts.operating_points = Some(found.operating_points);
                PolicyReport { threshold: found.threshold, promises: found.promises, refused: None }
            }
            (Err(refusal), Some(expert)) => {
                // Further apart than any two scores.
                parts.offsets.fill(-MAX_OFFSET);
                parts.offsets[expert] = MAX_OFFSET;
                let offsets = parts.offsets.iter();
                trained.offsets = offsets.map(|&offset| f64::from(offset) * unit).collect();
                let refused = Some(refusal.to_string());
                PolicyReport { threshold: 0, promises: Vec::new(), refused }
            }
            (Err(refusal), None) => return Err(refusal.into()),
        };
        let artifact = Artifact::new(&parts)?;
        Ok(Trained { artifact, policy: Some(report), ..trained })
    }
}
