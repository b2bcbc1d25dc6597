//! Samples of the long tables: a few rows that are measured within minutes, each in full, so that
//! they must be in the table to the last digit.

use super::{
    made::{Files, Made},
    rule::Rule,
    runs::{self, NEW_EXPERTS},
};
use anyhow::Result;

/// Some rows of a part's tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// Which rows, and how long they take on two cores.
    pub(crate) about: &'static str,
    pub(super) rule: Rule,
    pub(super) run: fn() -> Result<Files>,
}

/// Logs that train within seconds.
const LOGS: [&str; 2] = ["routellm-gsm8k", "wall-robot"];

/// Of [`runs::comparison`]: one image by margins of scores, one by probabilities, and two without.
pub(super) const COMPARISON: Sample = Sample {
    about: "4 methods on 2 logs",
    rule: Rule::Exact { key: &["log", "method"] },
    run: || {
        let methods = "two-stage,one-vs-all,knn,max-softmax";
        let (losses, _, by_log) = runs::compared("comparison-sample", methods, &LOGS)?;
        // Which method is the best one depends on all of them.
        let by_log = by_log.without("- best method");
        Ok(vec![("comparison", Made::Table(losses)), ("comparison-by-log", Made::Table(by_log))])
    },
};

/// Of [`runs::learning_curves`].
pub(super) const LEARNING_CURVES: Sample = Sample {
    about: "3 methods on 1,000 rows of a log",
    rule: Rule::Exact { key: &["log", "train rows"] },
    run: || {
        let methods = "two-stage,auto,knn";
        let (_, by_log) = runs::curves("learning-curves-sample", methods, "1000", &["wall-robot"])?;
        Ok(vec![("learning-curves-by-log", Made::Table(by_log))])
    },
};

/// Of [`runs::margins`].
pub(super) const MARGINS: Sample = Sample {
    about: "300 rows of a log, a weak penalty",
    rule: Rule::Exact { key: &["log", "train rows", "width", "l2", "tau", "margins"] },
    run: || {
        let (_, by_log) = runs::margins_of("300", "0.0000001", &["mnist-specialists-3"])?;
        Ok(vec![("margins-by-log", Made::Table(by_log))])
    },
};

/// Of [`runs::number_of_experts`].
pub(super) const EXPERTS: Sample = Sample {
    about: "2 methods with 2 experts",
    rule: Rule::Exact { key: &["share right", "log", "experts"] },
    run: || {
        let table = runs::by_experts("experts-sample", "two-stage,picce", "2")?;
        Ok(vec![("experts", Made::Table(table))])
    },
};

/// Of [`runs::new_expert`].
pub(super) const NEW_EXPERT: Sample = Sample {
    about: "30 answers on one log",
    rule: Rule::Exact { key: &["log", "expert", "answers"] },
    run: || {
        let of_letter = NEW_EXPERTS.iter().filter(|(log, _)| *log == "letter");
        Ok(vec![("new-expert", Made::Table(runs::known_from_answers(of_letter, "30")?))])
    },
};

/// Of [`runs::promises`].
pub(super) const PROMISES: Sample = Sample {
    about: "all promises on one log",
    rule: Rule::Exact { key: &["log", "promise"] },
    run: || Ok(vec![("promises", Made::Table(runs::promised(&["routellm-mmlu"])?))]),
};

/// All of [`runs::drift`], which is a text.
pub(super) const DRIFT: Sample =
    Sample { about: "all of it", rule: Rule::Exact { key: &[] }, run: || runs::drift(true) };
