//! Why something that could be tried is not used.
//!
//! A refusal is not a failure of the program: a comparison goes on with the next method, an
//! extension with the other way of training.

use std::fmt;

/// Why a rejector, a promise or a method is not used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Quantization raises the deferral loss by more than the tolerance and one standard error.
    #[error(
        "quantization: found a rise of the deferral loss by {:.4} +- {standard_error:.4} (from {float:.4} to \
         {int8:.4}, on train and calibration rows), expected at most quantize.tolerance = {tolerance}; try wider \
         hidden layers, a larger train.l2, or features without extreme outliers",
        int8 - float
    )]
    Quantization {
        /// Mean deferral loss of the float network.
        float: f64,
        /// Mean deferral loss of the image.
        int8: f64,
        /// Standard error of their difference, row by row.
        standard_error: f64,
        /// The largest rise that is allowed.
        tolerance: f64,
    },
    /// No threshold keeps the limits of a policy with the stated confidence.
    #[error(
        "policy: {limit}: found {most}, {}, expected a limit that can be promised; `policy.fallback` with the name of \
         a safe expert makes an image that always takes that one instead",
        lowest(achievable, *confidence)
    )]
    Promise {
        /// The limit that cannot be promised.
        limit: String,
        /// What the policy asks for.
        most: f64,
        /// What could be promised; nothing if no limit is possible beside the others.
        achievable: Option<Achievable>,
        /// The stated confidence.
        confidence: f64,
    },
    /// The experts' answers have a value, and the method learns a classifier.
    #[error("the experts' answers have a value, and a classifier's have none")]
    ValuedAnswers,
    /// The method learns a classifier, and the log has no labels.
    #[error("the log has no labels to learn a classifier from")]
    NoLabels,
    /// The method learns a classifier, and all labels are equal.
    #[error("all labels are equal: a classifier has nothing to learn")]
    OneClass,
    /// The method learns a classifier, and there are too many classes.
    #[error("{found} classes, more than the {most} that a small network is tried with")]
    ManyClasses {
        /// The number of classes.
        found: usize,
        /// The most that are tried.
        most: usize,
    },
    /// The method reads the classes that the local model predicts, and the log has none.
    #[error(
        "the answers of `local` are not classes: its section `[[expert]]` has no `prediction`, or also a `value`"
    )]
    NoLocalClasses,
    /// The method reads the local model's confidence, and the log has none.
    #[error(
        "the log does not say how sure `local` is: there is no `confidence` or `probabilities` in its section \
         `[[expert]]`, and no `--confidence`"
    )]
    NoConfidence,
    /// The method reads the probabilities of all classes, and the log has the largest alone.
    #[error(
        "the log has only the largest softmax of `local`, and this method needs its `probabilities`"
    )]
    LargestAlone,
}

/// The lowest limit that can be promised in place of one that cannot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Achievable {
    /// The limit.
    pub limit: f64,
    /// The figure on the calibration rows at the threshold for it.
    pub measured: Option<f64>,
    /// The calibration rows, or the groups of them.
    pub units: usize,
    /// Whether these are groups.
    pub groups: bool,
}

fn lowest(achievable: &Option<Achievable>, confidence: f64) -> impl fmt::Display {
    let Some(Achievable { limit, measured, units, groups }) = *achievable else {
        return "but no value can be promised together with the other limits".to_owned();
    };
    let measured = measured
        .map_or_else(String::new, |measured| format!(" (on the calibration rows: {measured:.4})"));
    let unit = if groups { "groups" } else { "rows" };
    format!(
        "but {limit:.4}{measured} is the lowest that {units} {unit} of calibration can promise with confidence \
         {confidence}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_promise_names_what_could_be_promised() {
        let refusal = |achievable| Refusal::Promise {
            limit: "max_error".to_owned(),
            most: 0.01,
            achievable,
            confidence: 0.95,
        };
        let best = Achievable { limit: 0.02, measured: Some(0.0125), units: 40, groups: true };
        let text = refusal(Some(best)).to_string();
        let says = "policy: max_error: found 0.01, but 0.0200 (on the calibration rows: 0.0125) is the lowest that \
                    40 groups of calibration can promise with confidence 0.95, expected a limit";
        assert!(text.starts_with(says), "{text}");
        assert!(refusal(None).to_string().contains("but no value can be promised"));
    }
}
