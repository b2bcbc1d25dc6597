//! What the firmware logs of each input, against what this host decides and the expert knows.

use super::expert::{self, IMAGE};
use anyhow::{Context, Result, anyhow, ensure};
use mild::{Reachable, Rejector};

/// An input and its outcome.
#[derive(Debug, PartialEq)]
pub(super) struct Answered {
    readings: [i16; IMAGE.inputs()],
    /// As the log has it.
    answer: String,
    by: u8,
    sent: u8,
    failure: String,
}

impl Answered {
    /// Reads `Info [READINGS]: Outcome { FIELDS }`; `None` if it is another line.
    pub(super) fn read(line: &str) -> Result<Option<Self>> {
        let Some((readings, outcome)) =
            line.strip_prefix("Info [").and_then(|rest| rest.split_once("]: Outcome { "))
        else {
            return Ok(None);
        };
        let field = |name: &str| {
            let (_, value) = outcome.split_once(&format!("{name}: "))?;
            value.split([',', '}']).next().map(str::trim)
        };
        let read = || {
            let readings: Vec<i16> =
                readings.split(", ").map(|number| number.parse().ok()).collect::<Option<_>>()?;
            Some(Self {
                readings: readings.try_into().ok()?,
                answer: field("answer")?.to_owned(),
                by: field("by")?.parse().ok()?,
                sent: field("sent")?.parse().ok()?,
                failure: field("failure")?.to_owned(),
            })
        };
        read().with_context(|| format!("expected readings and an outcome, found: {line}")).map(Some)
    }

    pub(super) fn is_by_expert(&self) -> bool {
        self.by != 0
    }

    /// Whether somebody was asked in vain.
    pub(super) fn has_failed(&self) -> bool {
        self.failure != "None"
    }

    /// Whoever the rejector chooses has answered, and this very question. An expert has got at most
    /// so many requests.
    pub(super) fn check(&self, most_sent: u8) -> Result<()> {
        let mut scratch = [0; IMAGE.scratch_words()];
        let decision =
            Rejector::new(&IMAGE).decide(&self.readings[..], Reachable::ALL, &mut scratch);
        let expert = decision.map_err(|error| anyhow!("this host: {error}"))?.expert;
        let sent = if expert == 0 { 0..=0 } else { 1..=most_sent };
        ensure!(
            self.by == expert && sent.contains(&self.sent) && !self.has_failed(),
            "found {self:?}, expected that expert {expert} answers one of {sent:?} requests"
        );
        self.check_answer()
    }

    /// If an expert has answered, then this very question.
    pub(super) fn check_answer(&self) -> Result<()> {
        if !self.is_by_expert() {
            return Ok(());
        }
        let mut codes = [0; IMAGE.inputs()];
        let quantized = Rejector::new(&IMAGE).quantize(&self.readings[..], &mut codes);
        quantized.map_err(|error| anyhow!("this host: {error}"))?;
        let value = self.answer.strip_prefix("Value(").and_then(|rest| rest.strip_suffix(')'));
        let expected = expert::answer(&codes);
        ensure!(
            value.and_then(|value| value.parse().ok()) == Some(expected),
            "found {self:?}, expected the answer {expected}"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An input that an expert answers, with this answer.
    fn line(change: impl Fn(f32) -> f32) -> String {
        let (readings, by) = (-700_i16..0)
            .step_by(10)
            .map(|gravity| [gravity, 340, 1250])
            .find_map(|readings| {
                let mut scratch = [0; IMAGE.scratch_words()];
                let rejector = Rejector::new(&IMAGE);
                let decision = rejector.decide(&readings[..], Reachable::ALL, &mut scratch);
                let expert = decision.unwrap().expert;
                (expert != 0).then_some((readings, expert))
            })
            .unwrap();
        let mut codes = [0; IMAGE.inputs()];
        Rejector::new(&IMAGE).quantize(&readings[..], &mut codes).unwrap();
        let answer = change(expert::answer(&codes));
        format!(
            "Info {readings:?}: Outcome {{ answer: Value({answer:?}), confidence: 0, by: {by}, \
             failure: None, sent: 1 }}"
        )
    }

    #[test]
    fn an_answer_to_another_question_is_noticed() {
        let answered = Answered::read(&line(|answer| answer)).unwrap().unwrap();
        assert!(answered.is_by_expert());
        answered.check(1).unwrap();
        let other = Answered::read(&line(|answer| answer + 1.0)).unwrap().unwrap();
        for error in [other.check(1), other.check_answer()] {
            assert!(error.unwrap_err().to_string().contains("expected the answer"));
        }
    }

    #[test]
    fn a_repetition_a_failure_and_another_expert_are_noticed() {
        for (from, to) in
            [("sent: 1", "sent: 2"), ("failure: None", "failure: TimedOut"), ("by: ", "by: 1")]
        {
            let changed = line(|answer| answer).replace(from, to);
            assert!(Answered::read(&changed).unwrap().unwrap().check(1).is_err(), "{changed}");
        }
    }

    #[test]
    fn other_lines_are_passed_over_and_broken_ones_are_errors() {
        assert_eq!(Answered::read("Info hello").unwrap(), None);
        assert!(Answered::read("Info [1, 2]: Outcome { by: 1 }").is_err());
    }
}
