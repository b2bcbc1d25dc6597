//! A small log that tests train on.

use std::path::Path;

use crate::arithmetic::random::Random;
use crate::data::confidence::Confidence;
use crate::data::dataset::{Dataset, Expert};
use crate::data::part::{Part, PartColumns};
use crate::intake::config::Config;

/// Two features, two classes by the sign of the first; `local` is wrong where the second is
/// positive, the expert `cloud` (price 0.1) where it is below -1. `local` is less sure the larger
/// the second is, of 0.75 where it is 0.
fn part(rows: usize, seed: u64) -> Part {
    let mut random = Random::new(seed);
    let features: Vec<f32> = (0..rows * 2).map(|_| random.normal() as f32).collect();
    let of_rows = |value: &dyn Fn(f32, f32) -> Vec<f32>| -> Vec<f32> {
        features.chunks_exact(2).flat_map(|x| value(x[0], x[1])).collect()
    };
    let errors = of_rows(&|_, b| vec![f32::from(b > 0.0), f32::from(b < -1.0)]);
    let probabilities = of_rows(&|a, b| {
        let largest = 0.75 - 0.25 * b / (1.0 + b.abs());
        if a > 0.0 { vec![1.0 - largest, largest] } else { vec![largest, 1.0 - largest] }
    });
    let labels = features.chunks_exact(2).map(|x| u16::from(x[0] > 0.0)).collect();
    PartColumns {
        rows,
        inputs: 2,
        experts: 2,
        errors,
        prices: of_rows(&|_, _| vec![0.0, 0.1]),
        labels: Some(labels),
        confidence: Some(Confidence::new(2, probabilities).expect("two values for each row")),
        lines: (2..rows as u32 + 2).collect(),
        features,
        ..PartColumns::default()
    }
    .padded()
}

/// The log: `rows` train rows, `others` in each other split.
pub(crate) fn log(rows: usize, others: usize) -> (Config, Dataset) {
    let text = "[data]\nlog = 'log.csv'\nfeatures = ['a', 'b']\nlabel = 'y'\n\
                [[expert]]\nname = 'local'\nprediction = 'p'\n\
                [[expert]]\nname = 'cloud'\nprediction = 'q'\nprice = 0.1\n\
                [rejector]\nhidden = [4]\n[train]\neffort = 'quick'\nmax_iterations = 40";
    let config = Config::parse(text, Path::new("mild.toml")).unwrap();
    let expert =
        |name: &str, mean_price| Expert { name: name.to_owned(), mean_price, price_varies: false };
    let data = Dataset {
        feature_names: vec!["a".to_owned(), "b".to_owned()],
        experts: vec![expert("local", 0.0), expert("cloud", 0.1)],
        class_names: vec![],
        log_digest: [0; 8],
        notes: Default::default(),
        train: part(rows, 1),
        calibration: part(others, 2),
        test: part(others, 3),
        raw: None,
        windows: vec![],
    };
    (config, data)
}
