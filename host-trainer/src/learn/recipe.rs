//! What a training does where rows are few.

/// With no more train and calibration rows than this a training follows the recipe. It was measured
/// with 133 and 400 of them (`docs/algorithms.md`); with 1,280 the rows that it keeps apart pay.
pub(crate) const FEW_ROWS: usize = 600;

/// The parts of the answer to few rows. The default is what training does where rows are few;
/// `mild study few-rows` takes one part away at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Recipe {
    /// Few train and calibration rows are all fitted on; what needs rows that a fit has not seen is
    /// told by cross-validation. Otherwise the calibration rows are kept apart.
    pub(crate) pooled: bool,
    /// Linear candidates get a penalty for each expert, along a path.
    pub(crate) penalties_of_experts: bool,
    /// Features are also tried on a common scale.
    pub(crate) scalings: bool,
    /// Stronger penalties than those of the grid are tried while they gain.
    pub(crate) stronger: bool,
    /// Networks with more parameters than there are rows times experts are left out, and where rows
    /// are pooled wider ones are not tried.
    pub(crate) small_networks: bool,
    /// The linear candidate with a penalty for each expert is taken unless another one is further
    /// ahead than the luck of the best of many explains.
    pub(crate) doubts_the_luckiest: bool,
    /// Standard errors of the paired difference by which a rejector must be better than always the
    /// same expert; if negative, by which it may be worse.
    pub(crate) ahead_of_constant: f64,
    /// Standard errors of an expert's paired difference from the best single one by which its
    /// predicted deferral loss must be lower.
    pub(crate) prior: f64,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            pooled: true,
            penalties_of_experts: true,
            scalings: true,
            stronger: true,
            small_networks: true,
            doubts_the_luckiest: true,
            ahead_of_constant: -1.0,
            prior: 0.5,
        }
    }
}

impl Recipe {
    /// What training does with so many train and calibration rows.
    pub(crate) fn for_rows(rows: usize) -> Self {
        if rows <= FEW_ROWS { Self::default() } else { Self::NONE }
    }

    /// None of it: calibration rows kept apart, weak penalties, and a constant that must be beaten
    /// by two standard errors.
    pub(crate) const NONE: Self = Self {
        pooled: false,
        penalties_of_experts: false,
        scalings: false,
        stronger: false,
        small_networks: false,
        doubts_the_luckiest: false,
        ahead_of_constant: 2.0,
        prior: 0.0,
    };
}
