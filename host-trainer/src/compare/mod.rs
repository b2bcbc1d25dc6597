//! Methods beside each other on several logs: same splits, same offsets procedure, paired
//! differences.

pub mod curve;
pub mod rank;

use serde::Serialize;

use crate::config::{Config, Method};
use crate::dataset::Dataset;
use crate::error::Result;
use crate::evaluate::{Bootstrap, Estimate, best_single, oracle};
use crate::pipeline::{Choice, Trained, train};
use crate::progress::Silent;
use crate::store::Forgetful;

/// How a method did on a log.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// The log's name: the directory of its configuration.
    pub log: String,
    /// The method.
    pub method: String,
    /// Test rows.
    pub rows: usize,
    /// Trainings with different seeds.
    pub seeds: u64,
    /// Deferral loss on the test rows of always answering locally.
    pub local: f64,
    /// Of the single expert that is best on the calibration rows.
    pub best_single_on_calibration: f64,
    /// Of the single expert that is best on the test rows, in hindsight.
    pub best_single: f64,
    /// Of the float rejector, mean over seeds.
    pub float: f64,
    /// Of the image, mean over seeds, with a bootstrap interval over rows.
    pub int8: Estimate,
    /// The lowest and the highest seed's loss of the image.
    pub int8_seeds: [f64; 2],
    /// Image minus float, paired by row and seed.
    pub int8_minus_float: Estimate,
    /// Image minus the best single expert in hindsight, paired by row.
    pub int8_minus_best_single: Estimate,
    /// Share of test rows on which float and image decide alike.
    pub agreement: f64,
    /// Lowest possible deferral loss.
    pub oracle: f64,
    /// Bytes of the first seed's image.
    pub image_bytes: usize,
    /// What the first seed's selection chose.
    pub chosen: String,
}

/// Trains a method with each of the seeds `0..seeds` and judges it on the test rows.
///
/// # Errors
/// As [`train`].
pub fn compare(
    log: &str,
    config: &Config,
    data: &Dataset,
    method: Method,
    seeds: u64,
    mut done: impl FnMut(),
) -> Result<Comparison> {
    let test = &data.test;
    let mut config = config.clone();
    config.rejector.method = method;
    let mut float = vec![0.0; test.rows];
    let mut int8 = vec![0.0; test.rows];
    let (mut of_seeds, mut equal) = (Vec::new(), 0);
    let mut first: Option<Trained> = None;
    for seed in 0..seeds {
        config.train.seed = seed;
        let trained = train(&config, data, &Forgetful, &Silent)?;
        let (float_choices, int8_choices) =
            (trained.float_choices(test), trained.int8_choices(test));
        for row in 0..test.rows {
            float[row] += f64::from(test.cost(row, float_choices[row])) / seeds as f64;
            int8[row] += f64::from(test.cost(row, int8_choices[row])) / seeds as f64;
            equal += usize::from(float_choices[row] == int8_choices[row]);
        }
        of_seeds.push(test.deferral_loss(|row| int8_choices[row]));
        first.get_or_insert(trained);
        done();
    }
    let first = first.expect("at least one seed");
    let bootstrap = Bootstrap::new(test, 0);
    let best = best_single(test);
    let cheapest = oracle(test);
    let difference = |a: &[f64], b: &dyn Fn(usize) -> f64| -> Vec<f64> {
        a.iter().enumerate().map(|(row, a)| a - b(row)).collect()
    };
    Ok(Comparison {
        log: log.to_owned(),
        method: method.to_string(),
        rows: test.rows,
        seeds,
        local: test.deferral_loss(|_| 0),
        best_single_on_calibration: test.deferral_loss(|_| best_single(&data.calibration)),
        best_single: test.deferral_loss(|_| best),
        float: float.iter().sum::<f64>() / test.rows.max(1) as f64,
        int8: bootstrap.estimate(&int8),
        int8_seeds: [
            of_seeds.iter().copied().fold(f64::INFINITY, f64::min),
            of_seeds.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ],
        int8_minus_float: bootstrap.estimate(&difference(&int8, &|row| float[row])),
        int8_minus_best_single: bootstrap
            .estimate(&difference(&int8, &|row| f64::from(test.cost(row, best)))),
        agreement: equal as f64 / (test.rows as f64 * seeds as f64).max(1.0),
        oracle: test.deferral_loss(|row| cheapest[row]),
        image_bytes: first.artifact.image().bytes().len(),
        chosen: match &first.choice {
            Choice::Constant { expert, .. } => format!("always {}", data.experts[*expert].name),
            choice @ Choice::Rejector(_) => choice.to_string(),
        },
    })
}

/// The comparisons as a Markdown table.
#[must_use]
pub fn markdown(comparisons: &[Comparison]) -> String {
    let header = [
        "log",
        "method",
        "test rows",
        "local",
        "best single",
        "float",
        "int8",
        "95 % interval",
        "seeds",
        "int8 - float",
        "int8 - best single, 95 %",
        "verdict",
        "oracle",
        "alike",
        "bytes",
        "chosen (seed 0)",
    ];
    let mut cells = vec![header.map(str::to_owned).to_vec(), vec!["---".to_owned(); header.len()]];
    for c in comparisons {
        let Estimate { mean, low, high } = c.int8;
        let paired = c.int8_minus_best_single;
        let verdict = match paired {
            Estimate { high, .. } if high < 0.0 => "better",
            Estimate { low, .. } if low > 0.0 => "worse",
            _ => "tie",
        };
        cells.push(vec![
            c.log.clone(),
            c.method.clone(),
            c.rows.to_string(),
            format!("{:.4}", c.local),
            format!("{:.4}", c.best_single),
            format!("{:.4}", c.float),
            format!("{mean:.4}"),
            format!("{low:.4} to {high:.4}"),
            format!("{:.4} to {:.4} ({})", c.int8_seeds[0], c.int8_seeds[1], c.seeds),
            format!("{:+.4}", c.int8_minus_float.mean),
            format!("{:+.4} to {:+.4}", paired.low, paired.high),
            verdict.to_owned(),
            format!("{:.4}", c.oracle),
            format!("{:.1}%", 100.0 * c.agreement),
            c.image_bytes.to_string(),
            c.chosen.clone(),
        ]);
    }
    let lines = cells.iter().map(|row| format!("| {} |\n", row.join(" | ")));
    lines.collect()
}
