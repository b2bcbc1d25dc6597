//! Losses and gradients against PyTorch's, to 1e-6.
//!
//! `tests/pytorch.json` is made by `host-trainer/python/fixtures.py`.

use std::collections::BTreeMap;

use mild_trainer::internals::dense::{LANES, Lanes};
use mild_trainer::internals::loss::{
    Form, Link, MarginLoss, OneStage, OneStageOneVsAll, OneVsAll, Picce, Realizable, Surrogate,
    TwoStage,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixtures {
    rho: Vec<f64>,
    q: f64,
    classes: usize,
    cases: BTreeMap<String, Case>,
}

/// Rows x outputs, but the loss, which has one value a row.
#[derive(Clone, Deserialize)]
struct Case {
    scores: Vec<Vec<f64>>,
    targets: Vec<Vec<f64>>,
    loss: Vec<f64>,
    gradient: Vec<Vec<f64>>,
}

impl Case {
    /// With the 1 for each row that is there, which one-vs-all targets end in.
    fn with_presence(&self) -> Self {
        let mut case = self.clone();
        case.targets.iter_mut().for_each(|row| row.push(1.0));
        case
    }
}

/// Rows as one block, padded with zeros.
fn block(rows: &[Vec<f64>]) -> Vec<Lanes<f64>> {
    assert!(rows.len() <= LANES);
    let lanes = |k: usize| std::array::from_fn(|lane| rows.get(lane).map_or(0.0, |row| row[k]));
    (0..rows[0].len()).map(lanes).collect()
}

fn check(name: &str, case: &Case, surrogate: &dyn Surrogate<f64>) {
    let mut gradient = block(&case.scores);
    let mut loss = [0.0; LANES];
    surrogate.evaluate(&block(&case.targets), &block(&case.scores), &mut gradient, &mut loss);
    let close = |ours: f64, theirs: f64, what: &str| {
        let error = (ours - theirs).abs() / theirs.abs().max(1.0);
        assert!(error < 1e-6, "{name}: {what} is {ours}, PyTorch has {theirs}");
    };
    for (row, &expected) in case.loss.iter().enumerate() {
        close(loss[row], expected, &format!("loss of row {row}"));
        for (k, &expected) in case.gradient[row].iter().enumerate() {
            close(gradient[k][row], expected, &format!("gradient of row {row} by score {k}"));
        }
    }
}

#[test]
fn losses_and_gradients_are_those_of_pytorch() {
    let fixtures: Fixtures = serde_json::from_str(include_str!("pytorch.json")).unwrap();
    let experts = fixtures.rho.len();
    let two_stage = |link| TwoStage { link };
    let surrogates: [(&str, &dyn Surrogate<f64>); 10] = [
        ("two-stage", &two_stage(Link::Log)),
        ("two-stage-gce", &two_stage(Link::Gce(fixtures.q))),
        ("two-stage-mae", &two_stage(Link::Mae)),
        ("two-stage-exp", &two_stage(Link::Exp)),
        ("mild-i-equal", &MarginLoss::new(Form::I, vec![1.0; experts])),
        ("mild-n-equal", &MarginLoss::new(Form::N, vec![1.0; experts])),
        ("mild-i", &MarginLoss::new(Form::I, fixtures.rho.clone())),
        ("mild-n", &MarginLoss::new(Form::N, fixtures.rho.clone())),
        ("picce", &Picce),
        ("realizable", &Realizable),
    ];
    for (name, surrogate) in surrogates {
        check(name, &fixtures.cases[name], surrogate);
    }
    check("one-vs-all", &fixtures.cases["one-vs-all"].with_presence(), &OneVsAll);
    let classes = fixtures.classes;
    for (name, pick) in [("one-stage", false), ("picce-one-stage", true)] {
        check(name, &fixtures.cases[name], &OneStage { classes, pick });
    }
    for (name, pick) in [("one-stage-one-vs-all", false), ("picce-one-vs-all", true)] {
        let case = fixtures.cases[name].with_presence();
        check(name, &case, &OneStageOneVsAll { classes, pick });
    }
    // Margins of 1 are the plain loss, here as there.
    let plain = &fixtures.cases["two-stage"];
    check("mild-i on two-stage", plain, &MarginLoss::new(Form::I, vec![1.0; experts]));
    check("mild-n on two-stage", plain, &MarginLoss::new(Form::N, vec![1.0; experts]));
}

#[test]
#[should_panic(expected = "mild-n: loss of row 0")]
fn another_loss_is_noticed() {
    let fixtures: Fixtures = serde_json::from_str(include_str!("pytorch.json")).unwrap();
    check("mild-n", &fixtures.cases["mild-n"], &MarginLoss::new(Form::I, fixtures.rho.clone()));
}
