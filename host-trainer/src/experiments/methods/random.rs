//! Choosing by lot: the reference that knows how often each expert is wanted, and not where.
//!
//! Each expert is drawn as often as it is the cheapest choice on the train rows. The draw is a race
//! of exponential times, divided by these shares (the least one wins with exactly that chance), so
//! that a price-quality curve finds the rows in random order. No offsets: they would end in the
//! best single expert. The deferral loss of lots at each method's own rates stands beside the
//! method.

use super::host_method::HostMethod;
use super::run::{Answers, Run, without_image};
use crate::arithmetic::random::Random;
use crate::data::dataset::Dataset;
use crate::data::matrix::Matrix;
use crate::data::reference::oracle;

pub(super) const METHODS: &[HostMethod] = &[HostMethod {
    name: "random",
    about: "by lot, each expert as often as it is the cheapest choice on the train rows",
    uses_confidence: false,
    applies: |_, _| Ok(()),
    run: |task| Ok(run(task.config.train.seed, task.data)),
}];

fn run(seed: u64, data: &Dataset) -> Run {
    let mut shares = vec![0.0; data.experts.len()];
    for expert in oracle(&data.train) {
        shares[expert] += 1.0 / data.train.rows() as f64;
    }
    let mut random = Random::new(seed);
    let mut time = |share: f64| -> f64 {
        let time = -libm::log(1.0 - random.uniform());
        if share > 0.0 { time / share } else { f64::INFINITY }
    };
    let mut scores = Matrix::filled(data.test.rows(), shares.len(), 0.0);
    for row in scores.iter_rows_mut() {
        row.iter_mut().zip(&shares).for_each(|(score, &share)| *score = -time(share));
    }
    let names = data.experts.iter().zip(&shares);
    let rates: Vec<String> = names.map(|(e, share)| format!("{} {share:.3}", e.name)).collect();
    without_image(rates.join(", "), Answers { scores, offsets: vec![0.0; shares.len()] }, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lots_fall_as_often_as_each_expert_is_the_cheapest() {
        let (_, mut data) = crate::intake::testing::log(1000, 4000);
        let wanted = oracle(&data.train).iter().filter(|&&expert| expert == 1).count() as f64 / 1e3;
        let run_0 = run(0, &data);
        let choices = run_0.float.choices();
        let share = choices.iter().filter(|&&choice| choice == 1).count() as f64 / 4e3;
        assert!((share - wanted).abs() < 0.03 && wanted > 0.3, "{share} {wanted}");
        let loss = data.test.mean_deferral_loss(|row| choices[row]);
        let [local, cloud] = [0, 1].map(|k| data.test.mean_deferral_loss(|_| k));
        assert!((loss - (local + wanted * (cloud - local))).abs() < 0.03, "{loss}");
        assert!(run_0.seeded && run(0, &data).float == run_0.float);
        assert_ne!(run(1, &data).float, run_0.float);
        // An expert that is never the cheapest is never drawn.
        data.train.edit(|columns| columns.errors = [0.0, 1.0].repeat(1000));
        assert!(run(0, &data).float.choices().iter().all(|&choice| choice == 0));
        assert_eq!(run(0, &data).chosen, "local 1.000, cloud 0.000");
    }
}
