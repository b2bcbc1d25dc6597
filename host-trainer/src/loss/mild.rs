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

use std::fmt;

use super::balance::balanced;
use super::margins::OF_BALANCE;
use super::two_stage::scaled;
use super::{
    Definition, Effort, Entry, Form, Loss, Margins, RhoRule, Rows, RowsForMargins, Space,
    Surrogate, Tau, TwoStage, largest,
};
use crate::arithmetic::dense::{LANES, Lanes};
use crate::arithmetic::real::Real;

/// The loss, its margins to be taken from the rows that it is fitted on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mild {
    /// The form.
    pub form: Form,
    /// How the margins follow from the rows.
    pub margins: Margins,
}

impl Mild {
    fn is_two_stage(self) -> bool {
        self.margins.gamma == 0.0 && self.margins.rho_bar == 1.0
    }
}

impl Definition for Mild {
    type Surrogate = MarginLoss;

    const METHODS: &'static [Entry] = &[Entry {
        name: "mild",
        about: "the margin-based losses for imbalanced experts",
        in_auto: true,
        tau: None,
        losses,
    }];

    const IS_FAMILY: bool = true;

    /// 0 with margins of 1, 1 with other equal margins, 2 with unequal ones.
    fn complexity(self) -> u8 {
        match self.margins {
            Margins { gamma, .. } if gamma != 0.0 => 2,
            Margins { rho_bar, .. } if rho_bar != 1.0 => 1,
            _ => 0,
        }
    }

    /// Margins of 1 make it the two-stage loss.
    fn plainest(self) -> Loss {
        if self.is_two_stage() { TwoStage::LOG.into() } else { self.into() }
    }

    fn targets(self, rows: &Rows<'_>, tau: Tau) -> Vec<f32> {
        rows.weights(tau)
    }

    fn surrogate(self, rows: &Rows<'_>, targets: &[f32]) -> MarginLoss {
        let rows = RowsForMargins::gather(rows, targets);
        let follows = self.margins.rule == RhoRule::Balance && self.margins.gamma != 0.0;
        let balance = follows.then(|| Balance { margins: self.margins, wins: rows.wins.clone() });
        MarginLoss { balance, ..MarginLoss::new(self.form, self.margins.of(&rows)) }
    }
}

/// All combinations of form, rule, exponent and mean margin that differ.
fn losses(space: &Space) -> Vec<Loss> {
    const THIRD: f64 = 1.0 / 3.0;
    type Axes<'a> = (&'a [Form], &'a [RhoRule], &'a [f64], &'a [f64]);
    let (forms, rules, gammas, rho_bars): Axes<'_> = match space.effort {
        Effort::Quick | Effort::Normal => {
            (&[Form::N], &[RhoRule::Count], &[0.0, -THIRD, THIRD], &[1.0])
        }
        Effort::Thorough => (
            &[Form::N, Form::I],
            &[RhoRule::Count, RhoRule::Mass],
            &[0.0, -0.5, -THIRD, -1.0 / 6.0, 1.0 / 6.0, THIRD],
            &[0.3, 1.0, 3.0],
        ),
    };
    let mut all: Vec<Mild> = Vec::new();
    for &form in space.form.as_ref().map_or(forms, std::slice::from_ref) {
        for &rule in space.rule.as_ref().map_or(rules, std::slice::from_ref) {
            let gammas = match rule {
                RhoRule::Balance => &[0.0, OF_BALANCE],
                _ => space.gamma.as_ref().map_or(gammas, std::slice::from_ref),
            };
            for &gamma in gammas {
                for &rho_bar in space.rho_bar.as_ref().map_or(rho_bars, std::slice::from_ref) {
                    let (min_wins, floor) = (space.min_wins, space.floor);
                    let margins = Margins { rule, gamma, rho_bar, min_wins, floor };
                    // Equal margins are the same whatever the rule; of 1, whatever the form.
                    let known = all.iter().any(|known| {
                        known.margins.gamma == gamma
                            && known.margins.rho_bar == rho_bar
                            && gamma == 0.0
                            && (known.form == form || rho_bar == 1.0)
                    });
                    if !known {
                        all.push(Mild { form, margins });
                    }
                }
            }
        }
    }
    all.into_iter().map(Loss::from).collect()
}

impl fmt::Display for Mild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Margins { rule, gamma, rho_bar, min_wins, floor } = self.margins;
        write!(f, "mild {} rho_bar={rho_bar}", self.form)?;
        if gamma == 0.0 {
            return Ok(());
        }
        match rule {
            RhoRule::Balance => write!(f, " {rule}")?,
            _ => write!(f, " {rule}^{gamma:.3}")?,
        }
        if floor != Margins::PLAIN.floor {
            write!(f, " floor={floor}")?;
        }
        if min_wins != Margins::PLAIN.min_wins {
            write!(f, " min_wins={min_wins}")?;
        }
        Ok(())
    }
}

/// The loss with its margins; the targets are the weights w_k.
#[derive(Debug, Clone)]
pub struct MarginLoss {
    form: Form,
    rho: Vec<f64>,
    /// Where the margins follow the scores.
    balance: Option<Balance>,
}

/// What margins that follow the scores are made of beside them.
#[derive(Debug, Clone)]
struct Balance {
    margins: Margins,
    wins: Vec<usize>,
}

impl MarginLoss {
    /// The loss with these margins, one for each expert.
    ///
    /// # Panics
    /// If a margin is not positive and finite, or there are none.
    #[must_use]
    pub fn new(form: Form, rho: Vec<f64>) -> Self {
        assert!(!rho.is_empty() && rho.iter().all(|rho| rho.is_finite() && *rho > 0.0));
        Self { form, rho, balance: None }
    }

    /// The factor of expert k's term.
    fn outer(&self, rho: f64) -> f64 {
        match self.form {
            Form::I => 1.0,
            Form::N => rho,
        }
    }
}

impl<T: Real> Surrogate<T> for MarginLoss {
    fn follows_scores(&self) -> bool {
        self.balance.is_some()
    }

    fn at_scores(&self, targets: &[f32], scores: &[f32]) -> Option<Self> {
        let Balance { margins, wins } = self.balance.as_ref()?;
        Some(Self { rho: balanced(margins, wins, targets, scores), ..self.clone() })
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

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::arithmetic::random::Random;

    const RHO: [f64; 4] = [0.4, 1.0, 2.5, 0.8];

    #[test]
    fn gradient_and_invariance() {
        for form in [Form::I, Form::N] {
            testing::check(&MarginLoss::new(form, RHO.to_vec()), 4, 4);
            testing::check(&MarginLoss::new(form, vec![0.7; 3]), 3, 5);
        }
    }

    #[test]
    fn equal_margins_of_one_are_the_two_stage_loss() {
        let mut random = Random::new(6);
        let plain = TwoStage::LOG;
        let (targets, scores) = testing::random_block(&plain, 4, &mut random);
        let expected = testing::evaluate(&plain, &targets, &scores);
        for form in [Form::I, Form::N] {
            let equal = MarginLoss::new(form, vec![1.0; 4]);
            assert_eq!(testing::evaluate(&equal, &targets, &scores), expected);
            // The general path at almost equal margins must tend to the same.
            let nearly = MarginLoss::new(form, vec![1.0, 1.0, 1.0, 1.0 + 1e-12]);
            let (value, gradient) = testing::evaluate(&nearly, &targets, &scores);
            for lane in 0..LANES {
                assert!((value[lane] - expected.0[lane]).abs() < 1e-9);
                assert!((gradient[2][lane] - expected.1[2][lane]).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn balance_has_one_exponent_and_moves_the_margins_with_the_scores() {
        let space = Space { rule: Some(RhoRule::Balance), ..Space::new(Effort::Quick) };
        let losses = losses(&Space { gamma: Some(-0.25), ..space });
        let shown: Vec<String> = losses.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["mild N rho_bar=1", "mild N rho_bar=1 balance"]);
        let margins = Margins { rule: RhoRule::Balance, gamma: OF_BALANCE, ..Margins::PLAIN };
        let balance = Some(Balance { margins, wins: vec![100, 20] });
        let before = MarginLoss { balance, ..MarginLoss::new(Form::N, vec![1.0; 2]) };
        let (targets, scores) = ([1.0, 0.0, 1.0, 0.0, 0.0, 0.5], [1.0, 0.0, 0.0, 0.5, 1.0, 0.0]);
        let after = Surrogate::<f32>::at_scores(&before, &targets, &scores).unwrap();
        assert!(after.rho[0] > 1.05 && (after.rho.iter().sum::<f64>() - 2.0).abs() < 1e-12);
        testing::check(&after, 2, 7);
        assert!(Surrogate::<f32>::follows_scores(&before));
        let fixed = MarginLoss::new(Form::N, vec![1.0; 2]);
        assert!(!Surrogate::<f32>::follows_scores(&fixed));
        assert!(Surrogate::<f32>::at_scores(&fixed, &targets, &scores).is_none());
    }

    /// Minimises the loss for constant weights by gradient descent over free scores.
    fn minimiser(loss: &MarginLoss, weights: &[f64]) -> Vec<f64> {
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
        let n = minimiser(&MarginLoss::new(Form::N, RHO.to_vec()), &weights);
        assert_eq!(order(n.into_iter()), order(weights.into_iter()));
        let i = minimiser(&MarginLoss::new(Form::I, RHO.to_vec()), &weights);
        let over_margin = weights.iter().zip(RHO).map(|(w, rho)| w / rho);
        assert_eq!(order(i.into_iter()), order(over_margin));
    }

    #[test]
    fn two_experts_satisfy_the_stated_equation() {
        let (weights, rho) = ([0.6, 0.25], [0.5, 2.0]);
        let scores = minimiser(&MarginLoss::new(Form::N, rho.to_vec()), &weights);
        let d = scores[0] - scores[1];
        let sigma = |z: f64| 1.0 / (1.0 + (-z).exp());
        let balance = weights[0] * sigma(-d / rho[0]) - weights[1] * sigma(d / rho[1]);
        assert!(balance.abs() < 1e-6, "{balance}");
    }
}
