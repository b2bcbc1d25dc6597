//! The margin rule `balance`: no exponent to choose, margins from the scores of the moment.
//!
//! Let z be the difference between the score of a row's right class and the other one. Public code
//! of related work on two classes (read in 2026; its publication was not at hand) re-estimates the
//! split of a constant sum of margins while it trains, as the roots of
//! `S = sum_i |z_i Psi'(z_i / rho)|` of each class, smoothed and clamped. That is where the sum of
//! losses `Psi(z_i / rho_k)` is stationary along margins of a constant sum, if each row counts by
//! the size of its term (derived: the derivative of `Psi(z / rho)` by rho is
//! `-z Psi'(z / rho) / rho^2`, so that all `S_k / rho_k^2` are equal).
//!
//! Derived for experts: the term of expert k and row i is `w_ik log sum_j exp((r_ij - r_ik) /
//! rho_k)`, so
//!
//! ```text
//! S_k(rho_k) = sum_i w_ik |sum_j P(k)_ij (r_ij - r_ik)|,  P(k)_i = softmax(r_i / rho_k),
//! ```
//!
//! and rho_k is proportional to the root of `S_k(rho_k)`: solved here from equal margins on. Rows
//! on which the expert is far ahead have almost nothing at stake, so where all rows are such there
//! are several solutions, and the bound on the ratio of margins holds.

use super::Margins;

/// Rounds of the search at most, each half of the way in logarithms; some thirty are usual.
const ROUNDS: usize = 100;

/// The search ends when no margin moves by a larger share than this.
const STILL: f64 = 1e-9;

/// The most that one margin may be of another.
const MOST: f64 = 10.0;

/// The margins at which the rows' scores are in balance. `weights` and `scores` are row-major,
/// `wins` the rows on which each expert is the cheapest choice.
pub(super) fn balanced(
    margins: &Margins,
    wins: &[usize],
    weights: &[f32],
    scores: &[f32],
) -> Vec<f64> {
    let mut rho = vec![margins.rho_bar; wins.len()];
    for _ in 0..ROUNDS {
        let before = rho.clone();
        let mut stakes = stakes(&rho, weights, scores);
        let least = stakes.iter().copied().fold(0.0, f64::max) / (MOST * MOST);
        stakes.iter_mut().for_each(|stake| *stake = stake.max(least));
        let next = margins.of_sizes(stakes, wins);
        for (rho, next) in rho.iter_mut().zip(next) {
            *rho = (*rho * next).sqrt();
        }
        let mean = rho.iter().sum::<f64>() / rho.len() as f64;
        rho.iter_mut().for_each(|rho| *rho *= margins.rho_bar / mean);
        if rho.iter().zip(&before).all(|(rho, before)| (rho / before - 1.0).abs() < STILL) {
            break;
        }
    }
    rho
}

/// S_k of every expert.
fn stakes(rho: &[f64], weights: &[f32], scores: &[f32]) -> Vec<f64> {
    let experts = rho.len();
    let mut stakes = vec![0.0; experts];
    for (weights, scores) in weights.chunks_exact(experts).zip(scores.chunks_exact(experts)) {
        let top = f64::from(scores.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        for (k, &weight) in weights.iter().enumerate().filter(|&(_, &weight)| weight > 0.0) {
            let (mut sum, mut ahead) = (0.0, 0.0);
            for &score in scores {
                // The same on every host.
                let e = libm::exp((f64::from(score) - top) / rho[k]);
                sum += e;
                ahead += e * (f64::from(score) - f64::from(scores[k]));
            }
            stakes[k] += f64::from(weight) * (ahead / sum).abs();
        }
    }
    stakes
}

#[cfg(test)]
mod tests {
    use super::super::RhoRule;
    use super::super::margins::OF_BALANCE;
    use super::*;
    use crate::arithmetic::random::Random;

    const MARGINS: Margins = Margins {
        rule: RhoRule::Balance,
        gamma: OF_BALANCE,
        rho_bar: 1.5,
        min_wins: 0,
        floor: 10.0,
    };

    /// Expert k has weight on fewer rows the higher k is; scores in ±2.
    fn rows(experts: usize, seed: u64) -> (Vec<f32>, Vec<f32>) {
        let mut random = Random::new(seed);
        let (mut weights, mut scores) = (Vec::new(), Vec::new());
        for _ in 0..400 {
            for k in 0..experts {
                let some = random.uniform() < 0.7 / (k * k + 1) as f64;
                weights.push(if some { random.uniform() as f32 } else { 0.0 });
                scores.push((4.0 * random.uniform() - 2.0) as f32);
            }
        }
        (weights, scores)
    }

    /// `sum_i w_ik log sum_j exp((r_ij - r_ik) / rho_k)`, summed over the experts.
    fn loss(rho: &[f64], weights: &[f32], scores: &[f32]) -> f64 {
        let experts = rho.len();
        let rows = weights.chunks_exact(experts).zip(scores.chunks_exact(experts));
        rows.map(|(weights, scores)| {
            let of = |k: usize| -> f64 {
                let z = |j: usize| f64::from(scores[j] - scores[k]) / rho[k];
                f64::from(weights[k]) * (0..experts).map(|j| z(j).exp()).sum::<f64>().ln()
            };
            (0..experts).map(of).sum::<f64>()
        })
        .sum()
    }

    #[test]
    fn margins_are_proportional_to_the_roots_of_their_own_stakes() {
        for (experts, seed) in [(2, 1), (3, 2), (6, 3)] {
            let (weights, scores) = rows(experts, seed);
            let rho = balanced(&MARGINS, &vec![100; experts], &weights, &scores);
            let stakes = stakes(&rho, &weights, &scores);
            assert!((rho.iter().sum::<f64>() / experts as f64 - 1.5).abs() < 1e-12);
            assert!(rho[0] > 1.2 * rho[experts - 1], "those with more at stake: {rho:?}");
            for k in 1..experts {
                let ratio = stakes[k] / (rho[k] * rho[k]) * rho[0] * rho[0] / stakes[0];
                assert!((ratio - 1.0).abs() < 1e-7, "{ratio}");
            }
        }
    }

    #[test]
    fn the_loss_is_stationary_along_margins_of_a_constant_sum() {
        // The row's own expert is behind all others, so that all terms have one sign and their
        // sizes are the terms themselves.
        let experts = 4;
        let (mut weights, mut scores) = rows(experts, 4);
        let rows = weights.chunks_exact_mut(experts).zip(scores.chunks_exact_mut(experts));
        for (row, (weights, scores)) in rows.enumerate() {
            let own = [0, 0, 0, 0, 1, 1, 2, 3][row % 8];
            for k in 0..experts {
                weights[k] = if k == own { 0.7 } else { 0.0 };
                scores[k] = if k == own { -2.5 } else { scores[k] };
            }
        }
        let rho = balanced(&MARGINS, &[100; 4], &weights, &scores);
        assert!(rho[0] > 1.2 * rho[3], "{rho:?}");
        let slope = |j: usize, k: usize, rho: &[f64]| {
            const STEP: f64 = 1e-5;
            let at = |step: f64| {
                let mut moved = rho.to_vec();
                moved[j] += step;
                moved[k] -= step;
                loss(&moved, &weights, &scores)
            };
            (at(STEP) - at(-STEP)) / (2.0 * STEP)
        };
        for k in 1..experts {
            let (found, elsewhere) = (slope(0, k, &rho), slope(0, k, &[1.5; 4]));
            assert!(found.abs() < 1e-3 && elsewhere.abs() > 1.0, "{found} {elsewhere}");
        }
    }

    #[test]
    fn margins_stay_within_their_bounds_and_rare_experts_share_one() {
        let (mut weights, scores) = rows(4, 5);
        weights.chunks_exact_mut(4).for_each(|weights| weights[2..].fill(0.0));
        let rho = balanced(&MARGINS, &[300, 100, 0, 0], &weights, &scores);
        let (least, most) = (rho[2].min(rho[3]), rho[0].max(rho[1]));
        assert!(rho[2] == rho[3] && most / least < MOST * (1.0 + 1e-9), "{rho:?}");
        let (weights, scores) = rows(4, 6);
        let shared = Margins { min_wins: 50, ..MARGINS };
        let rho = balanced(&shared, &[300, 100, 20, 3], &weights, &scores);
        assert!((rho[2] / rho[3] - 1.0).abs() < 1e-12 && rho[1] != rho[2], "{rho:?}");
        // Nothing at stake at all.
        assert_eq!(balanced(&MARGINS, &[9; 3], &[0.0; 3], &[1.0, 2.0, 3.0]), [1.5; 3]);
        assert_eq!(balanced(&MARGINS, &[9; 3], &[], &[]), [1.5; 3]);
    }
}
