//! Methods over many logs: mean ranks, and whether they differ by more than chance.
//!
//! Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 2006: Friedman's
//! test in the form of Iman and Davenport, then Nemenyi's critical difference of mean ranks.

use serde::Serialize;
use statrs::distribution::{Continuous, ContinuousCDF, FisherSnedecor, Normal};

/// Mean ranks of methods over logs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Ranks {
    /// Each method's mean rank, 1 being the best; equal losses share the mean of their ranks.
    pub mean: Vec<f64>,
    /// Logs.
    pub logs: usize,
    /// Probability of ranks as unequal as these if all methods were alike (Friedman, in the form of
    /// Iman and Davenport); none with fewer than two logs or methods.
    pub p_value: Option<f64>,
    /// Mean ranks that differ by less are not told apart at 5 % (Nemenyi).
    pub critical_difference: Option<f64>,
}

/// Ranks methods; `losses[log][method]`, lower being better.
#[must_use]
pub(crate) fn ranks(losses: &[Vec<f64>]) -> Ranks {
    let methods = losses.first().map_or(0, Vec::len);
    let logs = losses.len();
    let mut mean = vec![0.0; methods];
    for row in losses {
        for (mean, rank) in mean.iter_mut().zip(ranks_of(row)) {
            *mean += rank / logs as f64;
        }
    }
    let (p_value, critical_difference) = if logs < 2 || methods < 2 {
        (None, None)
    } else {
        (Some(friedman(&mean, logs)), Some(critical_difference(methods, logs)))
    };
    Ranks { mean, logs, p_value, critical_difference }
}

/// The ranks of one log's losses, ties sharing theirs.
fn ranks_of(losses: &[f64]) -> Vec<f64> {
    losses
        .iter()
        .map(|loss| {
            let below = losses.iter().filter(|other| *other < loss).count() as f64;
            let equal = losses.iter().filter(|other| *other == loss).count() as f64;
            below + 0.5 * (equal + 1.0)
        })
        .collect()
}

fn friedman(mean: &[f64], logs: usize) -> f64 {
    let (k, n) = (mean.len() as f64, logs as f64);
    let squares: f64 = mean.iter().map(|rank| rank * rank).sum();
    let chi = 12.0 * n / (k * (k + 1.0)) * (squares - 0.25 * k * (k + 1.0) * (k + 1.0));
    let rest = n * (k - 1.0) - chi;
    if rest <= 0.0 {
        return 0.0;
    }
    let f = (n - 1.0) * chi / rest;
    // The degrees of freedom are positive: at least two methods and two logs.
    FisherSnedecor::new(k - 1.0, (k - 1.0) * (n - 1.0)).map_or(1.0, |law| 1.0 - law.cdf(f.max(0.0)))
}

fn critical_difference(methods: usize, logs: usize) -> f64 {
    let k = methods as f64;
    studentized_range(methods) * (k * (k + 1.0) / (12.0 * logs as f64)).sqrt()
}

/// The 95 % quantile of the range of `count` independent standard normal numbers.
fn studentized_range(count: usize) -> f64 {
    let normal = Normal::standard();
    let below = |range: f64| -> f64 {
        const STEPS: usize = 800;
        const REACH: f64 = 8.0;
        let width = 2.0 * REACH / STEPS as f64;
        let sum: f64 = (0..=STEPS)
            .map(|step| {
                let z = -REACH + width * step as f64;
                let inside = normal.cdf(z) - normal.cdf(z - range);
                normal.pdf(z) * inside.powi(count as i32 - 1)
            })
            .sum();
        count as f64 * sum * width
    };
    let (mut low, mut high) = (0.0, 20.0);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if below(middle) < 0.95 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_ranks() {
        assert_eq!(ranks_of(&[0.3, 0.1, 0.3, 0.2]), [3.5, 1.0, 3.5, 2.0]);
        let ranks = ranks(&[vec![0.1, 0.2], vec![0.2, 0.1]]);
        assert_eq!(ranks.mean, [1.5, 1.5]);
        assert!((ranks.p_value.unwrap() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn critical_differences_are_those_of_the_tables() {
        // Demšar 2006, table 5: q_0.05 for 2, 5 and 10 methods.
        for (methods, q) in [(2, 1.960), (5, 2.728), (10, 3.164)] {
            let found = studentized_range(methods) / std::f64::consts::SQRT_2;
            assert!((found - q).abs() < 1e-3, "{methods}: {found}");
        }
    }

    #[test]
    fn a_method_that_always_wins_is_told_apart_and_chance_is_not() {
        let wins: Vec<Vec<f64>> =
            (0..12).map(|log| vec![0.1, 0.5, 0.5 + 0.01 * f64::from(log % 3 - 1)]).collect();
        let ranks_of_wins = ranks(&wins);
        assert!(ranks_of_wins.p_value.unwrap() < 1e-3);
        assert!(
            ranks_of_wins.mean[1] - ranks_of_wins.mean[0]
                > ranks_of_wins.critical_difference.unwrap()
        );
        let chance: Vec<Vec<f64>> = (0..12usize)
            .map(|log| (0..3).map(|m| ((log * 7 + m * 5) % 3) as f64).collect())
            .collect();
        assert!(ranks(&chance).p_value.unwrap() > 0.05);
        assert_eq!(ranks(&chance[..1]).p_value, None);
    }
}
