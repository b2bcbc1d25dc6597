//! The answers so far, in a file beside the log: a line for each question, written as soon as it is
//! answered.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::plan::Question;
use super::reply::Reply;
use crate::error::{Error, LogError, Result};

/// The answers, and the file that keeps them.
pub(super) struct Answers {
    path: PathBuf,
    /// Not there as long as there is nothing to write.
    file: Option<File>,
    kept: HashMap<String, Kept>,
    calls: u64,
    spent: f64,
    /// Whether a question that failed counts as open.
    retry_failed: bool,
    /// Questions that this collection has asked.
    fresh: HashSet<String>,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq)]
enum Kept {
    Reply(Reply),
    Failed,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    /// The digest of what was asked.
    key: String,
    /// Whom.
    expert: String,
    /// Money for it.
    #[serde(default, skip_serializing_if = "is_zero")]
    price: f64,
    /// Whether the limit of calls counts it.
    #[serde(default)]
    counts: bool,
    /// What it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Reply>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

fn is_zero(price: &f64) -> bool {
    *price == 0.0
}

impl Answers {
    /// Reads the file, if there is one. A last line that a power cut left without its end is taken
    /// off before the first new line.
    pub(super) fn open(path: &Path, retry_failed: bool) -> Result<Self> {
        let mut answers = Self {
            path: path.to_path_buf(),
            file: None,
            kept: HashMap::new(),
            calls: 0,
            spent: 0.0,
            retry_failed,
            fresh: HashSet::new(),
        };
        if !path.exists() {
            return Ok(answers);
        }
        let text = std::fs::read(path).map_err(Error::io(path))?;
        for (index, line) in whole(&text).split_inclusive(|&byte| byte == b'\n').enumerate() {
            let line: Line = serde_json::from_slice(line).map_err(|error| LogError::Json {
                file: path.to_path_buf(),
                line: index as u64 + 1,
                found: error.to_string(),
                change: "remove the line: its question is asked again".to_owned(),
                excerpt: None,
            })?;
            answers.take(line);
        }
        Ok(answers)
    }

    fn take(&mut self, line: Line) {
        self.calls += u64::from(line.counts);
        self.spent += line.price;
        self.kept.insert(line.key, line.answer.map_or(Kept::Failed, Kept::Reply));
    }

    /// Opens the file for new lines. Two collections do not write to it at once.
    pub(super) fn begin(&mut self) -> Result<()> {
        if self.file.is_some() {
            return Ok(());
        }
        let path = self.path.as_path();
        if let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(directory).map_err(Error::io(directory))?;
        }
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = options.map_err(Error::io(path))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Error::io(path)(std::io::Error::other(
                "another collection into the same log is running",
            )),
            TryLockError::Error(error) => Error::io(path)(error),
        })?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(Error::io(path))?;
        let end = whole(&text).len() as u64;
        file.set_len(end).map_err(Error::io(path))?;
        file.seek(SeekFrom::Start(end)).map_err(Error::io(path))?;
        self.file = Some(file);
        Ok(())
    }

    /// Keeps what became of a question.
    pub(super) fn keep(
        &mut self,
        question: &Question,
        expert: &str,
        result: std::result::Result<Reply, String>,
    ) -> Result<()> {
        let (answer, failed) = match result {
            Ok(reply) => (Some(reply), None),
            Err(found) => (None, Some(found)),
        };
        let line = Line {
            key: question.key.clone(),
            expert: expert.to_owned(),
            price: question.price,
            counts: question.counts,
            answer,
            failed,
        };
        let path = self.path.clone();
        let mut text = serde_json::to_vec(&line).map_err(|error| Error::io(&path)(error.into()))?;
        text.push(b'\n');
        if let Some(file) = &mut self.file {
            // In one piece, so that a process that is killed leaves a whole line or none.
            file.write_all(&text).map_err(Error::io(&path))?;
        }
        self.fresh.insert(line.key.clone());
        self.take(line);
        Ok(())
    }

    /// Whether a question needs no asking.
    pub(super) fn has(&self, key: &str) -> bool {
        match self.kept.get(key) {
            None => false,
            Some(Kept::Reply(_)) => true,
            Some(Kept::Failed) => !self.retry_failed || self.fresh.contains(key),
        }
    }

    /// The answer to a question, if there is one.
    pub(super) fn reply(&self, key: &str) -> Option<&Reply> {
        match self.kept.get(key)? {
            Kept::Reply(reply) => Some(reply),
            Kept::Failed => None,
        }
    }

    /// Whether a question was asked and has no answer.
    pub(super) fn failed(&self, key: &str) -> bool {
        self.kept.get(key) == Some(&Kept::Failed)
    }

    /// The number of questions in the file that the limit of calls counts.
    pub(super) fn calls(&self) -> u64 {
        self.calls
    }

    /// The money that they cost.
    pub(super) fn spent(&self) -> f64 {
        self.spent
    }

    /// The number of answers, and of failures.
    pub(super) fn count(&self) -> usize {
        self.kept.len()
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// The lines that have their end.
fn whole(text: &[u8]) -> &[u8] {
    &text[..text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(key: &str) -> Question {
        Question { expert: 1, row: 0, key: key.to_owned(), price: 0.25, counts: true }
    }

    fn reply(label: &str) -> Reply {
        Reply { label: label.to_owned(), confidence: None, probabilities: Vec::new() }
    }

    #[test]
    fn answers_survive_and_half_a_line_does_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/log.csv.answers.jsonl");
        let mut answers = Answers::open(&path, false).unwrap();
        assert!(!path.exists(), "nothing is written before there is an answer");
        answers.begin().unwrap();
        answers.keep(&question("a"), "cloud", Ok(reply("cat"))).unwrap();
        answers.keep(&question("b"), "cloud", Err("status 500".to_owned())).unwrap();
        let error = Answers::open(&path, false).unwrap().begin().unwrap_err().to_string();
        assert!(error.contains("another collection"), "{error}");
        drop(answers);
        let whole = std::fs::read(&path).unwrap();
        for end in 0..=whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            let lines = whole[..end].iter().filter(|&&byte| byte == b'\n').count();
            let mut answers = Answers::open(&path, false).unwrap();
            assert_eq!((answers.count(), answers.calls()), (lines, lines as u64));
            answers.begin().unwrap();
            answers.keep(&question("c"), "cloud", Ok(reply("dog"))).unwrap();
            drop(answers);
            let answers = Answers::open(&path, true).unwrap();
            assert_eq!((answers.count(), answers.spent()), (lines + 1, 0.25 * (lines + 1) as f64));
            assert_eq!(answers.reply("c"), Some(&reply("dog")));
            // What failed is asked again on demand.
            assert!(answers.has("c") && !answers.has("b"));
            assert_eq!((answers.has("a"), answers.failed("b")), (lines > 0, lines > 1));
        }
    }
}
