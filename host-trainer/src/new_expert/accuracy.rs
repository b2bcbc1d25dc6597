//! How often an expert is right on each class, from few answers: empirical Bayes.
//!
//! A class's accuracy is drawn from a beta distribution shared by all classes, its answers from
//! that accuracy. The shared distribution maximises the marginal (beta-binomial) likelihood of all
//! classes' counts; a class's accuracy is then its posterior mean, so that classes with few answers
//! lean on the others (Robbins 1956; Efron and Morris 1975). Derived: a weak pull on the shared
//! distribution, without which a few answers, all of them right, would make a perfect expert.

use serde::Serialize;

use super::LabelledAnswer;

/// The beta distribution that the classes' accuracies come from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Prior {
    /// Its mean: the accuracy of a class without answers.
    pub mean: f64,
    /// The number of answers that it counts for.
    pub strength: f64,
}

/// What is known of one class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct ClassAccuracy {
    /// The class.
    pub label: u16,
    /// Answers to samples of it.
    pub answers: u32,
    /// Right ones among them.
    pub right: u32,
    /// The posterior mean.
    pub accuracy: f64,
}

/// How often an expert is expected to be right, class by class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ClassAccuracies {
    /// What the classes have in common.
    pub prior: Prior,
    /// The classes, ascending.
    pub classes: Vec<ClassAccuracy>,
}

/// Doublings of the strengths that the search spans, from 1/4 to 1024.
const STRENGTHS: std::ops::RangeInclusive<i32> = -2..=10;

/// Log-odds of the means that it starts from, in halves, to either side of 0.
const MEANS: i32 = 10;

/// Halvings of the step around the best of those.
const REFINEMENTS: u32 = 10;

impl ClassAccuracies {
    /// From answers to samples of known `classes`, which ascend; answers to others count for none.
    #[must_use]
    pub(crate) fn of(answers: &[LabelledAnswer], classes: &[u16]) -> Self {
        let mut counts = vec![(0u32, 0u32); classes.len()];
        for answer in answers {
            if let Ok(class) = classes.binary_search(&answer.label) {
                counts[class].0 += u32::from(answer.right);
                counts[class].1 += 1;
            }
        }
        let prior = Prior::of(&counts);
        let classes = classes.iter().zip(&counts).map(|(&label, &(right, answers))| {
            let of_both = f64::from(right) + prior.strength * prior.mean;
            let accuracy = of_both / (f64::from(answers) + prior.strength);
            ClassAccuracy { label, answers, right, accuracy }
        });
        Self { prior, classes: classes.collect() }
    }

    /// The expected accuracy on a class; of one that is not known the shared mean.
    #[must_use]
    pub(crate) fn of_class(&self, label: u16) -> f64 {
        let place = self.classes.binary_search_by_key(&label, |class| class.label);
        place.map_or(self.prior.mean, |place| self.classes[place].accuracy)
    }
}

impl Prior {
    /// The most likely one for the classes' counts of right answers among all: the best of a grid,
    /// then ever smaller steps around it. The likelihood may have a ridge toward infinite strength,
    /// so nothing is solved.
    fn of(counts: &[(u32, u32)]) -> Self {
        let value = |(odds, doublings): (f64, f64)| log_posterior(odds, doublings, counts);
        let grid = (-MEANS..=MEANS).flat_map(|odds| {
            STRENGTHS.map(move |doublings| (0.5 * f64::from(odds), f64::from(doublings)))
        });
        let mut best = (f64::NEG_INFINITY, (0.0, 1.0));
        for point in grid {
            let reached = value(point);
            if reached > best.0 {
                best = (reached, point);
            }
        }
        let (lowest, highest) = (f64::from(*STRENGTHS.start()), f64::from(*STRENGTHS.end()));
        let (mut odds_step, mut doublings_step) = (0.25, 0.5);
        for _ in 0..REFINEMENTS {
            let (odds, doublings) = best.1;
            for (towards_odds, towards_doublings) in
                [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]
            {
                let odds = odds + f64::from(towards_odds) * odds_step;
                let doublings = doublings + f64::from(towards_doublings) * doublings_step;
                let point = (odds, doublings.clamp(lowest, highest));
                let reached = value(point);
                if reached > best.0 {
                    best = (reached, point);
                }
            }
            odds_step *= 0.5;
            doublings_step *= 0.5;
        }
        let (odds, doublings) = best.1;
        Self { mean: 1.0 / (1.0 + libm::exp(-odds)), strength: libm::exp2(doublings) }
    }
}

/// The beta-binomial log-likelihood of the counts, up to a constant, with the pull: one right and
/// one wrong answer for the mean, and a strength of 2 give or take two doublings, which is the
/// uniform distribution if nothing else is known.
fn log_posterior(odds: f64, doublings: f64, counts: &[(u32, u32)]) -> f64 {
    let mean = 1.0 / (1.0 + libm::exp(-odds));
    let strength = libm::exp2(doublings);
    let (right_prior, wrong_prior) = (strength * mean, strength * (1.0 - mean));
    let log_beta = |a: f64, b: f64| libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let of_prior = log_beta(right_prior, wrong_prior);
    let likelihood = counts.iter().filter(|(_, answers)| *answers > 0).map(|&(right, answers)| {
        let wrong = f64::from(answers - right);
        log_beta(right_prior + f64::from(right), wrong_prior + wrong) - of_prior
    });
    let pull = libm::log(mean) + libm::log(1.0 - mean) - 0.125 * (doublings - 1.0).powi(2);
    likelihood.sum::<f64>() + pull
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with so many right ones among so many, class by class.
    fn accuracies(counts: &[(u32, u32)]) -> ClassAccuracies {
        let answers = counts.iter().zip(0u16..).flat_map(|(&(right, all), label)| {
            (0..all).map(move |answer| LabelledAnswer { label, right: answer < right })
        });
        let classes: Vec<u16> = (0..counts.len() as u16).collect();
        ClassAccuracies::of(&answers.collect::<Vec<_>>(), &classes)
    }

    fn near(found: f64, expected: f64, within: f64) {
        assert!((found - expected).abs() < within, "{found}, expected {expected}");
    }

    #[test]
    fn without_answers_nothing_is_known() {
        let known = accuracies(&[(0, 0), (0, 0)]);
        near(known.prior.mean, 0.5, 1e-6);
        near(known.prior.strength, 2.0, 1e-2);
        assert_eq!(known.of_class(1), known.prior.mean);
    }

    #[test]
    fn a_handful_of_right_answers_is_no_perfect_expert() {
        let known = accuracies(&[(1, 1), (1, 1), (1, 1), (0, 0)]);
        let (seen, unseen) = (known.of_class(0), known.of_class(3));
        assert!(0.6 < unseen && unseen < seen && seen < 0.95, "{known:?}");
        assert_eq!(known.of_class(77), unseen, "a class that nobody knows");
    }

    #[test]
    fn equal_classes_are_pooled_and_unequal_ones_are_not() {
        let alike = accuracies(&[(80, 100); 10]);
        near(alike.prior.mean, 0.8, 0.01);
        assert!(alike.prior.strength > 100.0, "{:?}", alike.prior);
        let specialist = accuracies(&[(100, 100), (100, 100), (10, 100), (10, 100), (1, 1)]);
        assert!(specialist.prior.strength < 3.0, "{:?}", specialist.prior);
        near(specialist.of_class(0), 1.0, 0.02);
        near(specialist.of_class(2), 0.1, 0.02);
        let one = specialist.of_class(4);
        assert!(specialist.prior.mean < one && one < 0.95, "one answer tells a little: {one}");
    }

    #[test]
    fn the_search_finds_the_maximum() {
        let counts = [(9, 10), (3, 10), (6, 7), (0, 2), (15, 15)];
        let prior = Prior::of(&counts);
        let logit = libm::log(prior.mean / (1.0 - prior.mean));
        let reached = log_posterior(logit, libm::log2(prior.strength), &counts);
        for odds in -300..=300 {
            for doublings in -20..=100 {
                let (odds, doublings) = (0.01 * f64::from(odds), 0.1 * f64::from(doublings));
                assert!(log_posterior(odds, doublings, &counts) < reached + 1e-4);
            }
        }
    }

    /// Accuracies drawn from a known distribution: the estimate comes back near it, and posterior
    /// means are nearer to the truth than plain shares.
    #[test]
    fn shrinking_beats_plain_shares() {
        let mut random = crate::arithmetic::random::Random::new(4);
        let truth: Vec<f64> = (0..60).map(|_| 0.6 + 0.3 * random.uniform()).collect();
        let counts: Vec<(u32, u32)> = truth
            .iter()
            .map(|&accuracy| ((0..8).filter(|_| random.uniform() < accuracy).count() as u32, 8))
            .collect();
        let known = accuracies(&counts);
        near(known.prior.mean, 0.75, 0.04);
        let squares = |of: &dyn Fn(usize) -> f64| -> f64 {
            truth.iter().enumerate().map(|(class, truth)| (of(class) - truth).powi(2)).sum()
        };
        let shrunk = squares(&|class| known.of_class(class as u16));
        let plain = squares(&|class| f64::from(counts[class].0) / 8.0);
        assert!(shrunk < 0.5 * plain, "{shrunk} against {plain}");
    }
}
