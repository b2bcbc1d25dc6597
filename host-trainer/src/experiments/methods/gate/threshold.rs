//! The exactly best threshold on the rows of a log.

/// Gains that differ by less are equal.
pub(super) const ROUNDING: f64 = 1e-9;

/// "Never" and "always" are beyond the range of the statistic by this much, so that no new row is
/// on the other side.
const BEYOND: f64 = 1.0;

/// A threshold: rows above it are deferred.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cut {
    pub(super) threshold: f64,
    /// By how much it lowers the sum of deferral losses, compared with never deferring.
    pub(super) gain: f64,
}

/// The best threshold of all, "never" and "always" included; of equally good ones the highest,
/// which defers least. `gains`: by how much deferring lowers the loss of each row; the values are
/// of 0 to `most`, on new rows too.
pub(super) fn best(values: &[f64], gains: &[f64], most: f64) -> Cut {
    let mut rows: Vec<(f64, f64)> = values.iter().copied().zip(gains.iter().copied()).collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut best = Cut { threshold: most + BEYOND, gain: 0.0 };
    let mut gain = 0.0;
    let mut above = rows.chunk_by(|a, b| a.0 == b.0).peekable();
    while let Some(equal) = above.next() {
        gain += equal.iter().map(|row| row.1).sum::<f64>();
        if gain > best.gain + ROUNDING {
            let threshold = above.peek().map_or(-BEYOND, |next| between(next[0].0, equal[0].0));
            best = Cut { threshold, gain };
        }
    }
    best
}

/// The middle of two numbers, but never the upper one: that would keep its rows.
fn between(lower: f64, upper: f64) -> f64 {
    let middle = 0.5 * (lower + upper);
    if middle < upper { middle } else { lower }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::random::Random;

    #[test]
    fn the_known_optimum_is_found_exactly() {
        let values = [0.1, 0.2, 0.3, 0.6, 0.8, 0.9];
        let gains = [-0.1, -0.1, -0.1, 0.9, -0.1, 0.9];
        let cut = best(&values, &gains, 1.0);
        assert_eq!(cut.threshold, 0.5 * (0.3 + 0.6));
        assert!((cut.gain - 1.7).abs() < 1e-12);
    }

    #[test]
    fn never_always_and_no_rows() {
        let values = [0.25, 0.5, 0.75];
        assert_eq!(best(&values, &[-1.0; 3], 1.5), Cut { threshold: 2.5, gain: 0.0 });
        assert_eq!(best(&values, &[1.0; 3], 1.5), Cut { threshold: -1.0, gain: 3.0 });
        // As good as never is not better.
        assert_eq!(best(&values, &[0.0; 3], 1.5).threshold, 2.5);
        assert_eq!(best(&[], &[], 1.5), Cut { threshold: 2.5, gain: 0.0 });
    }

    #[test]
    fn equal_values_are_deferred_together() {
        // The row that gains can't be had without the two that lose.
        assert_eq!(best(&[0.5; 3], &[1.0, -0.6, -0.6], 1.0), Cut { threshold: 2.0, gain: 0.0 });
        let cut = best(&[0.5, 0.2, 0.5, 0.5, 0.2], &[1.0, -1.0, -0.6, -0.3, 0.5], 1.0);
        assert_eq!(cut.threshold, 0.35);
        assert!((cut.gain - 0.1).abs() < 1e-12);
    }

    #[test]
    fn neighbouring_numbers_are_told_apart() {
        let (low, high) = (0.3f64, 0.3f64.next_up());
        for (lower, upper) in [(low, high), (high, high.next_up())] {
            let threshold = best(&[lower, upper], &[-1.0, 1.0], 1.0).threshold;
            assert!(lower <= threshold && threshold < upper);
            // What a score makes of it.
            assert!(upper - threshold > 0.0 && lower - threshold <= 0.0);
        }
    }

    #[test]
    fn no_threshold_is_better() {
        let mut random = Random::new(3);
        for _ in 0..50 {
            let values: Vec<f64> = (0..60).map(|_| random.below(20) as f64 / 20.0).collect();
            let gains: Vec<f64> = (0..60).map(|_| random.below(3) as f64 - 1.1).collect();
            let of = |threshold: f64| -> f64 {
                let rows = values.iter().zip(&gains).filter(|(value, _)| **value > threshold);
                rows.map(|(_, gain)| gain).sum()
            };
            let cut = best(&values, &gains, 1.0);
            assert!((of(cut.threshold) - cut.gain).abs() < 1e-9);
            assert!((-30..30).all(|step| of(f64::from(step) / 25.0) <= cut.gain + 1e-9));
        }
    }
}
