//! An expert whose answers do not depend on the row.

use super::look::{Judged, Look, Warning};

/// Fewer rows than this say nothing about an expert.
const FEWEST: usize = 20;

pub(super) fn warnings(look: &Look<'_>) -> Vec<Warning> {
    let experts = look.data.experts.iter().enumerate();
    let of_expert = |(k, expert): (usize, &crate::data::dataset::Expert)| {
        Some(Warning::new("expert", format!("`{}` {}", expert.name, finding(look, k)?)))
    };
    experts.filter_map(of_expert).collect()
}

fn finding(look: &Look<'_>, k: usize) -> Option<String> {
    let train = &look.data.train;
    if train.asked_rows(k).count() < FEWEST {
        return None;
    }
    let mut errors = train.asked_rows(k).map(|row| train.errors()[(row, k)]);
    let first = errors.next()?;
    if errors.all(|error| error == first) {
        return Some(if first >= 1.0 {
            "is never right on a train row. Are its answers written as the labels are?".to_owned()
        } else if first <= 0.0 {
            "is right on every train row. Are its answers a copy of the labels, or of rows that it \
             was trained on?"
                .to_owned()
        } else {
            format!("has the loss {first} on every train row")
        });
    }
    if look.judged[k] != Judged::ByLabel {
        return None;
    }
    // It says the same class on all rows exactly if it is right where the label is that class, and
    // nowhere else.
    let labels = train.labels()?;
    let right = |row: usize| train.errors()[(row, k)] == 0.0;
    let class = labels[train.asked_rows(k).find(|&row| right(row))?];
    let always = train.asked_rows(k).all(|row| right(row) == (labels[row] == class));
    always.then(|| {
        "is right on all train rows of one class and on no other: it always gives the \
                    same answer"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::super::look::Judged;
    use super::super::testing::{edit, log, warns};

    #[track_caller]
    fn cloud_warns(judged: Judged, error: impl Fn(u16) -> f32, part: &str) {
        let mut data = log(400);
        edit(&mut data, |part, row, _| {
            part.errors[2 * row + 1] = error(part.labels.as_ref().unwrap()[row]);
        });
        warns(&data, judged, "expert", &["`cloud`", part]);
    }

    #[test]
    fn experts_that_do_not_look_at_the_row() {
        cloud_warns(Judged::ByLabel, |_| 1.0, "is never right on a train row");
        cloud_warns(Judged::ByLabel, |_| 0.0, "is right on every train row");
        cloud_warns(Judged::ByLoss, |_| 0.25, "has the loss 0.25 on every train row");
        let always_one = |label| f32::from(u8::from(label != 1));
        cloud_warns(Judged::ByLabel, always_one, "it always gives the same answer");
    }
}
