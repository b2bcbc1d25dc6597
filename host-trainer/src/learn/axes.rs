//! What each choice of a candidate may be, and the candidates that follow.

use crate::intake::config::Config;
use crate::learn::candidate::{Candidate, Scaling};
use crate::loss::{Effort, Loss, Space, Tau};

/// The values of each choice.
pub(super) struct Axes {
    pub(super) hidden: Vec<Vec<usize>>,
    pub(super) wider: Vec<Vec<usize>>,
    pub(super) l2: Vec<f64>,
    pub(super) tau: Vec<Tau>,
    /// The plainest first.
    pub(super) losses: Vec<Loss>,
}

fn fix<T>(axis: &mut Vec<T>, value: Option<T>) {
    if let Some(value) = value {
        *axis = vec![value];
    }
}

impl Axes {
    pub(super) fn new(config: &Config) -> Self {
        let (method, train) = (config.rejector.method, &config.train);
        let space = Space {
            effort: train.effort,
            form: train.form,
            rule: train.rho_rule,
            gamma: train.gamma,
            rho_bar: train.rho_bar,
            floor: train.floor,
            min_wins: train.min_wins,
        };
        let mut axes = Self::of_losses(config, method.losses(&space));
        // By the method's definition, whatever the configuration says to the others of a
        // comparison.
        fix(&mut axes.tau, method.tau());
        axes
    }

    pub(super) fn of_losses(config: &Config, losses: Vec<Loss>) -> Self {
        let train = &config.train;
        let mut axes = Self::at(train.effort, losses);
        if let Some(hidden) = &config.rejector.hidden {
            axes.hidden = vec![hidden.iter().map(|&width| usize::from(width)).collect()];
            axes.wider.clear();
        }
        fix(&mut axes.l2, train.l2);
        fix(&mut axes.tau, train.tau);
        axes
    }

    fn at(effort: Effort, losses: Vec<Loss>) -> Self {
        match effort {
            Effort::Quick => Self {
                hidden: vec![vec![], vec![16], vec![24, 12]],
                wider: vec![vec![48, 24]],
                l2: vec![1e-3, 1e-2],
                tau: vec![Tau::Max, Tau::One],
                losses,
            },
            Effort::Normal => Self {
                hidden: vec![vec![], vec![8], vec![16], vec![32], vec![24, 12]],
                wider: vec![vec![64], vec![48, 24], vec![64, 32]],
                l2: vec![1e-3, 1e-2],
                tau: vec![Tau::Max, Tau::One],
                losses,
            },
            Effort::Thorough => Self {
                hidden: vec![vec![], vec![8], vec![16], vec![32], vec![24, 12], vec![32, 16]],
                wider: vec![vec![64], vec![96], vec![48, 24], vec![64, 32]],
                l2: vec![1e-4, 1e-3, 1e-2],
                tau: vec![Tau::Max, Tau::One, Tau::Sum],
                losses,
            },
        }
    }

    /// A linear network with each kind of scaling for each loss that is a sum over experts, if
    /// networks may be linear and penalties are searched.
    pub(super) fn of_experts(&self, config: &Config) -> Vec<Candidate> {
        if config.train.l2.is_some() || !self.hidden.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        let sums = self.losses.iter().filter(|loss| loss.of_one_output().is_some());
        sums.flat_map(|&loss| {
            [Scaling::Each, Scaling::Common].map(|scaling| Candidate {
                loss,
                scaling,
                ..Candidate::default()
            })
        })
        .collect()
    }

    /// Every network, regularisation and tau with the plain losses. The members of a family after
    /// the first are tried for each network with the first regularisation and tau alone: the full
    /// product would be hundreds.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for hidden in &self.hidden {
            for &l2 in &self.l2 {
                for &tau in &self.tau {
                    let first = tau == self.tau[0] && l2 == self.l2[0];
                    for (index, &loss) in self.losses.iter().enumerate() {
                        let one_of_many = index > 0 && loss.is_family();
                        let tau_is_idle = !loss.uses_tau() && tau != self.tau[0];
                        if (first || !one_of_many) && !tau_is_idle {
                            let hidden = hidden.clone();
                            candidates.push(Candidate {
                                hidden,
                                tau,
                                loss,
                                l2,
                                ..Candidate::default()
                            });
                        }
                    }
                }
            }
        }
        candidates
    }
}
