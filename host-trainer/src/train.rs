//! Fitting one candidate: standardise, weigh, minimise.

use std::fmt;
use std::ops::ControlFlow;

use crate::batch::{Blocks, Standardizer};
use crate::config::{Form, Tau};
use crate::dataset::Part;
use crate::loss::{
    Link, Margins, Mild, OneStage, OneVsAll, Picce, Realizable, RowsForMargins, Surrogate,
    TwoStage, cheapest, weights,
};
use crate::network::Shape;
use crate::objective::{Objective, scores};
use crate::optimize::minimize;
use crate::probability::{Affine, Calibration, logit};

/// Everything that training is free to choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Widths of the hidden layers; none for a linear rejector.
    pub hidden: Vec<usize>,
    /// How costs become weights.
    pub tau: Tau,
    /// The surrogate loss.
    pub loss: Loss,
    /// Factor of half the squared norm of the weights.
    pub l2: f64,
}

/// A surrogate loss with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loss {
    /// [`TwoStage`].
    TwoStage(Link),
    /// [`Mild`], its margins taken from the rows that it is fitted on.
    Mild(Form, Margins),
    /// [`Realizable`].
    Realizable,
    /// [`Picce`]; tau is of no matter.
    Picce,
    /// [`OneStage`], on a part whose first experts are classes; tau is of no matter.
    OneStage {
        /// Number of classes.
        classes: usize,
        /// Whether only the confident correct expert counts.
        pick: bool,
    },
    /// [`OneVsAll`]; tau is of no matter.
    OneVsAll,
}

impl Loss {
    /// How complicated it is, for choosing among equals: the plain loss, other losses without margins,
    /// equal margins, unequal ones.
    #[must_use]
    pub fn complexity(&self) -> u8 {
        match self {
            Self::TwoStage(Link::Log) => 0,
            Self::TwoStage(_)
            | Self::Realizable
            | Self::Picce
            | Self::OneStage { .. }
            | Self::OneVsAll => 1,
            Self::Mild(_, margins) if margins.gamma == 0.0 => 2,
            Self::Mild(..) => 3,
        }
    }

    /// Whether tau changes nothing: the targets are not weights.
    #[must_use]
    pub fn ignores_tau(&self) -> bool {
        matches!(self, Self::Picce | Self::OneVsAll)
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoStage(Link::Log) => f.write_str("two-stage"),
            Self::TwoStage(Link::Gce(q)) => write!(f, "two-stage-gce q={q}"),
            Self::TwoStage(Link::Mae) => f.write_str("two-stage-mae"),
            Self::TwoStage(Link::Exp) => f.write_str("two-stage-exp"),
            Self::Mild(form, Margins { rule, gamma, rho_bar, min_wins, floor }) => {
                write!(f, "mild {form} rho_bar={rho_bar}")?;
                if *gamma == 0.0 {
                    return Ok(());
                }
                write!(f, " {rule}^{gamma:.3}")?;
                if *floor != Margins::PLAIN.floor {
                    write!(f, " floor={floor}")?;
                }
                if *min_wins != Margins::PLAIN.min_wins {
                    write!(f, " min_wins={min_wins}")?;
                }
                Ok(())
            }
            Self::Realizable => f.write_str("realizable"),
            Self::Picce => f.write_str("picce"),
            Self::OneStage { pick: false, .. } => f.write_str("one-stage"),
            Self::OneStage { pick: true, .. } => f.write_str("picce-one-stage"),
            Self::OneVsAll => f.write_str("one-vs-all"),
        }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hidden, tau, loss, l2 } = self;
        write!(f, "{loss} tau={tau} l2={l2} hidden={hidden:?}")
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
    /// What makes scores of the network's outputs; without it they are the scores.
    pub calibration: Option<Calibration>,
}

impl Fit {
    /// Scores of some rows of a part, row-major, rows x experts.
    #[must_use]
    pub fn scores(&self, part: &Part, rows: &[usize]) -> Vec<f64> {
        let mut scores = self.outputs(part, rows);
        if let Some(calibration) = &self.calibration {
            calibration.apply(&mut scores);
        }
        scores
    }

    /// Outputs of the network on some rows of a part, row-major.
    #[must_use]
    pub fn outputs(&self, part: &Part, rows: &[usize]) -> Vec<f64> {
        let inputs = Blocks::features(part, rows, &self.standardizer);
        scores(&self.shape, &self.parameters, &inputs).into_iter().map(f64::from).collect()
    }

    /// A network that gives every row the same scores: 1 to one expert and 0 to the others.
    #[must_use]
    pub fn constant(part: &Part, hidden: &[usize], expert: usize) -> Self {
        let shape = Shape::new(part.inputs, hidden, part.experts);
        let mut parameters = vec![0.0; shape.parameters()];
        let biases = parameters.len() - part.experts;
        parameters[biases + expert] = 1.0;
        let all: Vec<usize> = (0..part.rows).collect();
        Self { standardizer: Standardizer::fit(part, &all), shape, parameters, calibration: None }
    }

    /// A network that gives every row the same probabilities: how often each expert is right.
    #[must_use]
    pub fn base_rates(part: &Part, hidden: &[usize]) -> Self {
        let all: Vec<usize> = (0..part.rows).collect();
        let mut fit = Self::constant(part, hidden, 0);
        fit.parameters.fill(0.0);
        let affine = (0..part.experts).map(|k| {
            let right = all.iter().map(|&row| 1.0 - f64::from(part.errors(row)[k]));
            let mean = right.sum::<f64>() / part.rows.max(1) as f64;
            Affine { slope: 0.0, intercept: logit(mean) }
        });
        let affine = affine.collect();
        fit.calibration = Some(Calibration { affine, ..Calibration::identity(part, &all) });
        fit
    }

    /// Fits the probabilities anew on rows that the network has not seen, if it has any.
    #[must_use]
    pub fn calibrated(mut self, part: &Part) -> Self {
        if let Some(calibration) = self.calibration.take() {
            let all: Vec<usize> = (0..part.rows).collect();
            let outputs = self.outputs(part, &all);
            self.calibration = Some(calibration.refitted(part, &outputs));
        }
        self
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
    let costs = costs(part, rows);
    let targets = match candidate.loss {
        // Right is right, whatever it costs.
        Loss::OneStage { .. } => {
            rows.iter().flat_map(|&row| part.errors(row).iter().map(|error| 1.0 - error)).collect()
        }
        Loss::OneVsAll => shares_right(part, rows),
        _ => row_targets(&costs, experts, candidate),
    };
    let problem = Problem { part, rows, standardizer, targets: &targets, candidate, seed };
    // Each loss gets code of its own: the inner loops are compiled with it inside.
    match candidate.loss {
        Loss::TwoStage(link) => problem.minimize(&TwoStage { experts, link }, checkpoints, see),
        Loss::Mild(form, margins) => {
            let rho = margins.of(&problem.rows_for_margins(&costs));
            problem.minimize(&Mild::new(form, rho), checkpoints, see);
        }
        Loss::Realizable => problem.minimize(&Realizable { experts }, checkpoints, see),
        Loss::Picce => problem.minimize(&Picce { experts }, checkpoints, see),
        Loss::OneStage { classes, pick } => {
            let experts = experts - classes;
            problem.minimize(&OneStage { classes, experts, pick }, checkpoints, see);
        }
        Loss::OneVsAll => {
            let calibration = Calibration::identity(part, rows);
            problem.minimize(&OneVsAll { experts }, checkpoints, |at, fit| {
                see(at, &Fit { calibration: Some(calibration.clone()), ..fit.clone() });
            });
        }
    }
}

/// What the loss must know of each row, row-major, rows x experts.
fn row_targets(costs: &[f32], experts: usize, candidate: &Candidate) -> Vec<f32> {
    let largest = costs.iter().copied().fold(0.0, f32::max);
    let mut targets = vec![0.0; costs.len()];
    for (costs, targets) in costs.chunks_exact(experts).zip(targets.chunks_exact_mut(experts)) {
        match candidate.loss {
            Loss::Picce => cheapest(costs, targets),
            _ => weights(candidate.tau, costs, largest, targets),
        }
    }
    targets
}

/// How right each expert is on each row, then 1 for the row; rows x (experts + 1).
fn shares_right(part: &Part, rows: &[usize]) -> Vec<f32> {
    let of_row = |&row: &usize| {
        part.errors(row).iter().map(|error| (1.0 - error).clamp(0.0, 1.0)).chain([1.0])
    };
    rows.iter().flat_map(of_row).collect()
}

/// Everything that a fit works on.
struct Problem<'a> {
    part: &'a Part,
    rows: &'a [usize],
    standardizer: Standardizer,
    targets: &'a [f32],
    candidate: &'a Candidate,
    seed: u64,
}

impl Problem<'_> {
    fn rows_for_margins(&self, costs: &[f32]) -> RowsForMargins {
        let experts = self.part.experts;
        let norms = self.rows.iter().map(|&row| {
            let features = self.part.row(row).iter().enumerate();
            features.map(|(j, &x)| f64::from(self.standardizer.apply(j, x)).powi(2)).sum::<f64>()
        });
        let rows = costs.chunks_exact(experts).zip(self.targets.chunks_exact(experts)).zip(norms);
        RowsForMargins::gather(experts, rows.map(|((costs, weights), norm)| (costs, weights, norm)))
    }

    fn minimize(
        self,
        surrogate: &impl Surrogate<f32>,
        checkpoints: &[usize],
        mut see: impl FnMut(usize, &Fit),
    ) {
        let Self { part, rows, standardizer, targets, candidate, seed } = self;
        let inputs = Blocks::features(part, rows, &standardizer);
        let width = Surrogate::<f32>::targets(surrogate);
        let targets = Blocks::new(rows.len(), width, |row, k| targets[row * width + k]);
        let shape = Shape::new(part.inputs, &candidate.hidden, part.experts);
        let mut parameters = shape.initial(seed);
        let mut current = Fit {
            standardizer,
            shape: shape.clone(),
            parameters: parameters.clone(),
            calibration: None,
        };
        let mut objective = Objective::new(&shape, &inputs, &targets, surrogate, candidate.l2);
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
}

/// The plainest candidate.
impl Default for Candidate {
    fn default() -> Self {
        Self { hidden: Vec::new(), tau: Tau::Max, loss: Loss::TwoStage(Link::Log), l2: 1e-3 }
    }
}
