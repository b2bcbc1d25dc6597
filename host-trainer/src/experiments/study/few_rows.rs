//! Why a rejector gains or loses where rows are few: each part of the answer taken away in turn.
//!
//! Every variant is trained on the same seeded samples of the same logs and judged on all their
//! test rows. Beside them stand the single expert that looks best on the rows that training may
//! see, and the reference, a penalised logistic regression for each expert.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::experiments::compare::sample::thin;
use crate::experiments::methods::{self, Contender};
use crate::intake::config::Config;
use crate::learn::offsets::choices;
use crate::learn::recipe::Recipe;
use crate::learn::store::Memory;
use crate::pipeline::{Choice, attempt_with};
use crate::progress::{Progress, Silent};

/// A log of the study.
pub(crate) struct StudiedLog {
    /// Its configuration, without a policy.
    pub config: Config,
    /// Its rows.
    pub data: Dataset,
}

/// The variants: what is taken away, and the recipe without it.
fn variants() -> Vec<(&'static str, Recipe)> {
    let all = Recipe::default();
    let none = Recipe::NONE;
    vec![
        (TRAINED, all),
        ("calibration rows kept apart", Recipe { pooled: false, ..all }),
        ("no penalty of its own for each expert", Recipe { penalties_of_experts: false, ..all }),
        ("no common scale of features", Recipe { scalings: false, ..all }),
        ("no penalty above 0.01 for networks", Recipe { stronger: false, ..all }),
        ("networks of any size", Recipe { small_networks: false, ..all }),
        ("the best of all candidates", Recipe { doubts_the_luckiest: false, ..all }),
        (
            "two standard errors ahead of a constant",
            Recipe { ahead_of_constant: none.ahead_of_constant, ..all },
        ),
        ("no constant at all", Recipe { ahead_of_constant: f64::NEG_INFINITY, ..all }),
        ("no favour of the best single expert", Recipe { prior: 0.0, ..all }),
        ("none of this", none),
    ]
}

const TRAINED: &str = "as trained";

/// One line of the study.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Line {
    /// What is judged.
    pub variant: String,
    /// For each number of train rows the mean deferral loss over logs and seeds; none where no log
    /// has as many rows.
    pub losses: Vec<Option<f64>>,
}

/// All outcomes; also the JSON document of `mild study few-rows`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FewRowsStudy {
    /// Numbers of train rows.
    pub train_rows: Vec<usize>,
    /// For each of them the number of logs that have as many.
    pub logs: Vec<usize>,
    /// Samples of each log.
    pub seeds: u64,
    /// The lines, in the order of printing.
    pub lines: Vec<Line>,
}

/// What one line has on one sample.
type Outcome = (String, f64);

/// Trains every variant on samples of every log.
///
/// # Errors
/// As [`pipeline::train`](crate::pipeline::train), but for refusals of quantization.
pub(crate) fn study(
    logs: &[StudiedLog],
    train_rows: &[usize],
    seeds: u64,
    progress: &dyn Progress,
) -> Result<FewRowsStudy> {
    let mut jobs: Vec<(usize, usize, u64)> = Vec::new();
    for seed in 0..seeds {
        for (at, &rows) in train_rows.iter().enumerate() {
            let long = (0..logs.len()).filter(|&log| logs[log].data.train.rows() >= rows);
            jobs.extend(long.map(|log| (at, log, seed)));
        }
    }
    progress.total(jobs.iter().map(|job| train_rows[job.0] as u64).sum());
    let outcomes: Mutex<Vec<Option<Vec<Outcome>>>> = Mutex::new(vec![None; jobs.len()]);
    let failure = Mutex::new(None);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(jobs.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&(at, log, seed)) = jobs.get(index) else { break };
                    match of_sample(&logs[log], train_rows[at], seed) {
                        Ok(found) => {
                            let mut all = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                            all[index] = Some(found);
                        }
                        Err(error) => {
                            next.store(jobs.len(), Ordering::Relaxed);
                            let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                            first.get_or_insert(error);
                        }
                    }
                    progress.step(train_rows[at] as u64);
                }
            });
        }
    });
    progress.finish();
    if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    let done: Vec<(usize, Vec<Outcome>)> =
        jobs.iter().zip(outcomes).filter_map(|(&(at, ..), found)| Some((at, found?))).collect();
    let names = done.first().map(|(_, found)| found.iter().map(|(name, _)| name.clone()));
    let lines = names.into_iter().flatten().enumerate().map(|(line, variant)| {
        let mean = |at: usize| {
            let of_rows = done.iter().filter(|(rows, _)| *rows == at);
            let losses: Vec<f64> = of_rows.map(|(_, found)| found[line].1).collect();
            (!losses.is_empty()).then(|| losses.iter().sum::<f64>() / losses.len() as f64)
        };
        Line { variant, losses: (0..train_rows.len()).map(mean).collect() }
    });
    let long = |rows: usize| logs.iter().filter(|log| log.data.train.rows() >= rows).count();
    Ok(FewRowsStudy {
        logs: train_rows.iter().map(|&rows| long(rows)).collect(),
        train_rows: train_rows.to_vec(),
        seeds,
        lines: lines.collect(),
    })
}

/// All lines on one sample of a log.
fn of_sample(log: &StudiedLog, rows: usize, seed: u64) -> Result<Vec<Outcome>> {
    let mut config = log.config.clone();
    config.train.seed = seed;
    let data = thin(&log.data, rows, seed);
    let test = &data.test;
    let loss = |choices: &[usize]| test.mean_deferral_loss(|row| choices[row]);
    let seen = data.seen();
    let constants = (0..seen.experts()).map(|k| (seen.mean_deferral_loss(|_| k), k));
    let single = constants.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |(_, k)| k);
    let mut lines: Vec<Outcome> = vec![(
        "the best single expert on the rows seen".to_owned(),
        test.mean_deferral_loss(|_| single),
    )];
    // A store is for one set of rows and folds.
    let (pooled, apart) = (Memory::default(), Memory::default());
    let reference: Contender = "reference-logistic".parse()?;
    let run = methods::run(reference, &config, &data, &apart, &Silent)?;
    lines.push((reference.to_string(), loss(&run.float.choices())));
    for (name, recipe) in variants() {
        let memory = if recipe.pooled { &pooled } else { &apart };
        let attempt = attempt_with(&config, &data, recipe, memory, &Silent)?;
        let trained = &attempt.trained;
        lines.push((name.to_owned(), loss(&trained.int8_choices(test))));
        if name == TRAINED {
            let all: Vec<usize> = (0..test.rows()).collect();
            let plain = choices(&trained.fit.scores(test, &all), &vec![0.0; test.experts()]);
            lines.push(("in floating point".to_owned(), loss(&trained.float_choices(test))));
            lines.push(("without offsets, in floating point".to_owned(), loss(&plain)));
            let promised = match &trained.choice {
                Choice::Rejector(judged) => judged.loss,
                Choice::Constant { loss, .. } => *loss,
            };
            lines.push(("what cross-validation said of it".to_owned(), promised));
        }
    }
    Ok(lines)
}

impl FewRowsStudy {
    /// The table in Markdown.
    #[must_use]
    pub(crate) fn render(&self) -> String {
        let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let head = self.train_rows.iter().zip(&self.logs);
        let head = head.map(|(rows, logs)| format!("{rows} train rows ({logs} logs)"));
        let mut text = row(std::iter::once("variant".to_owned()).chain(head).collect());
        text += &format!("|---|{}\n", "---:|".repeat(self.train_rows.len()));
        for Line { variant, losses } in &self.lines {
            let losses = losses.iter().map(|loss| match loss {
                Some(loss) => format!("{loss:.4}"),
                None => "-".to_owned(),
            });
            text += &row(std::iter::once(variant.clone()).chain(losses).collect());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_a_loss_for_every_number_of_rows_that_a_log_has() {
        let (mut config, data) = crate::intake::testing::log(80, 60);
        config.train.max_iterations = 20;
        let logs = [StudiedLog { config, data }];
        let study = study(&logs, &[40, 1000], 1, &Silent).unwrap();
        assert_eq!(
            (study.logs.as_slice(), study.lines.len()),
            (&[1, 0][..], 2 + 3 + variants().len())
        );
        for line in &study.lines {
            let loss = line.losses[0].unwrap();
            assert!((0.0..=1.1).contains(&loss) && line.losses[1].is_none(), "{line:?}");
        }
        let text = study.render();
        assert!(text.contains("| reference-logistic | 0."), "{text}");
        assert_eq!(text.lines().count(), 2 + study.lines.len());
    }
}
