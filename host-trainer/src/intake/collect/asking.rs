//! Asking: who is asked next, how fast, and what ends it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::answers::Answers;
use super::collection::{Asked, Collection, Source};
use super::document::{Template, document};
use super::endpoint::{Endpoint, NoReply};
use super::plan::Question;
use super::program::Program;
use super::reply::Reply;
use super::samples::Samples;
use crate::error::{Error, Result};
use crate::progress::Progress;

/// What asking needs.
pub(super) struct Asking<'a> {
    pub(super) of: &'a Collection,
    pub(super) samples: &'a Samples,
    pub(super) templates: &'a [Option<Template>],
    /// Set by Ctrl-C.
    pub(super) stop: &'a AtomicBool,
    pub(super) progress: &'a dyn Progress,
}

/// An endpoint that does not take a request gets so many more.
const RETRIES: u32 = 4;
/// The pause before the first of them; it doubles with each.
const BACKOFF: Duration = Duration::from_millis(500);
/// The longest pause that an endpoint may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// So many failures in a row mean that something is wrong with the expert, not with the rows.
const IN_A_ROW: usize = 5;
/// Between two looks at whether to stop.
const LOOK: Duration = Duration::from_millis(50);

/// What the questions to one expert share.
struct Line<'a> {
    expert: &'a Asked,
    questions: Vec<&'a Question>,
    next: AtomicUsize,
    /// When the next question may go out.
    due: Mutex<Instant>,
    failures: AtomicUsize,
}

/// Asks the questions, each expert in their order, and keeps what comes back.
pub(super) fn ask(
    asking: &Asking<'_>,
    questions: &[Question],
    answers: &mut Answers,
) -> Result<()> {
    if questions.is_empty() {
        return Ok(());
    }
    answers.begin()?;
    let lines: Vec<Line<'_>> = asking
        .of
        .experts
        .iter()
        .enumerate()
        .map(|(k, expert)| Line {
            expert,
            questions: questions.iter().filter(|question| question.expert == k).collect(),
            next: AtomicUsize::new(0),
            due: Mutex::new(Instant::now()),
            failures: AtomicUsize::new(0),
        })
        .collect();
    let (answers, ended) = (Mutex::new(answers), AtomicBool::new(false));
    let first_error: Mutex<Option<Error>> = Mutex::new(None);
    let run = &Run { asking, answers: &answers, ended: &ended };
    let failed = &first_error;
    std::thread::scope(|scope| {
        for line in &lines {
            for _ in 0..line.expert.parallel.min(line.questions.len()) {
                scope.spawn(move || {
                    if let Err(error) = run.work(line) {
                        run.ended.store(true, Ordering::Relaxed);
                        lock(failed).get_or_insert(error);
                    }
                });
            }
        }
    });
    if let Some(error) = first_error.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    if asking.stop.load(Ordering::Relaxed) {
        let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (count, file) = (answers.count(), answers.path().to_path_buf());
        return Err(Error::CollectionStopped { count, file });
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One who is asked.
enum Client {
    Http(Endpoint),
    Program(Box<Program>),
}

struct Run<'a, 'b> {
    asking: &'a Asking<'a>,
    answers: &'a Mutex<&'b mut Answers>,
    /// Whether an error ends everything.
    ended: &'a AtomicBool,
}

impl Run<'_, '_> {
    fn is_over(&self) -> bool {
        self.ended.load(Ordering::Relaxed) || self.asking.stop.load(Ordering::Relaxed)
    }

    /// Sleeps, but not on if everything is over.
    fn sleep(&self, until: Instant) {
        while !self.is_over() {
            match until.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => std::thread::sleep(left.min(LOOK)),
                _ => break,
            }
        }
    }

    /// Asks an expert one question after another until there is none left.
    fn work(&self, line: &Line<'_>) -> Result<()> {
        let wrong = |found: String, expected: &str| Error::Expert {
            expert: line.expert.name.clone(),
            found,
            expected: expected.to_owned(),
        };
        let mut client = match &line.expert.source {
            Source::Column(_) => return Ok(()),
            Source::Http(url) => {
                Client::Http(Endpoint::new(url, line.expert, self.asking.of.timeout))
            }
            Source::Program(words) => Client::Program(Box::new(
                Program::start(words).map_err(|found| wrong(found, "a program that starts"))?,
            )),
        };
        loop {
            if self.is_over() {
                return Ok(());
            }
            let Some(&question) = line.questions.get(line.next.fetch_add(1, Ordering::Relaxed))
            else {
                return Ok(());
            };
            self.sleep(line.turn());
            if self.is_over() {
                return Ok(());
            }
            let template = self.asking.templates[question.expert].as_ref();
            let document = document(self.asking.samples, question.row, question.expert, template);
            let text = match &mut client {
                Client::Http(endpoint) => match self.ask(endpoint, &document) {
                    Ok(Some(text)) => text,
                    // Everything is over before the endpoint took the request.
                    Ok(None) => return Ok(()),
                    Err(found) => {
                        return Err(wrong(found, "an endpoint that takes the request"));
                    }
                },
                // A program that does not answer a line with a line may answer the next one with
                // what belongs to this: it is not asked further.
                Client::Program(program) => Ok(program
                    .ask(&document, self.asking.of.timeout)
                    .map_err(|found| wrong(found, "one line of JSON for each line"))?),
            };
            let reply = text.and_then(|text| Reply::read(&text, line.expert.answer.as_deref()));
            let failed = reply.as_ref().err().cloned();
            lock(self.answers).keep(question, &line.expert.name, reply)?;
            self.asking.progress.step(1);
            match failed {
                None => line.failures.store(0, Ordering::Relaxed),
                Some(found) => {
                    let failures = 1 + line.failures.fetch_add(1, Ordering::Relaxed);
                    if failures >= IN_A_ROW {
                        let found = format!("{failures} failures in a row, the last one: {found}");
                        let expected =
                            "answers; the same command with `--retry-failed` asks these again";
                        return Err(wrong(found, expected));
                    }
                }
            }
        }
    }

    /// Asks an endpoint until it takes the request: its text or how it failed, or nothing if
    /// everything is over before. An error if it never takes it.
    fn ask(
        &self,
        endpoint: &Endpoint,
        document: &str,
    ) -> std::result::Result<Option<std::result::Result<String, String>>, String> {
        let mut pause = BACKOFF;
        for attempt in 0.. {
            match endpoint.ask(document) {
                Ok(text) => return Ok(Some(Ok(text))),
                Err(NoReply::Failed(found)) => return Ok(Some(Err(found))),
                Err(NoReply::NotTaken(found, _)) if attempt == RETRIES => return Err(found),
                Err(NoReply::NotTaken(_, wait)) => {
                    self.sleep(Instant::now() + wait.unwrap_or(pause).min(LONGEST_PAUSE));
                    pause *= 2;
                }
            }
            if self.is_over() {
                break;
            }
        }
        Ok(None)
    }
}

impl Line<'_> {
    /// When the next question may go out; the one after it is due later.
    fn turn(&self) -> Instant {
        let mut due = lock(&self.due);
        let turn = (*due).max(Instant::now());
        let gap =
            self.expert.rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
        *due = turn + gap;
        turn
    }
}
