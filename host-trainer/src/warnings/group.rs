//! Groups that are not declared: rows of one person, device or recording resemble each other, and
//! if they lie on two sides of the split, figures look better than they are.

use std::collections::HashMap;

use super::look::{GroupColumn, Look, Place, Warning};
use crate::data::split::Split;

/// What columns of groups are called, alone or as a part of a name such as `speaker_id`.
const NAMES: [&str; 25] = [
    "group",
    "subject",
    "participant",
    "patient",
    "person",
    "user",
    "speaker",
    "writer",
    "driver",
    "customer",
    "session",
    "recording",
    "record",
    "file",
    "video",
    "night",
    "day",
    "trip",
    "device",
    "node",
    "machine",
    "site",
    "household",
    "batch",
    "run",
];

/// Whether a column of this name may well hold groups.
pub(crate) fn is_group_name(name: &str) -> bool {
    let name = name.to_lowercase();
    name.split(|c: char| !c.is_alphabetic()).any(|word| NAMES.contains(&word))
}

/// Neighbours are alike if their distance is below this share of that of any two rows.
const ALIKE: f64 = 0.25;

/// So many pairs of rows are compared at most.
const PAIRS: usize = 10_000;

/// Fewer pairs say nothing.
const FEWEST: usize = 30;

pub(super) fn warnings(look: &Look<'_>, order: &[Place]) -> Vec<Warning> {
    if look.data.train.groups().is_some() {
        return Vec::new();
    }
    let named: Vec<Warning> =
        look.groups.iter().filter_map(|column| unused(look, order, column)).collect();
    if named.is_empty() { neighbours(look, order).into_iter().collect() } else { named }
}

/// A column whose values are few, and lie on several sides of the split.
fn unused(look: &Look<'_>, order: &[Place], column: &GroupColumn) -> Option<Warning> {
    let line = |&(split, row): &Place| look.data.part(split).lines()[row];
    let values: HashMap<u32, u32> = column.rows.iter().copied().collect();
    let mut sides: HashMap<u32, [bool; 3]> = HashMap::new();
    for place in order {
        let value = values.get(&line(place))?;
        sides.entry(*value).or_default()[place.0 as usize] = true;
    }
    let several = sides.values().filter(|sides| sides.iter().filter(|&&on| on).count() > 1).count();
    // Groups have several rows each, and there are several of them. A split by time cuts through
    // one or two.
    if sides.len() < 3 || sides.len() * 3 > order.len() || several * 5 < sides.len() {
        return None;
    }
    let text = format!(
        "column `{0}` is not used and looks like groups: {several} of its {1} values have rows on several \
         sides of the split. If rows of one `{0}` resemble each other, write `group = \"{0}\"` and let \
         the split be drawn by it",
        column.name,
        sides.len(),
    );
    Some(Warning::new("group", text))
}

/// Rows that follow each other in the log, lie on different sides of the split and are nearly
/// equal.
fn neighbours(look: &Look<'_>, order: &[Place]) -> Option<Warning> {
    let apart = |pair: &[Place]| {
        let sides = [pair[0].0, pair[1].0];
        sides.contains(&Split::Train) && sides.contains(&Split::Test)
    };
    let pairs: Vec<usize> = (0..order.len().saturating_sub(1))
        .filter(|&first| apart(&order[first..first + 2]))
        .collect();
    // A split in a few blocks has few such pairs.
    if pairs.len() < FEWEST || pairs.len() * 20 < order.len() {
        return None;
    }
    let scales = scales(look);
    let distance = |a: &Place, b: &Place| -> f64 {
        let row = |&(split, row): &Place| look.data.part(split).row(row);
        let differences = row(a).iter().zip(row(b)).zip(&scales);
        differences.map(|((a, b), scale)| f64::from((a - b).abs()) * scale).sum()
    };
    let step = pairs.len().div_ceil(PAIRS);
    let (mut near, mut any) = (Vec::new(), Vec::new());
    for &first in pairs.iter().step_by(step) {
        near.push(distance(&order[first], &order[first + 1]));
        // Some row far away.
        any.push(distance(&order[first], &order[(first + order.len() / 2 + 1) % order.len()]));
    }
    let (near, any) = (median(&mut near), median(&mut any));
    if near >= ALIKE * any {
        return None;
    }
    let text = format!(
        "rows that follow each other are alike (their distance is {:.0}% of that of any two rows), and \
         the split tears them apart. If the log is a recording, or several, give the rows of each a \
         `group`, or split by time",
        100.0 * near / any
    );
    Some(Warning::new("group", text))
}

/// One over the standard deviation of each input on the train rows; 0 for constants.
fn scales(look: &Look<'_>) -> Vec<f64> {
    let train = &look.data.train;
    let rows = train.rows() as f64;
    let of_input = |input: usize| {
        let column = || train.features().column(input).map(|&value| f64::from(value));
        let mean = column().sum::<f64>() / rows;
        let variance = column().map(|value| (value - mean).powi(2)).sum::<f64>() / rows;
        if variance > 0.0 { 1.0 / variance.sqrt() } else { 0.0 }
    };
    (0..train.inputs()).map(of_input).collect()
}

fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::super::look::{GroupColumn, Judged, Look};
    use super::super::testing::{edit, log, warns};
    use super::is_group_name;

    #[test]
    fn neighbours_that_the_split_tears_apart() {
        let mut data = log(400);
        edit(&mut data, |part, row, line| {
            let time = line as f32;
            part.features[2 * row] += 20.0 * (time * 0.02).sin();
            part.features[2 * row + 1] += 20.0 * (time * 0.03).cos();
        });
        warns(&data, Judged::ByLabel, "group", &["follow each other are alike", "`group`"]);
    }

    #[test]
    fn a_column_that_is_called_like_groups() {
        let data = log(400);
        let column = |value: fn(u32) -> u32| GroupColumn {
            name: "speaker_id".to_owned(),
            rows: (0..400).map(|row| (row + 2, value(row))).collect(),
        };
        let found = |column| {
            let judged = vec![Judged::ByLabel; 2];
            super::super::warnings(&Look {
                data: &data,
                judged,
                categorical: &[],
                groups: vec![column],
            })
        };
        let warnings = found(column(|row| row / 10));
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].kind, "group");
        let text = "column `speaker_id` is not used and looks like groups: 40 of its 40 values";
        assert!(warnings[0].text.contains(text), "{warnings:?}");
        // One for each row: no groups.
        assert_eq!(found(column(|row| row)), []);
        // Whole on one side each: nothing is torn apart. Rows are dealt by their place modulo 4.
        assert_eq!(found(column(|row| row % 4 + 10 * (row / 100))), []);
    }

    #[test]
    fn names_of_groups() {
        for name in ["speaker", "patient_id", "Session", "device-nr"] {
            assert!(is_group_name(name), "{name}");
        }
        for name in ["x0", "groups_of_x", "profile", "daylight", "task"] {
            assert!(!is_group_name(name), "{name}");
        }
    }
}
