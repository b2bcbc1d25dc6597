//! How many keys a guess has right, beside a configuration that is.

use serde::Serialize;

use super::guessed::{Guess, GuessedExpert, JudgedBy};
use super::read::guess;
use crate::error::Result;
use crate::intake::config::{AnswerColumns, Config, PriceSource};
use crate::intake::log::{self, Header};

/// A guess beside the truth.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Comparison {
    /// The keys of the configuration, prices aside.
    pub(crate) keys: usize,
    /// Those that the guess has alike.
    pub(crate) right: usize,
    /// The prices above 0, which no log tells.
    pub(crate) prices: usize,
    /// Those that the guess has alike.
    pub(crate) right_prices: usize,
    /// The keys that the guess has otherwise, has not, or has too many.
    pub(crate) wrong: Vec<String>,
}

/// Guesses from the log of a configuration alone, and compares.
///
/// # Errors
/// If the log cannot be read, or if nothing can be guessed of it.
pub(crate) fn compare(config: &Config) -> Result<Comparison> {
    let header = log::header(config)?;
    let guess = guess(&config.data.log.name())?;
    let mut comparison =
        Comparison { keys: 0, right: 0, prices: 0, right_prices: 0, wrong: Vec::new() };
    comparison.data(config, &header, &guess);
    comparison.experts(config, &guess);
    Ok(comparison)
}

impl Comparison {
    fn add(&mut self, key: &str, alike: bool) {
        self.keys += 1;
        self.right += usize::from(alike);
        if !alike {
            self.wrong.push(key.to_owned());
        }
    }

    fn data(&mut self, config: &Config, header: &Header, guess: &Guess) {
        let data = &config.data;
        // Two ways of writing the same columns are alike.
        let columns = |globs: &[String]| {
            let of_glob = |glob: &String| header.matching(glob, "").unwrap_or_default();
            let mut columns: Vec<usize> = globs.iter().flat_map(of_glob).collect();
            columns.dedup();
            columns
        };
        self.add("features", columns(&data.features) == columns(&guess.features));
        if !data.categorical.is_empty() || !guess.categorical.is_empty() {
            self.add("categorical", data.categorical == guess.categorical);
        }
        for (key, known, guessed) in [
            ("label", &data.label, &guess.label),
            ("split", &data.split, &guess.split),
            ("group", &data.group, &guess.group),
        ] {
            if known.is_some() || guessed.is_some() {
                self.add(key, known == guessed);
            }
        }
    }

    fn experts(&mut self, config: &Config, guess: &Guess) {
        for (index, expert) in config.experts.iter().enumerate() {
            let key = |name: &str| format!("expert[{index}].{name}");
            let guessed = guess.experts.get(index);
            self.add(&key("name"), guessed.is_some_and(|guessed| guessed.name == expert.name));
            let (judged, column) = match &expert.answer {
                AnswerColumns::Prediction(column) => (JudgedBy::Prediction, column),
                AnswerColumns::Loss(column) => (JudgedBy::LossColumn, column),
                AnswerColumns::Score(column) => (JudgedBy::ScoreColumn, column),
                AnswerColumns::Value { value, .. } => (JudgedBy::Prediction, value),
            };
            let alike =
                |guessed: &GuessedExpert| (guessed.judged, &guessed.column) == (judged, column);
            self.add(&key(judged.key()), guessed.is_some_and(alike));
            match &expert.price {
                PriceSource::Fixed(price) if *price > 0.0 => self.prices += 1,
                PriceSource::Fixed(_) => {}
                PriceSource::Column(column) => {
                    self.prices += 1;
                    let guessed = guessed.and_then(|guessed| guessed.price_column.as_ref());
                    self.right_prices += usize::from(guessed == Some(column));
                }
            }
        }
        if guess.experts.len() > config.experts.len() {
            self.add("expert: too many", false);
        }
    }
}
