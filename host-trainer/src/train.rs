//! Fitting one candidate: standardise, weigh, minimise.

use std::fmt;
use std::ops::ControlFlow;

use crate::batch::{Blocks, Standardizer};
use crate::config::{Form, RhoRule, Tau};
use crate::dataset::Part;
use crate::loss::{Margins, Mild, RowsForMargins, weights};
use crate::network::Shape;
use crate::objective::{Objective, scores};
use crate::optimize::minimize;

/// Everything that training is free to choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Widths of the hidden layers; none for a linear rejector.
    pub hidden: Vec<usize>,
    /// How costs become weights.
    pub tau: Tau,
    /// The form of the loss; of no matter with equal margins of 1.
    pub form: Form,
    /// The experts' margins.
    pub margins: Margins,
    /// Factor of half the squared norm of the weights.
    pub l2: f64,
}

impl Candidate {
    /// Whether this is the plain two-stage loss: equal margins of 1.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.margins.gamma == 0.0 && self.margins.rho_bar == 1.0
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_plain() {
            write!(f, "two-stage")?;
        } else {
            let Margins { rule, gamma, rho_bar, .. } = self.margins;
            write!(f, "mild {} rho_bar={rho_bar}", self.form)?;
            if gamma != 0.0 {
                write!(f, " {rule}^{gamma:.3}")?;
            }
        }
        write!(f, " tau={} l2={} hidden={:?}", self.tau, self.l2, self.hidden)
    }
}

/// A fitted network.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Of the rows that it was fitted on.
    pub standardizer: Standardizer,
    /// The network's widths.
    pub shape: Shape,
    /// The network's parameters, on standardised features.
    pub parameters: Vec<f64>,
}

impl Fit {
    /// Scores of some rows of a part, row-major, rows x experts.
    #[must_use]
    pub fn scores(&self, part: &Part, rows: &[usize]) -> Vec<f64> {
        let inputs = Blocks::features(part, rows, &self.standardizer);
        scores(&self.shape, &self.parameters, &inputs).into_iter().map(f64::from).collect()
    }

    /// A network that gives every row the same scores: 1 to one expert and 0 to the others.
    #[must_use]
    pub fn constant(part: &Part, expert: usize) -> Self {
        let shape = Shape::new(part.inputs, &[], part.experts);
        let mut parameters = vec![0.0; shape.parameters()];
        let biases = parameters.len() - part.experts;
        parameters[biases + expert] = 1.0;
        let all: Vec<usize> = (0..part.rows).collect();
        Self { standardizer: Standardizer::fit(part, &all), shape, parameters }
    }
}

/// Error plus price of each expert on some rows, row-major.
#[must_use]
pub fn costs(part: &Part, rows: &[usize]) -> Vec<f32> {
    rows.iter().flat_map(|&row| (0..part.experts).map(move |k| part.cost(row, k))).collect()
}

/// Fits a candidate on some rows of a part, and shows the network at each of the `checkpoints`
/// (numbers of iterations, ascending). When the optimiser finds nothing more to do, the remaining
/// checkpoints see the last network.
pub fn fit(
    part: &Part,
    rows: &[usize],
    candidate: &Candidate,
    seed: u64,
    checkpoints: &[usize],
    mut see: impl FnMut(usize, &Fit),
) {
    let experts = part.experts;
    let standardizer = Standardizer::fit(part, rows);
    let inputs = Blocks::features(part, rows, &standardizer);
    let costs = costs(part, rows);
    let largest = costs.iter().copied().fold(0.0, f32::max);
    let mut row_weights = vec![0.0; costs.len()];
    for (costs, row) in costs.chunks_exact(experts).zip(row_weights.chunks_exact_mut(experts)) {
        weights(candidate.tau, costs, largest, row);
    }
    let norms = rows.iter().map(|&row| {
        let features = part.row(row).iter().enumerate();
        features.map(|(j, &x)| f64::from(standardizer.apply(j, x)).powi(2)).sum::<f64>()
    });
    let gathered = RowsForMargins::gather(
        experts,
        costs
            .chunks_exact(experts)
            .zip(row_weights.chunks_exact(experts))
            .zip(norms)
            .map(|((costs, weights), norm)| (costs, weights, norm)),
    );
    let surrogate = Mild::new(candidate.form, candidate.margins.of(&gathered));
    let targets = Blocks::new(rows.len(), experts, |row, k| row_weights[row * experts + k]);
    let shape = Shape::new(part.inputs, &candidate.hidden, experts);
    let parameters = shape.initial(seed);
    let mut current = Fit { standardizer, shape: shape.clone(), parameters };
    let objective = Objective {
        shape: &shape,
        inputs: &inputs,
        targets: &targets,
        surrogate: &surrogate,
        l2: candidate.l2,
    };
    let mut parameters = current.parameters.clone();
    let mut next = 0;
    minimize(
        &mut parameters,
        checkpoints.last().copied().unwrap_or(0),
        |parameters, gradient| objective.evaluate(parameters, gradient),
        |iteration, parameters| {
            if checkpoints.get(next) == Some(&iteration) {
                current.parameters.copy_from_slice(parameters);
                see(next, &current);
                next += 1;
            }
            ControlFlow::Continue(())
        },
    );
    current.parameters.copy_from_slice(&parameters);
    for index in next..checkpoints.len() {
        see(index, &current);
    }
}

/// The margin rule of a candidate without margins.
impl Default for Candidate {
    fn default() -> Self {
        Self {
            hidden: Vec::new(),
            tau: Tau::Max,
            form: Form::N,
            margins: Margins { rule: RhoRule::Count, ..Margins::PLAIN },
            l2: 1e-3,
        }
    }
}
