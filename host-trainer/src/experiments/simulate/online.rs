//! Replays in which thresholds are learned from the answers that come back.

use mild::online::{Action, FeasibleSearch, Losses, TwoThresholds};
use mild::{Image, Reachable, Rejector, Scores};

use super::{Conditions, Figures, ReplaySettings, Step, figures};
use crate::data::part::Part;
use crate::error::{Error, Result};

/// What learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Online {
    /// One threshold on the advantage of deferring, under the budget ([`FeasibleSearch`]).
    Feasible,
    /// Two thresholds on the device's probability of class 1, between which the first expert is
    /// asked ([`TwoThresholds`]).
    TwoThresholds,
}

/// Ranges of an advantage.
const ADVANTAGES: usize = 32;
/// Ranges of a probability.
const PROBABILITIES: usize = 16;
/// The unit of the losses of [`TwoThresholds`]: one error.
const ERROR: f64 = 1000.0;
/// One in so many inputs that need no answer is asked about, to learn.
const EXPLORE: u8 = 20;

/// Replays the rows in the given order and under the same conditions as [`replay`](super::replay).
///
/// # Errors
/// [`Error::Argument`] if two thresholds cannot be learned on this log: the label must have the
/// classes 0 and 1, and the confidence of the device must be known.
///
/// # Panics
/// If a row does not exist or the image is not for these rows.
pub(crate) fn replay(
    online: Online,
    image: &Image<'_>,
    part: &Part,
    order: &[usize],
    plan: &ReplaySettings<'_>,
    conditions: &Conditions,
) -> Result<Figures> {
    let steps = match online {
        Online::Feasible => feasible(image, part, order, plan, conditions),
        Online::TwoThresholds => two_thresholds(part, order, conditions)?,
    };
    Ok(figures(&steps, part.experts(), 0))
}

fn feasible(
    image: &Image<'_>,
    part: &Part,
    order: &[usize],
    plan: &ReplaySettings<'_>,
    conditions: &Conditions,
) -> Vec<Step> {
    let rejector = Rejector::new(image);
    let mut scratch = vec![0; image.scratch_words()];
    let (low, high) = plan.operating_points.range();
    let width = high.saturating_sub(low) / ADVANTAGES as i32;
    let mut search = FeasibleSearch::<ADVANTAGES>::new(low, width);
    let mut links = conditions.links(part.experts());
    let mut steps = Vec::with_capacity(order.len());
    for (moment, &row) in order.iter().enumerate() {
        let reachable = links.next(moment);
        let scores = rejector.scores(part.row(row), &mut scratch).expect("a log holds no NaN");
        let advantage = advantage(&scores, reachable);
        let expert = match advantage {
            Some((expert, advantage)) if advantage > search.threshold(plan.budget) => expert,
            _ => 0,
        };
        let step = Step::new(part, row, expert);
        if let Some((_, advantage)) = advantage {
            let bin = search.bin(advantage);
            search.observe(bin);
            if expert > 0 {
                // The expert's answer shows what the device would have lost.
                let saved = f64::from(part.errors().row(row)[0]) - step.error - step.price;
                search.learn(bin, (256.0 * saved) as i32);
            }
        }
        steps.push(step);
    }
    steps
}

/// The best reachable expert other than the device, and by how much it is better.
fn advantage(scores: &Scores<'_>, reachable: Reachable) -> Option<(usize, i32)> {
    let sum = |k: usize| scores.values()[k].saturating_add(scores.offsets()[k]);
    let others = (1..scores.values().len()).filter(|&k| reachable.contains(k as u8));
    let best = others.min_by_key(|&k| std::cmp::Reverse(sum(k)))?;
    Some((best, sum(best).saturating_sub(sum(0))))
}

fn two_thresholds(part: &Part, order: &[usize], conditions: &Conditions) -> Result<Vec<Step>> {
    let wrong = |found: &str, expected: &str| Error::Argument {
        option: "--online two-thresholds",
        found: found.to_owned(),
        expected: expected.to_owned(),
    };
    let classes = "a label with the classes 0 and 1, and a right or wrong answer of every expert";
    let labels = part.labels().ok_or_else(|| wrong("a log without labels", classes))?;
    if labels.iter().any(|&label| label > 1)
        || order
            .iter()
            .any(|&row| part.errors().row(row).iter().any(|&error| error != 0.0 && error != 1.0))
    {
        return Err(wrong("a log without a yes-or-no label", classes));
    }
    let confidence = part.confidence().ok_or_else(|| {
        wrong("a log without confidence", "`confidence` or `probabilities` of the first expert")
    })?;
    let price = order.first().map_or(0.0, |&row| f64::from(part.prices().row(row)[1]));
    let losses = Losses {
        missed: ERROR as u16,
        false_alarm: ERROR as u16,
        asking: (ERROR * price).min(f64::from(u16::MAX)) as u16,
    };
    let mut thresholds =
        TwoThresholds::<PROBABILITIES>::new(losses, EXPLORE, conditions.seed as u32);
    let mut links = conditions.links(part.experts());
    let mut steps = Vec::with_capacity(order.len());
    for (moment, &row) in order.iter().enumerate() {
        let label = labels[row] == 1;
        let answer = |k: usize| label == (part.errors().row(row)[k] == 0.0);
        let yes = match *confidence.row(row) {
            [_, yes] => yes,
            // The largest softmax is that of the answer.
            [sure, ..] if answer(0) => sure,
            [sure, ..] => 1.0 - sure,
            [] => 0.5,
        };
        let bin = (yes * PROBABILITIES as f32) as u8;
        let local = |yes: bool| Step {
            expert: 0,
            error: f64::from(u8::from(yes != label)),
            price: f64::from(part.prices().row(row)[0]),
        };
        let step = if links.next(moment).contains(1) {
            match thresholds.decide(bin) {
                Action::No => local(false),
                Action::Yes => local(true),
                asked @ (Action::Ask | Action::Explore) => {
                    thresholds.learn(bin, asked, answer(1));
                    Step::new(part, row, 1)
                }
            }
        } else {
            local(yes > 0.5)
        };
        steps.push(step);
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::random::Random;
    use crate::data::confidence::Confidence;
    use crate::data::part::PartColumns;

    /// The device knows the class with a probability that it knows; the expert is nearly always
    /// right.
    fn yes_or_no(rows: usize, price: f32) -> PartColumns {
        let mut random = Random::new(3);
        let (mut errors, mut labels, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rows {
            let yes = random.uniform();
            let label = random.uniform() < yes;
            labels.push(u16::from(label));
            values.extend([1.0 - yes as f32, yes as f32]);
            errors.push(f32::from(u8::from(label != (yes > 0.5))));
            errors.push(f32::from(u8::from(random.uniform() < 0.01)));
        }
        PartColumns {
            rows,
            inputs: 0,
            experts: 2,
            features: Vec::new(),
            errors,
            prices: [0.0, price].repeat(rows),
            groups: None,
            labels: Some(labels),
            local_classes: None,
            confidence: Some(Confidence::new(2, values).unwrap()),
            lines: (2..rows as u32 + 2).collect(),
        }
    }

    fn run(columns: PartColumns) -> Result<Figures> {
        let part = columns.build().unwrap();
        let order: Vec<usize> = (0..part.rows()).collect();
        let steps = two_thresholds(&part, &order, &Conditions::default())?;
        Ok(figures(&steps, part.experts(), 0))
    }

    #[test]
    fn two_thresholds_ask_where_the_device_is_in_doubt() {
        let figures = run(yes_or_no(20_000, 0.2)).unwrap();
        // Alone the device loses a quarter. Asking pays where it is wrong with a probability above
        // 0.2: in 0.6 of the rows, for 0.2 * 0.6 + 0.04 in all, and some exploring.
        assert!((figures.deferral_rate - 0.61).abs() < 0.06, "{figures:?}");
        assert!(figures.deferral_loss < 0.19, "{figures:?}");
        let dear = run(yes_or_no(20_000, 0.9)).unwrap();
        assert!(dear.deferral_rate < 0.1, "{dear:?}");
    }

    #[test]
    fn two_thresholds_need_a_yes_or_no_label() {
        let part = PartColumns { confidence: None, ..yes_or_no(5, 0.1) };
        assert!(run(part).unwrap_err().to_string().contains("confidence"));
        let part = PartColumns { labels: Some(vec![2; 5]), ..yes_or_no(5, 0.1) };
        assert!(run(part).unwrap_err().to_string().contains("yes-or-no"));
    }

    #[test]
    fn the_advantage_is_of_the_best_expert_that_can_be_reached() {
        let scores = Scores::new(&[10, 30, 20, 30], &[0, 0, 5, 0]);
        assert_eq!(advantage(&scores, Reachable::ALL), Some((1, 20)));
        assert_eq!(advantage(&scores, Reachable::from_bits(0b0100)), Some((2, 15)));
        assert_eq!(advantage(&scores, Reachable::LOCAL_ONLY), None);
    }
}
