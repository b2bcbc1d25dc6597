//! A collection that can begin: what it would ask, and asking it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::answers::Answers;
use super::asking::{Asking, ask};
use super::collection::Collection;
use super::document::{self, Template};
use super::plan::{Known, Limits, Plan, Question, plan};
use super::sample;
use super::samples::Samples;
use super::written::{Outcome, write};
use crate::error::Result;
use crate::progress::Progress;

impl Collection {
    /// Reads the table and everything else that is needed, and finds what is still to be asked.
    /// Nobody is asked.
    ///
    /// # Errors
    /// If a file cannot be read, or does not have what it should.
    pub(crate) fn prepare(&self) -> Result<Prepared<'_>> {
        let samples = Samples::read(self)?;
        let templates = self
            .experts
            .iter()
            .map(|expert| {
                let read = |path| Template::read(path, &samples.names, &self.label);
                expert.template.as_deref().map(read).transpose()
            })
            .collect::<Result<Vec<_>>>()?;
        let answers = Answers::open(&self.answers_file(), self.retry_failed)?;
        Ok(Prepared { of: self, samples, templates, answers })
    }
}

/// A collection that can begin.
pub(crate) struct Prepared<'a> {
    of: &'a Collection,
    samples: Samples,
    /// Of each expert, if it has one.
    templates: Vec<Option<Template>>,
    answers: Answers,
}

/// What a collection would ask.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Estimate {
    /// Rows of the table.
    pub(crate) rows: usize,
    /// Rows that experts are asked about.
    pub(crate) drawn: usize,
    pub(crate) experts: Vec<EstimatedExpert>,
    /// Money that collections into this log have spent.
    pub(crate) spent: f64,
    /// Money that this one would spend.
    pub(crate) money: f64,
    /// Rows that the budget leaves out.
    pub(crate) beyond_budget: usize,
}

/// What one expert would be asked.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EstimatedExpert {
    pub(crate) name: String,
    /// Questions that are still to be asked.
    pub(crate) questions: usize,
    /// Those that have an answer, or failed, already.
    pub(crate) known: usize,
    /// Money for the questions.
    pub(crate) money: f64,
    /// The least time that its rate allows, in seconds.
    pub(crate) seconds: Option<f64>,
}

impl Prepared<'_> {
    /// What would be asked, and what it would cost. With a sample that is to be drawn by the
    /// confidence of `local` the rows may be others, but as many.
    pub(crate) fn estimate(&self) -> Estimate {
        let drawn = self.draw();
        let local = self.plan(0, &(0..self.samples.rows.len()).collect::<Vec<_>>());
        let plan = self.paid(&drawn);
        let rows = if self.of.rows.is_some() { &local } else { &plan };
        let experts = self.of.experts.iter().enumerate();
        let experts = experts
            .map(|(k, expert)| {
                let of = if k == 0 { rows } else { &plan };
                let questions = of.questions.iter().filter(|one| one.expert == k).count();
                EstimatedExpert {
                    name: expert.name.clone(),
                    questions,
                    known: of.known[k],
                    money: questions as f64 * expert.price.unwrap_or(0.0),
                    seconds: expert.rate.map(|rate| questions as f64 / rate),
                }
            })
            .collect();
        Estimate {
            rows: self.samples.rows.len(),
            drawn: drawn.len(),
            experts,
            spent: self.answers.spent(),
            money: plan.money,
            beyond_budget: plan.beyond_budget,
        }
    }

    /// Asks, and writes the log and its configuration. Stops between two questions once `stop` is
    /// set: then nothing is written but the answers that are there.
    ///
    /// # Errors
    /// If an expert cannot be asked, if it was stopped, or if a file cannot be written.
    pub(crate) fn run(
        mut self,
        progress: &dyn Progress,
        stop: &Arc<AtomicBool>,
    ) -> Result<Outcome> {
        let mut asked = vec![0; self.of.experts.len()];
        // `local` costs nothing. Where rows are drawn by its confidence it answers all of them.
        if self.of.rows.is_some() && self.of.confidence.is_none() {
            let all: Vec<usize> = (0..self.samples.rows.len()).collect();
            let plan = self.plan(0, &all);
            asked[0] += plan.questions.len();
            self.ask(plan.questions, progress, stop)?;
        }
        let drawn = self.draw();
        let plan = self.paid(&drawn);
        plan.questions.iter().for_each(|question| asked[question.expert] += 1);
        let Plan { questions, rows, beyond_budget, .. } = plan;
        self.ask(questions, progress, stop)?;
        write(
            self.of,
            &self.samples,
            &self.answers,
            &rows,
            beyond_budget,
            &asked,
            &|expert, row| self.question(expert, row).map(|question| question.key),
        )
    }

    /// The rows that are asked about, in the order in which they are: by chance, so that a budget
    /// that ends before the rows do leaves a sample.
    fn draw(&self) -> Vec<usize> {
        let confidence: Vec<Option<f64>> =
            (0..self.samples.rows.len()).map(|row| self.confidence(row)).collect();
        sample::draw(&confidence, self.of.rows, self.of.seed)
    }

    /// How sure `local` is of a row, as far as that is known.
    fn confidence(&self, row: usize) -> Option<f64> {
        if let Some(column) = self.samples.confidence {
            return self.samples.rows[row][column].parse().ok();
        }
        self.answers.reply(&self.question(0, row)?.key)?.confidence()
    }

    /// What one expert has not been asked of some rows; there is no limit.
    fn plan(&self, expert: usize, rows: &[usize]) -> Plan {
        let free = Limits { calls: None, money: None };
        plan(rows, 1, &free, |_, row| self.known(expert, row))
    }

    /// What all experts have not been asked of some rows, as far as the budget goes.
    fn paid(&self, rows: &[usize]) -> Plan {
        let limits = Limits {
            calls: self.of.max_calls.map(|most| most.saturating_sub(self.answers.calls())),
            money: self.of.max_money.map(|most| most - self.answers.spent()),
        };
        plan(rows, self.of.experts.len(), &limits, |expert, row| self.known(expert, row))
    }

    fn known(&self, expert: usize, row: usize) -> Known {
        match self.question(expert, row) {
            None => Known::Column,
            Some(question) if self.answers.has(&question.key) => Known::Answered,
            Some(question) => Known::Open(question),
        }
    }

    /// What an expert is asked about a row; nothing if its answers are in the table.
    fn question(&self, expert: usize, row: usize) -> Option<Question> {
        let asked = &self.of.experts[expert];
        let key = document::key(&self.samples, row, asked, self.templates[expert].as_ref())?;
        // What `local` is asked is not counted.
        let price = asked.price.unwrap_or(0.0);
        Some(Question { expert, row, key, price, counts: expert > 0 })
    }

    fn ask(
        &mut self,
        questions: Vec<Question>,
        progress: &dyn Progress,
        stop: &Arc<AtomicBool>,
    ) -> Result<()> {
        progress.total(questions.len() as u64);
        let asking = Asking {
            of: self.of,
            samples: &self.samples,
            templates: &self.templates,
            stop,
            progress,
        };
        let done = ask(&asking, &questions, &mut self.answers);
        progress.finish();
        done
    }
}
