//! A feature that is the label, or says what an expert answers: no device knows it at run time.

use std::collections::HashMap;

use super::look::{Judged, Look, Warning};
use crate::data::part::Part;

/// Fewer rows than this agree by chance.
const FEWEST: usize = 20;

pub(super) fn warnings(look: &Look<'_>) -> Vec<Warning> {
    if look.rows() < FEWEST {
        return Vec::new();
    }
    let numbers = look.numbers().filter_map(|(input, name)| {
        let value = |part: &Part, row: usize| Some(part.features()[(row, input)]);
        finding(look, name, &value)
    });
    let categories = look.categorical.iter().filter_map(|column| {
        let inputs = look.categories(column);
        let numbers: Vec<(usize, f32)> = inputs
            .iter()
            .enumerate()
            .map(|(place, &(input, name))| {
                (input, number(look, name).unwrap_or(NO_CLASS - place as f32))
            })
            .collect();
        let value = |part: &Part, row: usize| {
            let features = part.row(row);
            numbers.iter().find(|(input, _)| features[*input] == 1.0).map(|&(_, number)| number)
        };
        finding(look, column, &value)
    });
    numbers.chain(categories).collect()
}

/// Below the numbers of classes that are text.
const NO_CLASS: f32 = -1e9;

/// The number that a class is called, or its place below 0 if it is text; nothing if it is no
/// class.
fn number(look: &Look<'_>, class: &str) -> Option<f32> {
    let place = look.data.class_names.iter().position(|name| name == class)?;
    Some(class.parse().unwrap_or(-1e6 - place as f32))
}

/// `value`: of a feature on a row; `None` for a category that train rows do not have.
fn finding(
    look: &Look<'_>,
    name: &str,
    value: &dyn Fn(&Part, usize) -> Option<f32>,
) -> Option<Warning> {
    let what = if is_label(look, value) {
        "says the label of every row".to_owned()
    } else {
        let experts = &look.data.experts;
        let answered = (1..experts.len()).find(|&k| is_answer(look, k, value));
        let judged = || (0..experts.len()).find(|&k| is_error(look, k, value));
        if let Some(k) = answered {
            format!("is the answer of `{}` on every row", experts[k].name)
        } else {
            format!("says on every row how good the answer of `{}` is", experts[judged()?].name)
        }
    };
    let text = format!(
        "feature `{name}` {what}. A device does not know that before it decides (leakage): leave it out"
    );
    Some(Warning::new("leakage", text))
}

/// Whether each value belongs to one class and each class to one value, on all rows.
fn is_label(look: &Look<'_>, value: &dyn Fn(&Part, usize) -> Option<f32>) -> bool {
    let (mut classes, mut values) = (HashMap::new(), HashMap::new());
    let of_part = |part: &&Part| {
        let Some(labels) = part.labels() else { return false };
        (0..part.rows()).all(|row| {
            let Some(value) = value(part, row) else { return false };
            *classes.entry(value.to_bits()).or_insert(labels[row]) == labels[row]
                && *values.entry(labels[row]).or_insert(value) == value
        })
    };
    let all = look.parts().iter().all(of_part);
    all && classes.len() > 1
}

/// Whether the feature equals the label exactly where an expert, judged by the label, is right.
fn is_answer(look: &Look<'_>, k: usize, value: &dyn Fn(&Part, usize) -> Option<f32>) -> bool {
    let mut seen = [false; 2];
    // The numbers that classes are called, and the places of those that are text.
    let names: Vec<Option<f32>> =
        look.data.class_names.iter().map(|name| number(look, name)).collect();
    look.judged[k] == Judged::ByLabel
        && look.parts().iter().all(|part| {
            let Some(labels) = part.labels() else { return false };
            part.asked_rows(k).all(|row| {
                let right = part.errors()[(row, k)] == 0.0;
                seen[usize::from(right)] = true;
                let label = names.get(usize::from(labels[row])).copied().flatten();
                (label.is_some() && value(part, row) == label) == right
            })
        })
        && seen == [true; 2]
}

/// Whether the feature is the error of an expert, or one less it.
fn is_error(look: &Look<'_>, k: usize, value: &dyn Fn(&Part, usize) -> Option<f32>) -> bool {
    let matches = |of_error: fn(f32) -> f32| {
        let mut first = None;
        let mut varies = false;
        look.parts().iter().all(|part| {
            part.asked_rows(k).all(|row| {
                let error = part.errors()[(row, k)];
                varies |= *first.get_or_insert(error) != error;
                value(part, row) == Some(of_error(error))
            })
        }) && varies
    };
    matches(|error| error) || matches(|error| 1.0 - error)
}

#[cfg(test)]
mod tests {
    use super::super::look::{Judged, Look};
    use super::super::testing::{log, set_feature, warnings, warns};

    #[test]
    fn features_that_no_device_knows() {
        let mut data = log(400);
        set_feature(&mut data, |_, label, _| [0.5, 7.0, -2.0][usize::from(label)]);
        warns(&data, Judged::ByLabel, "leakage", &["feature `a` says the label of every row"]);
        set_feature(&mut data, |_, label, errors| f32::from(label) + errors[1]);
        let parts = ["feature `a` is the answer of `cloud` on every row", "leave it out"];
        warns(&data, Judged::ByLabel, "leakage", &parts);
        set_feature(&mut data, |_, _, errors| 1.0 - errors[0]);
        warns(&data, Judged::ByLabel, "leakage", &["how good the answer of `local` is"]);
        // The device's own answer is known to it.
        set_feature(&mut data, |_, label, errors| f32::from(label) + errors[0]);
        assert_eq!(warnings(&data, Judged::ByLabel), []);
    }

    #[test]
    fn a_category_that_is_the_label() {
        let mut data = log(400);
        data.feature_names = vec!["kind=1".to_owned(), "kind=2".to_owned()];
        super::super::testing::edit(&mut data, |part, row, _| {
            let label = part.labels.as_ref().unwrap()[row].min(1);
            part.labels.as_mut().unwrap()[row] = label;
            part.features[2 * row] = f32::from(1 - label);
            part.features[2 * row + 1] = f32::from(label);
        });
        let categorical = ["kind".to_owned()];
        let judged = vec![Judged::ByLabel; 2];
        let look = Look { data: &data, judged, categorical: &categorical, groups: Vec::new() };
        let found = super::warnings(&look);
        assert!(found[0].text.contains("feature `kind` says the label"), "{found:?}");
    }
}
