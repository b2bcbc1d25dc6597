use mild::governor::Rate;

use super::operating_points::to_rate;
use super::rows::AnswerLoss;
use super::*;
use crate::arithmetic::random::Random;

/// Rows on which deferring is worth more the higher the advantage, local is right with 60 %, others
/// with 95 %.
fn rows(count: usize, groups: Option<u32>, seed: u64) -> AdvantageRows {
    let mut random = Random::new(seed);
    let mut rows = AdvantageRows { groups: groups.map(|_| Vec::new()), ..AdvantageRows::default() };
    for row in 0..count {
        let doubt = random.uniform();
        rows.advantage.push(((doubt - 0.5) * 20_000.0) as i32);
        rows.other.push(1 + (random.uniform() < 0.3) as u8);
        let one = |random: &mut Random, p: f64| f64::from(u8::from(random.uniform() < p));
        rows.local.push(AnswerLoss { error: one(&mut random, 0.8 * doubt), price: 0.0 });
        rows.away.push(AnswerLoss { error: one(&mut random, 0.05), price: 0.1 });
        if let (Some(groups), Some(count)) = (&mut rows.groups, groups) {
            groups.push(row as u32 % count);
        }
    }
    rows
}

fn run(policy: &Policy, groups: Option<u32>) -> std::result::Result<PromisedThreshold, Refusal> {
    let calibration = rows(2000, groups, 2);
    ThresholdSearch::new(policy, &rows(3000, None, 1), &calibration).run()
}

/// On very many new rows.
fn truth() -> AdvantageRows {
    rows(200_000, None, 3)
}

#[test]
fn without_limits_nothing_changes() {
    let found = run(&Policy::default(), None).unwrap();
    assert_eq!(found.threshold, 0);
    assert!(found.promises.is_empty());
    assert_eq!((found.operating_points.budget, found.operating_points.floor), (Rate::ONE, 0));
}

#[test]
fn limits_hold_on_new_rows_with_room_for_chance() {
    let truth = truth();
    let rate = Policy { max_deferral_rate: Some(0.2), ..Policy::default() };
    let threshold = run(&rate, None).unwrap().threshold;
    assert!((0.15..0.2).contains(&truth.rate(threshold)), "{}", truth.rate(threshold));
    let price = Policy { max_price: Some(0.02), ..Policy::default() };
    let found = run(&price, None).unwrap();
    assert!((0.12..0.2).contains(&truth.rate(found.threshold)));
    assert_eq!(found.promises[0].what, "max_price");
    let error = Policy { max_error: Some(0.2), minimize: Objective::Price, ..Policy::default() };
    let found = run(&error, None).unwrap();
    let error = truth.mean(|row| truth.outcome(row, found.threshold).error);
    assert!((0.15..0.2).contains(&error), "{error}");
    let share = Policy { max_share: vec![(2, 0.05)], ..Policy::default() };
    let found = run(&share, None).unwrap();
    let share =
        truth.mean(|row| f64::from(truth.other[row] == 2 && truth.defers(row, found.threshold)));
    assert!((0.03..0.05).contains(&share), "{share}");
    let expected = Policy {
        max_deferral_rate: Some(0.2),
        max_error: Some(0.4),
        guarantee: Guarantee::Expected,
        ..Policy::default()
    };
    let threshold = run(&expected, None).unwrap().threshold;
    assert!((0.19..0.21).contains(&truth.rate(threshold)));
}

#[test]
fn several_limits_are_kept_together_or_refused() {
    let both = Policy { max_deferral_rate: Some(0.5), max_error: Some(0.25), ..Policy::default() };
    let found = run(&both, None).unwrap();
    let truth = truth();
    let error = truth.mean(|row| truth.outcome(row, found.threshold).error);
    assert!(truth.rate(found.threshold) < 0.5 && error < 0.25, "{error}");
    let impossible = Policy { max_error: Some(0.05), ..both };
    let error = run(&impossible, None).unwrap_err().to_string();
    for part in ["max_error", "found 0.05, but 0.1", "2000 rows", "0.95", "policy.fallback"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn groups_promise_by_their_number() {
    let policy = |rate| Policy { max_deferral_rate: Some(rate), ..Policy::default() };
    // Ten groups promise no tenth.
    let error = run(&policy(0.1), Some(10)).unwrap_err().to_string();
    assert!(error.contains("10 groups"), "{error}");
    let few = run(&policy(0.5), Some(10)).unwrap().threshold;
    let many = run(&policy(0.5), Some(500)).unwrap().threshold;
    let single = run(&policy(0.5), None).unwrap().threshold;
    assert!(few > many && many > single, "{few} {many} {single}");
}

#[test]
fn the_operating_points_fit_an_image() {
    let policy = Policy {
        max_deferral_rate: Some(0.12),
        battery: vec![(0, 0.01), (500, 0.12)],
        ..Policy::default()
    };
    let PromisedThreshold { threshold, operating_points, .. } = run(&policy, None).unwrap();
    assert!(
        threshold > 0
            && operating_points.floor < 0
            && operating_points.floor >= operating_points.range.0
    );
    assert!(
        operating_points.entries.is_sorted_by(|a, b| a.0 < b.0 && a.1 > b.1),
        "{:?}",
        operating_points.entries
    );
    assert!(
        operating_points.entries.contains(&(to_rate(0.12), 0)),
        "the promised rate is the threshold 0"
    );
    assert_eq!(operating_points.energy.len(), 2);
    let rate = f64::from(operating_points.rate.bits()) / 65_536.0;
    assert!((0.09..0.12).contains(&rate), "{rate}");
}

/// The promise itself: over many draws it is broken no more often than it says, and the empirical
/// quantile's is.
#[test]
fn promises_are_broken_no_more_often_than_they_say() {
    let policy =
        Policy { max_deferral_rate: Some(0.1), max_error: Some(0.35), ..Policy::default() };
    let train = rows(2000, None, 1);
    let (rounds, size) = (300, 400);
    let (mut rate, mut error, mut empirical) = (0, 0, 0);
    for round in 0..rounds {
        let calibration = rows(size, None, 10 + round);
        let new = rows(size, None, 10_000 + round);
        let found = ThresholdSearch::new(&policy, &train, &calibration);
        let threshold = found.threshold_for_rate(0.1).unwrap();
        rate += u32::from(new.rate(threshold) > 0.1);
        if let Some(threshold) = found.threshold_for_error(0.35) {
            error += u32::from(new.mean(|row| new.outcome(row, threshold).error) > 0.35);
        }
        let mut sorted = calibration.advantage.clone();
        sorted.sort_unstable_by_key(|&a| std::cmp::Reverse(a));
        empirical += u32::from(new.rate(sorted[size / 10]) > 0.1);
    }
    let most = 0.05 + 2.0 * (0.05f64 * 0.95 / rounds as f64).sqrt();
    let share = |count: u32| f64::from(count) / rounds as f64;
    assert!(share(rate) <= most && share(error) <= most, "{rate} {error}");
    assert!(share(empirical) > 0.3, "{empirical}");
}
