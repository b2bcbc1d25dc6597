//! The result of a run.

use super::log::Log;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write};

/// How the node resolved one row, from its log.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resolution {
    row: u32,
    by: usize,
    answer: u32,
    chosen: bool,
    sent: u32,
    microseconds: u32,
}

impl Resolution {
    /// Parses `row NUMBER BY ANSWER HOW SENT MICROSECONDS`; `None` if it is another line.
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

/// What the node's governor counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spent {
    /// Rows decided on.
    pub(crate) decisions: usize,
    /// Rows charged as deferred.
    pub(crate) deferred: usize,
    /// Rows that the image alone would have deferred.
    pub(crate) withheld: usize,
}

impl Spent {
    /// Reads `governor DECISIONS DEFERRED WITHHELD`; `None` if it is another line.
    pub(crate) fn read(line: &str) -> Result<Option<Self>> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["governor", decisions, deferred, withheld] = words.as_slice() else {
            return Ok(None);
        };
        let number = |word: &str| word.parse().with_context(|| format!("the node said: {line}"));
        Ok(Some(Self {
            decisions: number(decisions)?,
            deferred: number(deferred)?,
            withheld: number(withheld)?,
        }))
    }
}

/// Milliseconds from the request to the answer, for rows that an expert answered.
#[derive(Debug, Default, Serialize)]
pub(crate) struct RoundTrips {
    p50: f64,
    p90: f64,
    p99: f64,
    most: f64,
}

/// The result of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Rows given to the node.
    pub(crate) rows: usize,
    /// Rows that the node answered without asking anybody.
    pub(crate) answered_locally: usize,
    /// Rows for which an expert was asked.
    pub(crate) deferred: usize,
    /// Answers by expert.
    pub(crate) answered_by: BTreeMap<String, usize>,
    /// Rows that somebody else answered because the chosen expert did not.
    pub(crate) instead: usize,
    /// Rows for which an expert was asked but the node answered.
    pub(crate) timed_out: usize,
    /// Rows that were never resolved.
    pub(crate) lost: usize,
    /// Rows that were resolved more than once.
    pub(crate) duplicated: usize,
    /// Answers that differ from what the log says of that expert and row.
    pub(crate) mistaken: usize,
    /// Frames that the node sent.
    pub(crate) frames: u64,
    /// In milliseconds of the node's clock.
    pub(crate) round_trip_ms: RoundTrips,
    /// Mean over the rows, of the whole system.
    pub(crate) deferral_loss: f64,
    /// Mean over the rows, of the image with every expert reachable.
    pub(crate) predicted_deferral_loss: f64,
    /// Rows for which a frame was sent, whether or not somebody answered.
    pub(crate) asked: usize,
    /// If the node keeps a budget.
    pub(crate) governor: Option<Spent>,
    /// Answers of experts in the last tenth of the rows. They show whether the system has
    /// recovered.
    pub(crate) deferred_in_last_tenth: usize,
}

impl Report {
    pub(crate) fn new(
        log: &Log,
        resolutions: &[Resolution],
        governor: Option<Spent>,
        predicted: f64,
    ) -> Result<Self> {
        let mut by_row = BTreeMap::<u32, Vec<&Resolution>>::new();
        for one in resolutions {
            by_row.entry(one.row).or_default().push(one);
        }
        let known: BTreeMap<u32, _> = log.rows.iter().map(|row| (row.number, row)).collect();
        let (mut loss, mut mistaken) = (0.0, 0);
        let mut answered_by: BTreeMap<String, usize> =
            log.experts.iter().map(|expert| (expert.name.clone(), 0)).collect();
        let mut times = Vec::new();
        for one in resolutions {
            let Some(row) = known.get(&one.row) else {
                bail!("the node answered row {}, which it was not given", one.row)
            };
            loss += log.loss(row, one.by, one.answer);
            mistaken += usize::from(row.answers.get(one.by) != Some(&one.answer));
            if let Some(expert) = log.experts.get(one.by) {
                *answered_by.entry(expert.name.clone()).or_default() += 1;
            }
            if one.by > 0 {
                times.push(f64::from(one.microseconds) / 1e3);
            }
        }
        times.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (share * times.len() as f64) as usize;
            times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or(0.0)
        };
        let count =
            |what: &dyn Fn(&Resolution) -> bool| resolutions.iter().filter(|one| what(one)).count();
        let answered_locally = count(&|one| one.by == 0 && one.chosen);
        let last = resolutions.iter().rev().take(resolutions.len() / 10);
        Ok(Self {
            rows: log.rows.len(),
            answered_locally,
            deferred: resolutions.len() - answered_locally,
            answered_by,
            instead: count(&|one| !one.chosen),
            timed_out: count(&|one| one.by == 0 && !one.chosen),
            lost: log.rows.iter().filter(|row| !by_row.contains_key(&row.number)).count(),
            duplicated: by_row.values().filter(|found| found.len() > 1).count(),
            mistaken,
            frames: resolutions.iter().map(|one| u64::from(one.sent)).sum(),
            round_trip_ms: RoundTrips { p50: at(0.5), p90: at(0.9), p99: at(0.99), most: at(1.0) },
            deferral_loss: loss / resolutions.len().max(1) as f64,
            predicted_deferral_loss: predicted,
            asked: count(&|one| one.sent > 0),
            governor,
            deferred_in_last_tenth: last.filter(|one| one.by > 0).count(),
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
        if let Some(Spent { decisions, deferred, withheld }) = self.governor {
            let _ = write!(
                text,
                "\n  governor                  {decisions} decisions, {deferred} deferred, {withheld} withheld"
            );
        }
        text
    }
}
