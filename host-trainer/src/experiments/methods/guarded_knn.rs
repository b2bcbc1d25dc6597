//! k nearest neighbours that leave the default only where the neighbours say so.
//!
//! The default is the single expert that is best on the train rows. Among the neighbours of a row
//! each other expert is paired with it: it takes the default's place only if it gains more than
//! half a standard error of the mean paired difference, or a whole one if it is dearer; of several
//! the one furthest beyond its bar. (A published guard of routers by neighbours, 2026, known here
//! from a description; that the number of neighbours is chosen by deferral loss on the calibration
//! rows, and offsets tuned there, is as with `knn`.) It keeps the whole log, so no image can hold
//! it.

use super::host_method::{HostMethod, Task};
use super::neighbours::Neighbours;
use super::run::Run;
use crate::arithmetic::statistics::paired_difference;
use crate::data::matrix::Matrix;
use crate::data::part::Part;

/// Standard errors by which an expert must be ahead of the default, and a dearer one.
const AHEAD: f64 = 0.5;
const DEARER_AHEAD: f64 = 1.0;

/// What an expert that is not beyond its bar lacks at least, so that the default wins ties.
const TIE: f64 = 1e-9;

pub(super) const METHODS: &[HostMethod] = &[HostMethod {
    name: "guarded-knn",
    about: "the best single expert, but where the nearest train rows clearly favour another",
    uses_confidence: false,
    applies: |_, _| Ok(()),
    run: |task| Ok(run(task)),
}];

fn run(task: &Task<'_>) -> Run {
    let Task { config, data, .. } = task;
    let index = Neighbours::new(&data.train, config.train.seed);
    let prices: Vec<f64> = data.experts.iter().map(|e| f64::from(e.mean_price)).collect();
    let means = (0..prices.len()).map(|k| data.train.mean_deferral_loss(|_| k));
    let best = means.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
    let guard = Guard { default: best.map_or(0, |(k, _)| k), prices };
    let of_row = |near: &[usize], numbers: &[usize]| guard.scores(index.part(), near, numbers);
    let default = &data.experts[guard.default].name;
    index.run(data, of_row, |number| format!("{default} but for k={number}"))
}

/// Who is asked unless the neighbours say otherwise.
struct Guard {
    default: usize,
    /// The mean price of each expert.
    prices: Vec<f64>,
}

impl Guard {
    /// For each number of neighbours how far each expert is beyond its bar, from the nearest rows
    /// of a part: numbers x experts; 0 for the default.
    fn scores(&self, part: &Part, near: &[usize], numbers: &[usize]) -> Matrix<f64> {
        let column = |k: usize| -> Vec<f64> {
            let error = |&row: &usize| f64::from(part.errors()[(row, k)]);
            near.iter().map(error).map(|error| error + self.prices[k]).collect()
        };
        let columns: Vec<Vec<f64>> = (0..self.prices.len()).map(column).collect();
        Matrix::from_fn(numbers.len(), self.prices.len(), |at, k| {
            let near = numbers[at].min(near.len());
            self.beyond(k, &columns[self.default][..near], &columns[k][..near])
        })
    }

    /// How far expert `k` is beyond its bar, from the losses of the default and its own.
    fn beyond(&self, k: usize, of_default: &[f64], own: &[f64]) -> f64 {
        if k == self.default {
            return 0.0;
        }
        let (gain, error) = paired_difference(of_default, own);
        let dearer = self.prices[k] > self.prices[self.default];
        let beyond = gain - if dearer { DEARER_AHEAD } else { AHEAD } * error;
        if beyond > TIE { beyond } else { beyond - TIE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::methods::{Contender, run};
    use crate::learn::store::Forgetful;
    use crate::progress::Silent;

    #[test]
    fn the_bar_is_half_a_standard_error_and_twice_that_for_dearer_ones() {
        let guard = Guard { default: 1, prices: vec![0.0, 0.1, 0.3] };
        // The default is wrong on five of eight rows, the other on three: a gain of 1/4, and
        // differences of 1, 0 and -1 with a standard error of 0.2296.
        let of_default = [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
        let own = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0];
        let error = (((4.0 - 8.0 / 16.0) / 8.0f64) / 8.0).sqrt();
        let beyond = |k| guard.beyond(k, &of_default, &own);
        assert!((beyond(0) - (0.25 - 0.5 * error)).abs() < 1e-12, "{}", beyond(0));
        assert!((beyond(2) - (0.25 - error)).abs() < 1e-12);
        assert_eq!(beyond(1), 0.0);
        assert!(guard.beyond(0, &own, &own) < 0.0, "equal ones leave the default in place");
        assert!(guard.beyond(0, &[], &[]) < 0.0);
    }

    #[test]
    fn it_leaves_the_default_where_the_neighbours_say_so() {
        let (config, data) = crate::intake::testing::log(600, 300);
        let contender: Contender = "guarded-knn".parse().unwrap();
        let run = run(contender, &config, &data, &Forgetful, &Silent).unwrap();
        let choices = run.float.choices();
        let loss = data.test.mean_deferral_loss(|row| choices[row]);
        let alone = [0, 1].map(|k| data.test.mean_deferral_loss(|_| k));
        assert!(loss < 0.5 * alone[0].min(alone[1]), "{loss} {alone:?}");
        assert!(run.int8.is_none() && run.chosen.starts_with("cloud but for k="), "{}", run.chosen);
        // Features that say nothing: almost nobody leaves the default.
        let mut blind = data.clone();
        for part in [&mut blind.train, &mut blind.calibration, &mut blind.test] {
            part.edit(|columns| {
                let shift = columns.features.len() / 3;
                columns.features.rotate_left(shift - shift % 2);
            });
        }
        let run = super::super::run(contender, &config, &blind, &Forgetful, &Silent).unwrap();
        let left = run.float.plain_choices().iter().filter(|&&k| k != 1).count();
        assert!(left < 60, "{left} of 300");
    }
}
