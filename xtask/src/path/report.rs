//! What came of a run.

use super::log::Log;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write};

/// How the node's question for one row ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    row: u32,
    by: usize,
    answer: u32,
    chosen: bool,
    sent: u32,
    microseconds: u32,
}

impl Line {
    /// Reads `row NUMBER BY ANSWER HOW SENT MICROSECONDS`; `None` if it is another line.
    pub(crate) fn read(line: &str) -> Result<Option<Self>> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["row", row, by, answer, how, sent, microseconds] = words.as_slice() else {
            return Ok(None);
        };
        let number = |word: &str| word.parse().with_context(|| format!("the node said: {line}"));
        Ok(Some(Self {
            row: number(row)?,
            by: number(by)? as usize,
            answer: number(answer)?,
            chosen: *how == "chosen",
            sent: number(sent)?,
            microseconds: number(microseconds)?,
        }))
    }
}

/// Milliseconds from asking to the answer, of the questions that an expert answered.
#[derive(Debug, Default, Serialize)]
pub(crate) struct RoundTrips {
    p50: f64,
    p90: f64,
    p99: f64,
    most: f64,
}

/// What came of a run, in print.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Rows given to the node.
    pub(crate) rows: usize,
    /// The node answered, and nobody was asked.
    pub(crate) answered_locally: usize,
    /// Somebody was asked.
    pub(crate) deferred: usize,
    /// Answers by expert.
    pub(crate) answered_by: BTreeMap<String, usize>,
    /// Somebody else was asked, or the node answered, since whom the rejector chose did not.
    pub(crate) instead: usize,
    /// Somebody was asked, and in the end the node answered.
    pub(crate) timed_out: usize,
    /// Rows without an outcome.
    pub(crate) lost: usize,
    /// Rows with more than one outcome.
    pub(crate) duplicated: usize,
    /// Answers that are not what that expert says of that row.
    pub(crate) mistaken: usize,
    /// Frames that the node sent.
    pub(crate) frames: u64,
    /// In milliseconds of the node's clock.
    pub(crate) round_trip_ms: RoundTrips,
    /// Of the whole system, mean over the rows.
    pub(crate) deferral_loss: f64,
    /// Of the image on the same rows if every expert can be reached.
    pub(crate) predicted_deferral_loss: f64,
    /// Answers of experts in the last tenth of the rows: whether all has recovered.
    pub(crate) deferred_in_last_tenth: usize,
}

impl Report {
    pub(crate) fn new(log: &Log, lines: &[Line], predicted: f64) -> Result<Self> {
        let mut outcomes = BTreeMap::<u32, Vec<&Line>>::new();
        for line in lines {
            outcomes.entry(line.row).or_default().push(line);
        }
        let known: BTreeMap<u32, _> = log.rows.iter().map(|row| (row.number, row)).collect();
        let (mut loss, mut mistaken) = (0.0, 0);
        let mut answered_by: BTreeMap<String, usize> =
            log.experts.iter().map(|expert| (expert.name.clone(), 0)).collect();
        let mut times = Vec::new();
        for line in lines {
            let Some(row) = known.get(&line.row) else {
                bail!("the node answered row {}, which it was not given", line.row)
            };
            loss += log.loss(row, line.by, line.answer);
            mistaken += usize::from(row.predictions.get(line.by) != Some(&line.answer));
            if let Some(expert) = log.experts.get(line.by) {
                *answered_by.entry(expert.name.clone()).or_default() += 1;
            }
            if line.by > 0 {
                times.push(f64::from(line.microseconds) / 1e3);
            }
        }
        times.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (share * times.len() as f64) as usize;
            times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or(0.0)
        };
        let count = |what: &dyn Fn(&Line) -> bool| lines.iter().filter(|line| what(line)).count();
        let answered_locally = count(&|line| line.by == 0 && line.chosen);
        let last = lines.iter().rev().take(lines.len() / 10);
        Ok(Self {
            rows: log.rows.len(),
            answered_locally,
            deferred: lines.len() - answered_locally,
            answered_by,
            instead: count(&|line| !line.chosen),
            timed_out: count(&|line| line.by == 0 && !line.chosen),
            lost: log.rows.iter().filter(|row| !outcomes.contains_key(&row.number)).count(),
            duplicated: outcomes.values().filter(|lines| lines.len() > 1).count(),
            mistaken,
            frames: lines.iter().map(|line| u64::from(line.sent)).sum(),
            round_trip_ms: RoundTrips { p50: at(0.5), p90: at(0.9), p99: at(0.99), most: at(1.0) },
            deferral_loss: loss / lines.len().max(1) as f64,
            predicted_deferral_loss: predicted,
            deferred_in_last_tenth: last.filter(|line| line.by > 0).count(),
        })
    }

    /// For a terminal.
    pub(crate) fn render(&self) -> String {
        let by: Vec<_> =
            self.answered_by.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let RoundTrips { p50, p90, p99, most } = &self.round_trip_ms;
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "  rows                      {}\n  answered locally          {}\n  deferred                  {}\n  \
             answered by               {}\n  others instead            {}\n  timed out, then locally   {}\n  \
             lost                      {}\n  duplicated                {}\n  mistaken                  {}\n  \
             frames sent               {}\n  round trips, ms           {p50:.1} median, {p90:.1} at 90 %, {p99:.1} at 99 %, {most:.1} at most\n  \
             deferral loss             {:.4}, predicted {:.4}",
            self.rows,
            self.answered_locally,
            self.deferred,
            by.join(", "),
            self.instead,
            self.timed_out,
            self.lost,
            self.duplicated,
            self.mistaken,
            self.frames,
            self.deferral_loss,
            self.predicted_deferral_loss,
        );
        text
    }
}
