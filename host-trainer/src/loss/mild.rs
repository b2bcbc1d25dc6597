//! MILD: a margin for each expert, made for imbalanced experts.
//!
//! **Reconstructed.** Of Cortes, Mao, Mohri, Zhong 2026 only the abstract was at hand; the losses
//! follow it and the same authors' published work on imbalanced margins (IMMAX, 2025). Every choice
//! of the reconstruction is a parameter.
//!
//! With margins rho_k > 0:
//! - form I: `sum_k w_k log sum_j exp((r_j - r_k) / rho_k)`, whose minimiser orders the experts by
//!   `E[w_k|x] / rho_k`;
//! - form N: each term also times rho_k, whose minimiser orders them by `E[w_k|x]`, whatever the
//!   margins: consistent.

use super::two_stage::scaled;
use super::{Surrogate, largest};
use crate::arithmetic::dense::{LANES, Lanes};
use crate::arithmetic::real::Real;
use crate::intake::config::{Form, RhoRule};

/// The loss; the targets are the weights w_k.
#[derive(Debug, Clone)]
pub struct Mild {
    form: Form,
    rho: Vec<f64>,
}

impl Mild {
    /// The loss with these margins, one for each expert.
    ///
    /// # Panics
    /// If a margin is not positive and finite, or there are none.
    #[must_use]
    pub fn new(form: Form, rho: Vec<f64>) -> Self {
        assert!(!rho.is_empty() && rho.iter().all(|rho| rho.is_finite() && *rho > 0.0));
        Self { form, rho }
    }

    /// The factor of expert k's term.
    fn outer(&self, rho: f64) -> f64 {
        match self.form {
            Form::I => 1.0,
            Form::N => rho,
        }
    }
}

impl<T: Real> Surrogate<T> for Mild {
    fn outputs(&self) -> usize {
        self.rho.len()
    }

    fn targets(&self) -> usize {
        self.rho.len()
    }

    #[inline(always)]
    fn evaluate(
        &self,
        targets: &[Lanes<T>],
        scores: &[Lanes<T>],
        gradient: &mut [Lanes<T>],
        loss: &mut Lanes<T>,
    ) {
        let first = self.rho[0];
        if self.rho.iter().all(|&rho| rho == first) {
            // One softmax serves all terms.
            let (outer, inverse) = (T::from_f64(self.outer(first)), T::from_f64(1.0 / first));
            return scaled(outer, inverse, targets, scores, gradient, loss);
        }
        let top = largest(scores);
        gradient.fill([T::ZERO; LANES]);
        for (k, &rho) in self.rho.iter().enumerate() {
            let (outer, inverse) = (T::from_f64(self.outer(rho)), T::from_f64(1.0 / rho));
            let weight = &targets[k];
            let mut sum = [T::ZERO; LANES];
            for score in scores {
                for lane in 0..LANES {
                    sum[lane] += ((score[lane] - top[lane]) * inverse).exp();
                }
            }
            let mut share = [T::ZERO; LANES];
            for lane in 0..LANES {
                let z = (scores[k][lane] - top[lane]) * inverse;
                loss[lane] += outer * weight[lane] * (sum[lane].ln() - z);
                let factor = outer * inverse * weight[lane];
                gradient[k][lane] -= factor;
                share[lane] = factor / sum[lane];
            }
            // The exponentials again: cheaper than keeping them for many experts.
            for (score, gradient) in scores.iter().zip(gradient.iter_mut()) {
                for lane in 0..LANES {
                    let e = ((score[lane] - top[lane]) * inverse).exp();
                    gradient[lane] = share[lane].mul_add(e, gradient[lane]);
                }
            }
        }
    }
}

/// How the margins follow from a log: `rho_k = rho_bar * s_k^gamma`, scaled to mean `rho_bar`.
///
/// The rule is derived from IMMAX's bound (Cortes, Mao, Mohri, Zhong 2025), whose own choice is
/// `mass` with gamma = 1/3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margins {
    /// What s_k is.
    pub rule: RhoRule,
    /// The exponent; 0 gives equal margins.
    pub gamma: f64,
    /// The mean margin.
    pub rho_bar: f64,
    /// Experts that are the cheapest choice on fewer rows than this share one margin.
    pub min_wins: usize,
    /// Added to every count of wins.
    pub floor: f64,
}

impl Margins {
    /// Equal margins of 1: the plain two-stage loss.
    pub const PLAIN: Self =
        Self { rule: RhoRule::Count, gamma: 0.0, rho_bar: 1.0, min_wins: 10, floor: 10.0 };

    /// The margins for rows with these weights.
    #[must_use]
    pub fn of(&self, rows: &RowsForMargins) -> Vec<f64> {
        let experts = rows.wins.len();
        if self.gamma == 0.0 {
            return vec![self.rho_bar; experts];
        }
        let mut size: Vec<f64> = match self.rule {
            RhoRule::Mass => rows.mass.clone(),
            RhoRule::Count => rows.wins.iter().map(|&wins| wins as f64 + self.floor).collect(),
        };
        // A mass of 0 has no power: the smallest positive one stands in.
        let smallest = size.iter().copied().filter(|&s| s > 0.0).fold(f64::INFINITY, f64::min);
        for s in &mut size {
            if *s <= 0.0 {
                *s = if smallest.is_finite() { smallest } else { 1.0 };
            }
        }
        let rare: Vec<usize> = (0..experts).filter(|&k| rows.wins[k] < self.min_wins).collect();
        let rare_mean = rare.iter().map(|&k| size[k]).sum::<f64>() / rare.len().max(1) as f64;
        for &k in &rare {
            size[k] = rare_mean;
        }
        let rho: Vec<f64> = size.iter().map(|&s| libm::pow(s, self.gamma)).collect();
        let mean = rho.iter().sum::<f64>() / experts as f64;
        rho.iter().map(|rho| self.rho_bar * rho / mean).collect()
    }
}

/// What the margin rules need to know of the training rows.
#[derive(Debug, Clone, PartialEq)]
pub struct RowsForMargins {
    /// Rows on which an expert is the cheapest choice (ties to the lower index).
    pub wins: Vec<usize>,
    /// `sum_i w_ik^2 |x_i|^2`: the squared-weight mass times the mean squared norm of the
    /// standardised features on the expert's weighted sample.
    pub mass: Vec<f64>,
}

impl RowsForMargins {
    /// Gathers them from rows of (costs, weights, squared feature norm).
    pub fn gather<'a>(
        experts: usize,
        rows: impl Iterator<Item = (&'a [f32], &'a [f32], f64)>,
    ) -> Self {
        let mut gathered = Self { wins: vec![0; experts], mass: vec![0.0; experts] };
        for (costs, weights, norm) in rows {
            let mut cheapest = 0;
            for k in 1..experts {
                if costs[k] < costs[cheapest] {
                    cheapest = k;
                }
            }
            gathered.wins[cheapest] += 1;
            for (mass, &weight) in gathered.mass.iter_mut().zip(weights) {
                *mass += f64::from(weight) * f64::from(weight) * norm;
            }
        }
        gathered
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Link, TwoStage, testing};
    use super::*;
    use crate::arithmetic::random::Random;

    const RHO: [f64; 4] = [0.4, 1.0, 2.5, 0.8];

    #[test]
    fn gradient_and_invariance() {
        for form in [Form::I, Form::N] {
            testing::check(&Mild::new(form, RHO.to_vec()), 4);
            testing::check(&Mild::new(form, vec![0.7; 3]), 5);
        }
    }

    #[test]
    fn equal_margins_of_one_are_the_two_stage_loss() {
        let mut random = Random::new(6);
        let plain = TwoStage { experts: 4, link: Link::Log };
        let (targets, scores) = testing::random_block(&plain, &mut random);
        let expected = testing::evaluate(&plain, &targets, &scores);
        for form in [Form::I, Form::N] {
            let equal = Mild::new(form, vec![1.0; 4]);
            assert_eq!(testing::evaluate(&equal, &targets, &scores), expected);
            // The general path at almost equal margins must tend to the same.
            let nearly = Mild::new(form, vec![1.0, 1.0, 1.0, 1.0 + 1e-12]);
            let (value, gradient) = testing::evaluate(&nearly, &targets, &scores);
            for lane in 0..LANES {
                assert!((value[lane] - expected.0[lane]).abs() < 1e-9);
                assert!((gradient[2][lane] - expected.1[2][lane]).abs() < 1e-9);
            }
        }
    }

    /// Minimises the loss for constant weights by gradient descent over free scores.
    fn minimiser(loss: &Mild, weights: &[f64]) -> Vec<f64> {
        let targets: Vec<Lanes<f64>> = weights.iter().map(|&w| [w; LANES]).collect();
        let mut scores = vec![[0.0; LANES]; weights.len()];
        for _ in 0..200_000 {
            let (_, gradient) = testing::evaluate(loss, &targets, &scores);
            for (score, gradient) in scores.iter_mut().zip(gradient) {
                for lane in 0..LANES {
                    score[lane] -= 0.2 * gradient[lane];
                }
            }
        }
        scores.iter().map(|score| score[0]).collect()
    }

    fn order(values: impl Iterator<Item = f64>) -> Vec<usize> {
        let values: Vec<f64> = values.collect();
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        order
    }

    #[test]
    fn form_n_orders_by_weight_and_form_i_by_weight_over_margin() {
        let weights = [0.5, 0.45, 0.55, 0.3];
        let n = minimiser(&Mild::new(Form::N, RHO.to_vec()), &weights);
        assert_eq!(order(n.into_iter()), order(weights.into_iter()));
        let i = minimiser(&Mild::new(Form::I, RHO.to_vec()), &weights);
        let over_margin = weights.iter().zip(RHO).map(|(w, rho)| w / rho);
        assert_eq!(order(i.into_iter()), order(over_margin));
    }

    #[test]
    fn two_experts_satisfy_the_stated_equation() {
        let (weights, rho) = ([0.6, 0.25], [0.5, 2.0]);
        let scores = minimiser(&Mild::new(Form::N, rho.to_vec()), &weights);
        let d = scores[0] - scores[1];
        let sigma = |z: f64| 1.0 / (1.0 + (-z).exp());
        let balance = weights[0] * sigma(-d / rho[0]) - weights[1] * sigma(d / rho[1]);
        assert!(balance.abs() < 1e-6, "{balance}");
    }

    #[test]
    fn margins_follow_the_rule() {
        let rows = RowsForMargins {
            wins: vec![8000, 125, 64, 3, 1],
            mass: vec![8.0, 1.0, 0.0, 27.0, 1.0],
        };
        let margins = Margins { gamma: -0.5, rho_bar: 3.0, ..Margins::PLAIN };
        let rho = margins.of(&rows);
        assert!((rho.iter().sum::<f64>() / 5.0 - 3.0).abs() < 1e-12, "mean rho_bar");
        assert!(
            rho[0] < rho[1] && rho[1] < rho[2] && rho[2] < rho[3],
            "gamma < 0: minorities larger"
        );
        assert_eq!(rho[3], rho[4], "experts with very few wins share one margin");
        assert_eq!(Margins { gamma: 0.0, rho_bar: 3.0, ..margins }.of(&rows), vec![3.0; 5]);
        let cube = Margins {
            rule: RhoRule::Mass,
            gamma: 1.0 / 3.0,
            rho_bar: 1.0,
            min_wins: 0,
            floor: 0.0,
        };
        let rho = cube.of(&rows);
        assert!((rho[0] / rho[1] - 2.0).abs() < 1e-12 && (rho[3] / rho[1] - 3.0).abs() < 1e-12);
        assert_eq!(rho[2], rho[1], "a mass of zero takes the smallest positive one");
    }

    /// Rows as some log might have them, the first expert with at least one win.
    fn random_rows(random: &mut Random) -> RowsForMargins {
        let experts = 2 + (random.uniform() * 6.0) as usize;
        let wins = |k| (libm::exp(8.0 * random.uniform()) - 1.0) as usize + usize::from(k == 0);
        let wins: Vec<usize> = (0..experts).map(wins).collect();
        RowsForMargins { mass: wins.iter().map(|&wins| 0.3 * wins as f64).collect(), wins }
    }

    const GAMMAS: [f64; 4] = [-0.5, -1.0 / 3.0, 1.0 / 3.0, 1.0];

    #[test]
    fn the_floor_is_added_to_every_count_and_draws_margins_together() {
        let mut random = Random::new(30);
        for _ in 0..200 {
            let rows = random_rows(&mut random);
            for gamma in GAMMAS {
                let at = |floor: f64| {
                    Margins { gamma, rho_bar: 2.0, min_wins: 0, floor, ..Margins::PLAIN }.of(&rows)
                };
                let spread = |rho: &[f64]| {
                    let (low, high) = rho
                        .iter()
                        .fold((f64::INFINITY, 0.0f64), |(l, h), &rho| (l.min(rho), h.max(rho)));
                    high / low
                };
                let mut last = f64::INFINITY;
                for floor in [0.5, 3.0, 10.0, 1e3, 1e9] {
                    let rho = at(floor);
                    for (j, &wins_j) in rows.wins.iter().enumerate() {
                        let ratio = (wins_j as f64 + floor) / (rows.wins[0] as f64 + floor);
                        let expected = libm::pow(ratio, gamma);
                        assert!((rho[j] / rho[0] / expected - 1.0).abs() < 1e-9);
                    }
                    assert!((rho.iter().sum::<f64>() / rho.len() as f64 - 2.0).abs() < 1e-9);
                    assert!(spread(&rho) <= last * (1.0 + 1e-12), "a higher floor, less apart");
                    last = spread(&rho);
                }
                assert!((last - 1.0).abs() < 1e-4, "an endless floor makes margins equal");
                assert!(at(0.0).iter().all(|rho| rho.is_finite() && *rho > 0.0), "no wins at all");
                let mass = |floor| {
                    Margins { rule: RhoRule::Mass, gamma, floor, ..Margins::PLAIN }.of(&rows)
                };
                assert_eq!(mass(0.0), mass(50.0), "a mass is no count");
            }
        }
    }

    #[test]
    fn those_with_fewer_wins_and_no_others_share_a_margin() {
        let mut random = Random::new(31);
        let mut merged = 0;
        for _ in 0..200 {
            let rows = random_rows(&mut random);
            for (gamma, min_wins) in GAMMAS.into_iter().zip([1, 10, 40, 500]) {
                let margins = Margins { gamma, min_wins, ..Margins::PLAIN };
                let rho = margins.of(&rows);
                let apart = Margins { min_wins: 0, ..margins }.of(&rows);
                let rare = |k: usize| rows.wins[k] < min_wins;
                let experts = rho.len();
                for j in 0..experts {
                    for k in 0..j {
                        let between = rho[j] / rho[k];
                        match (rare(j), rare(k)) {
                            (true, true) => {
                                assert_eq!(rho[j], rho[k]);
                                merged += usize::from(rows.wins[j] != rows.wins[k]);
                            }
                            // As without merging.
                            (false, false) => {
                                assert!((between / (apart[j] / apart[k]) - 1.0).abs() < 1e-9);
                            }
                            // Merging never carries one over the line that a count is on.
                            _ => {
                                let (few, many) = if rare(j) { (j, k) } else { (k, j) };
                                let larger = if gamma < 0.0 {
                                    rho[few] / rho[many]
                                } else {
                                    rho[many] / rho[few]
                                };
                                assert!(larger > 1.0, "{rows:?} {rho:?}");
                            }
                        }
                    }
                }
                let none = Margins { min_wins: usize::MAX, ..margins }.of(&rows);
                assert!(none.iter().all(|&rho| rho == none[0]), "all rare: equal margins");
            }
        }
        assert!(merged > 100, "{merged}: the test has something to look at");
    }
}
