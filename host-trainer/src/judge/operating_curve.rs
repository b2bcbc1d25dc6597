//! The deferral loss as an image's threshold moves from "never defer" to "always defer".

use std::cmp::Reverse;

use mild::Image;

use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::integers::artifact::decisions_at;
use crate::promises::AdvantageRows;

/// Deferral rates that are aimed at: 0, 1/40, ..., 1.
const STEPS: usize = 40;

/// Points of share deferred (0 to 1) and mean deferral loss.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OperatingCurve {
    /// In the order of rising deferral.
    pub(crate) points: Vec<(f64, f64)>,
    /// At the threshold that was asked for.
    pub(crate) own: (f64, f64),
}

impl OperatingCurve {
    /// Of an image on rows with these integer scores, rows x experts. `threshold`: what an advantage
    /// must exceed, in score units; 0 is the image's own.
    pub(crate) fn new(
        image: &Image<'_>,
        part: &Part,
        scores: &Matrix<i32>,
        threshold: i32,
    ) -> Self {
        let at = |threshold: i32| {
            let choices = decisions_at(scores, image.offsets(), threshold);
            let deferred = choices.iter().filter(|&&k| k > 0).count();
            let rate = deferred as f64 / choices.len().max(1) as f64;
            (rate, part.mean_deferral_loss(|row| choices[row]))
        };
        let advantages = AdvantageRows::of(scores, image.offsets(), part).advantage;
        Self { points: thresholds(advantages).into_iter().map(at).collect(), own: at(threshold) }
    }
}

/// Thresholds, descending, that defer about each fortieth more of the rows; 0 is among them.
pub(crate) fn thresholds(mut advantages: Vec<i32>) -> Vec<i32> {
    advantages.sort_unstable_by_key(|&advantage| Reverse(advantage));
    let rows = advantages.len();
    let at = |step: usize| match advantages.get(step * rows / STEPS) {
        Some(&advantage) => advantage,
        // Below all of them.
        None => advantages.last().map_or(0, |&least| least.saturating_sub(1)),
    };
    let mut thresholds: Vec<i32> = (0..=STEPS).map(at).chain([0]).collect();
    thresholds.sort_unstable_by_key(|&threshold| Reverse(threshold));
    thresholds.dedup();
    thresholds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_go_from_nobody_to_everybody_by_way_of_the_own_one() {
        let found = thresholds((-50..150).collect());
        assert_eq!((found[0], found.last().copied()), (149, Some(-51)));
        assert!(found.contains(&0) && found.len() == STEPS + 2, "{found:?}");
        assert!(found.windows(2).all(|two| two[0] > two[1]));
        assert_eq!(thresholds(vec![-7; 30]), [0, -7, -8]);
        assert_eq!(thresholds(Vec::new()), [0]);
    }
}
