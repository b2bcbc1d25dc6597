//! The price of quality: a rejector as its bar for deferring moves from "never" to "always".
//!
//! A row is deferred if the best up-link score exceeds the local one by more than a bar; lowering
//! the bar takes the deferral rate from 0 to 1. Rows of equal gain enter together, as if by lot, so
//! that a rejector which can't tell rows apart gives the straight line that it deserves.
//!
//! Areas: AURC, Geifman, Uziel, El-Yaniv 2019; AUGRC, Traub et al. 2024; APGR and CPT, Ong et al.
//! 2024 (RouteLLM).

use serde::{Deserialize, Serialize};

use crate::data::matrix::Matrix;
use crate::data::part::Part;

/// Deferral rates at which a curve is kept: 0, 1/20, ..., 1.
pub(crate) const POINTS: usize = 21;

/// One point of a price-quality curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    /// Share of rows deferred.
    pub deferral_rate: f64,
    /// Mean error of the whole system.
    pub error: f64,
    /// Mean price of a row.
    pub price: f64,
}

/// A price-quality curve and its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Curve {
    /// At [`POINTS`] deferral rates.
    pub points: Vec<Point>,
    /// Area under accuracy over deferral rate, 0 to 1.
    pub area: f64,
    /// Area under the risk-coverage curve of the local answers: mean over coverages of the error
    /// among the rows kept.
    pub aurc: f64,
    /// Area under the generalised risk-coverage curve: the same with errors over all rows.
    pub augrc: f64,
    /// With two experts of unequal accuracy: share of the accuracy gap recovered, averaged over
    /// deferral rates.
    pub apgr: Option<f64>,
    /// With two experts of unequal accuracy: the deferral rate that recovers half of the gap.
    pub cpt_50: Option<f64>,
}

/// Sums over the rows deferred so far.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    deferred: f64,
    error: f64,
    price: f64,
}

impl Sums {
    fn between(self, other: Self, share: f64) -> Self {
        let mix = |a: f64, b: f64| a + share * (b - a);
        Self {
            deferred: mix(self.deferred, other.deferred),
            error: mix(self.error, other.error),
            price: mix(self.price, other.price),
        }
    }
}

impl Curve {
    /// The curve of scores (rows x experts, offsets added) on a part. `local_errors`, if given,
    /// stand in for the errors of expert 0.
    #[must_use]
    pub(crate) fn new(part: &Part, scores: &Matrix<f64>, local_errors: Option<&[f32]>) -> Self {
        let rows = part.rows().max(1) as f64;
        let local_error = |row: usize| {
            f64::from(local_errors.map_or(part.errors().row(row)[0], |errors| errors[row]))
        };
        let mut order: Vec<(f64, usize, usize)> = (0..part.rows())
            .map(|row| {
                let scores = scores.row(row);
                let mut best = 1;
                for k in 2..part.experts() {
                    if scores[k] > scores[best] {
                        best = k;
                    }
                }
                (scores[best] - scores[0], row, best)
            })
            .collect();
        // The sort is stable: equal gains keep the order of rows, which the ties below make
        // irrelevant.
        order.sort_by(|a, b| b.0.total_cmp(&a.0));

        let mut steps = vec![Sums {
            deferred: 0.0,
            error: (0..part.rows()).map(local_error).sum(),
            price: (0..part.rows()).map(|row| f64::from(part.prices().row(row)[0])).sum(),
        }];
        let mut at = steps[0];
        for block in order.chunk_by(|a, b| a.0 == b.0) {
            for &(_, row, expert) in block {
                at.deferred += 1.0;
                at.error += f64::from(part.errors().row(row)[expert]) - local_error(row);
                at.price += f64::from(part.prices().row(row)[expert] - part.prices().row(row)[0]);
            }
            steps.push(at);
        }
        let points: Vec<Point> = (0..POINTS)
            .map(|index| {
                let rate = index as f64 / (POINTS - 1) as f64;
                let sums = interpolate(&steps, rate * part.rows() as f64);
                Point { deferral_rate: rate, error: sums.error / rows, price: sums.price / rows }
            })
            .collect();
        let area = 1.0 - integral(&steps, |sums| sums.error / rows) / rows;
        let (aurc, augrc) = risk_coverage(&order, local_error);
        let (apgr, cpt_50) = gap(part, &steps);
        Self { points, area, aurc, augrc, apgr, cpt_50 }
    }
}

/// The sums when so many rows are deferred.
fn interpolate(steps: &[Sums], deferred: f64) -> Sums {
    let above = steps.partition_point(|sums| sums.deferred < deferred);
    match (above.checked_sub(1).map(|below| steps[below]), steps.get(above)) {
        (Some(below), Some(&above)) => {
            let share = (deferred - below.deferred) / (above.deferred - below.deferred);
            below.between(above, share)
        }
        (None, Some(&first)) => first,
        (below, None) => below.unwrap_or_default(),
    }
}

/// The integral over the number of deferred rows, by trapezia.
fn integral(steps: &[Sums], value: impl Fn(Sums) -> f64) -> f64 {
    let pairs = steps.windows(2);
    pairs
        .map(|pair| (pair[1].deferred - pair[0].deferred) * 0.5 * (value(pair[0]) + value(pair[1])))
        .sum()
}

/// AURC and AUGRC: rows are kept from the least gain of deferring upwards; equal gains enter with
/// their block's mean error.
fn risk_coverage(order: &[(f64, usize, usize)], error: impl Fn(usize) -> f64) -> (f64, f64) {
    let (mut kept, mut errors) = (0.0, 0.0);
    let (mut selective, mut general) = (0.0, 0.0);
    let rows = order.len().max(1) as f64;
    for block in order.chunk_by(|a, b| a.0 == b.0).collect::<Vec<_>>().into_iter().rev() {
        let mean = block.iter().map(|&(_, row, _)| error(row)).sum::<f64>() / block.len() as f64;
        for _ in block {
            kept += 1.0;
            errors += mean;
            selective += errors / kept;
            general += errors / rows;
        }
    }
    (selective / rows, general / rows)
}

/// APGR and CPT(50 %).
fn gap(part: &Part, steps: &[Sums]) -> (Option<f64>, Option<f64>) {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return (None, None) };
    let gap = first.error - last.error;
    if part.experts() != 2 || part.rows() == 0 || gap <= 0.0 {
        return (None, None);
    }
    let rows = part.rows() as f64;
    let recovered = |sums: Sums| (first.error - sums.error) / gap;
    let half = steps.windows(2).find(|pair| recovered(pair[1]) >= 0.5).map(|pair| {
        let (low, high) = (recovered(pair[0]), recovered(pair[1]));
        pair[0].between(pair[1], ((0.5 - low) / (high - low)).max(0.0)).deferred / rows
    });
    (Some(integral(steps, recovered) / rows), half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::part::PartColumns;

    /// Local errs on the second half; the expert never does and has a price of 0.2.
    fn part() -> Part {
        let errors = (0..100).flat_map(|row| [f32::from(u8::from(row >= 50)), 0.0]).collect();
        PartColumns {
            rows: 100,
            experts: 2,
            errors,
            prices: [0.0, 0.2].repeat(100),
            ..PartColumns::default()
        }
        .padded()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn a_perfect_order_a_blind_one_and_a_wrong_one() {
        let part = part();
        let scores = |gain: &dyn Fn(usize) -> f64| {
            Matrix::from_fn(100, 2, |row, k| if k == 0 { 0.0 } else { gain(row) })
        };
        let perfect = Curve::new(&part, &scores(&|row| row as f64), None);
        let blind = Curve::new(&part, &scores(&|_| 0.25), None);
        let wrong = Curve::new(&part, &scores(&|row| -(row as f64)), None);
        assert!(close(perfect.points[10].error, 0.0) && close(perfect.points[5].error, 0.25));
        assert!(close(blind.points[10].error, 0.25) && close(wrong.points[10].error, 0.5));
        assert!(close(blind.points[10].price, 0.1) && close(blind.points[20].price, 0.2));
        assert!(close(perfect.area, 0.875) && close(blind.area, 0.75) && close(wrong.area, 0.625));
        assert_eq!((perfect.cpt_50, blind.cpt_50), (Some(0.25), Some(0.5)));
        assert!(close(perfect.apgr.unwrap(), 0.75) && close(blind.apgr.unwrap(), 0.5));
        // Kept in the right order: no error up to half coverage, then i - 50 of i.
        let expected: f64 =
            (51..=100).map(|i| f64::from(i - 50) / f64::from(i)).sum::<f64>() / 100.0;
        assert!(close(perfect.aurc, expected) && close(blind.aurc, 0.5));
        assert!(close(perfect.augrc, (1..=50).sum::<i32>() as f64 / 1e4));
    }

    #[test]
    fn three_experts_have_no_gap_and_the_best_of_them_answers() {
        let part = PartColumns {
            rows: 2,
            experts: 3,
            errors: vec![1.0, 1.0, 0.0, 1.0, 0.0, 1.0],
            prices: vec![0.0; 6],
            ..PartColumns::default()
        }
        .padded();
        let scores = Matrix::new(2, 3, vec![0.0, 1.0, 2.0, 0.0, 4.0, 3.0]).unwrap();
        let curve = Curve::new(&part, &scores, None);
        assert_eq!((curve.apgr, curve.cpt_50), (None, None));
        assert!(close(curve.points[20].error, 0.0) && close(curve.points[10].error, 0.5));
    }

    #[test]
    fn own_answers_take_the_place_of_local_ones() {
        let curve = Curve::new(&part(), &Matrix::filled(100, 2, 0.0), Some(&[0.0; 100]));
        assert!(curve.points.iter().all(|point| close(point.error, 0.0)));
    }

    #[test]
    fn no_rows_give_no_fault() {
        let part = PartColumns { experts: 2, ..PartColumns::default() }.padded();
        assert_eq!(Curve::new(&part, &Matrix::filled(0, 2, 0.0), None).points.len(), POINTS);
    }
}
