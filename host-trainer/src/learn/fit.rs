//! A fitted network.

use crate::arithmetic::network::Shape;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::intake::config::Ranges;
use crate::learn::batch::{Blocks, Standardizer};
use crate::learn::candidate::Scaling;
use crate::learn::objective::scores;
use crate::learn::platt_scaling::{Affine, PlattScaling, logit};

/// A fitted network.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Of the rows that it was fitted on.
    pub standardizer: Standardizer,
    /// The network's widths.
    pub shape: Shape,
    /// The network's parameters, on standardised features.
    pub parameters: Vec<f64>,
    /// What makes scores of the network's outputs; without it they are the scores.
    pub platt_scaling: Option<PlattScaling>,
}

impl Fit {
    /// Scores of some rows of a part, rows x experts.
    #[must_use]
    pub fn scores(&self, part: &Part, rows: &[usize]) -> Matrix<f64> {
        self.scores_of(self.outputs(part, rows))
    }

    /// The scores that go with outputs.
    #[must_use]
    pub fn scores_of(&self, mut outputs: Matrix<f64>) -> Matrix<f64> {
        if let Some(platt_scaling) = &self.platt_scaling {
            platt_scaling.apply(&mut outputs);
        }
        outputs
    }

    /// Outputs of the network on some rows of a part, rows x outputs.
    #[must_use]
    pub fn outputs(&self, part: &Part, rows: &[usize]) -> Matrix<f64> {
        let inputs = Blocks::features(part, rows, &self.standardizer);
        scores(&self.shape, &self.parameters, &inputs).map(f64::from)
    }

    /// A network that gives every row the same scores: 1 to one expert and 0 to the others.
    #[must_use]
    pub fn constant(part: &Part, hidden: &[usize], expert: usize) -> Self {
        let shape = Shape::new(part.inputs(), hidden, part.experts());
        let mut parameters = vec![0.0; shape.parameters()];
        let biases = parameters.len() - part.experts();
        parameters[biases + expert] = 1.0;
        let all: Vec<usize> = (0..part.rows()).collect();
        let standardizer = Standardizer::fit(part, &all, Ranges::default(), Scaling::Each);
        Self { standardizer, shape, parameters, platt_scaling: None }
    }

    /// A network that gives every row the same probabilities: how often each expert is right.
    #[must_use]
    pub fn base_rates(part: &Part, hidden: &[usize]) -> Self {
        let all: Vec<usize> = (0..part.rows()).collect();
        let mut fit = Self::constant(part, hidden, 0);
        fit.parameters.fill(0.0);
        let affine = (0..part.experts()).map(|k| {
            let right = all.iter().map(|&row| 1.0 - f64::from(part.errors().row(row)[k]));
            let mean = right.sum::<f64>() / part.rows().max(1) as f64;
            Affine { slope: 0.0, intercept: logit(mean) }
        });
        let affine = affine.collect();
        fit.platt_scaling = Some(PlattScaling { affine, ..PlattScaling::identity(part, &all) });
        fit
    }

    /// Fits the probabilities anew, if it has any; `outputs` are those of all rows of `part`, by
    /// networks that have not seen the row.
    #[must_use]
    pub fn with_refitted_platt_scaling(mut self, part: &Part, outputs: &Matrix<f64>) -> Self {
        if let Some(platt_scaling) = self.platt_scaling.take() {
            self.platt_scaling = Some(platt_scaling.refitted(part, outputs));
        }
        self
    }
}
