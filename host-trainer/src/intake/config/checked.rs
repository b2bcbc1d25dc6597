//! A checked configuration: defaults are filled in, and the keys fit each other.

use std::path::PathBuf;

use super::choice::{FeatureCore, Guarantee, ImageNames, Objective};
use super::keys::{Data, Rejector, Train};
use crate::data::multi_task::MultiTask;
use crate::data::window::Window;
use crate::error::Excerpt;

/// The most experts that a configuration may name.
pub const MAX_EXPERTS: usize = 32;

/// The longest name of an expert, in bytes.
pub const MAX_NAME: usize = 32;

/// A checked configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The file it was read from.
    pub path: PathBuf,
    /// The first eight bytes of the SHA-256 of that file.
    pub digest: [u8; 8],
    /// What is in that file, for messages.
    pub text: String,
    /// Section `[data]`. The path of the log includes the directory of the configuration; `label`
    /// is there if an expert is judged by its prediction, `target` if the experts' answers have a
    /// value.
    pub data: Data,
    /// The sections `[[expert]]`, `local` first; at least two.
    pub experts: Vec<ExpertConfig>,
    /// What one error costs, if the columns of prices are in money; > 0.
    pub money_per_error: Option<f64>,
    /// Section `[multi_task]`; there if the experts' answers have a value.
    pub multi_task: Option<MultiTask>,
    /// How sure `local` is of its answers, if the log says so.
    pub confidence: Option<ConfidenceColumns>,
    /// The sections `[[window]]`: features computed from raw samples.
    pub windows: Vec<Window>,
    /// Section `[raw]`: what the device's readings mean.
    pub raw: Option<RawReadings>,
    /// Section `[rejector]`: what is trained.
    pub rejector: Rejector,
    /// Section `[train]`: how it is trained.
    pub train: Train,
    /// Section `[quantize]`: how it becomes integers.
    pub quantize: Quantize,
    /// Section `[image]`: what the image knows of the names of inputs and classes.
    pub image_names: ImageNames,
    /// Section `[budget]`: what the image may take of the device.
    pub budget: Budget,
    /// What the features of the windows may take, by the same section.
    pub feature_budget: Option<FeatureBudget>,
    /// Section `[policy]`: what is promised of the deferrals.
    pub policy: Option<Policy>,
}

impl Config {
    /// A line of the file, counted from 1, all of it marked.
    pub(crate) fn line(&self, line: usize) -> Option<Excerpt> {
        let text = self.text.lines().nth(line.checked_sub(1)?)?.to_owned();
        Some(Excerpt { mark: 0..text.len(), text })
    }
}

/// An expert as the configuration describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpertConfig {
    /// The unique name, 1 to [`MAX_NAME`] bytes.
    pub name: String,
    /// What the log says about the expert's answers.
    pub answer: AnswerColumns,
    /// The price of one use.
    pub price: PriceSource,
}

impl ExpertConfig {
    /// The columns of its answers and of its price.
    pub(crate) fn columns(&self) -> Vec<&str> {
        let mut columns = match &self.answer {
            AnswerColumns::Prediction(column)
            | AnswerColumns::Loss(column)
            | AnswerColumns::Score(column) => vec![column.as_str()],
            AnswerColumns::Value { prediction, value } => {
                prediction.iter().chain([value]).map(String::as_str).collect()
            }
        };
        if let PriceSource::Column(column) = &self.price {
            columns.push(column);
        }
        columns
    }
}

/// The columns by which an expert's answer is judged.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerColumns {
    /// A column of class numbers: error 0 where it equals the label, else 1.
    Prediction(String),
    /// A column of losses, from 0 to 1 or as `data.loss_range` says.
    Loss(String),
    /// A column of scores: the loss is the highest score less this one.
    Score(String),
    /// A value, and perhaps a class: [`MultiTask`] says how far off they are together.
    Value {
        /// A column of class numbers.
        prediction: Option<String>,
        /// A column of numbers, to be compared with the target.
        value: String,
    },
}

/// Where the price of one use of an expert comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum PriceSource {
    /// The same on every row, in units of one error.
    Fixed(f32),
    /// A column of the log, in units of one error, or in money with `units.money_per_error`.
    Column(String),
}

/// The columns that say how sure the local model is of its answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ConfidenceColumns {
    /// A column of its largest softmax.
    Largest(String),
    /// Names or globs of the columns of its class probabilities, one per class.
    Probabilities(Vec<String>),
}

impl ConfidenceColumns {
    /// Names or globs of the columns.
    pub(crate) fn globs(&self) -> impl Iterator<Item = &str> {
        let globs = match self {
            Self::Largest(column) => std::slice::from_ref(column),
            Self::Probabilities(globs) => globs,
        };
        globs.iter().map(String::as_str)
    }
}

/// How the `i16` readings of the device become features: `scale * reading + offset`.
#[derive(Debug, Clone, PartialEq)]
pub struct RawReadings {
    /// Feature units per step, > 0.
    pub scale: PerColumn,
    /// The feature at a reading of 0.
    pub offset: PerColumn,
}

/// A number for every numeric feature.
#[derive(Debug, Clone, PartialEq)]
pub enum PerColumn {
    /// The same for all.
    All(f32),
    /// One per column name or glob. The name of a column goes before globs.
    Each(Vec<(String, f32)>),
}

/// How the network becomes integers.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantize {
    /// The largest rise in deferral loss that quantization may cause, >= 0.
    pub tolerance: f64,
    /// Where the codes of inputs and activations end.
    pub ranges: Ranges,
    /// The most steps of fine-tuning through the device's rounding; 0 for none.
    pub fine_tune: u32,
}

/// Where the codes of a quantized value end.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Ranges {
    /// At the tail share of least squared error, saturation and rounding together.
    #[default]
    SquaredError,
    /// At this percentile of the values, above 50 and up to 100; larger values saturate.
    Percentile(f64),
}

/// What the image may take of the device. `None`: no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of flash.
    pub image_bytes: Option<Limit>,
    /// Multiply-accumulates of a decision.
    pub macs: Option<Limit>,
    /// Bytes of RAM that a decision needs.
    pub scratch_bytes: Option<Limit>,
}

/// What window features may take of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureBudget {
    /// Instructions for a decision.
    pub instructions: Limit,
    /// The core that they are counted on.
    pub core: FeatureCore,
}

/// The most of something, and where the configuration says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// At most this, >= 1.
    pub most: usize,
    /// The line of the key.
    pub line: usize,
}

/// What is promised of the deferrals, and how the threshold is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What is minimised within the limits.
    pub minimize: Objective,
    /// The largest share of the inputs that is deferred.
    pub max_deferral_rate: Option<f64>,
    /// The highest mean price of an input.
    pub max_price: Option<f64>,
    /// The highest mean error of the whole system.
    pub max_error: Option<f64>,
    /// The largest share of the inputs for which a single expert may be asked, by index.
    pub max_share: Vec<(u8, f64)>,
    /// The probability that all promises hold.
    pub confidence: f64,
    /// The number of inputs that a promise is about. `None`: the number of calibration rows; 0: the
    /// long run.
    pub horizon: Option<usize>,
    /// With high probability, or in expectation.
    pub guarantee: Guarantee,
    /// Deferral rates by battery level (per mille), ascending from 0.
    pub battery: Vec<(u16, f64)>,
    /// The expert that is always taken if the promises cannot be made. `None`: training fails.
    pub fallback: Option<usize>,
}
