//! The trainer of `mild`: from a deferral log to an image that a microcontroller runs.
//!
//! This page is what the program `mild`, a notebook or another program calls: read a log from a file
//! or from memory, train, evaluate, export. Everything else is private; `docs/architecture.md` shows
//! how it is built. All that is said of integer inference is computed by the crate `mild` itself.
//!
//! ```
//! use std::path::Path;
//!
//! use mild_trainer::{Config, Silent, evaluate, read_log_from, rust_source, train};
//!
//! let config = r#"
//!     [data]
//!     log = "log.csv"
//!     features = ["x"]
//!     label = "label"
//!     [train]
//!     effort = "quick"
//!     [[expert]]
//!     name = "local"
//!     prediction = "local"
//!     [[expert]]
//!     name = "cloud"
//!     prediction = "cloud"
//!     price = 0.1
//! "#;
//! // The local model is right on one half of the range, the cloud everywhere.
//! let mut log = String::from("x,label,local,cloud\n");
//! for row in 0..400 {
//!     let x = f64::from(row * 73 % 400) / 400.0;
//!     let label = row % 2;
//!     let local = if x < 0.5 { label } else { 1 - label };
//!     log += &format!("{x},{label},{local},{label}\n");
//! }
//! let config = Config::parse(config, Path::new("mild.toml"))?;
//! let data = read_log_from(log.as_bytes(), Path::new("log.csv"), &config)?;
//! let trained = train(&config, &data, &Silent)?;
//! let image = trained.artifact.image();
//! let (evaluation, _) = evaluate(&image, &data, &data.test, config.train.seed);
//! assert!(evaluation.deferral_loss < 0.07, "half of the rows cost 0.1, the rest nothing");
//! assert!(rust_source(&trained.artifact).contains("pub const IMAGE"));
//! # Ok::<(), mild_trainer::Error>(())
//! ```

// Some items are used through the cargo feature `internals` only; lints run with it.
#![cfg_attr(not(feature = "internals"), allow(dead_code, unreachable_pub, unused_imports))]

mod arithmetic;
mod choice;
mod commands;
mod data;
mod error;
mod experiments;
mod files;
mod intake;
mod integers;
mod judge;
mod learn;
mod loss;
mod new_expert;
mod pipeline;
mod progress;
mod promises;
mod refusal;
mod signing;
mod warnings;

use std::path::Path;

#[doc(hidden)]
pub use commands::run as run_program;
pub use data::dataset::{Dataset, Expert, RawScale};
pub use data::matrix::{Matrix, ShapeError};
pub use data::multi_task::MultiTask;
pub use data::notes::{GlobNote, Incomplete, LogNotes, Strangers};
pub use data::part::Part;
pub use data::split::Split;
pub use data::window::{LogWindow, WindowFeature};
pub use error::{ConfigError, Error, ErrorReport, Excerpt, KeyReport, LogError, Result};
pub use experiments::compare::{ComparedLog, Comparison, compare};
pub use intake::config;
pub use intake::config::Config;
pub use intake::log::{
    Cells, ForeignFormat, ForeignRows, Header, MemoryTable, NewRow, NewRows, OpenForeign, Row,
    Strided, Table, TableFormat, add_formats, categories, column as log_column, read as read_log,
    read_from as read_log_from, read_memory as read_log_from_memory, single, survey as survey_log,
    survey_from as survey_log_from,
};
pub use intake::warnings::warnings;
pub use integers::artifact::Artifact;
pub use integers::vectors::golden_vectors;
pub use judge::decide::{ChosenLoss, RowDecision, decide_part, decide_table};
pub use judge::html::{ReportLog, report_page};
pub use judge::onnx::onnx;
pub use judge::report::{
    CSource, c_source, c_source_with_names, evaluate, evaluate_at, evaluate_with_prices,
    linker_script, rust_source, rust_source_with_names,
};
pub use learn::store::{Directory, Forgetful, Store};
pub use pipeline::{
    Choice, DenseLayer, FloatNetwork, Imported, PolicyReport, Reason, SeenLoss, Trained, import,
    train as train_with_store,
};
pub use progress::{Progress, Silent};
pub use warnings::Warning;

/// What is said of trainings, images and evaluations: the documents that `--json` prints.
pub mod report {
    pub use crate::judge::importance::{FeatureImportance, FeatureInstructions, Importance};
    pub use crate::judge::report::{
        BudgetReport, CandidateReport, Evaluation, ExpertReport, ImageExpert, ImageReport,
        MeritLine, MeritTable, NamesReport, OperatingPointsReport, ProvenanceReport, TrainReport,
    };
}

/// Selects among candidates, fits, quantizes, searches the threshold of a policy, and lays the image
/// out.
///
/// [`train_with_store`] does the same and remembers its fits, so that an interrupted training goes on.
///
/// # Errors
/// If no network fits the budget, if there are too few train rows, if a promise cannot be made, or if
/// quantization raises the deferral loss by more than the configured tolerance.
pub fn train(config: &Config, data: &Dataset, progress: &dyn Progress) -> Result<Trained> {
    train_with_store(config, data, &Forgetful, progress)
}

/// Reads and checks an image's file, signed or not. Of a signed one it is checked that it is what was
/// signed, not by whom.
///
/// # Errors
/// If the file cannot be read, or is no image.
pub fn read_image(path: &Path) -> Result<Artifact> {
    Ok(signing::SignedFile::read(path)?.artifact)
}

/// Checks that an image has the inputs and the experts of a log, by name as far as it knows their names.
/// `path` stands for it in messages.
///
/// # Errors
/// [`Error::ImageInputs`], [`Error::ImageNames`], [`Error::ImageExperts`].
pub fn must_fit(path: &Path, artifact: &Artifact, data: &Dataset) -> Result<()> {
    commands::must_fit(path, artifact, data)
}

/// What this package's own tests, benchmarks and examples reach into. Not for use: it changes without
/// notice.
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals {
    pub use crate::arithmetic::{dense, network, random};
    pub use crate::data::{part, reference};
    pub use crate::experiments::methods;
    pub use crate::learn::{batch, candidate, grid, objective, select, train};
    pub mod loss {
        pub use crate::loss::*;
    }
}
