//! Rejectors that end in an image.

use super::run::{Answers, Run, all_rows};
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::intake::config::Config;
use crate::integers::artifact;
use crate::learn::store::Store;
use crate::loss::Method;
use crate::pipeline::{Attempt, Choice, attempt};
use crate::progress::Progress;

pub(super) fn run(
    method: Method,
    config: &Config,
    data: &Dataset,
    store: &dyn Store,
    progress: &dyn Progress,
) -> Result<Run> {
    let mut config = config.clone();
    config.rejector.method = method;
    let Attempt { trained, refusal } = attempt(&config, data, store, progress)?;
    let image = trained.artifact.image();
    let scores = trained.fit.scores(&data.test, &all_rows(data.test.rows()));
    let offsets = image.offsets().iter().map(|&offset| f64::from(offset)).collect();
    let int8 = Answers { scores: artifact::scores(&image, &data.test).map(f64::from), offsets };
    let chosen = match &trained.choice {
        Choice::Constant { expert, .. } => format!("always {}", data.experts[*expert].name),
        choice @ Choice::Rejector(_) => choice.to_string(),
    };
    Ok(Run {
        chosen,
        float: Answers { scores, offsets: trained.offsets },
        int8: refusal.is_none().then_some(int8),
        image_bytes: refusal.is_none().then(|| image.bytes().len()),
        int8_refused: refusal,
        local_errors: None,
        seeded: true,
    })
}

#[cfg(test)]
mod tests {
    use mild::{Price, Rejector};

    use crate::experiments::methods::{Contender, run};
    use crate::learn::store::Forgetful;
    use crate::progress::Silent;

    #[test]
    fn one_vs_all_tells_probabilities_and_follows_prices() {
        let (mut config, data) = crate::intake::testing::log(2000, 1000);
        config.rejector.method = "one-vs-all".parse().unwrap();
        let trained = crate::pipeline::train(&config, &data, &Forgetful, &Silent).unwrap();
        let image = trained.artifact.image();
        assert!(image.platt_scaling().is_some(), "prices can be changed");
        assert_eq!(image.prices().map(Price::bits).collect::<Vec<_>>(), [0, 6554]);
        let rejector = Rejector::new(&image);
        let mut scratch = vec![0; image.scratch_words()];
        let test = &data.test;
        // Probabilities are as often right as they say, in the mean and where they are high.
        for k in 0..2 {
            let (mut said, mut right, mut sure, mut sure_right) = (0.0, 0.0, 0.0, 0.0);
            for row in 0..test.rows() {
                let q = rejector.probabilities(test.row(row), &mut scratch).unwrap()[k];
                let q = f64::from(q) / 65_536.0;
                let is_right = 1.0 - f64::from(test.errors().row(row)[k]);
                said += q;
                right += is_right;
                if q > 0.9 {
                    sure += 1.0;
                    sure_right += is_right;
                }
            }
            assert!((said - right).abs() < 0.02 * test.rows() as f64, "{said} {right}");
            assert!(
                sure_right > 0.93 * sure && sure > 0.1 * test.rows() as f64,
                "{sure_right} {sure}"
            );
        }
        // A dearer expert is asked less, and as if trained so.
        let share = |price: u32| {
            let mut scratch = vec![0; image.scratch_words()];
            let all = mild::Reachable::ALL;
            let asked = (0..test.rows()).filter(|&row| {
                let prices = [Price::ZERO, Price::from_bits(price)];
                let scores = rejector.scores_with_prices(test.row(row), &prices, &mut scratch);
                scores.unwrap().decide(all).expert == 1
            });
            asked.count()
        };
        let (free, cheap, dear) = (share(0), share(6554), share(3 * 65_536));
        assert!(free >= cheap && cheap > 0 && dear == 0, "{free} {cheap} {dear}");
        let own = trained.int8_choices(test).iter().filter(|&&choice| choice == 1).count();
        assert_eq!(cheap, own);
        let floats = trained.float_choices(test);
        let alike = floats.iter().zip(trained.int8_choices(test)).filter(|&(&a, b)| a == b).count();
        assert!(alike > 980, "{alike}");
    }

    #[test]
    fn the_answers_are_those_of_the_image_and_refused_ones_are_told() {
        let (mut config, data) = crate::intake::testing::log(400, 200);
        let contender = Contender::Image("two-stage".parse().unwrap());
        let trained = run(contender, &config, &data, &Forgetful, &Silent).unwrap();
        let int8 = trained.int8.unwrap();
        config.rejector.method = "two-stage".parse().unwrap();
        let same = crate::pipeline::train(&config, &data, &Forgetful, &Silent).unwrap();
        assert_eq!(int8.choices(), same.int8_choices(&data.test));
        assert_eq!(trained.float.choices(), same.float_choices(&data.test));
        assert_eq!(trained.image_bytes, Some(same.artifact.image().bytes().len()));
        // No growth is little enough: the float figures are there all the same.
        config.quantize.tolerance = -1.0;
        let refused = run(contender, &config, &data, &Forgetful, &Silent).unwrap();
        assert_eq!((refused.int8, refused.image_bytes), (None, None));
        assert!(refused.int8_refused.unwrap().to_string().contains("quantize.tolerance"));
        assert_eq!(refused.float.choices(), trained.float.choices());
    }
}
