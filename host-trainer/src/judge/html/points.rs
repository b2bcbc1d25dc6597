//! What an image is worth as its threshold moves from "never defer" to "always defer".

use mild::Image;

use crate::arithmetic::statistics::{Bootstrap, Estimate, mean};
use crate::data::part::Part;
use crate::integers::artifact::{decisions_at, scores};
use crate::judge::evaluate::RowFigures;
use crate::judge::operating_curve::thresholds;
use crate::promises::AdvantageRows;

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
