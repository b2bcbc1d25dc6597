//! One-stage rejectors: the network's own classes take the place of `local`.
//!
//! There is no image of these: a device has its own local model already. They are here because most
//! of the literature is one-stage, and for what PiCCE says about many experts. The published losses
//! know no prices; here prices come in when a candidate is selected and when the offsets are tuned,
//! both by deferral loss.

use super::host_method::{HostMethod, Task};
use super::run::{Answers, Run, all_rows};
use crate::data::dataset::Dataset;
use crate::data::matrix::Matrix;
use crate::data::part::{Part, PartColumns};
use crate::error::Result;
use crate::intake::config::Config;
use crate::learn::grid::Grid;
use crate::learn::offsets::{ScoredRows, tune};
use crate::learn::select::{refit, select};
use crate::loss::{Loss, OneStage, OneStageOneVsAll};
use crate::pipeline::selection_rows;
use crate::refusal::Refusal;

pub(super) const METHODS: &[HostMethod] = &[
    HostMethod {
        name: "one-stage",
        about: "classes and experts in one network, every expert that is right counting",
        uses_confidence: false,
        applies,
        run: |task| run(|classes| OneStage { classes, pick: false }.into(), task),
    },
    HostMethod {
        name: "picce-one-stage",
        about: "one-stage with only the confident correct expert counting",
        uses_confidence: false,
        applies,
        run: |task| run(|classes| OneStage { classes, pick: true }.into(), task),
    },
    HostMethod {
        name: "one-stage-one-vs-all",
        about: "a sigmoid for each class and expert in one network",
        uses_confidence: false,
        applies,
        run: |task| run(|classes| OneStageOneVsAll { classes, pick: false }.into(), task),
    },
    HostMethod {
        name: "picce-one-vs-all",
        about: "one-stage-one-vs-all with only the confident correct expert being a positive",
        uses_confidence: false,
        applies,
        run: |task| run(|classes| OneStageOneVsAll { classes, pick: true }.into(), task),
    },
];

/// `loss` makes the loss from the number of classes.
fn run(loss: fn(usize) -> Loss, task: &Task<'_>) -> Result<Run> {
    let &Task { config, data, store, progress } = task;
    let classes = classes(&data.train);
    let mut grid = Grid::of_loss(config, loss(classes.len()));
    // With an output for each class beside the experts these are large enough.
    grid.wider.clear();
    let seed = config.train.seed;
    let train = with_classes(&data.train, &classes);
    let sample = selection_rows(&train, grid.max_rows, seed);
    let part = sample.as_ref().unwrap_or(&train);
    let selection = select(part, &grid, seed, store, progress)?;
    let judged = &selection.ranking[selection.chosen];
    let fit = refit(&train, judged, seed, progress)?;

    let reduced = |part: &Part| {
        let scores = fit.scores(&with_classes(part, &classes), &all_rows(part.rows()));
        Reduced::new(&scores, part, &classes)
    };
    let calibration = reduced(&data.calibration);
    let deferral_losses = &calibration.deferral_losses(&data.calibration);
    let offsets = tune(&ScoredRows { scores: &calibration.scores, deferral_losses });
    let test = reduced(&data.test);
    Ok(Run {
        chosen: format!("{}, {} iterations", judged.candidate, judged.iterations),
        float: Answers { scores: test.scores, offsets },
        int8: None,
        int8_refused: None,
        image_bytes: None,
        local_errors: Some(test.local_errors),
        seeded: true,
    })
}

/// Whether one-stage losses can be used on a log.
fn applies(config: &Config, data: &Dataset) -> std::result::Result<(), Refusal> {
    if config.multi_task.is_some() {
        return Err(Refusal::ValuedAnswers);
    }
    if data.train.labels().is_none() {
        return Err(Refusal::NoLabels);
    }
    match classes(&data.train).len() {
        0 | 1 => Err(Refusal::OneClass),
        found if found > MOST_CLASSES => Err(Refusal::ManyClasses { found, most: MOST_CLASSES }),
        _ => Ok(()),
    }
}

const MOST_CLASSES: usize = 64;

/// The labels of a part, each once, ascending.
fn classes(part: &Part) -> Vec<u16> {
    let mut classes = part.labels().unwrap_or_default().to_vec();
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// The part with an expert for each class in place of `local`: right if it is the row's label, at
/// the price of `local`.
fn with_classes(part: &Part, classes: &[u16]) -> Part {
    let labels = part.labels().unwrap_or_default();
    let of_row = |row: usize| -> (Vec<f32>, Vec<f32>) {
        let right = |&class: &u16| f32::from(u8::from(labels.get(row) != Some(&class)));
        let errors =
            classes.iter().map(right).chain(part.errors().row(row).iter().skip(1).copied());
        let own = std::iter::repeat_n(part.prices().row(row)[0], classes.len());
        let prices = own.chain(part.prices().row(row).iter().skip(1).copied());
        (errors.collect(), prices.collect())
    };
    let (mut errors, mut prices) = (Vec::new(), Vec::new());
    for row in 0..part.rows() {
        let (of_experts, to_pay) = of_row(row);
        errors.extend(of_experts);
        prices.extend(to_pay);
    }
    let experts = classes.len() + part.experts() - 1;
    let columns = PartColumns { experts, errors, prices, ..part.clone().into_columns() };
    columns.build().expect("a row of each for every row")
}

/// Scores with one column for all classes, the highest of theirs.
struct Reduced {
    scores: Matrix<f64>,
    local_errors: Vec<f32>,
}

impl Reduced {
    /// `scores` has a column for each class, then one for each expert but `local`.
    fn new(scores: &Matrix<f64>, part: &Part, classes: &[u16]) -> Self {
        let best_class = |scores: &[f64]| {
            let own = 0..classes.len();
            own.rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0)
        };
        let best: Vec<usize> = scores.iter_rows().map(best_class).collect();
        let labels = part.labels().unwrap_or_default();
        let wrong = |(&class, label): (&usize, &u16)| f32::from(u8::from(classes[class] != *label));
        Self {
            scores: Matrix::from_fn(part.rows(), part.experts(), |row, k| {
                scores[(row, if k == 0 { best[row] } else { classes.len() + k - 1 })]
            }),
            local_errors: best.iter().zip(labels).map(wrong).collect(),
        }
    }

    /// Deferral losses, rows x experts, with the own classifier in place of `local`.
    fn deferral_losses(&self, part: &Part) -> Matrix<f32> {
        Matrix::from_fn(part.rows(), part.experts(), |row, k| match k {
            0 => self.local_errors[row] + part.prices()[(row, 0)],
            k => part.deferral_loss(row, k),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::multi_task::MultiTask;
    use crate::experiments::methods::{Contender, applies, run};
    use crate::learn::store::Forgetful;
    use crate::progress::Silent;

    #[test]
    fn the_own_classifier_answers_and_defers() {
        let (config, data) = crate::intake::testing::log(400, 300);
        for method in METHODS {
            let contender = Contender::HostOnly(method);
            let run = run(contender, &config, &data, &Forgetful, &Silent).unwrap();
            let errors = run.local_errors.as_ref().unwrap();
            assert_eq!((errors.len(), run.float.scores.rows()), (300, 300));
            // The class is the sign of a feature: easy for a network, so its own answers are good.
            let mean = errors.iter().sum::<f32>() / 300.0;
            assert!(mean < 0.1, "{contender}: own error {mean}");
            assert!(run.chosen.starts_with(&format!("{contender} ")), "{}", run.chosen);
            assert!(run.int8.is_none() && run.int8_refused.is_none());
        }
    }

    #[test]
    fn logs_without_classes_are_refused_with_a_reason() {
        let (config, mut data) = crate::intake::testing::log(100, 50);
        let contender: Contender = "one-stage".parse().unwrap();
        assert!(applies(contender, &config, &data).is_ok());
        let multi_task = MultiTask { lambda_1: 1.0, lambda_2: 1.0, cap: 5.0, beta: 1.0 };
        let valued = Config { multi_task: Some(multi_task), ..config.clone() };
        assert!(applies(contender, &valued, &data) == Err(Refusal::ValuedAnswers));
        data.train.edit(|columns| columns.labels = Some(vec![3; 100]));
        assert!(applies(contender, &config, &data) == Err(Refusal::OneClass));
        data.train.edit(|columns| columns.labels = None);
        let reason = run(contender, &config, &data, &Forgetful, &Silent).unwrap_err().to_string();
        assert!(reason.contains("no labels"), "{reason}");
    }

    #[test]
    fn classes_stand_where_local_was() {
        let part = PartColumns {
            rows: 2,
            experts: 2,
            errors: vec![0.0, 1.0, 1.0, 0.0],
            prices: vec![0.0, 0.1, 0.0, 0.2],
            labels: Some(vec![7, 5]),
            ..PartColumns::default()
        }
        .padded();
        let derived = with_classes(&part, &[5, 7, 9]);
        assert_eq!(derived.experts(), 4);
        assert_eq!(derived.errors().values(), [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0]);
        assert_eq!(derived.prices().row(1), [0.0, 0.0, 0.0, 0.2]);
        let scores = Matrix::from_fn(2, 4, |_, k| [0.1, 0.9, 0.2, 0.5][k]);
        let reduced = Reduced::new(&scores, &part, &[5, 7, 9]);
        assert_eq!(reduced.scores.row(0), [0.9, 0.5]);
        assert_eq!(reduced.local_errors, [0.0, 1.0]);
        assert_eq!(reduced.deferral_losses(&part).values(), [0.0, 1.1, 1.0, 0.2]);
    }
}
