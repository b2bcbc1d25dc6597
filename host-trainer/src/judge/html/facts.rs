//! What a training said of itself in `metrics.json`, as far as an image cannot say it.

use serde::Deserialize;
use serde_json::Value;

use crate::judge::report::ImageReport;

/// A training.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Facts {
    /// The winner in words.
    pub(super) chosen: String,
    /// Why it is always the same expert, if it is.
    pub(super) reason: Option<String>,
    /// How long was searched.
    pub(super) effort: String,
    /// Cross-validated deferral loss of always the same expert.
    pub(super) constants: Vec<Option<f64>>,
    /// The candidates, the best first.
    pub(super) candidates: Vec<CandidateFact>,
    /// Share of test rows on which the float network and the image decide alike.
    pub(super) float_int8_agreement: f64,
    pub(super) seen: SeenFact,
    pub(super) before_fine_tuning: Option<f64>,
    pub(super) policy: Option<PolicyFact>,
    pub(super) table: TableFact,
    pub(super) window_features: Option<InstructionsFact>,
    pub(super) budget: Option<BudgetFact>,
    pub(super) warnings: Vec<WarningFact>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct CandidateFact {
    pub(super) deferral_loss: Option<f64>,
}

/// Mean deferral loss on train and calibration rows together.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct SeenFact {
    pub(super) float_all: f64,
    pub(super) int8_all: f64,
    pub(super) standard_error: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct PolicyFact {
    pub(super) promises: Vec<PromiseFact>,
    pub(super) refused: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct PromiseFact {
    pub(super) what: String,
    pub(super) limit: f64,
    pub(super) calibration: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct TableFact {
    pub(super) lines: Vec<LineFact>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct LineFact {
    pub(super) name: String,
    pub(super) deferral_loss: EstimateFact,
    pub(super) accuracy: EstimateFact,
    pub(super) price: EstimateFact,
    pub(super) coverage: EstimateFact,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct EstimateFact {
    pub(super) mean: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct BudgetFact {
    pub(super) image_bytes: Option<usize>,
    pub(super) macs: Option<usize>,
    pub(super) scratch_bytes: Option<usize>,
    pub(super) feature_instructions: Option<usize>,
    pub(super) feature_core: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct InstructionsFact {
    pub(super) m0: usize,
    pub(super) m4: usize,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct WarningFact {
    pub(super) text: String,
}

impl Facts {
    /// Those of the training that made this image; none if the document is about another one.
    pub(super) fn of(metrics: &[u8], image: &ImageReport) -> Option<Self> {
        let document: Value = serde_json::from_slice(metrics).ok()?;
        // Both ways through text, so that numbers of single precision compare alike.
        let own = serde_json::to_vec(image).ok()?;
        let own: Value = serde_json::from_slice(&own).ok()?;
        if document.get("image") != Some(&own) {
            return None;
        }
        serde_json::from_value(document).ok()
    }

    /// The line of the float network.
    pub(super) fn float(&self) -> Option<&LineFact> {
        self.table.lines.iter().find(|line| line.name == crate::judge::report::FLOAT_LINE)
    }
}
