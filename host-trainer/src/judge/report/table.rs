//! The table of merits.

use serde::Serialize;

use crate::arithmetic::statistics::Estimate;
use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::data::reference::{best_single, oracle};
use crate::judge::evaluate::{Merit, resamples};
use crate::judge::terminal::{Look, align, shares};

/// The name of the line of an image in tables.
pub(crate) const IMAGE_LINE: &str = "rejector, int8";

/// The name of the line of a float network.
pub(crate) const FLOAT_LINE: &str = "rejector, float";

/// The name of the line of the best choice on each row.
const ORACLE_LINE: &str = "oracle (knows the answers)";

/// One way of choosing, and what it is worth.
#[derive(Debug, Clone, Serialize)]
pub struct MeritLine {
    /// The way of choosing.
    pub name: String,
    /// Its figures.
    #[serde(flatten)]
    pub merit: Merit,
}

/// All ways of choosing on one part, the trained ones among the points of reference.
#[derive(Debug, Clone, Serialize)]
pub struct MeritTable {
    /// The experts' names.
    pub experts: Vec<String>,
    /// Rows that were judged.
    pub rows: usize,
    /// The lines in the order of printing.
    pub lines: Vec<MeritLine>,
}

impl MeritTable {
    /// The reference points of a part with the given choices between them.
    #[must_use]
    pub fn new(data: &Dataset, part: &Part, seed: u64, trained: &[(&str, &[usize])]) -> Self {
        let bootstrap = resamples(part, seed);
        let line = |name: String, choices: &[usize]| MeritLine {
            name,
            merit: Merit::new(&bootstrap, part, choices),
        };
        let always = |k: usize| vec![k; part.rows()];
        let mut lines: Vec<MeritLine> = data
            .experts
            .iter()
            .enumerate()
            .map(|(k, expert)| line(format!("always {}", expert.name), &always(k)))
            .collect();
        let chosen = best_single(&data.calibration);
        lines.push(line(
            format!("best single on calibration: {}", data.experts[chosen].name),
            &always(chosen),
        ));
        let hindsight = best_single(part);
        lines.push(line(
            format!("best single in hindsight: {}", data.experts[hindsight].name),
            &always(hindsight),
        ));
        lines.extend(trained.iter().map(|(name, choices)| line((*name).to_owned(), choices)));
        lines.push(line(ORACLE_LINE.to_owned(), &oracle(part)));
        let experts = data.experts.iter().map(|expert| expert.name.clone()).collect();
        Self { experts, rows: part.rows(), lines }
    }

    /// The merit of a line.
    #[must_use]
    pub fn merit(&self, name: &str) -> Option<&Merit> {
        self.lines.iter().find(|line| line.name == name).map(|line| &line.merit)
    }

    /// The table for a terminal, and below it whom each way asks how often.
    #[must_use]
    pub fn render(&self) -> String {
        self.render_for(Look::PLAIN)
    }

    /// The same for a place that can show more.
    pub(crate) fn render_for(&self, look: Look) -> String {
        let header = ["", "deferral loss", "95 % interval", "accuracy", "price", "coverage"];
        let mut cells = vec![header.map(str::to_owned).to_vec()];
        let mut best = Vec::new();
        let mut ways: Vec<(&str, &[f64])> = Vec::new();
        for MeritLine { name, merit } in &self.lines {
            if let Some((when, expert)) =
                name.strip_prefix("best single ").and_then(|rest| rest.split_once(": "))
            {
                // The figures stand in the line of always this expert.
                best.push(format!("{expert} {when}"));
                continue;
            }
            let short = match name.as_str() {
                ORACLE_LINE => "oracle",
                name => name,
            };
            let Estimate { mean, low, high } = merit.deferral_loss;
            cells.push(vec![
                short.to_owned(),
                format!("{mean:.4}"),
                format!("{low:.4} to {high:.4}"),
                format!("{:.3}", merit.accuracy.mean),
                format!("{:.4}", merit.price.mean),
                percent(merit.coverage.mean),
            ]);
            if !name.starts_with("always ") {
                ways.push((short.trim_start_matches("rejector, "), &merit.shares));
            }
        }
        let drawn = ways.iter().position(|&(name, _)| IMAGE_LINE.ends_with(name)).unwrap_or(0);
        format!(
            "{}best single expert: {}\noracle: the cheapest choice on each row, for which one must \
             know the answers\n\n{}",
            align(&cells),
            best.join(", "),
            shares(&self.experts, &ways, drawn, look),
        )
    }
}

/// A share for a terminal.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}
