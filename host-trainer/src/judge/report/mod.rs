//! Reports for people and programs: the table of merits, and the documents for `--json`.

mod c_names;
mod c_source;
mod c_windows;
pub(crate) mod check;
mod evaluation;
mod image;
pub(crate) mod imbalance;
mod linker_script;
mod rust_names;
mod rust_source;
mod rust_windows;
mod table;
mod train;

pub use c_source::{CSource, c_source, c_source_with_names};
pub use evaluation::{Evaluation, ExpertReport, evaluate, evaluate_at, evaluate_with_prices};
pub(crate) use evaluation::{curve_with_prices, evaluation};
pub use image::{ImageExpert, ImageReport, NamesReport, OperatingPointsReport, ProvenanceReport};
pub(crate) use image::{digest, hex};
pub use linker_script::linker_script;
pub use rust_source::{rust_source, rust_source_with_names};
pub(crate) use table::{FLOAT_LINE, IMAGE_LINE};
pub use table::{MeritLine, MeritTable};
pub use train::{BudgetReport, CandidateReport, TrainReport};
