//! What the losses see of the rows that they are trained on.

use super::Tau;
use crate::data::matrix::Matrix;
use crate::data::part::Part;

/// Some rows of a part.
pub struct Rows<'a> {
    part: &'a Part,
    rows: &'a [usize],
    /// Rows x experts: error plus price.
    deferral_losses: Matrix<f32>,
    squared_norm: &'a dyn Fn(&[f32]) -> f64,
}

impl<'a> Rows<'a> {
    /// The given rows of a part; `squared_norm` is that of a row's features once standardised.
    #[must_use]
    pub fn new(part: &'a Part, rows: &'a [usize], squared_norm: &'a dyn Fn(&[f32]) -> f64) -> Self {
        Self { part, rows, deferral_losses: part.deferral_losses(rows), squared_norm }
    }

    /// The number of experts.
    #[must_use]
    pub fn experts(&self) -> usize {
        self.part.experts()
    }

    /// Error plus price of each expert, row by row.
    pub fn deferral_losses(&self) -> impl Iterator<Item = &[f32]> {
        self.deferral_losses.iter_rows()
    }

    /// The error of each expert, row by row.
    pub fn errors(&self) -> impl Iterator<Item = &[f32]> {
        self.rows.iter().map(|&row| self.part.errors().row(row))
    }

    /// The squared norm of the standardised features, row by row.
    pub fn squared_norms(&self) -> impl Iterator<Item = f64> {
        self.rows.iter().map(|&row| (self.squared_norm)(self.part.row(row)))
    }

    /// The weights `tau - (error + price)`, row-major: the targets of most losses.
    #[must_use]
    pub fn weights(&self, tau: Tau) -> Vec<f32> {
        let largest = self.deferral_losses.values().iter().copied().fold(0.0, f32::max);
        let mut weights = vec![0.0; self.deferral_losses.values().len()];
        for (losses, weights) in
            self.deferral_losses().zip(weights.chunks_exact_mut(self.experts()))
        {
            super::tau::weights(tau, losses, largest, weights);
        }
        weights
    }

    /// How right each expert is on a row (1 less its error), then 1 for the row; row-major.
    #[must_use]
    pub fn shares_right(&self) -> Vec<f32> {
        let of_row = |errors: &'a [f32]| {
            errors.iter().map(|error| (1.0 - error).clamp(0.0, 1.0)).chain([1.0])
        };
        self.rows.iter().flat_map(|&row| of_row(self.part.errors().row(row))).collect()
    }
}
