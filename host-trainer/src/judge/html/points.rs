//! What an image is worth as its threshold moves from "never defer" to "always defer".

use std::cmp::Reverse;

use mild::Image;

use crate::arithmetic::statistics::{Bootstrap, Estimate, mean};
use crate::data::part::Part;
use crate::integers::artifact::{decisions_at, scores};
use crate::judge::evaluate::RowFigures;
use crate::promises::AdvantageRows;

/// Deferral rates that are aimed at: 0, 1/40, ..., 1.
const STEPS: usize = 40;

/// The image on the test rows at one threshold.
pub(super) struct Point {
    /// What an advantage must exceed, in score units; 0 is the image's own.
    pub(super) threshold: i32,
    /// The expert of each row.
    pub(super) choices: Vec<u8>,
    pub(super) deferral_loss: Estimate,
    /// By how much the deferral loss is below that of the best single expert, row by row.
    pub(super) gain: Estimate,
    pub(super) accuracy: f64,
    pub(super) price: f64,
    pub(super) coverage: f64,
    /// Of each expert.
    pub(super) shares: Vec<f64>,
}

/// Points in the order of rising deferral.
pub(super) struct Points {
    pub(super) list: Vec<Point>,
    /// The one with threshold 0.
    pub(super) own: usize,
}

impl Points {
    /// Of an image on a part. `best_single`: whom it is compared with.
    pub(super) fn new(
        image: &Image<'_>,
        part: &Part,
        bootstrap: &Bootstrap,
        best_single: usize,
    ) -> Self {
        let scores = scores(image, part);
        let advantages = AdvantageRows::of(&scores, image.offsets(), part).advantage;
        let thresholds = thresholds(advantages);
        let constant: Vec<f64> =
            (0..part.rows()).map(|row| f64::from(part.deferral_loss(row, best_single))).collect();
        let point = |&threshold: &i32| {
            let choices = decisions_at(&scores, image.offsets(), threshold);
            let figures = RowFigures::new(part, &choices);
            let pairs = constant.iter().zip(&figures.deferral_loss);
            let gains: Vec<f64> = pairs.map(|(constant, own)| constant - own).collect();
            Point {
                threshold,
                deferral_loss: bootstrap.estimate(&figures.deferral_loss),
                gain: bootstrap.estimate(&gains),
                accuracy: mean(&figures.accuracy),
                price: mean(&figures.price),
                coverage: mean(&figures.coverage),
                shares: figures.shares,
                choices: choices.into_iter().map(|k| k as u8).collect(),
            }
        };
        let own = thresholds.iter().position(|&threshold| threshold == 0).unwrap_or(0);
        Self { list: thresholds.iter().map(point).collect(), own }
    }

    /// At the image's own threshold.
    pub(super) fn own(&self) -> &Point {
        &self.list[self.own]
    }
}

impl Point {
    /// The share of the rows that are deferred.
    pub(super) fn deferral_rate(&self) -> f64 {
        self.shares.iter().skip(1).sum()
    }

    /// Whether one expert has all rows.
    pub(super) fn constant(&self) -> Option<usize> {
        let first = *self.choices.first()?;
        self.choices.iter().all(|&k| k == first).then_some(usize::from(first))
    }
}

/// Thresholds, descending, that defer about each fortieth more of the rows; 0 is among them.
fn thresholds(mut advantages: Vec<i32>) -> Vec<i32> {
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
