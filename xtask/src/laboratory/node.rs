//! A node: the client of the crate, on a line with faults.

use super::{
    line::{FRAME, Line},
    question::{self, ROWS},
    random::Random,
    schedule::NODES,
    violation::Violation,
};
use mild::{
    Scores,
    client::{Client, Clock, Identity, Input, Nonce, Outcome, RetryPolicy},
    wire::{Answer, Key, Payload},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const POLICY: RetryPolicy = RetryPolicy {
    deadline_ms: 600,
    attempt_ms: 120,
    attempts: 3,
    backoff_ms: 10,
    failures: 2,
    hold_off_ms: 40,
    longest_hold_off_ms: 160,
};

/// A question must have its outcome by its deadline, and this much later on a busy machine.
const GRACE: Duration = Duration::from_secs(3);
/// After the last fault every node must have an answer within this time.
const RECOVERY: Duration = Duration::from_secs(15);

/// What a node has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) asked: u64,
    /// Of these, answered by an expert.
    pub(super) answered: u64,
    /// Starts of the node after the first.
    pub(super) reboots: u64,
    pub(super) slowest: Duration,
    pub(super) violation: Option<Violation>,
}

/// A node.
pub(super) struct Node {
    pub(super) number: u32,
    /// Its former and its new key; it may use either.
    pub(super) keys: Option<[Key; 2]>,
    pub(super) random: Random,
    pub(super) line: Line,
    /// Whether the time of faults is over.
    pub(super) is_over: Arc<AtomicBool>,
}

/// Milliseconds since the node's start.
struct Since(Instant);

impl Clock for Since {
    fn now_ms(&mut self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn idle(&mut self) {
        thread::sleep(Duration::from_micros(500));
    }
}

impl Node {
    /// Asks until the time of faults is over, and then until the experts answer again.
    pub(super) fn run(mut self) -> Seen {
        let mut seen = Seen::default();
        // So that no two nodes ask the same.
        let mut rows = (self.number..ROWS).step_by(NODES as usize);
        let mut over: Option<Instant> = None;
        loop {
            let key = self.keys.as_ref().and_then(|keys| self.random.choose(keys)).cloned();
            let identity = Identity { node: self.number, key };
            let (clock, nonce) = (Since(Instant::now()), Nonce::random(self.random.next()));
            let mut client =
                Client::<_, _, 3, FRAME>::new(&mut self.line, clock, &POLICY, identity, nonce);
            loop {
                let wanted = u8::from(self.random.percent(50)) + 1;
                let Some(row) = rows.next() else { return seen };
                let begun = Instant::now();
                let mut scores = [0, 1, 1];
                scores[usize::from(wanted)] = 2;
                let payload = row.to_le_bytes();
                let input = Input { local: Answer::None, payload: Payload::Bytes(&payload) };
                let outcome = client.resolve(&input, Scores::new(&scores, &[0; 3]));
                let took = begun.elapsed();
                seen.asked += 1;
                seen.answered += u64::from(outcome.by > 0);
                seen.slowest = seen.slowest.max(took);
                seen.violation = check(self.number, row, &outcome, took);
                if seen.violation.is_some() {
                    return seen;
                }
                if self.is_over.load(Ordering::Relaxed) {
                    let over = *over.get_or_insert(begun);
                    // Each node waits for one of the experts, so that both are waited for.
                    if u32::from(outcome.by) == self.number % 2 + 1 && begun > over {
                        return seen;
                    }
                    if over.elapsed() > RECOVERY {
                        let (node, last) = (self.number, outcome);
                        seen.violation = Some(Violation::NoRecovery { node, last });
                        return seen;
                    }
                }
                thread::sleep(Duration::from_millis(self.random.below(12)));
                if self.random.percent(4) {
                    break;
                }
            }
            seen.reboots += 1;
        }
    }
}

/// The invariant, for one question.
fn check(node: u32, row: u32, outcome: &Outcome, took: Duration) -> Option<Violation> {
    let expected = if outcome.by == 0 { Answer::None } else { Answer::Label(question::label(row)) };
    if outcome.answer != expected {
        return Some(Violation::WrongAnswer { node, row, expected, found: *outcome });
    }
    let most = Duration::from_millis(POLICY.deadline_ms.into()) + GRACE;
    (took > most).then_some(Violation::NoOutcome { node, row, took })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_finds_an_answer_to_another_question_and_one_that_comes_too_late() {
        let right = Answer::Label(question::label(5));
        let outcome = |answer, by| Outcome { answer, confidence: 0, by, failure: None, sent: 1 };
        let soon = Duration::from_millis(1);
        assert!(check(1, 5, &outcome(right, 2), soon).is_none());
        assert!(check(1, 5, &outcome(Answer::None, 0), soon).is_none());
        let late = check(1, 5, &outcome(right, 2), Duration::from_secs(4));
        assert!(matches!(late, Some(Violation::NoOutcome { .. })));
        for wrong in [outcome(Answer::Label(question::label(4)), 2), outcome(Answer::None, 1)] {
            let found = check(1, 5, &wrong, soon);
            assert!(matches!(found, Some(Violation::WrongAnswer { .. })), "{wrong:?}");
        }
    }
}
