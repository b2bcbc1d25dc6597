//! What a log says before anything is trained: how unequally its experts are needed, what there is
//! to win, and what would make learning hopeless.

use std::fmt::Write as _;

use serde::Serialize;

use super::check::classes;
use super::table::align;
use crate::arithmetic::statistics::Estimate;
use crate::data::dataset::Dataset;
use crate::data::folds::group_sizes;
use crate::data::matrix::Matrix;
use crate::data::notes::{GlobNote, Incomplete, LogNotes, Strangers};
use crate::data::part::Part;
use crate::data::reference::{alone, best_single, oracle};
use crate::data::split::Split;
use crate::error::list;
use crate::judge::evaluate::resamples;
use crate::warnings::Warning;

/// The imbalance of a log and what single experts cost on it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LogReport {
    /// Inputs of a rejector for this log, one-hot columns counted each.
    pub inputs: usize,
    /// Their names, in their order.
    pub input_names: Vec<String>,
    /// Number of classes among the labels, if the log has labels.
    pub classes: Option<usize>,
    /// The names of the classes, in their order.
    pub class_names: Vec<String>,
    /// How the log was understood.
    pub log: LogNotes,
    /// The parts, in the order train, calibration, test.
    pub parts: Vec<PartReport>,
    /// What looks wrong about the log, and obstacles to learning, the gravest first.
    pub warnings: Vec<Warning>,
}

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

/// An expert is rare where it is the cheapest right choice on fewer rows than this.
const RARE: usize = 20;

impl LogReport {
    /// Looks at a log. `warnings`: what looks wrong about it.
    #[must_use]
    pub(crate) fn new(data: &Dataset, mut warnings: Vec<Warning>) -> Self {
        let classes = classes(data);
        let parts: Vec<PartReport> =
            Split::ALL.iter().map(|&split| PartReport::new(data, split)).collect();
        let obstacles = obstacles(data, classes, &parts);
        warnings.extend(obstacles.into_iter().map(|text| Warning::new("obstacle", text)));
        Self {
            inputs: data.inputs(),
            input_names: data.feature_names.clone(),
            classes,
            class_names: data.class_names.clone(),
            log: data.notes.clone(),
            parts,
            warnings,
        }
    }

    /// For a terminal.
    #[must_use]
    pub(crate) fn render(&self) -> String {
        let names = |names: &[String]| list(names.iter().map(String::as_str));
        let mut text = format!("{}\n", self.log.recognised);
        for GlobNote { key, glob, columns } in &self.log.globs {
            if columns.len() != 1 || columns[0] != *glob {
                let count = columns.len();
                let _ = writeln!(text, "`{key}`: `{glob}` stands for {count}: {}", names(columns));
            }
        }
        let _ = writeln!(text, "{} inputs: {}", self.inputs, names(&self.input_names));
        if let Some(classes) = self.classes {
            let _ = writeln!(text, "{classes} classes: {}", names(&self.class_names));
        }
        for Strangers { expert, rows, answers, examples, .. } in &self.log.strangers {
            let examples = names(examples);
            let _ = writeln!(
                text,
                "{expert}: {rows} of {answers} answers are no class and count as wrong: {examples}"
            );
        }
        if self.log.left_out > 0 {
            let _ = writeln!(text, "{} rows without every answer are left out", self.log.left_out);
        }
        if let Some(Incomplete { rows, complete, .. }) = &self.log.incomplete {
            let _ = writeln!(
                text,
                "everybody was asked on {complete} of {rows} rows; each expert's figures rest on the \
                 rows on which it was asked, the oracle on the cheapest of those asked"
            );
        }
        text.push('\n');
        for part in &self.parts {
            text += &part.render();
            text.push('\n');
        }
        if self.warnings.is_empty() {
            text.push_str("nothing looks wrong, and no obstacle to learning was found\n");
        }
        for warning in &self.warnings {
            let _ = writeln!(text, "warning: {}", warning.text);
        }
        text
    }
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

    fn render(&self) -> String {
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

/// On how many rows each expert is the cheapest of those that are right (error below 1/2); equal
/// costs count for the lower index.
#[must_use]
pub(crate) fn cheapest_right(part: &Part) -> Vec<usize> {
    let mut counts = vec![0; part.experts()];
    for row in 0..part.rows() {
        if let Some(k) = cheapest_right_of(part, row) {
            counts[k] += 1;
        }
    }
    counts
}

/// The cheapest expert that is right on a row, if any is.
#[must_use]
pub(crate) fn cheapest_right_of(part: &Part, row: usize) -> Option<usize> {
    let right = (0..part.experts()).filter(|&k| part.errors().row(row)[k] < 0.5);
    right.min_by(|&a, &b| part.deferral_loss(row, a).total_cmp(&part.deferral_loss(row, b)))
}

/// `sum_i w_ik^2` with the weights of tau = max.
fn masses(part: &Part) -> Vec<f64> {
    let mut masses = vec![0.0; part.experts()];
    for row in 0..part.rows() {
        let asked = (0..part.experts()).filter(|&k| part.is_asked(row, k));
        let costs = asked.map(|k| (k, part.deferral_loss(row, k)));
        let largest = costs.clone().fold(0.0, |largest, (_, cost)| f32::max(largest, cost));
        for (k, cost) in costs {
            masses[k] += f64::from(largest - cost).powi(2);
        }
    }
    masses
}

/// Entropy of counts over the logarithm of their number.
fn balance(counts: &[usize]) -> f64 {
    let total: usize = counts.iter().sum();
    if total == 0 || counts.len() < 2 {
        return 0.0;
    }
    let shares = counts.iter().filter(|&&count| count > 0).map(|&c| c as f64 / total as f64);
    let entropy: f64 = shares.map(|share| -share * libm::log(share)).sum();
    // Adding 0 turns -0 into 0.
    entropy / libm::log(counts.len() as f64) + 0.0
}

fn obstacles(data: &Dataset, classes: Option<usize>, parts: &[PartReport]) -> Vec<String> {
    let [train, calibration, _] = parts else { return Vec::new() };
    let mut warnings = Vec::new();
    let learnable = train.best_single_loss.mean - train.oracle_loss;
    // On other rows the best expert's mean may be below the oracle's.
    if train.rows > 0 && train.complete_rows == train.rows && learnable < 1e-6 {
        warnings.push(format!(
            "always asking {} is the best choice on every train row: there is nothing to learn",
            train.best_single
        ));
    }
    if train.rows < 200 {
        warnings.push(format!(
            "only {} train rows: below a few hundred, noise hides the differences between rejectors",
            train.rows
        ));
    }
    for part in parts {
        if let Some(groups) = part.groups.filter(|&groups| groups < 5) {
            warnings.push(format!(
                "the {} {} rows are in only {groups} groups: rows of a group are not independent, so \
                 intervals mean little and there are few folds",
                part.rows, part.split
            ));
        }
    }
    if classes == Some(1) {
        warnings.push("all labels are equal: this is not a classification task".to_owned());
    }
    for (k, expert) in train.experts.iter().enumerate() {
        // Who is never right has a warning of its own.
        if expert.rows == 0 {
            warnings.push(format!("{} was never asked on a train row", expert.name));
        } else if expert.cheapest_right == 0 && expert.error < 1.0 {
            warnings.push(format!(
                "{} is never the cheapest right choice on a train row: a rejector gains nothing from it",
                expert.name
            ));
        } else if (1..RARE).contains(&expert.cheapest_right) {
            warnings.push(format!(
                "{} is the cheapest right choice on only {} train rows: too few to learn when to ask it",
                expert.name, expert.cheapest_right
            ));
        }
        if let Some(by) = dominated(&data.train, k) {
            warnings.push(format!(
                "{} never costs less than {} on any train row",
                expert.name, train.experts[by].name
            ));
        }
    }
    warnings.extend(shifts(train, calibration));
    warnings
}

/// Another expert that costs as little or less on every row on which both were asked, and less on
/// some.
fn dominated(part: &Part, k: usize) -> Option<usize> {
    (0..part.experts()).find(|&by| {
        let mut strictly = false;
        by != k
            && part.asked_rows(k).filter(|&row| part.is_asked(row, by)).all(|row| {
                let (mine, other) = (part.deferral_loss(row, k), part.deferral_loss(row, by));
                strictly |= other < mine;
                other <= mine
            })
            && strictly
    })
}

/// Experts whose error differs between train and calibration rows by more than chance: what was
/// learnt on the one need not hold on the other.
fn shifts(train: &PartReport, calibration: &PartReport) -> Vec<String> {
    // Independent units are groups where there are any; three standard errors, since K experts are
    // looked at.
    let units = |part: &PartReport, asked: usize| part.groups.unwrap_or(asked).max(1) as f64;
    let mut shifts = Vec::new();
    for (a, b) in train.experts.iter().zip(&calibration.experts) {
        let variance = |error: f64, units: f64| error * (1.0 - error).max(0.0) / units;
        let standard_error = (variance(a.error, units(train, a.rows))
            + variance(b.error, units(calibration, b.rows)))
        .sqrt();
        if a.rows > 0 && b.rows > 0 && (a.error - b.error).abs() > 3.0 * standard_error + 0.01 {
            shifts.push(format!(
                "{} errs on {:.1}% of the train and {:.1}% of the calibration rows: the two are not \
                 drawn alike, so guarantees may not hold",
                a.name,
                100.0 * a.error,
                100.0 * b.error
            ));
        }
    }
    shifts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Expert;
    use crate::data::part::PartColumns;

    fn part(errors: &[[f32; 3]]) -> Part {
        let rows = errors.len();
        PartColumns {
            rows,
            inputs: 2,
            experts: 3,
            features: (0..rows).flat_map(|row| [row as f32, 1.0]).collect(),
            errors: errors.concat(),
            prices: [0.0, 0.1, 0.3].repeat(rows),
            labels: Some(vec![0; rows]),
            ..PartColumns::default()
        }
        .padded()
    }

    fn data(train: Part) -> Dataset {
        let expert =
            |name: &str| Expert { name: name.into(), mean_price: 0.0, price_varies: false };
        Dataset {
            feature_names: vec!["moving".into(), "still".into()],
            experts: ["local", "cloud", "person"].map(expert).to_vec(),
            class_names: vec![],
            log_digest: [0; 8],
            notes: Default::default(),
            calibration: train.clone(),
            test: train.clone(),
            train,
            raw: None,
        }
    }

    #[test]
    fn counts_masses_and_balance() {
        let part = part(&[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]);
        assert_eq!(cheapest_right(&part), [1, 1, 1]);
        let report = LogReport::new(&data(part.clone()), Vec::new());
        let train = &report.parts[0];
        assert!((train.balance - 1.0).abs() < 1e-12 && train.nobody_right == 0.25);
        assert_eq!(train.ties, 0.0);
        // Row 1: costs 1.0, 0.1, 0.3, so weights 0, 0.9, 0.7.
        let masses = masses(&part);
        assert!(
            (masses[1] - (0.2f64.powi(2) + 0.9f64.powi(2) + 0.0 + 0.2f64.powi(2))).abs() < 1e-6
        );
        assert_eq!(balance(&[5, 0, 0]), 0.0);
    }

    #[test]
    fn hopeless_logs_are_told_of() {
        let seen = vec![Warning { kind: "expert", text: "said before".to_owned() }];
        let data = data(part(&[[0.0, 0.0, 1.0]; 300]));
        let warnings: Vec<String> =
            LogReport::new(&data, seen).warnings.into_iter().map(|warning| warning.text).collect();
        for expected in [
            "nothing to learn",
            "said before",
            "cloud is never the cheapest right choice",
            "cloud never costs less than local",
            "all labels are equal",
        ] {
            assert!(warnings.iter().any(|w| w.contains(expected)), "{expected}: {warnings:?}");
        }
        assert!(!warnings.iter().any(|w| w.contains("drawn alike")), "{warnings:?}");
    }

    #[test]
    fn a_shift_is_told_of_and_chance_is_not() {
        let mut data = data(part(&[[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]].repeat(200)));
        let says = |data: &Dataset, text: &str| {
            LogReport::new(data, Vec::new()).warnings.iter().any(|w| w.text.contains(text))
        };
        assert!(!says(&data, "drawn alike"));
        data.calibration = part(&[[0.0, 1.0, 1.0], [0.0, 0.0, 0.0]].repeat(200));
        assert!(says(&data, "local errs on 50.0%"));
    }
}
