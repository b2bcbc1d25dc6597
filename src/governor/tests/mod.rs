//! What holds of a governor, for any stream and any pattern of failures.

mod bounds;
mod cases;
mod failing;
mod model;

use super::limits::DEFERRAL;
use super::*;
use crate::policy::{Decide, Decision, LOCAL, Reachable, Resolution, Scores};
use proptest::collection::vec;
use proptest::prelude::*;
use std::vec::Vec;

/// Any number, the extremes and their neighbours more often.
fn number() -> impl Strategy<Value = i32> {
    let extremes = std::vec![i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX - 1, i32::MAX];
    prop_oneof![any::<i32>(), prop::sample::select(extremes), -300..=300]
}

fn rate() -> impl Strategy<Value = Rate> {
    prop_oneof![0..=1u32 << 16, Just(0), Just(1), Just((1 << 16) - 1), Just(1 << 16)]
        .prop_map(Rate::from_bits)
}

/// All settings there are, the extreme ones more often.
fn settings() -> impl Strategy<Value = GovernorSettings<0, Watches>> {
    let end = prop_oneof![0..=1000i32, 0..=MAX_ADVANTAGE, Just(MAX_ADVANTAGE), Just(0)];
    let track =
        prop_oneof![Just(Track::Exactly), Just(Track::AtMost(0)), number().prop_map(Track::AtMost)];
    let watch = (number(), number(), number()).prop_map(|(a, b, c)| Watch::new(a, b, c));
    let watch = prop_oneof![Just(Watch::OFF), watch];
    let bucket = prop_oneof![Just(None), (any::<u16>(), rate()).prop_map(Some)];
    (end.clone(), end, any::<u32>(), rate(), track, (watch.clone(), watch), bucket).prop_filter_map(
        "an empty range",
        |(low, high, step, budget, track, watches, bucket)| {
            let range: i32 = low + high;
            // From the smallest step there may be to the largest.
            let least = range / 8192 + 1;
            let step = least + (step % (range - least).max(1) as u32) as i32;
            let settings = GovernorSettings::new(-low, high, step.min(range), budget, track)?;
            let settings = settings.with_watches(watches.0, watches.1);
            Some(match bucket {
                Some((burst, refill)) => settings.with_burst(burst, refill),
                None => settings,
            })
        },
    )
}

/// Settings that keep the rate on both sides.
fn exact() -> impl Strategy<Value = GovernorSettings> {
    (1..=100_000i32, 0..=100_000i32, 1..=1000i32, rate()).prop_filter_map(
        "settings",
        |(high, low, part, budget)| {
            let range: i32 = high + low;
            let step = (range / part).max(1);
            GovernorSettings::new(-low, high, step, budget, Track::Exactly)
        },
    )
}

/// Inputs: one number for each of four experts, and who is reachable.
fn stream(most: usize) -> impl Strategy<Value = Vec<([i32; 4], u32)>> {
    let mask = prop_oneof![Just(u32::MAX), any::<u32>(), Just(1)];
    vec(([number(), number(), number(), number()], mask), 1..most)
}

/// Whether somebody can be asked: a sum that saturates downward counts for nobody.
fn somebody(scores: &[i32], offsets: &[i32], reachable: Reachable) -> bool {
    let mut others = (0u8..).zip(scores.iter().zip(offsets)).skip(1);
    others.any(|(k, (score, &offset))| {
        reachable.contains(k) && score.saturating_add(offset) > i32::MIN
    })
}

fn charge() -> impl Strategy<Value = Charge> {
    prop_oneof![Just(Charge::Attempts), Just(Charge::Answers)]
}

/// By how much the deferrals differ from the budget, in units of 2^-16 of a deferral.
fn excess(deferred: u64, decisions: u64, budget: Rate) -> i64 {
    ((deferred << 16) as i64) - (decisions * u64::from(budget.bits())) as i64
}

/// The most that it may be: (range + step) / step deferrals.
fn most_excess<const CAPS: usize, W: Watching>(settings: &GovernorSettings<CAPS, W>) -> i64 {
    let range = i64::from(settings.high - settings.low) + i64::from(settings.step);
    (range << 16) / i64::from(settings.step) + 1
}
