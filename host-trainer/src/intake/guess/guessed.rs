//! What a guess holds.

use serde::Serialize;

/// What the columns of a log seem to be.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Guess {
    /// Names or globs of the numeric features.
    pub(crate) features: Vec<String>,
    /// Columns of categories.
    pub(crate) categorical: Vec<String>,
    /// The column of the right answer.
    pub(crate) label: Option<String>,
    /// The column of the split.
    pub(crate) split: Option<String>,
    /// The column of the group.
    pub(crate) group: Option<String>,
    /// The column by which rows follow each other in time. No key of a configuration.
    pub(crate) order: Option<String>,
    /// The range of losses and scores, where it is not 0 to 1.
    pub(crate) loss_range: Option<[f64; 2]>,
    /// Whether some experts were not asked on every row.
    pub(crate) has_gaps: bool,
    /// The experts, `local` first.
    pub(crate) experts: Vec<GuessedExpert>,
    /// The column of the confidence of `local`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confidence: Option<String>,
    /// Globs of the columns of its probabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) probabilities: Option<Vec<String>>,
    /// What one error costs, if prices are money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) money_per_error: Option<f64>,
    /// What was guessed, and why.
    pub(crate) guessed: Vec<String>,
    /// What could not be guessed, and what to do about it.
    pub(crate) open: Vec<String>,
    /// The columns that are left out, with the reason.
    pub(crate) left_out: Vec<(String, String)>,
}

/// What the columns of an expert seem to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct GuessedExpert {
    /// Its name.
    pub(crate) name: String,
    /// What says how good its answers are.
    pub(crate) judged: JudgedBy,
    /// The column with that.
    pub(crate) column: String,
    /// The column of its prices.
    pub(crate) price_column: Option<String>,
    /// The price of one use, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) price: Option<f64>,
}

/// What is known of a log and need not be guessed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KnownParts {
    /// The column of the right answer.
    pub(crate) label: String,
    /// The experts, `local` first.
    pub(crate) experts: Vec<GuessedExpert>,
    /// The column of the confidence of `local`.
    pub(crate) confidence: Option<String>,
    /// Globs of the columns of its probabilities.
    pub(crate) probabilities: Option<Vec<String>>,
    /// What one error costs, if prices are money.
    pub(crate) money_per_error: Option<f64>,
}

/// What a column says about an expert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JudgedBy {
    /// Its answers.
    Prediction,
    /// Losses.
    LossColumn,
    /// Scores.
    ScoreColumn,
}

impl JudgedBy {
    /// The key of the configuration.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Prediction => "prediction",
            Self::LossColumn => "loss_column",
            Self::ScoreColumn => "score_column",
        }
    }
}
