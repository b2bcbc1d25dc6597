//! The experts' answers: cross-fitted, so that none answers a wine that it was fitted on.

use super::tree::{Forest, Growth, Samples, Tree};
use super::wines::{ALCOHOL, CITRIC_ACID, GRAVITY, PH, Wines};
use crate::arithmetic::random::Random;

/// The experts in the configuration's order.
pub(super) const EXPERTS: [&str; 4] = ["local", "gateway", "specialist", "cloud"];

/// What the node measures.
pub(super) const PROBES: [usize; 3] = [GRAVITY, PH, ALCOHOL];
/// What the gateway knows: the probes, and a test strip for citric acid.
const STRIP: [usize; 4] = [CITRIC_ACID, GRAVITY, PH, ALCOHOL];
/// What the specialist and the cloud know: all but the answer.
const LABORATORY: [usize; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const FOLDS: usize = 5;
/// Enough that more trees change few answers.
const TREES: usize = 60;
const FOLD_SEED: u64 = 1;
const SPLIT_SEED: u64 = 2;
const SPECIALIST_SEED: u64 = 3;
const CLOUD_SEED: u64 = 4;

/// The groups in a seeded order.
fn shuffled_groups(groups: &[usize], seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..groups.iter().max().map_or(0, |last| last + 1)).collect();
    Random::new(seed).shuffle(&mut order);
    order
}

/// The fold of every row; rows of one group share a fold.
pub(super) fn deal_folds(groups: &[usize]) -> Vec<usize> {
    let order = shuffled_groups(groups, FOLD_SEED);
    let mut fold = vec![0; order.len()];
    for (position, &group) in order.iter().enumerate() {
        fold[group] = position % FOLDS;
    }
    groups.iter().map(|&group| fold[group]).collect()
}

/// The split of every row, about 60/20/20; rows of one group share a split.
pub(super) fn deal_splits(groups: &[usize]) -> Vec<&'static str> {
    let order = shuffled_groups(groups, SPLIT_SEED);
    let mut size = vec![0; order.len()];
    for &group in groups {
        size[group] += 1;
    }
    let mut split = vec![""; order.len()];
    let mut dealt = 0;
    for &group in &order {
        split[group] = match dealt * 5 / groups.len() {
            0..3 => "train",
            3 => "calibration",
            _ => "test",
        };
        dealt += size[group];
    }
    groups.iter().map(|&group| split[group]).collect()
}

/// Per fold, the rows that an expert is fitted on and the rows that it then answers.
pub(super) fn partitions(folds: &[usize]) -> [(Vec<usize>, Vec<usize>); FOLDS] {
    std::array::from_fn(|fold| (0..folds.len()).partition(|&row| folds[row] != fold))
}

/// The experts' answers, row by row, each from an expert that was not fitted on the row's fold.
pub(super) fn answers(wines: &Wines, folds: &[usize]) -> Vec<[u8; EXPERTS.len()]> {
    let samples = Samples { readings: &wines.readings, classes: &wines.bands };
    let mut answers = vec![[0; EXPERTS.len()]; folds.len()];
    for (fold, (fitted, answered)) in partitions(folds).into_iter().enumerate() {
        let sour: Vec<usize> = fitted.iter().copied().filter(|&row| wines.bands[row] > 0).collect();
        let random = |seed: u64| Random::new((seed << 32) | fold as u64);
        let local = Tree::fit(samples, &fitted, &PROBES, Growth { depth: 4, leaf: 5 });
        let gateway = Tree::fit(samples, &fitted, &STRIP, Growth { depth: 6, leaf: 5 });
        let specialist =
            Forest::fit(samples, &sour, &LABORATORY, TREES, &mut random(SPECIALIST_SEED));
        let cloud = Forest::fit(samples, &fitted, &LABORATORY, TREES, &mut random(CLOUD_SEED));
        for row in answered {
            let reading = &wines.readings[row];
            answers[row] = [
                local.classify(reading),
                gateway.classify(reading),
                specialist.classify(reading),
                cloud.classify(reading),
            ];
        }
    }
    answers
}
