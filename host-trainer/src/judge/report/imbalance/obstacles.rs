//! What makes learning from a log hopeless, or hard.

use super::part::PartReport;
use crate::data::dataset::Dataset;
use crate::data::part::Part;

/// An expert is rare where it is the cheapest right choice on fewer rows than this.
const RARE: usize = 20;

/// The obstacles, the gravest first.
pub(super) fn obstacles(
    data: &Dataset,
    classes: Option<usize>,
    parts: &[PartReport],
) -> Vec<String> {
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
