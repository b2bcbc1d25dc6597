//! Fitting one candidate: standardise, weigh, minimise.

use std::fmt;
use std::ops::ControlFlow;

use crate::arithmetic::network::Shape;
use crate::arithmetic::optimizer::minimize;
use crate::data::dataset::Part;
use crate::intake::config::{Form, Ranges, Tau};
use crate::learn::batch::{Blocks, Standardizer};
use crate::learn::objective::{Objective, scores};
use crate::learn::platt_scaling::{Affine, PlattScaling, logit};
use crate::loss::{
    Link, Margins, Mild, OneStage, OneStageOneVsAll, OneVsAll, Picce, Realizable, RowsForMargins,
    Surrogate, TwoStage, cheapest, weights,
};

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
    /// Where the codes of the features end: the network is trained on what the device will see.
    pub ranges: Ranges,
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
    /// [`OneStageOneVsAll`], on such a part too; tau is of no matter.
    OneStageOneVsAll {
        /// Number of classes.
        classes: usize,
        /// Whether only the confident correct expert is a positive.
        pick: bool,
    },
    /// [`OneVsAll`]; tau is of no matter.
    OneVsAll,
}

impl Loss {
    /// How much of it was chosen, for choosing among equals: nothing, the margin that all experts have, or
    /// how unequal margins are made.
    #[must_use]
    pub fn complexity(&self) -> u8 {
        match self {
            Self::Mild(_, margins) if margins.gamma != 0.0 => 2,
            Self::Mild(_, margins) if margins.rho_bar != 1.0 => 1,
            _ => 0,
        }
    }

    /// The same loss under its plainest name: equal margins of 1 are the two-stage loss.
    #[must_use]
    pub fn plainest(self) -> Self {
        match self {
            Self::Mild(_, margins) if margins.gamma == 0.0 && margins.rho_bar == 1.0 => {
                Self::TwoStage(Link::Log)
            }
            other => other,
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
            Self::OneStageOneVsAll { pick: false, .. } => f.write_str("one-stage-one-vs-all"),
            Self::OneStageOneVsAll { pick: true, .. } => f.write_str("picce-one-vs-all"),
            Self::OneVsAll => f.write_str("one-vs-all"),
        }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hidden, tau, loss, l2, .. } = self;
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
    pub platt_scaling: Option<PlattScaling>,
}

impl Fit {
    /// Scores of some rows of a part, row-major, rows x experts.
    #[must_use]
    pub fn scores(&self, part: &Part, rows: &[usize]) -> Vec<f64> {
        let mut scores = self.outputs(part, rows);
        if let Some(platt_scaling) = &self.platt_scaling {
            platt_scaling.apply(&mut scores);
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
        let standardizer = Standardizer::fit(part, &all, Ranges::default());
        Self { standardizer, shape, parameters, platt_scaling: None }
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
        fit.platt_scaling = Some(PlattScaling { affine, ..PlattScaling::identity(part, &all) });
        fit
    }

    /// Fits the probabilities anew on rows that the network has not seen, if it has any.
    #[must_use]
    pub fn calibrated(mut self, part: &Part) -> Self {
        if let Some(platt_scaling) = self.platt_scaling.take() {
            let all: Vec<usize> = (0..part.rows).collect();
            let outputs = self.outputs(part, &all);
            self.platt_scaling = Some(platt_scaling.refitted(part, &outputs));
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
/// (numbers of iterations, ascending), which may end the fit there. When the optimiser finds nothing more to do, the
/// remaining checkpoints see the last network.
pub fn fit(
    part: &Part,
    rows: &[usize],
    candidate: &Candidate,
    seed: u64,
    checkpoints: &[usize],
    mut see: impl FnMut(usize, &Fit) -> ControlFlow<()>,
) {
    let standardizer = Standardizer::fit(part, rows, candidate.ranges);
    let training = Training { part, rows, standardizer, candidate, seed, checkpoints };
    let targets = Targets::new(part, rows, candidate);
    let platt_scaling =
        (candidate.loss == Loss::OneVsAll).then(|| PlattScaling::identity(part, rows));
    let see = |at: usize, fit: Fit| see(at, &Fit { platt_scaling: platt_scaling.clone(), ..fit });
    targets.with_surrogate(&training.standardizer, Minimize { training: &training, see });
}

/// Fits a candidate on some rows of a part for so many iterations.
#[must_use]
pub fn fit_for(
    part: &Part,
    rows: &[usize],
    candidate: &Candidate,
    seed: u64,
    iterations: usize,
) -> Fit {
    let mut fitted = None;
    fit(part, rows, candidate, seed, &[iterations], |_, fit| {
        fitted = Some(fit.clone());
        ControlFlow::Break(())
    });
    fitted.expect("the checkpoint is always seen")
}

/// What a loss must know of some rows, and the loss.
pub(crate) struct Targets<'a> {
    part: &'a Part,
    rows: &'a [usize],
    candidate: &'a Candidate,
    costs: Vec<f32>,
    values: Vec<f32>,
}

/// Something to do with a surrogate loss. Each loss gets code of its own: the inner loops are compiled
/// with it inside.
pub(crate) trait WithSurrogate {
    /// What comes of it.
    type Output;

    /// Does it; `targets` are those of the rows.
    fn run(self, surrogate: &impl Surrogate<f32>, targets: &Blocks) -> Self::Output;
}

impl<'a> Targets<'a> {
    /// Of some rows of a part, for a candidate's loss.
    pub(crate) fn new(part: &'a Part, rows: &'a [usize], candidate: &'a Candidate) -> Self {
        let costs = costs(part, rows);
        let values = match candidate.loss {
            // Right is right, whatever it costs.
            Loss::OneStage { .. } => rows
                .iter()
                .flat_map(|&row| part.errors(row).iter().map(|error| 1.0 - error))
                .collect(),
            Loss::OneVsAll | Loss::OneStageOneVsAll { .. } => shares_right(part, rows),
            _ => row_targets(&costs, part.experts, candidate),
        };
        Self { part, rows, candidate, costs, values }
    }

    /// Does something with the candidate's loss on these rows.
    pub(crate) fn with_surrogate<W: WithSurrogate>(
        &self,
        standardizer: &Standardizer,
        todo: W,
    ) -> W::Output {
        let experts = self.part.experts;
        match self.candidate.loss.plainest() {
            Loss::TwoStage(link) => self.run(&TwoStage { experts, link }, todo),
            Loss::Mild(form, margins) => {
                let rho = margins.of(&self.rows_for_margins(standardizer));
                self.run(&Mild::new(form, rho), todo)
            }
            Loss::Realizable => self.run(&Realizable { experts }, todo),
            Loss::Picce => self.run(&Picce { experts }, todo),
            Loss::OneStage { classes, pick } => {
                let experts = experts - classes;
                self.run(&OneStage { classes, experts, pick }, todo)
            }
            Loss::OneStageOneVsAll { classes, pick } => {
                let experts = experts - classes;
                self.run(&OneStageOneVsAll { classes, experts, pick }, todo)
            }
            Loss::OneVsAll => self.run(&OneVsAll { experts }, todo),
        }
    }

    fn run<W: WithSurrogate>(&self, surrogate: &impl Surrogate<f32>, todo: W) -> W::Output {
        let width = Surrogate::<f32>::targets(surrogate);
        let targets = Blocks::new(self.rows.len(), width, |row, k| self.values[row * width + k]);
        todo.run(surrogate, &targets)
    }

    fn rows_for_margins(&self, standardizer: &Standardizer) -> RowsForMargins {
        let experts = self.part.experts;
        let norms = self.rows.iter().map(|&row| {
            let features = self.part.row(row).iter().enumerate();
            features.map(|(j, &x)| f64::from(standardizer.apply(j, x)).powi(2)).sum::<f64>()
        });
        let costs = self.costs.chunks_exact(experts);
        let rows = costs.zip(self.values.chunks_exact(experts)).zip(norms);
        RowsForMargins::gather(experts, rows.map(|((costs, weights), norm)| (costs, weights, norm)))
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

/// Everything that a fit works on beside its loss.
struct Training<'a> {
    part: &'a Part,
    rows: &'a [usize],
    standardizer: Standardizer,
    candidate: &'a Candidate,
    seed: u64,
    checkpoints: &'a [usize],
}

/// Minimises a surrogate loss, and shows the network at each checkpoint.
struct Minimize<'a, F> {
    training: &'a Training<'a>,
    see: F,
}

impl<F: FnMut(usize, Fit) -> ControlFlow<()>> WithSurrogate for Minimize<'_, F> {
    type Output = ();

    fn run(mut self, surrogate: &impl Surrogate<f32>, targets: &Blocks) {
        let Training { part, rows, standardizer, candidate, seed, checkpoints } = self.training;
        let inputs = Blocks::features(part, rows, standardizer);
        let shape = Shape::new(part.inputs, &candidate.hidden, part.experts);
        let mut parameters = shape.initial(*seed);
        let fit = |parameters: &[f64]| Fit {
            standardizer: standardizer.clone(),
            shape: shape.clone(),
            parameters: parameters.to_vec(),
            platt_scaling: None,
        };
        let mut objective = Objective::new(&shape, &inputs, targets, surrogate, candidate.l2);
        let mut next = 0;
        minimize(
            &mut parameters,
            checkpoints.last().copied().unwrap_or(0),
            |parameters, gradient| objective.evaluate(parameters, gradient),
            |iteration, parameters| {
                if checkpoints.get(next) != Some(&iteration) {
                    return ControlFlow::Continue(());
                }
                next += 1;
                let flow = (self.see)(next - 1, fit(parameters));
                if flow.is_break() {
                    next = checkpoints.len();
                }
                flow
            },
        );
        for index in next..checkpoints.len() {
            if (self.see)(index, fit(&parameters)).is_break() {
                break;
            }
        }
    }
}

/// The plainest candidate.
impl Default for Candidate {
    fn default() -> Self {
        Self {
            hidden: Vec::new(),
            tau: Tau::Max,
            loss: Loss::TwoStage(Link::Log),
            l2: 1e-3,
            ranges: Ranges::default(),
        }
    }
}
