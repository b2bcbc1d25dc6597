//! Methods beside each other on several logs: same splits, same offsets procedure, several seeds,
//! paired intervals.
//!
//! A run is one method on one log with one seed, and ends in a [`record`]; a [`summary`] is made of
//! all records of a log, [`rank`]s of all summaries. Runs are independent and are kept as they
//! finish, so that a comparison can be interrupted.

pub(crate) mod csv;
pub(crate) mod curve;
pub(crate) mod figures;
pub(crate) mod markdown;
pub(crate) mod page;
pub(crate) mod paired;
pub(crate) mod plot;
pub(crate) mod rank;
pub(crate) mod record;
pub(crate) mod sample;
pub(crate) mod summary;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use self::figures::MethodSummary;
use self::paired::Verdict;
use self::rank::{Ranks, ranks};
use self::record::{Archive, Key, Record};
use self::summary::{LogSummary, Records, summarize};
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::experiments::methods::{self, Contender};
use crate::intake::config::Config;
use crate::learn::store::Memory;
use crate::progress::{Progress, Within};

/// A log to compare on.
#[derive(Debug, Clone)]
pub struct ComparedLog {
    /// Its name.
    pub name: String,
    /// The number of its experts, if it is compared with the first of them alone.
    pub experts: Option<usize>,
    /// Its configuration; method and seed are replaced by those of the plan.
    pub config: Config,
    /// Its rows.
    pub data: Dataset,
}

impl ComparedLog {
    /// A log with all of its experts. Its name is the directory of its configuration, or else the
    /// file; where one of `others` has that name it gets a number.
    #[must_use]
    pub fn new(config: Config, data: Dataset, others: &[Self]) -> Self {
        let path = &config.path;
        let plain = path.file_stem() == Some("mild".as_ref());
        let directory = path.parent().and_then(Path::file_name).filter(|_| plain);
        let name = directory.or(path.file_stem()).unwrap_or(path.as_os_str()).to_string_lossy();
        let taken = |name: &str| others.iter().any(|log| log.name == name);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut names = std::iter::once(name.to_string()).chain(numbered);
        let name = names.find(|name| !taken(name)).unwrap_or_default();
        Self { name, experts: None, config, data }
    }
}

/// What is compared.
pub(crate) struct ComparisonPlan {
    /// The logs.
    pub logs: Vec<ComparedLog>,
    /// The methods, in the order of printing.
    pub methods: Vec<Contender>,
    /// Seeds 0 to this, exclusive.
    pub seeds: u64,
    /// Numbers of train rows; none for all.
    pub train_rows: Vec<Option<usize>>,
    /// Where finished runs are kept and looked for.
    pub archive: Option<Archive>,
}

/// Methods beside each other. As JSON it is what `mild compare --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// One for each log and number of train rows.
    pub(crate) logs: Vec<LogSummary>,
    /// Over all logs, one for each number of train rows, where there are several logs.
    pub(crate) overall: Vec<Overall>,
}

/// Trains methods on the same rows of each log with the seeds 0 to `seeds`, exclusive, and judges
/// them on its test rows, as `mild compare` does. `methods` are their names, or `all`. Each of
/// `train_rows` is a number of train rows to use, for learning curves, or none for all of them.
/// Method and seed of the configurations are not looked at.
///
/// # Errors
/// [`Error::UnknownName`] for a method that there is not, [`Error::Cancelled`] if `progress` says
/// so, and the errors of the trainings. A method that does not apply to a log is skipped, and the
/// tables say why.
pub fn compare(
    logs: Vec<ComparedLog>,
    methods: &[impl AsRef<str>],
    seeds: u64,
    train_rows: &[Option<usize>],
    progress: &dyn Progress,
) -> Result<Comparison> {
    let methods = Contender::named(methods)?;
    let train_rows = train_rows.to_vec();
    ComparisonPlan { logs, methods, seeds, train_rows, archive: None }.run(progress)
}

/// The methods over all logs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Overall {
    /// Train rows used; none for all.
    pub train_rows: Option<usize>,
    /// The methods that ran on every log, in the order of `ranks.mean`.
    pub ranked: Vec<String>,
    /// Their mean ranks.
    pub ranks: Ranks,
    /// All methods.
    pub methods: Vec<MethodOverall>,
}

/// One method over all logs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MethodOverall {
    /// The method.
    pub method: String,
    /// Logs that it ran on.
    pub logs: usize,
    /// Mean deferral loss over those logs.
    pub mean_loss: f64,
    /// Mean deferral loss over those logs of choosing by lot with the method's shares.
    pub mean_random_loss: f64,
    /// Logs on which it is the best method or tied with the best.
    pub best_or_tied: usize,
    /// Logs on which it is better than the baseline by the paired interval.
    pub better_than_baseline: Vec<String>,
    /// Logs on which it is worse than the baseline.
    pub worse_than_baseline: Vec<String>,
    /// Logs on which it is worse than the best single expert in hindsight.
    pub worse_than_best_single: Vec<String>,
}

/// One log with one number of train rows and one seed: all methods in turn, so that they share
/// fits.
struct Job {
    log: usize,
    train_rows: Option<usize>,
    seed: u64,
}

type Done = Mutex<HashMap<Key, Record>>;

impl ComparisonPlan {
    /// Runs what is not done yet, and sums up.
    ///
    /// # Errors
    /// Those of a method, and [`Error::Io`](crate::error::Error::Io) if a run cannot be kept.
    pub(crate) fn run(&self, progress: &dyn Progress) -> Result<Comparison> {
        let jobs = self.jobs();
        let done = Done::default();
        let all: u64 = jobs.iter().map(|job| self.work(job) * self.methods.len() as u64).sum();
        progress.total(all);
        let next = AtomicUsize::new(0);
        let failure = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..rayon::current_num_threads().min(jobs.len()) {
                scope.spawn(|| {
                    while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if let Err(error) = self.job(job, &done, progress) {
                            // The others stop after the job that they are at.
                            next.store(jobs.len(), Ordering::Relaxed);
                            let mut failure =
                                failure.lock().unwrap_or_else(PoisonError::into_inner);
                            failure.get_or_insert(error);
                        }
                    }
                });
            }
        });
        progress.finish();
        if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(self.sum_up(&done))
    }

    /// Seed by seed, so that an interrupted comparison has whole seeds of all logs.
    fn jobs(&self) -> Vec<Job> {
        let mut jobs = Vec::new();
        for seed in 0..self.seeds {
            for log in 0..self.logs.len() {
                for &train_rows in &self.train_rows {
                    // As many rows as there are, or more, are all.
                    if train_rows.is_none_or(|rows| rows < self.logs[log].data.train.rows()) {
                        jobs.push(Job { log, train_rows, seed });
                    }
                }
            }
        }
        jobs
    }

    /// A job's share of the whole, by the size of what is trained on.
    fn work(&self, job: &Job) -> u64 {
        let data = &self.logs[job.log].data;
        let rows = job.train_rows.unwrap_or(data.train.rows());
        (rows * (data.inputs() + data.experts.len() + 10)) as u64
    }

    fn key(&self, job: &Job, method: Contender) -> Key {
        Key {
            log: self.logs[job.log].name.clone(),
            train_rows: job.train_rows,
            method: method.to_string(),
            seed: job.seed,
        }
    }

    /// What a run depends on beside its key and the program.
    fn context(log: &ComparedLog, method: Contender) -> String {
        let Config { digest, train, confidence, .. } = &log.config;
        let context = format!("{:?} {digest:?} {:?}", log.data.log_digest, train.effort);
        // The columns can come from the command line, which the digest does not cover.
        if method.uses_confidence() { format!("{context} {confidence:?}") } else { context }
    }

    fn job(&self, job: &Job, done: &Done, progress: &dyn Progress) -> Result<()> {
        let log = &self.logs[job.log];
        let mut sampled = None;
        let memory = Memory::default();
        for &method in &self.methods {
            if progress.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let key = self.key(job, method);
            let context = Self::context(log, method);
            let known = self.archive.as_ref().and_then(|archive| archive.get(&key, &context));
            let record = match known {
                Some(record) => Some(record),
                None if self.same_for_all_seeds(&key, done) => None,
                None if methods::applies(method, &log.config, &log.data).is_err() => None,
                None => {
                    let mut config = log.config.clone();
                    config.train.seed = job.seed;
                    let data = match job.train_rows {
                        None => &log.data,
                        Some(rows) => {
                            &*sampled.get_or_insert_with(|| sample::thin(&log.data, rows, job.seed))
                        }
                    };
                    let run = methods::run(method, &config, data, &memory, &Within(progress))?;
                    let record = Record::new(&run, &data.test);
                    if let Some(archive) = &self.archive {
                        archive.put(&key, &context, &record)?;
                    }
                    Some(record)
                }
            };
            if let Some(record) = record {
                done.lock().unwrap_or_else(PoisonError::into_inner).insert(key, record);
            }
            progress.step(self.work(job));
        }
        Ok(())
    }

    /// Whether the first seed has shown that no seed matters. (With fewer train rows the seed draws
    /// them.)
    fn same_for_all_seeds(&self, key: &Key, done: &Done) -> bool {
        let first = Key { seed: 0, ..key.clone() };
        let done = done.lock().unwrap_or_else(PoisonError::into_inner);
        key.seed > 0 && key.train_rows.is_none() && done.get(&first).is_some_and(|r| !r.seeded)
    }

    fn sum_up(&self, done: &HashMap<Key, Record>) -> Comparison {
        let mut logs = Vec::new();
        for log in &self.logs {
            for &train_rows in &self.train_rows {
                let skipped = self.methods.iter().filter_map(|&method| {
                    let reason = methods::applies(method, &log.config, &log.data).err()?;
                    Some((method.to_string(), reason.to_string()))
                });
                let records: Vec<Records> = self
                    .methods
                    .iter()
                    .map(|method| {
                        let (log, method) = (log.name.clone(), method.to_string());
                        let mut key = Key { log, train_rows, method, seed: 0 };
                        let mut of_seeds = Vec::new();
                        for seed in 0..self.seeds {
                            key.seed = seed;
                            let Some(record) = done.get(&key) else { continue };
                            of_seeds.push(record.clone());
                            // Another seed may have run at the same time as the first one.
                            if train_rows.is_none() && !record.seeded {
                                break;
                            }
                        }
                        (key.method, of_seeds)
                    })
                    .filter(|(_, records)| !records.is_empty())
                    .collect();
                if !records.is_empty() {
                    let skipped = skipped.collect();
                    let mut summary =
                        summarize(&log.name, train_rows, &log.data, &records, skipped);
                    summary.experts = log.experts;
                    logs.push(summary);
                }
            }
        }
        let overall = self
            .train_rows
            .iter()
            .map(|&rows| {
                let of_rows: Vec<&LogSummary> =
                    logs.iter().filter(|log| log.train_rows == rows).collect();
                self.overall(rows, &of_rows)
            })
            .filter(|overall| overall.ranks.logs > 1)
            .collect();
        Comparison { logs, overall }
    }

    fn overall(&self, train_rows: Option<usize>, logs: &[&LogSummary]) -> Overall {
        let find = |log: &LogSummary, method: &str| {
            log.methods.iter().find(|summary| summary.method == method).cloned()
        };
        let names: Vec<String> = self.methods.iter().map(ToString::to_string).collect();
        let ranked: Vec<String> = names
            .iter()
            .filter(|name| logs.iter().all(|log| find(log, name).is_some()))
            .cloned()
            .collect();
        let losses: Vec<Vec<f64>> = logs
            .iter()
            .map(|log| ranked.iter().filter_map(|name| Some(find(log, name)?.loss.mean)).collect())
            .collect();
        let methods = names
            .into_iter()
            .map(|method| {
                let on: Vec<(&str, MethodSummary)> = logs
                    .iter()
                    .filter_map(|log| Some((log.log.as_str(), find(log, &method)?)))
                    .collect();
                let where_ = |keep: &dyn Fn(&MethodSummary) -> bool| -> Vec<String> {
                    let kept = on.iter().filter(|(_, summary)| keep(summary));
                    kept.map(|(log, _)| (*log).to_owned()).collect()
                };
                let baseline = |verdict| {
                    where_(&|s| {
                        s.against_baseline.is_some_and(|against| against.verdict == verdict)
                    })
                };
                let mean = |value: &dyn Fn(&MethodSummary) -> f64| {
                    on.iter().map(|(_, s)| value(s)).sum::<f64>() / on.len().max(1) as f64
                };
                MethodOverall {
                    logs: on.len(),
                    mean_loss: mean(&|s| s.loss.mean),
                    mean_random_loss: mean(&|s| s.random_loss),
                    best_or_tied: where_(&|s| s.against_best.verdict != Verdict::Worse).len(),
                    better_than_baseline: baseline(Verdict::Better),
                    worse_than_baseline: baseline(Verdict::Worse),
                    worse_than_best_single: where_(&|s| {
                        s.against_best_single.verdict == Verdict::Worse
                    }),
                    method,
                }
            })
            .filter(|overall| overall.logs > 0)
            .collect();
        Overall { train_rows, ranked, ranks: ranks(&losses), methods }
    }
}
