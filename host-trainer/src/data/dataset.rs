//! A deferral log in memory: who can be asked, and the rows of its three splits.

use crate::data::notes::LogNotes;
use crate::data::part::Part;
use crate::data::split::Split;
use crate::data::window::LogWindow;

/// One who can be asked. Index 0 is the device itself, `local`.
#[derive(Debug, Clone, PartialEq)]
pub struct Expert {
    /// The name in the configuration.
    pub name: String,
    /// The mean price of one use over the train rows, in units of one error.
    pub mean_price: f32,
    /// Whether the price differs between rows of the log.
    pub price_varies: bool,
}

/// How the i16 reading of a device becomes a feature: `scale * reading + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawScale {
    /// Feature units per step of the reading, > 0.
    pub scale: f32,
    /// The feature at a reading of 0.
    pub offset: f32,
}

/// A deferral log, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The names of the inputs; one-hot inputs are called `column=value`.
    pub feature_names: Vec<String>,
    /// The names of the classes, by which labels count them; none without labels.
    pub class_names: Vec<String>,
    /// The experts, `local` first.
    pub experts: Vec<Expert>,
    /// The first eight bytes of the SHA-256 of what was read of the log.
    pub log_digest: [u8; 8],
    /// The rows for fitting.
    pub train: Part,
    /// The rows for offsets, thresholds and choices.
    pub calibration: Part,
    /// The rows for the reported figures.
    pub test: Part,
    /// Per input, how the device's reading becomes it; `None` if the configuration has no section
    /// `[raw]`.
    pub raw: Option<Vec<RawScale>>,
    /// The windows of samples of which some inputs are features.
    pub windows: Vec<LogWindow>,
    /// How the log was understood.
    pub notes: LogNotes,
}

impl Dataset {
    /// The number of inputs of the rejector.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.feature_names.len()
    }

    /// The same log with its first `experts` experts alone, `local` among them.
    #[must_use]
    pub fn first_experts(&self, experts: usize) -> Self {
        self.only(&(0..experts.min(self.experts.len())).collect::<Vec<_>>())
    }

    /// The same log without one of its experts.
    #[must_use]
    pub fn without_expert(&self, k: usize) -> Self {
        self.only(&(0..self.experts.len()).filter(|&other| other != k).collect::<Vec<_>>())
    }

    /// The same log with one of its experts behind all others.
    #[must_use]
    pub fn with_expert_last(&self, k: usize) -> Self {
        let others = (0..self.experts.len()).filter(|&other| other != k);
        self.only(&others.chain([k]).collect::<Vec<_>>())
    }

    /// The same log with one more expert, behind all others, at the same price on every row;
    /// `error` says its error, or its expected one, on a row of a part.
    #[must_use]
    pub fn with_expert(&self, name: &str, price: f32, error: impl Fn(&Part, usize) -> f32) -> Self {
        let expert = Expert { name: name.to_owned(), mean_price: price, price_varies: false };
        Self {
            experts: self.experts.iter().cloned().chain([expert]).collect(),
            train: self.train.with_expert(price, |row| error(&self.train, row)),
            calibration: self.calibration.with_expert(price, |row| error(&self.calibration, row)),
            test: self.test.with_expert(price, |row| error(&self.test, row)),
            ..self.clone()
        }
    }

    /// The same log if one use of expert `k` cost `price` in place of `own`, both >= 0 and in units
    /// of one error. A price that differs between rows keeps its shape: it rises or falls on all
    /// rows by the same factor.
    #[must_use]
    pub(crate) fn with_price(&self, k: usize, price: f64, own: f64) -> Self {
        let scaled = self.experts[k].price_varies && own > 0.0;
        let of = |old: f32| if scaled { f64::from(old) * (price / own) } else { price } as f32;
        let mut changed = self.clone();
        changed.experts[k].mean_price = of(self.experts[k].mean_price);
        for part in [&mut changed.train, &mut changed.calibration, &mut changed.test] {
            *part = part.with_prices_of(k, of);
        }
        changed
    }

    /// The same log with these experts alone, in this order.
    fn only(&self, experts: &[usize]) -> Self {
        Self {
            experts: experts.iter().map(|&k| self.experts[k].clone()).collect(),
            train: self.train.only_experts(experts),
            calibration: self.calibration.only_experts(experts),
            test: self.test.only_experts(experts),
            ..self.clone()
        }
    }

    /// The same log with half of its calibration rows set apart, whole groups where there are some:
    /// rows on which nothing is tuned, so that what holds on them holds on new rows by the same
    /// chance.
    #[must_use]
    pub fn reserve(&self, seed: u64) -> (Self, Part) {
        let side = self.calibration.folds(2, seed);
        let rows = |fold| (0..side.len()).filter(|&row| side[row] == fold).collect::<Vec<_>>();
        let reserved = self.calibration.subset(&rows(1));
        (Self { calibration: self.calibration.subset(&rows(0)), ..self.clone() }, reserved)
    }

    /// The rows that training may see: those for fitting, then those for calibration.
    #[must_use]
    pub fn seen(&self) -> Part {
        self.train.with_rows(&self.calibration)
    }

    /// The rows of one split.
    #[must_use]
    pub fn part(&self, split: Split) -> &Part {
        match split {
            Split::Train => &self.train,
            Split::Calibration => &self.calibration,
            Split::Test => &self.test,
        }
    }
}
