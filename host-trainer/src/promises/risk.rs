//! Tests whether a mean is below a limit, and the sequences of them that choose a threshold.

use super::binomial;

/// P-value of "the mean of numbers of 0 to 1 is above `limit`", from `n` independent ones with this
/// mean.
///
/// Exact binomial if all are 0 or 1, else Hoeffding-Bentkus (Bates et al. 2021). Valid for every
/// distribution.
#[must_use]
pub(crate) fn p_value(mean: f64, n: usize, limit: f64, binary: bool) -> f64 {
    if limit >= 1.0 {
        return 0.0;
    }
    if n == 0 || limit <= 0.0 {
        return 1.0;
    }
    let sum = mean * n as f64;
    if binary {
        return binomial::cdf((sum + 0.5) as usize, n, limit);
    }
    let a = mean.min(limit);
    let part = |a: f64, b: f64| if a <= 0.0 { 0.0 } else { a * libm::log(a / b) };
    let hoeffding = libm::exp(-(n as f64) * (part(a, limit) + part(1.0 - a, 1.0 - limit)));
    // Just above a whole number is the error of the sum.
    let count = libm::ceil(sum - 1e-6).max(0.0) as usize;
    let bentkus = std::f64::consts::E * binomial::cdf(count, n, limit);
    hoeffding.min(bentkus).min(1.0)
}

/// The limit that a true mean must keep for the mean of the next `horizon` to be at most `limit`
/// with confidence 1 - `delta`.
#[must_use]
pub(crate) fn limit_for(limit: f64, horizon: Option<usize>, delta: f64, binary: bool) -> f64 {
    match horizon {
        None => limit,
        Some(0) => 0.0,
        Some(horizon) if binary => {
            let most = (limit * horizon as f64 + 1e-9) as usize;
            binomial::largest_that_keeps(most, horizon, delta)
        }
        // Hoeffding 1963.
        Some(horizon) => limit - libm::sqrt(-libm::log(delta) / (2.0 * horizon as f64)),
    }
}

/// Fixed-sequence testing (Angelopoulos, Bates, Candès, Jordan, Lei 2021): how many hypotheses from
/// the first on are rejected before the first that is not.
pub(crate) fn rejected(p_values: impl IntoIterator<Item = f64>, delta: f64) -> usize {
    p_values.into_iter().take_while(|&p| p <= delta).count()
}

/// Conformal risk control (Angelopoulos et al. 2022): whether a mean of `n` losses of 0 to 1 that
/// can only grow along the sequence keeps the expected loss of a new row at most `limit`.
#[must_use]
pub(crate) fn controls(mean: f64, n: usize, limit: f64) -> bool {
    let n = n as f64;
    n / (n + 1.0) * mean + 1.0 / (n + 1.0) <= limit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::random::Random;

    #[test]
    fn p_values_are_small_no_more_often_than_they_say() {
        let mut random = Random::new(5);
        for (limit, binary) in [(0.05, true), (0.3, true), (0.2, false)] {
            let (rounds, n) = (4000, 150);
            let mut small = 0;
            for _ in 0..rounds {
                let sum: f64 = (0..n)
                    .map(|_| {
                        let one = f64::from(u8::from(
                            random.uniform() < if binary { limit } else { 2.0 * limit },
                        ));
                        if binary { one } else { 0.5 * one }
                    })
                    .sum();
                small +=
                    usize::from(p_value(sum / f64::from(n), n as usize, limit, binary) <= 0.05);
            }
            // Three standard errors.
            assert!(small as f64 / f64::from(rounds) < 0.05 + 0.011, "{small}");
        }
        assert!(p_value(0.0, 100, 0.05, true) < 0.006);
    }

    #[test]
    fn limits_leave_room_for_the_noise_of_the_horizon() {
        assert_eq!(limit_for(0.1, None, 0.05, true), 0.1);
        let of = |horizon, binary| limit_for(0.1, Some(horizon), 0.05, binary);
        assert!(of(100, true) < of(10_000, true) && of(10_000, true) < 0.1);
        assert!(of(1000, false) < of(1000, true));
    }

    #[test]
    fn a_sequence_stops_at_the_first_that_is_not_rejected() {
        assert_eq!(rejected([0.01, 0.02, 0.2, 0.001], 0.05), 2);
        assert_eq!(rejected([0.2, 0.0], 0.05), 0);
    }

    #[test]
    fn conformal_risk_control_counts_the_new_row() {
        assert!(controls(0.09, 99, 0.1) && !controls(0.095, 99, 0.1));
        assert!(!controls(0.0, 9, 0.05));
    }
}
