//! The log and its configuration.

use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;

use super::answers::Answers;
use super::collection::{Collection, Source};
use super::samples::{Samples, answer_column};
use crate::error::{Error, Result};
use crate::files::{self, Unfinished};
use crate::intake::config::Config;
use crate::intake::guess::{GuessedExpert, JudgedBy, KnownParts, guess_with, toml_text};

/// What was collected.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Outcome {
    /// Rows of the table.
    pub(crate) rows: usize,
    /// Rows of the log.
    pub(crate) written: usize,
    /// Those with every answer.
    pub(crate) complete: usize,
    /// Rows that the budget left out.
    pub(crate) beyond_budget: usize,
    pub(crate) experts: Vec<CollectedExpert>,
    /// Money that all collections into this log have spent.
    pub(crate) spent: f64,
    /// The log.
    pub(crate) log: PathBuf,
    /// Its configuration.
    pub(crate) config: PathBuf,
    /// Whether the configuration was there before, and was left as it is.
    pub(crate) config_kept: bool,
    /// What the configuration leaves open.
    pub(crate) open: Vec<String>,
}

/// What was collected of one expert.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CollectedExpert {
    pub(crate) name: String,
    /// Questions that this collection asked.
    pub(crate) asked: usize,
    /// Rows of the log with an answer.
    pub(crate) answered: usize,
    /// Rows of the log on which it was asked and gave no answer.
    pub(crate) failed: usize,
}

/// The column of how sure `local` is.
const CONFIDENCE: &str = "local_confidence";
/// The first part of the columns of its probabilities.
const PROBABILITY: &str = "local_probability";

/// Writes the log with these rows, in the order of the table, and a configuration if there is none.
pub(super) fn write(
    of: &Collection,
    samples: &Samples,
    answers: &Answers,
    rows: &[usize],
    beyond_budget: usize,
    asked: &[usize],
    key: &dyn Fn(usize, usize) -> Option<String>,
) -> Result<Outcome> {
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    let reply = |expert: usize, row: usize| answers.reply(&key(expert, row)?);
    let asks = |expert: usize| !matches!(of.experts[expert].source, Source::Column(_));
    // What `local` says of itself; of the first row that has it, for all rows have the same classes.
    let local = |row: &usize| asks(0).then(|| reply(0, *row)).flatten();
    let sure = rows.iter().filter_map(local).any(|reply| reply.confidence.is_some());
    let classes: Vec<String> = rows
        .iter()
        .filter_map(local)
        .find(|reply| !reply.probabilities.is_empty())
        .map_or_else(Vec::new, |reply| {
            reply.probabilities.iter().map(|(class, _)| class.clone()).collect()
        });
    let mut names = samples.names.clone();
    let own = of.experts.iter().enumerate().filter(|(k, _)| asks(*k));
    names.extend(own.map(|(_, expert)| answer_column(&expert.name)));
    names.extend(sure.then(|| CONFIDENCE.to_owned()));
    names.extend(classes.iter().map(|class| format!("{PROBABILITY}.{class}")));

    let mut file = Unfinished::new(&of.out)?;
    let mut writer = csv::Writer::from_writer(&mut file);
    let wrote = |error: csv::Error| Error::io(&of.out)(error.into());
    writer.write_record(&names).map_err(wrote)?;
    let (mut complete, mut answered) = (0, vec![0; of.experts.len()]);
    let mut failed = vec![0; of.experts.len()];
    for &row in &rows {
        let mut cells = samples.rows[row].clone();
        let mut all = true;
        for expert in 0..of.experts.len() {
            let Some(key) = key(expert, row) else {
                answered[expert] += 1;
                continue;
            };
            let label = answers.reply(&key).map(|reply| reply.label.clone());
            answered[expert] += usize::from(label.is_some());
            failed[expert] += usize::from(answers.failed(&key));
            all &= label.is_some();
            cells.push(label.unwrap_or_default());
        }
        complete += usize::from(all);
        let said = local(&row);
        let cell = |share: Option<f64>| share.map_or_else(String::new, |share| share.to_string());
        cells.extend(sure.then(|| cell(said.and_then(|reply| reply.confidence))));
        for class in &classes {
            let found = said.and_then(|reply| {
                reply
                    .probabilities
                    .iter()
                    .find(|(known, _)| known == class)
                    .map(|(_, share)| *share)
            });
            cells.push(cell(found));
        }
        writer.write_record(&cells).map_err(wrote)?;
    }
    writer.flush().map_err(Error::io(&of.out))?;
    drop(writer);
    file.flush().map_err(Error::io(&of.out))?;
    file.finish()?;

    let config = of.out.with_file_name("mild.toml");
    let config_kept = config.exists();
    let mut open = Vec::new();
    if !config_kept && complete > 0 {
        let guess = guess_with(&of.out, Some(&known(of, sure, &classes)))?;
        let name = of.out.file_name().unwrap_or(of.out.as_os_str()).to_string_lossy();
        let text = toml_text(&guess, &name, "Written by `mild log collect` for");
        Config::parse(&text, &config).map_err(|error| Error::Guess { source: Box::new(error) })?;
        files::write(&config, text.as_bytes())?;
        open = guess.open;
    }
    let experts = of.experts.iter().enumerate().map(|(k, expert)| CollectedExpert {
        name: expert.name.clone(),
        asked: asked[k],
        answered: answered[k],
        failed: failed[k],
    });
    Ok(Outcome {
        rows: samples.rows.len(),
        written: rows.len(),
        complete,
        beyond_budget,
        experts: experts.collect(),
        spent: answers.spent(),
        log: of.out.clone(),
        config,
        config_kept,
        open,
    })
}

/// What is known of the log's columns and need not be guessed.
fn known(of: &Collection, sure: bool, classes: &[String]) -> KnownParts {
    let column = |expert: &super::collection::Asked| match &expert.source {
        Source::Column(name) => name.clone(),
        Source::Http(_) | Source::Program(_) => answer_column(&expert.name),
    };
    let experts = of.experts.iter().map(|expert| GuessedExpert {
        name: expert.name.clone(),
        judged: JudgedBy::Prediction,
        column: column(expert),
        price_column: None,
        // Money is a price only if it is known what one error costs.
        price: of.money_per_error.and(expert.price),
    });
    let probabilities = (classes.len() > 1).then(|| vec![format!("{PROBABILITY}.*")]);
    let confidence = match (&of.confidence, sure) {
        (Some(column), _) => Some(column.clone()),
        (None, true) => Some(CONFIDENCE.to_owned()),
        (None, false) => None,
    };
    KnownParts {
        label: of.label.clone(),
        experts: experts.collect(),
        confidence: confidence.filter(|_| probabilities.is_none()),
        probabilities,
        money_per_error: of.money_per_error,
    }
}
