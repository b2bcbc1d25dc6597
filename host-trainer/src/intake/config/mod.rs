//! The configuration beside a deferral log: which column is what, which experts there are, and how
//! to train.
//!
//! The keys are defined once, in `keys`. A file is parsed in three steps: `document` checks every
//! key and value on its own, serde fills the structs of `keys`, and `check` makes a [`Config`],
//! whose keys fit each other.

mod check;
mod checked;
mod choice;
mod document;
mod keys;
mod kind;
mod load;
mod log_files;
mod reference;
mod section;

pub use checked::{
    AnswerColumns, Budget, ConfidenceColumns, Config, ExpertConfig, FeatureBudget, Limit,
    MAX_EXPERTS, MAX_NAME, PerColumn, Policy, PriceSource, Quantize, Ranges, RawReadings,
};
pub use choice::{
    Decimal, Delimiter, FeatureCore, Guarantee, ImageNames, NotAsked, Objective, RangeRule,
    TaperRule,
};
pub use keys::{Data, Rejector, Train};
pub use log_files::LogFiles;
pub(crate) use log_files::is_standard_input;
pub use reference::reference;

pub use crate::data::window::{Readings, Window};
