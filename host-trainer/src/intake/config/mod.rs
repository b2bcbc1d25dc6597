//! The configuration beside a deferral log: which column is what, who can be asked, and how to train.
//!
//! A file goes through three layers: a list of the known keys and what they hold (`schema`), the file as written
//! (`raw`), and [`Config`], in which defaults are filled in and the keys fit each other.

mod check;
mod choice;
mod multi_task;
mod policy;
mod raw;
mod schema;

use std::fs;
use std::path::{Path, PathBuf};

pub use choice::{Guarantee, Objective, RangeRule, Readings};
pub use policy::Policy;
use sha2::{Digest, Sha256};

pub(crate) use crate::choice::expected;
pub use crate::data::multi_task::MultiTask;
use crate::error::{Error, Result};
pub use crate::loss::{Effort, Form, Method, RhoRule, Tau};

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
    /// Section `[data]`: the log and its columns.
    pub data: Data,
    /// The sections `[[expert]]`, `local` first; two at least.
    pub experts: Vec<Expert>,
    /// Section `[multi_task]`: how the two parts of an error add up; there if the experts' answers have a value.
    pub multi_task: Option<MultiTask>,
    /// How sure `local` is of its answers, if the log tells.
    pub confidence: Option<Confidence>,
    /// The sections `[[window]]`: features out of raw samples.
    pub windows: Vec<Window>,
    /// Section `[raw]`: what the device's readings mean.
    pub raw: Option<Raw>,
    /// Section `[rejector]`: what is trained.
    pub rejector: Rejector,
    /// Section `[train]`: how it is trained.
    pub train: Train,
    /// Section `[quantize]`: how it becomes integers.
    pub quantize: Quantize,
    /// Section `[budget]`: what the image may take of the device.
    pub budget: Budget,
    /// Section `[policy]`: what is promised of the deferrals.
    pub policy: Option<Policy>,
}

/// Where the log is and which column is what.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// The log. In the file it is relative to the file; here the directory of the file is put before it.
    pub log: PathBuf,
    /// Names or globs of the numeric features, in order.
    pub features: Vec<String>,
    /// Columns that become one input per category.
    pub categorical: Vec<String>,
    /// The column of the right answer; always there if an expert is judged by its prediction.
    pub label: Option<String>,
    /// The column of the true value; always there if the experts' answers have one.
    pub target: Option<String>,
    /// The column of train / calibration / test; without it the split is drawn.
    pub split: Option<String>,
    /// The column of the group; a group is never on both sides of a split.
    pub group: Option<String>,
    /// The number of classes: labels are below it.
    pub classes: Option<u32>,
}

/// Features out of columns of samples: statistics of `mild::window_features` over all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Stands before the names of its features, as in `name.mean`.
    pub name: String,
    /// Names or globs of the columns of samples, the oldest first.
    pub samples: Vec<String>,
    /// In the order of the features.
    pub statistics: Vec<mild::window_features::Statistic>,
    /// What the samples are; default `f32`.
    pub readings: Readings,
}

/// Somebody who can be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Expert {
    /// The unique name, 1 to [`MAX_NAME`] bytes.
    pub name: String,
    /// What the log says about the expert's answers.
    pub answer: Answer,
    /// What one use costs.
    pub price: Price,
}

/// How an expert's answer is judged.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A column of class numbers: error 0 where it equals the label, else 1.
    Prediction(String),
    /// A column of losses of 0 to 1.
    Loss(String),
    /// A value, and perhaps a class: [`MultiTask`] says how far off they are together.
    Value {
        /// A column of class numbers.
        prediction: Option<String>,
        /// A column of numbers, to be compared with the target.
        value: String,
    },
}

/// What one use of an expert costs, in units of one error.
#[derive(Debug, Clone, PartialEq)]
pub enum Price {
    /// The same on every row.
    Fixed(f32),
    /// A column of the log.
    Column(String),
}

/// The columns that say how sure the local model is of its answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Confidence {
    /// A column of its largest softmax.
    Largest(String),
    /// Names or globs of the columns of its class probabilities, one per class.
    Probabilities(Vec<String>),
}

/// How the i16 readings of the device become features: `scale * reading + offset`.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
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

/// What is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejector {
    /// The family of losses; default `auto`.
    pub method: Method,
    /// The widths of the hidden layers; empty: linear; `None`: the selection chooses.
    pub hidden: Option<Vec<u16>>,
}

/// How it is trained. `None`: the selection chooses.
#[derive(Debug, Clone, PartialEq)]
pub struct Train {
    /// The seed of everything random; default 0.
    pub seed: u64,
    /// How deferral losses become weights inside the loss.
    pub tau: Option<Tau>,
    /// The form of the margin loss.
    pub form: Option<Form>,
    /// What the margin of an expert follows.
    pub rho_rule: Option<RhoRule>,
    /// The exponent of the margins.
    pub gamma: Option<f64>,
    /// The mean margin, > 0.
    pub rho_bar: Option<f64>,
    /// What the margins' rule `count` adds to every count, >= 0; default 10.
    pub floor: f64,
    /// Experts that are the cheapest choice on fewer rows share one margin; default 10.
    pub min_wins: usize,
    /// The weight of the squared norm, >= 0.
    pub l2: Option<f64>,
    /// The most iterations of the optimizer; default 400.
    pub max_iterations: u32,
    /// The folds of the cross-validation, 2 to 20; default 5.
    pub folds: u8,
    /// How widely the selection searches; default `normal`.
    pub effort: Effort,
}

/// How the network becomes integers.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantize {
    /// The deferral loss that integers may cost, >= 0; default 0.003.
    pub tolerance: f64,
    /// Where the codes of inputs and activations end; default by squared error.
    pub ranges: Ranges,
    /// The most steps of fine-tuning through the device's rounding, where integers cost something;
    /// default 100, 0 for none.
    pub fine_tune: u32,
}

/// Where the codes of a quantized value end.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Ranges {
    /// At the tail share of least squared error, saturation and rounding together.
    #[default]
    SquaredError,
    /// At this percentile of the values, above 50 and up to 100; the rest saturates.
    Percentile(f64),
}

/// What the image may take of the device. `None`: what it needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of flash.
    pub image_bytes: Option<Limit>,
    /// Multiply-accumulates of a decision.
    pub macs: Option<Limit>,
    /// Bytes of RAM that a decision needs.
    pub scratch_bytes: Option<Limit>,
}

/// The most of something, and where the configuration says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// At most this, >= 1.
    pub most: usize,
    /// The line of the key.
    pub line: usize,
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// If the file cannot be read or anything in it is not as it should be.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(Error::io(path))?;
        let text = std::str::from_utf8(&bytes).map_err(|error| Error::ConfigSyntax {
            file: path.to_path_buf(),
            line: 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count(),
            found: "bytes that are not UTF-8".to_owned(),
        })?;
        Self::parse(text, path)
    }

    /// Checks the text of a configuration. `path` is for messages and for the directory that `data.log` is relative to.
    ///
    /// # Errors
    /// If anything in it is not as it should be.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let document = schema::Document::check(text, path)?;
        let raw: raw::Config = toml::from_str(text)
            .map_err(|error| document.error("", error.message(), "a configuration"))?;
        let mut digest = [0; 8];
        digest.copy_from_slice(&Sha256::digest(text.as_bytes())[..8]);
        check::check(raw, &document, path, digest)
    }
}
