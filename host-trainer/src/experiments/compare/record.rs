//! What one method did on one log with one seed, and where finished runs are stored.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use super::curve::Curve;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::error::{Error, Result};
use crate::experiments::methods::{Answers, Run};
use crate::files;

/// All that tables are made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// What the method's own selection chose.
    pub chosen: String,
    /// Choices of the float rejector on the test rows.
    pub float: Choices,
    /// Choices of the image.
    pub int8: Option<Choices>,
    /// Why there is no image, where the method makes one.
    pub no_image: Option<String>,
    /// The image's bytes.
    pub image_bytes: Option<usize>,
    /// Errors on the test rows of a classifier that the method trained in place of `local`.
    pub local_errors: Option<Vec<f32>>,
    /// Whether another seed can give something else.
    pub seeded: bool,
    /// Price and quality as the bar for deferring moves; of the image where there is one.
    pub curve: Curve,
}

/// The expert chosen on each test row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Choices {
    /// With tuned offsets.
    pub tuned: Vec<u16>,
    /// Without.
    pub plain: Vec<u16>,
}

impl Choices {
    fn of(answers: &Answers) -> Self {
        let narrow = |choices: Vec<usize>| choices.into_iter().map(|k| k as u16).collect();
        Self { tuned: narrow(answers.choices()), plain: narrow(answers.plain_choices()) }
    }
}

impl Record {
    /// The record of a run, judged on the test rows.
    #[must_use]
    pub(crate) fn new(run: &Run, test: &Part) -> Self {
        let answers = run.int8.as_ref().unwrap_or(&run.float);
        let scores = &answers.scores;
        let shifted = Matrix::from_fn(scores.rows(), scores.columns(), |row, k| {
            scores[(row, k)] + answers.offsets[k]
        });
        Self {
            chosen: run.chosen.clone(),
            float: Choices::of(&run.float),
            int8: run.int8.as_ref().map(Choices::of),
            no_image: run.int8_refused.as_ref().map(ToString::to_string),
            image_bytes: run.image_bytes,
            local_errors: run.local_errors.clone(),
            seeded: run.seeded,
            curve: Curve::new(test, &shifted, run.local_errors.as_deref()),
        }
    }

    /// The choices that count: of the image where there is one, with offsets.
    #[must_use]
    pub(crate) fn choices(&self) -> &[u16] {
        &self.int8.as_ref().unwrap_or(&self.float).tuned
    }

    /// The same without offsets.
    #[must_use]
    pub(crate) fn plain_choices(&self) -> &[u16] {
        &self.int8.as_ref().unwrap_or(&self.float).plain
    }

    /// The share of test rows that some choices answer right.
    #[must_use]
    pub(crate) fn accuracy(&self, test: &Part, choices: &[u16]) -> f64 {
        let errors = choices.iter().enumerate().map(|(row, &k)| self.error(test, row, k));
        1.0 - errors.sum::<f64>() / test.rows().max(1) as f64
    }

    /// The error of the answer that choosing `k` on a test row gives.
    #[must_use]
    pub(crate) fn error(&self, test: &Part, row: usize, k: u16) -> f64 {
        match &self.local_errors {
            Some(errors) if k == 0 => f64::from(errors[row]),
            _ => f64::from(test.errors().row(row)[usize::from(k)]),
        }
    }

    /// The deferral loss of each test row under some choices.
    #[must_use]
    pub(crate) fn losses(&self, test: &Part, choices: &[u16]) -> Vec<f64> {
        // As the log has it, rounding included: equal choices must have equal losses.
        let loss = |(row, &k): (usize, &u16)| match &self.local_errors {
            Some(errors) if k == 0 => f64::from(errors[row] + test.prices().row(row)[0]),
            _ => f64::from(test.deferral_loss(row, usize::from(k))),
        };
        choices.iter().enumerate().map(loss).collect()
    }
}

/// Which run a record is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The log's name.
    pub log: String,
    /// Train rows; none for all.
    pub train_rows: Option<usize>,
    /// The method.
    pub method: String,
    /// The seed.
    pub seed: u64,
}

/// Finished runs on disk, each in a file of its own.
#[derive(Debug, Clone)]
pub(crate) struct Archive {
    directory: PathBuf,
    build: String,
    any_build: bool,
}

#[derive(Serialize, Deserialize)]
struct StoredRecord {
    /// The program that made the run.
    build: String,
    context: String,
    record: Record,
}

impl Archive {
    /// The runs below a directory that this program makes, or has made; with `any_build` those of
    /// its other builds count, too.
    #[must_use]
    pub(crate) fn new(directory: &Path, build: String, any_build: bool) -> Self {
        Self { directory: directory.join("runs"), build, any_build }
    }

    fn path(&self, key: &Key) -> PathBuf {
        let rows = key.train_rows.map_or("all".to_owned(), |rows| rows.to_string());
        let file = format!("{}-{}.json.gz", key.method, key.seed);
        self.directory.join(&key.log).join(rows).join(file)
    }

    /// The record of a run that was done under the same `context`. A file that cannot be read
    /// counts as none: the run is then done again.
    #[must_use]
    pub(crate) fn get(&self, key: &Key, context: &str) -> Option<Record> {
        let packed = std::fs::read(self.path(key)).ok()?;
        let mut text = String::new();
        GzDecoder::new(&packed[..]).read_to_string(&mut text).ok()?;
        let stored: StoredRecord = serde_json::from_str(&text).ok()?;
        let same_build = self.any_build || stored.build == self.build;
        (same_build && stored.context == context).then_some(stored.record)
    }

    /// Keeps the record of a run.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub(crate) fn put(&self, key: &Key, context: &str, record: &Record) -> Result<()> {
        let path = self.path(key);
        let build = self.build.clone();
        let stored = StoredRecord { build, context: context.to_owned(), record: record.clone() };
        let json = serde_json::to_vec(&stored).map_err(|error| Error::io(&path)(error.into()))?;
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(&json).map_err(Error::io(&path))?;
        files::write(&path, &packer.finish().map_err(Error::io(&path))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::methods::Answers;
    use crate::intake::testing;

    #[test]
    fn runs_of_another_build_count_where_they_are_asked_for_and_of_another_context_never() {
        let directory = tempfile::tempdir().unwrap();
        let test = testing::log(20, 5).1.test;
        let answers =
            Answers { scores: Matrix::from_fn(5, 2, |_, k| k as f64), offsets: vec![0.0; 2] };
        let run = Run {
            chosen: "by hand".to_owned(),
            float: answers,
            int8: None,
            int8_refused: None,
            image_bytes: None,
            local_errors: None,
            seeded: true,
        };
        let record = Record::new(&run, &test);
        let archive =
            |build: &str, any_build| Archive::new(directory.path(), build.to_owned(), any_build);
        let (log, method) = ("log".to_owned(), "by-hand".to_owned());
        let key = Key { log, train_rows: None, method, seed: 0 };
        archive("first", false).put(&key, "quick", &record).unwrap();
        assert_eq!(archive("first", false).get(&key, "quick"), Some(record.clone()));
        assert_eq!(archive("second", false).get(&key, "quick"), None);
        assert_eq!(archive("second", true).get(&key, "quick"), Some(record));
        assert_eq!(archive("second", true).get(&key, "normal"), None);
    }
}
