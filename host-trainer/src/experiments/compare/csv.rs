//! Comparisons as comma-separated values.

use super::Comparison;
use crate::arithmetic::statistics::Estimate;

impl Comparison {
    /// The table of `mild compare --csv`: a line for each log, number of train rows and method.
    #[must_use]
    pub fn csv(&self) -> String {
        lines(self).expect("memory can be written, and all lines have the fields of the header")
    }
}

fn lines(comparison: &Comparison) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "log",
        "train_rows",
        "test_rows",
        "method",
        "seeds",
        "loss",
        "loss_low",
        "loss_high",
        "float",
        "float_plain",
        "int8",
        "int8_plain",
        "minus_best",
        "minus_best_low",
        "minus_best_high",
        "minus_best_single",
        "minus_best_single_low",
        "minus_best_single_high",
        "minus_two_stage",
        "minus_two_stage_low",
        "minus_two_stage_high",
        "coverage",
        "accuracy",
        "accuracy_plain",
        "own_accuracy",
        "price",
        "minority_recall",
        "random_loss",
        "area",
        "aurc",
        "augrc",
        "apgr",
        "cpt_50",
        "image_bytes",
        "own_classifier",
        "local",
        "best_single",
        "oracle",
        "chosen",
    ])?;
    for log in &comparison.logs {
        for method in &log.methods {
            let number = |value: f64| value.to_string();
            let maybe = |value: Option<f64>| value.map(number).unwrap_or_default();
            let three = |e: Estimate| [number(e.mean), number(e.low), number(e.high)];
            let mut row = vec![
                log.log.clone(),
                log.train_rows.map_or("all".to_owned(), |rows| rows.to_string()),
                log.rows.to_string(),
                method.method.clone(),
                method.seeds.to_string(),
            ];
            row.extend(three(method.loss));
            row.extend([number(method.float), number(method.float_plain)]);
            row.extend([maybe(method.int8), maybe(method.int8_plain)]);
            row.extend(three(method.against_best.difference));
            row.extend(three(method.against_best_single.difference));
            match &method.against_baseline {
                Some(against) => row.extend(three(against.difference)),
                None => row.extend([const { String::new() }; 3]),
            }
            row.extend([method.coverage, method.accuracy, method.accuracy_plain].map(number));
            row.extend([maybe(method.own_accuracy), number(method.price)]);
            row.extend([maybe(method.minority_recall), number(method.random_loss)]);
            row.extend([number(method.area), number(method.aurc), number(method.augrc)]);
            row.extend([maybe(method.apgr), maybe(method.cpt_50)]);
            row.push(method.image_bytes.map(|bytes| bytes.to_string()).unwrap_or_default());
            row.push(method.own_classifier.to_string());
            row.extend([log.local, log.best_single, log.oracle].map(number));
            row.push(method.chosen.clone());
            writer.write_record(&row)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
