//! The two-stage surrogates of the comp-sum family.
//!
//! `sum_k w_k psi(softmax_k(r))` with one of four `psi`. Source: Mao, C. Mohri, M. Mohri, Zhong,
//! "Two-stage learning to defer with multiple experts", NeurIPS 2023, with the comp-sum losses of
//! Mao, Mohri, Zhong, ICML 2023; generalised cross-entropy: Zhang and Sabuncu, NeurIPS 2018.
//!
//! All four are `(1 - p^q) / q`: q = 1 is `mae`, q in between `gce`, q = 0 in the limit `log`, and
//! q = -1 is `1/p - 1 = sum_{j != k} exp(r_j - r_k)`, `exp`.

use std::fmt;

use super::{Definition, Entry, Rows, Surrogate, Tau, largest};
use crate::arithmetic::dense::{LANES, Lanes};
use crate::arithmetic::real::Real;

/// What the surrogate does with the softmax value p of an expert.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Link {
    /// `-log p`: cross-entropy.
    Log,
    /// `(1 - p^q) / q` with this q in 0..1: generalised cross-entropy, less moved by noisy rows.
    Gce(f64),
    /// `1 - p`: mean absolute error.
    Mae,
    /// `1/p - 1`: sum-exponential, which looks at the worst rows.
    Exp,
}

/// The loss; the targets are the weights w_k.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoStage {
    /// The member of the family.
    pub link: Link,
}

impl TwoStage {
    /// The plain loss, cross-entropy.
    pub const LOG: Self = Self { link: Link::Log };
}

impl Definition for TwoStage {
    type Surrogate = Self;

    const METHODS: &'static [Entry] = &[
        Entry {
            name: "two-stage",
            about: "the plain two-stage surrogate: weighted cross-entropy, without margins",
            in_auto: true,
            tau: None,
            losses: |_| vec![Self::LOG.into()],
        },
        Entry {
            name: "two-stage-gce",
            about: "two-stage with generalised cross-entropy (q = 0.7) in place of the logarithm",
            in_auto: true,
            tau: None,
            losses: |_| vec![Self { link: Link::Gce(0.7) }.into()],
        },
        Entry {
            name: "two-stage-mae",
            about: "two-stage with the mean absolute error",
            in_auto: false,
            tau: None,
            losses: |_| vec![Self { link: Link::Mae }.into()],
        },
        Entry {
            name: "two-stage-exp",
            about: "two-stage with the sum-exponential loss",
            in_auto: true,
            tau: None,
            losses: |_| vec![Self { link: Link::Exp }.into()],
        },
        Entry {
            name: "multi-task",
            about: "two-stage with `tau` = `sum`, as published for experts whose answers have a class \
                    and a value",
            in_auto: false,
            tau: Some(Tau::Sum),
            losses: |_| vec![Self::LOG.into()],
        },
    ];

    fn targets(self, rows: &Rows<'_>, tau: Tau) -> Vec<f32> {
        rows.weights(tau)
    }

    fn surrogate(self, _: &Rows<'_>, _: &[f32]) -> Self {
        self
    }
}

impl fmt::Display for TwoStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.link {
            Link::Log => f.write_str("two-stage"),
            Link::Gce(q) => write!(f, "two-stage-gce q={q}"),
            Link::Mae => f.write_str("two-stage-mae"),
            Link::Exp => f.write_str("two-stage-exp"),
        }
    }
}

impl<T: Real> Surrogate<T> for TwoStage {
    #[inline(always)]
    fn evaluate(
        &self,
        targets: &[Lanes<T>],
        scores: &[Lanes<T>],
        gradient: &mut [Lanes<T>],
        loss: &mut Lanes<T>,
    ) {
        match self.link {
            Link::Log => scaled(T::ONE, T::ONE, targets, scores, gradient, loss),
            Link::Gce(q) => power(T::from_f64(q), targets, scores, gradient, loss),
            Link::Mae => power(T::ONE, targets, scores, gradient, loss),
            Link::Exp => power(-T::ONE, targets, scores, gradient, loss),
        }
    }
}

/// `sum_k w_k (1 - p_k^q) / q`, whose gradient is `p_m sum_k w_k p_k^q - w_m p_m^q`.
#[inline(always)]
fn power<T: Real>(
    q: T,
    weights: &[Lanes<T>],
    scores: &[Lanes<T>],
    gradient: &mut [Lanes<T>],
    loss: &mut Lanes<T>,
) {
    let top = largest(scores);
    let mut sum = [T::ZERO; LANES];
    for score in scores {
        for lane in 0..LANES {
            sum[lane] += (score[lane] - top[lane]).exp();
        }
    }
    let log_sum = sum.map(T::ln);
    let log_p = |score: &Lanes<T>, lane: usize| score[lane] - top[lane] - log_sum[lane];
    let mut powers = [T::ZERO; LANES];
    for (score, weight) in scores.iter().zip(weights) {
        for lane in 0..LANES {
            let power = (q * log_p(score, lane)).exp();
            powers[lane] = weight[lane].mul_add(power, powers[lane]);
            loss[lane] += weight[lane] * (T::ONE - power) / q;
        }
    }
    for ((score, weight), gradient) in scores.iter().zip(weights).zip(gradient) {
        for lane in 0..LANES {
            let log_p = log_p(score, lane);
            gradient[lane] = log_p.exp() * powers[lane] - weight[lane] * (q * log_p).exp();
        }
    }
}

/// `outer * sum_k w_k (-log softmax_k(inverse_rho * r))`: the loss of equal margins.
#[inline(always)]
pub(super) fn scaled<T: Real>(
    outer: T,
    inverse_rho: T,
    weights: &[Lanes<T>],
    scores: &[Lanes<T>],
    gradient: &mut [Lanes<T>],
    loss: &mut Lanes<T>,
) {
    let top = largest(scores);
    let mut sum = [T::ZERO; LANES];
    let mut weight_sum = [T::ZERO; LANES];
    let mut linear = [T::ZERO; LANES];
    for ((score, weight), gradient) in scores.iter().zip(weights).zip(gradient.iter_mut()) {
        for lane in 0..LANES {
            let z = (score[lane] - top[lane]) * inverse_rho;
            let e = z.exp();
            gradient[lane] = e;
            sum[lane] += e;
            weight_sum[lane] += weight[lane];
            linear[lane] = weight[lane].mul_add(z, linear[lane]);
        }
    }
    let factor = outer * inverse_rho;
    for lane in 0..LANES {
        loss[lane] += outer * (weight_sum[lane] * sum[lane].ln() - linear[lane]);
        weight_sum[lane] = factor * weight_sum[lane] / sum[lane];
    }
    for (weight, gradient) in weights.iter().zip(gradient) {
        for lane in 0..LANES {
            gradient[lane] = weight_sum[lane] * gradient[lane] - factor * weight[lane];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::arithmetic::random::Random;

    const LINKS: [Link; 5] = [Link::Log, Link::Gce(0.7), Link::Gce(0.2), Link::Mae, Link::Exp];

    #[test]
    fn gradient_and_invariance() {
        for link in LINKS {
            testing::check(&TwoStage { link }, 2, 1);
            testing::check(&TwoStage { link }, 5, 2);
        }
    }

    #[test]
    fn equals_the_formulas() {
        let (weights, scores) = ([0.7, 0.2, 0.4], [1.0, -0.5, 0.25]);
        let sum: f64 = scores.iter().map(|r: &f64| r.exp()).sum();
        for link in LINKS {
            let psi = |k: usize| -> f64 {
                let p = scores[k].exp() / sum;
                match link {
                    Link::Log => -p.ln(),
                    Link::Gce(q) => (1.0 - p.powf(q)) / q,
                    Link::Mae => 1.0 - p,
                    Link::Exp => {
                        let others = (0..3).filter(|&j| j != k);
                        others.map(|j| (scores[j] - scores[k]).exp()).sum()
                    }
                }
            };
            let expected: f64 = (0..3).map(|k| weights[k] * psi(k)).sum();
            let targets = weights.map(|w| [w; LANES]);
            let block = scores.map(|r| [r; LANES]);
            let (value, _) = testing::evaluate(&TwoStage { link }, &targets, &block);
            assert!((value[0] - expected).abs() < 1e-12, "{link:?}");
        }
    }

    #[test]
    fn single_precision_agrees_with_double() {
        let mut random = Random::new(3);
        for link in LINKS {
            let loss = TwoStage { link };
            let (targets, scores) = testing::random_block(&loss, 4, &mut random);
            let narrow = |block: &[Lanes<f64>]| -> Vec<Lanes<f32>> {
                block.iter().map(|lanes| lanes.map(|value| value as f32)).collect()
            };
            let (value, gradient) = testing::evaluate::<f64>(&loss, &targets, &scores);
            let (value_32, gradient_32) =
                testing::evaluate::<f32>(&loss, &narrow(&targets), &narrow(&scores));
            for lane in 0..LANES {
                // The values of `exp` reach hundreds.
                let scale = value[lane].abs().max(1.0);
                assert!((value[lane] - f64::from(value_32[lane])).abs() < 3e-6 * scale);
                for k in 0..4 {
                    let difference = gradient[k][lane] - f64::from(gradient_32[k][lane]);
                    assert!(difference.abs() < 2e-6 * scale, "{link:?} {difference}");
                }
            }
        }
    }
}
