//! The margins of MILD: one for each expert, by a rule from the training rows.

use super::Rows;
use crate::choice::choice;

choice! {
    /// The form of the margin loss.
    Form:
        /// Each expert's term as it is: implicitly re-weighted toward small margins.
        I = "I",
        /// Each expert's term times its margin: consistent whatever the margins.
        N = "N",
}

choice! {
    /// What the margin of an expert follows.
    RhoRule:
        /// The expert's squared weights, times squared feature norms, summed over the rows.
        Mass = "mass",
        /// The number of rows on which the expert is the cheapest choice.
        Count = "count",
        /// How far the features of the rows on which the expert is the cheapest choice are spread:
        /// their squared mean plus their variance.
        Spread = "spread",
        /// What the expert's rows have at stake in its margin at the scores of the moment. The
        /// exponent is 1/2.
        Balance = "balance",
}

/// The exponent of [`RhoRule::Balance`], which follows from the rule.
pub(super) const OF_BALANCE: f64 = 0.5;

/// How the margins follow from a log: `rho_k = rho_bar * s_k^gamma`, scaled to mean `rho_bar`.
///
/// The rules `mass` and `count` are derived from IMMAX's bound (Cortes, Mao, Mohri, Zhong 2025),
/// whose own choice is `mass` with gamma = 1/3. `spread` with gamma = 1/3 is what public code of a
/// multi-class method of margins does with its classes, here with experts; `balance` has no
/// exponent to choose (`loss/balance.rs`).
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

    /// The margins for rows with these weights; those of the rule `balance` as they are before any
    /// scores are known, equal.
    #[must_use]
    pub fn of(&self, rows: &RowsForMargins) -> Vec<f64> {
        if self.gamma == 0.0 {
            return vec![self.rho_bar; rows.wins.len()];
        }
        let size: Vec<f64> = match self.rule {
            RhoRule::Mass => rows.mass.clone(),
            RhoRule::Count => rows.wins.iter().map(|&wins| wins as f64 + self.floor).collect(),
            RhoRule::Spread => rows.spread.clone(),
            RhoRule::Balance => vec![1.0; rows.wins.len()],
        };
        self.of_sizes(size, &rows.wins)
    }

    /// The margins of experts of these sizes s_k, with so many wins.
    pub(super) fn of_sizes(&self, mut size: Vec<f64>, wins: &[usize]) -> Vec<f64> {
        let experts = size.len();
        // A size of 0 has no power: the smallest positive one stands in.
        let smallest = size.iter().copied().filter(|&s| s > 0.0).fold(f64::INFINITY, f64::min);
        for s in &mut size {
            if *s <= 0.0 {
                *s = if smallest.is_finite() { smallest } else { 1.0 };
            }
        }
        let rare: Vec<usize> = (0..experts).filter(|&k| wins[k] < self.min_wins).collect();
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
    /// The mean squared norm of the standardised features over the rows that an expert wins, which
    /// is their squared mean plus the sum of their variances; 0 without such rows.
    pub spread: Vec<f64>,
}

impl RowsForMargins {
    /// Gathers them; `weights` are those of the rows, row-major.
    #[must_use]
    pub fn gather(rows: &Rows<'_>, weights: &[f32]) -> Self {
        let experts = rows.experts();
        let nothing = vec![0.0; experts];
        let mut gathered = Self { wins: vec![0; experts], mass: nothing.clone(), spread: nothing };
        let weights = weights.chunks_exact(experts);
        for ((losses, weights), norm) in
            rows.deferral_losses().zip(weights).zip(rows.squared_norms())
        {
            let mut cheapest = 0;
            for k in 1..experts {
                if losses[k] < losses[cheapest] {
                    cheapest = k;
                }
            }
            gathered.wins[cheapest] += 1;
            gathered.spread[cheapest] += norm;
            for (mass, &weight) in gathered.mass.iter_mut().zip(weights) {
                *mass += f64::from(weight) * f64::from(weight) * norm;
            }
        }
        for (spread, &wins) in gathered.spread.iter_mut().zip(&gathered.wins) {
            *spread /= wins.max(1) as f64;
        }
        gathered
    }
}

#[cfg(test)]
mod tests {
    use super::super::Tau;
    use super::*;
    use crate::arithmetic::random::Random;
    use crate::data::part::PartColumns;

    #[test]
    fn margins_follow_the_rule() {
        let rows = RowsForMargins {
            wins: vec![8000, 125, 64, 3, 1],
            mass: vec![8.0, 1.0, 0.0, 27.0, 1.0],
            spread: vec![2.0; 5],
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
        let spread = vec![1.0; experts];
        RowsForMargins { mass: wins.iter().map(|&wins| 0.3 * wins as f64).collect(), wins, spread }
    }

    /// What the rules need to know of rows with these features and errors, and no prices.
    fn gathered(features: &[f32], errors: &[f32], inputs: usize) -> RowsForMargins {
        let rows = features.len() / inputs;
        let experts = errors.len() / rows;
        let (features, errors) = (features.to_vec(), errors.to_vec());
        let part =
            PartColumns { rows, inputs, experts, features, errors, ..PartColumns::default() }
                .padded();
        let all: Vec<usize> = (0..rows).collect();
        let squared_norm = |x: &[f32]| x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
        let rows = Rows::new(&part, &all, &squared_norm);
        RowsForMargins::gather(&rows, &rows.weights(Tau::Max))
    }

    #[test]
    fn the_spread_is_the_squared_mean_plus_the_variance() {
        let mut random = Random::new(32);
        let features: Vec<f32> = (0..600).map(|_| random.normal() as f32).collect();
        // Expert 0 wins where the first feature is below 1, expert 1 elsewhere, expert 2 never.
        let errors: Vec<f32> = features
            .chunks_exact(3)
            .flat_map(|x| if x[0] < 1.0 { [0.0, 1.0, 1.0] } else { [1.0, 0.0, 1.0] })
            .collect();
        let rows = gathered(&features, &errors, 3);
        assert!(rows.wins[0] > 100 && rows.wins[1] > 20 && rows.wins[2] == 0);
        for k in 0..2 {
            let won = |x: &&[f32]| (x[0] < 1.0) == (k == 0);
            let of: Vec<&[f32]> = features.chunks_exact(3).filter(won).collect();
            let expected: f64 = (0..3)
                .map(|j| {
                    let values = || of.iter().map(|x| f64::from(x[j]));
                    let mean = values().sum::<f64>() / of.len() as f64;
                    let squares = values().map(|x| (x - mean).powi(2)).sum::<f64>();
                    mean * mean + squares / of.len() as f64
                })
                .sum();
            assert!((rows.spread[k] - expected).abs() < 1e-9, "{} {expected}", rows.spread[k]);
        }
        let margins = Margins {
            rule: RhoRule::Spread,
            gamma: 1.0 / 3.0,
            rho_bar: 2.0,
            min_wins: 0,
            floor: 10.0,
        };
        let rho = margins.of(&rows);
        let ratio = libm::cbrt(rows.spread[1] / rows.spread[0]);
        assert!((rho[1] / rho[0] - ratio).abs() < 1e-9 && ratio > 1.05, "{rho:?}");
        assert!((rho.iter().sum::<f64>() - 6.0).abs() < 1e-9, "mean rho_bar");
        assert_eq!(rho[2], rho[0], "no rows: as the least spread");
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
