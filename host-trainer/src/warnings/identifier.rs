//! A feature that numbers the rows: an identifier or a time stamp. New rows have values that no
//! train row has, so what is learned from it holds for the log alone.

use super::look::{Look, Place, Warning};

/// In a log with fewer rows than this, numbers are all different by chance.
const FEWEST: usize = 200;

/// From here on a 32-bit float does not tell all whole numbers apart.
const EXACT: f32 = 16_777_216.0;

pub(super) fn warnings(look: &Look<'_>, order: &[Place]) -> Vec<Warning> {
    if order.len() < FEWEST {
        return Vec::new();
    }
    let features = look.numbers();
    let of_feature = |(input, name): (usize, &str)| {
        let text = format!("feature `{name}` {}", finding(look, order, input)?);
        Some(Warning::new("identifier", text))
    };
    features.filter_map(of_feature).collect()
}

fn finding(look: &Look<'_>, order: &[Place], input: usize) -> Option<String> {
    let value = |&(split, row): &Place| look.data.part(split).features()[(row, input)];
    let in_order = |follows: fn(f32, f32) -> bool| {
        order.windows(2).all(|pair| follows(value(&pair[0]), value(&pair[1])))
    };
    if in_order(|a, b| a < b) || in_order(|a, b| a > b) {
        return Some(
            "rises or falls from every row to the next: a time stamp or a counter? A device will \
             only see values that did not occur in training"
                .to_owned(),
        );
    }
    if !order.iter().all(|place| value(place).fract() == 0.0) {
        return None;
    }
    let mut values: Vec<f32> = order.iter().map(value).collect();
    values.sort_unstable_by(f32::total_cmp);
    let largest = values.last()?.abs().max(values.first()?.abs());
    values.dedup();
    let sorted = in_order(|a, b| a <= b) || in_order(|a, b| a >= b);
    if largest >= EXACT && values.len() > 2 && (sorted || values.len() > order.len() / 2) {
        return Some(format!(
            "has whole numbers up to {largest:.0}, more than a 32-bit float can tell apart: a time \
             stamp or an identifier? Leave it out, or use what it means, such as the hour of the day"
        ));
    }
    (values.len() == order.len()).then(|| {
        "has a different whole number on every row: an identifier? What is learned from it does not \
         apply to new rows"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::super::look::Judged;
    use super::super::testing::{log, set_feature, warnings, warns};

    #[track_caller]
    fn feature_warns(value: impl Fn(usize) -> f32, part: &str) {
        let mut data = log(400);
        set_feature(&mut data, |row, _, _| value(row));
        warns(&data, Judged::ByLabel, "identifier", &["feature `a`", part]);
    }

    #[test]
    fn time_stamps_and_identifiers() {
        feature_warns(|row| 0.5 + row as f32 * 0.1, "a time stamp or a counter?");
        feature_warns(|row| (row * 7919 % 400) as f32, "an identifier?");
        // Every 16 seconds, which 32-bit floats round to steps of 128.
        feature_warns(|row| (1_700_000_000 + 16 * row as u32) as f32, "up to 1700006");
    }

    #[test]
    fn whole_numbers_that_repeat_are_features() {
        let mut data = log(400);
        set_feature(&mut data, |row, _, _| (row * 7919 % 300) as f32);
        assert_eq!(warnings(&data, Judged::ByLabel), []);
    }
}
