//! Reports for people and programs: the table of merits, and the documents for `--json`.

mod evaluation;
mod image;
pub mod imbalance;
mod table;
mod train;

pub use evaluation::{Evaluation, ExpertReport, IMAGE_LINE, evaluate, evaluation};
pub use image::{ImageExpert, ImageReport, OperatingPointsReport, ProvenanceReport};
pub use table::{MeritLine, MeritTable, align};
pub use train::{BudgetReport, CandidateReport, TrainReport};
