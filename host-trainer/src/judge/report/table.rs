//! The table of merits.

use std::fmt::Write as _;

use serde::Serialize;

use crate::arithmetic::statistics::Estimate;
use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::data::reference::{best_single, oracle};
use crate::judge::evaluate::{Merit, resamples};

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
        lines.push(line("oracle (knows the answers)".to_owned(), &oracle(part)));
        let experts = data.experts.iter().map(|expert| expert.name.clone()).collect();
        Self { experts, rows: part.rows(), lines }
    }

    /// The merit of a line.
    #[must_use]
    pub fn merit(&self, name: &str) -> Option<&Merit> {
        self.lines.iter().find(|line| line.name == name).map(|line| &line.merit)
    }

    /// The table for a terminal.
    #[must_use]
    pub fn render(&self) -> String {
        let mut cells: Vec<Vec<String>> = Vec::new();
        let mut header: Vec<String> =
            ["", "deferral loss", "95 % interval", "accuracy", "price", "coverage"]
                .map(str::to_owned)
                .to_vec();
        header.extend(self.experts.iter().cloned());
        cells.push(header);
        for MeritLine { name, merit } in &self.lines {
            let Estimate { mean, low, high } = merit.deferral_loss;
            let mut row = vec![
                name.clone(),
                format!("{mean:.4}"),
                format!("{low:.4} to {high:.4}"),
                format!("{:.3}", merit.accuracy.mean),
                format!("{:.4}", merit.price.mean),
                percent(merit.coverage.mean),
            ];
            row.extend(merit.shares.iter().map(|&share| percent(share)));
            cells.push(row);
        }
        align(&cells)
    }
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// Columns of equal width, the first to the left and the others to the right.
#[must_use]
pub(crate) fn align(cells: &[Vec<String>]) -> String {
    let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let lengths =
            cells.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        lengths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in cells {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            // Writing to a string cannot fail.
            let _ = if column == 0 {
                write!(line, "{cell:<width$}")
            } else {
                write!(line, "  {cell:>width$}")
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
