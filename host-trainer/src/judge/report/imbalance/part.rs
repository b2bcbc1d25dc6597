//! The figures of one part of a log.

use std::fmt::Write as _;

use serde::Serialize;

use super::needs::{balance, cheapest_right, masses};
use crate::arithmetic::statistics::Estimate;
use crate::data::dataset::Dataset;
use crate::data::folds::group_sizes;
use crate::data::matrix::Matrix;
use crate::data::reference::{alone, best_single, oracle};
use crate::data::split::Split;
use crate::judge::evaluate::resamples;
use crate::judge::terminal::align;

/// One part of a log.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PartReport {
    /// Its name.
    pub split: &'static str,
    /// Its rows.
    pub rows: usize,
    /// Its groups, if the log has groups.
    pub groups: Option<usize>,
    /// Each expert's figures.
    pub experts: Vec<ExpertFigures>,
    /// Entropy of the cheapest-right shares over the largest possible, 0 (one expert always) to 1
    /// (all equally); 0 where no row has a right answer.
    pub balance: f64,
    /// Share of rows on which several experts cost the least.
    pub ties: f64,
    /// Share of rows on which no expert is right (error below 1/2).
    pub nobody_right: f64,
    /// The expert with the lowest mean deferral loss on this part.
    pub best_single: String,
    /// Its deferral loss, over the rows on which it was asked.
    pub best_single_loss: Estimate,
    /// Deferral loss of a fair die over the experts: the mean of theirs.
    pub random_loss: f64,
    /// The rows on which somebody was asked: balance, ties, nobody right and the oracle rest on them.
    pub asked_rows: usize,
    /// The rows on which everybody was asked.
    pub complete_rows: usize,
    /// Lowest possible deferral loss, of those that were asked.
    pub oracle_loss: f64,
}

/// One expert on one part.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ExpertFigures {
    /// Its name.
    pub name: String,
    /// The rows on which it was asked: all figures but `cheapest_right` and `mass` rest on them.
    pub rows: usize,
    /// Mean error.
    pub error: f64,
    /// Mean price.
    pub price: f64,
    /// Mean deferral loss of always asking it.
    pub alone_loss: f64,
    /// Rows on which it is the cheapest right choice (error below 1/2; ties to the lower index).
    pub cheapest_right: usize,
    /// Its share of the squared weights `sum_i w_ik^2`, `w_ik = max_j c_ij - c_ik`: how much the
    /// loss hears of it.
    pub mass: f64,
}

impl PartReport {
    pub(crate) fn new(data: &Dataset, split: Split) -> Self {
        let part = data.part(split);
        let counts = cheapest_right(part);
        let masses = masses(part);
        let total_mass: f64 = masses.iter().sum();
        let mean = |values: &Matrix<f32>, k: usize| -> f64 {
            let sum: f64 = part.asked_rows(k).map(|row| f64::from(values[(row, k)])).sum();
            sum / part.asked_rows(k).count().max(1) as f64
        };
        let experts = (0..part.experts())
            .map(|k| {
                let (alone_loss, rows) = alone(part, k);
                ExpertFigures {
                    name: data.experts[k].name.clone(),
                    rows,
                    error: mean(part.errors(), k),
                    price: mean(part.prices(), k),
                    alone_loss: if rows == 0 { 0.0 } else { alone_loss },
                    cheapest_right: counts[k],
                    mass: if total_mass > 0.0 { masses[k] / total_mass } else { 0.0 },
                }
            })
            .collect::<Vec<_>>();
        let asked: Vec<usize> = (0..part.rows())
            .filter(|&row| (0..part.experts()).any(|k| part.is_asked(row, k)))
            .collect();
        let everybody = |row: &usize| (0..part.experts()).all(|k| part.is_asked(*row, k));
        let share = |rows: usize| rows as f64 / asked.len().max(1) as f64;
        let best = best_single(part);
        let of_best: Vec<usize> = part.asked_rows(best).collect();
        let best_losses: Vec<f64> =
            of_best.iter().map(|&row| f64::from(part.deferral_loss(row, best))).collect();
        let cheapest = oracle(part);
        let tied = |&&row: &&usize| {
            let least = part.deferral_loss(row, cheapest[row]);
            (0..part.experts()).filter(|&k| part.deferral_loss(row, k) == least).count() > 1
        };
        let known = || experts.iter().filter(|expert| expert.rows > 0);
        let random: f64 = known().map(|expert| expert.alone_loss).sum();
        let least = asked.iter().map(|&row| f64::from(part.deferral_loss(row, cheapest[row])));
        let bootstrap = match of_best.len() == part.rows() {
            true => resamples(part, 0),
            false => resamples(&part.subset(&of_best), 0),
        };
        Self {
            split: split.name(),
            rows: part.rows(),
            groups: part
                .groups()
                .map(|groups| group_sizes(groups).into_iter().filter(|&size| size > 0).count()),
            balance: balance(&counts),
            ties: share(asked.iter().filter(tied).count()),
            nobody_right: share(asked.len() - counts.iter().sum::<usize>()),
            best_single: data.experts[best].name.clone(),
            best_single_loss: bootstrap.estimate(&best_losses),
            random_loss: random / known().count().max(1) as f64,
            asked_rows: asked.len(),
            complete_rows: (0..part.rows()).filter(everybody).count(),
            oracle_loss: least.sum::<f64>() / asked.len().max(1) as f64,
            experts,
        }
    }

    /// The rows of the figures that are not of one expert, if they are not all.
    fn on_how_many(&self) -> String {
        match self.complete_rows == self.rows {
            true => String::new(),
            false => format!(
                "{} rows with any answer, {} with every answer; on the former: ",
                self.asked_rows, self.complete_rows
            ),
        }
    }

    pub(super) fn render(&self) -> String {
        let groups = self.groups.map_or(String::new(), |groups| format!(" in {groups} groups"));
        let mut text = format!("{}: {} rows{groups}\n", self.split, self.rows);
        let header = ["", "rows", "error", "price", "always", "cheapest right", "weight"];
        let mut cells = vec![header.map(str::to_owned).to_vec()];
        for expert in &self.experts {
            cells.push(vec![
                expert.name.clone(),
                expert.rows.to_string(),
                format!("{:.4}", expert.error),
                format!("{:.4}", expert.price),
                format!("{:.4}", expert.alone_loss),
                format!(
                    "{} ({:.1}%)",
                    expert.cheapest_right,
                    100.0 * expert.cheapest_right as f64 / self.rows.max(1) as f64
                ),
                format!("{:.1}%", 100.0 * expert.mass),
            ]);
        }
        text += &align(&cells);
        let Estimate { mean, low, high } = self.best_single_loss;
        let _ = writeln!(
            text,
            "{}balance {:.2} of 1, ties {:.1}%, nobody right {:.1}%\nbest single {} {mean:.4} ({low:.4} \
             to {high:.4}), random {:.4}, oracle {:.4}",
            self.on_how_many(),
            self.balance,
            100.0 * self.ties,
            100.0 * self.nobody_right,
            self.best_single,
            self.random_loss,
            self.oracle_loss,
        );
        text
    }
}
