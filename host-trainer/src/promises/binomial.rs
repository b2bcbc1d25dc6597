//! Exact binomial probabilities and what follows from them.
//!
//! With `libm` throughout, so that every host finds the same threshold.

/// ln of n over k.
fn ln_choose(n: usize, k: usize) -> f64 {
    let ln_factorial = |n: usize| libm::lgamma(n as f64 + 1.0);
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// P(at most `k` of `n`), each with probability `p`.
#[must_use]
pub(crate) fn cdf(k: usize, n: usize, p: f64) -> f64 {
    if k >= n || p <= 0.0 {
        return 1.0;
    }
    if p >= 1.0 {
        return 0.0;
    }
    // Each term from the one above it, downward from the largest, until they no longer count.
    let odds = (1.0 - p) / p;
    let mode = (((n + 1) as f64 * p) as usize).min(k);
    let (ln_p, ln_q) = (libm::log(p), libm::log1p(-p));
    let top = libm::exp(ln_choose(n, mode) + mode as f64 * ln_p + (n - mode) as f64 * ln_q);
    let mut sum = top;
    let mut term = top;
    for i in (0..mode).rev() {
        term *= (i + 1) as f64 / (n - i) as f64 * odds;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    term = top;
    for i in mode + 1..=k {
        term *= (n - i + 1) as f64 / i as f64 / odds;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum.min(1.0)
}

/// The largest probability at which `k` or fewer of `n` are still as likely as `delta`: the upper
/// Clopper-Pearson bound with confidence 1 - `delta`; 1 if `n` is 0 (Clopper and Pearson 1934).
#[must_use]
pub(crate) fn upper_bound(k: usize, n: usize, delta: f64) -> f64 {
    largest(|p| cdf(k, n, p) >= delta)
}

/// The lower Clopper-Pearson bound with confidence 1 - `delta`.
#[cfg(test)]
#[must_use]
pub(crate) fn lower_bound(k: usize, n: usize, delta: f64) -> f64 {
    if k == 0 {
        return 0.0;
    }
    largest(|p| 1.0 - cdf(k - 1, n, p) <= delta)
}

/// The largest probability at which more than `most` of `n` are no likelier than `delta`.
#[must_use]
pub(crate) fn largest_that_keeps(most: usize, n: usize, delta: f64) -> f64 {
    if n == 0 || most >= n { 1.0 } else { largest(|p| 1.0 - cdf(most, n, p) <= delta) }
}

/// The largest number of [0, 1] at which a condition holds that holds up to some number.
fn largest(holds: impl Fn(f64) -> bool) -> f64 {
    if holds(1.0) {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// P(more than `most` of `horizon` new numbers exceed the (`k`+1)-th largest of `n`), all `n` +
/// `horizon` being exchangeable: a count of orderings, so exact, and for ties an upper bound. With
/// an endless horizon it is the Clopper-Pearson bound's probability.
#[must_use]
pub(crate) fn exceedances_above(k: usize, n: usize, most: usize, horizon: usize) -> f64 {
    if most >= horizon {
        return 0.0;
    }
    if k >= n {
        return 1.0;
    }
    // i new ones above it: among the k + i above and the n - k - 1 + horizon - i below in any
    // order.
    let all = ln_choose(n + horizon, horizon);
    let ln_term =
        |i: usize| ln_choose(i + k, i) + ln_choose(horizon - i + n - k - 1, horizon - i) - all;
    let within: f64 = (0..=most).map(|i| libm::exp(ln_term(i))).sum();
    (1.0 - within).max(0.0)
}

/// How many of `n` calibration rows may be deferred so that with confidence 1 - `delta` at most a
/// share `rate` of the next `horizon` is; `None` if not even none may.
#[must_use]
pub(crate) fn most_deferred(
    n: usize,
    rate: f64,
    delta: f64,
    horizon: Option<usize>,
) -> Option<usize> {
    let fits = |k: usize| match horizon {
        Some(horizon) => {
            let most = (rate * horizon as f64 + 1e-9) as usize;
            exceedances_above(k, n, most, horizon) <= delta
        }
        None => upper_bound(k, n, delta) <= rate,
    };
    if rate >= 1.0 {
        return Some(n);
    }
    if !fits(0) {
        return None;
    }
    let (mut fitting, mut beyond) = (0, n);
    while beyond - fitting > 1 {
        let middle = fitting.midpoint(beyond);
        if fits(middle) {
            fitting = middle;
        } else {
            beyond = middle;
        }
    }
    Some(fitting)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Binomial, DiscreteCDF};

    #[test]
    fn probabilities_are_those_of_another_implementation() {
        for n in [1usize, 7, 100, 4000] {
            for p in [0.001, 0.02, 0.3, 0.5, 0.97] {
                let other = Binomial::new(p, n as u64).unwrap();
                for k in [0, 1, n / 50, n / 10, n / 3, n / 2, n - 1, n] {
                    let (found, expected) = (cdf(k, n, p), other.cdf(k as u64));
                    assert!((found - expected).abs() < 1e-9, "{k} {n} {p}: {found} {expected}");
                }
            }
        }
    }

    #[test]
    fn bounds_are_the_published_ones() {
        // Two-sided 95 % intervals as in Newcombe 1998, table I.
        for (k, n, low, high) in
            [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684)]
        {
            assert!((lower_bound(k, n, 0.025) - low).abs() < 1e-4);
            assert!((upper_bound(k, n, 0.025) - high).abs() < 1e-4);
        }
        assert_eq!(upper_bound(5, 5, 0.05), 1.0);
    }

    #[test]
    fn exceedances_of_a_small_case_by_counting() {
        // Two old, two new: the larger old one is exceeded by at least one new one in 2 of 4 orders
        // by which is the largest of all.
        assert!((exceedances_above(0, 2, 0, 2) - 0.5).abs() < 1e-12);
        // By both: the larger old one is third; 1 of 6.
        assert!((exceedances_above(0, 2, 1, 2) - 1.0 / 6.0).abs() < 1e-12);
        // A long horizon knows the rate.
        let most = 100_000;
        let p = exceedances_above(30, 400, most, 1_000_000);
        assert!((p - cdf(30, 400, 0.1)).abs() < 2e-3, "{p}");
    }

    #[test]
    fn fewer_are_deferred_for_more_confidence_and_shorter_horizons() {
        let most = |delta, horizon| most_deferred(1000, 0.1, delta, horizon).unwrap();
        assert!(most(0.05, None) < 100 && most(0.001, None) < most(0.05, None));
        assert!(most(0.05, Some(200)) < most(0.05, Some(100_000)));
        assert_eq!(most(0.05, Some(10_000_000)), most(0.05, None));
        assert_eq!(most_deferred(10, 0.1, 0.05, None), None);
        assert_eq!(most_deferred(10, 1.0, 0.05, None), Some(10));
    }
}
