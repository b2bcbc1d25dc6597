//! Prints the test rows of a deferral log as one JSON document, with what each expert answered:
//! `cargo run -p mild-trainer --example test_rows -- mild.toml 1000`.
//!
//! `cargo xtask path` gives these rows to an emulated node.

use std::{env, error::Error, path::Path};

use mild_trainer::Table;
use mild_trainer::config::{AnswerColumns, Config, PriceSource};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let config = arguments.next().ok_or("expected a configuration")?;
    let most = arguments.next().ok_or("expected the largest number of rows")?.parse()?;
    println!("{}", rows(&Config::load(Path::new(&config))?, most)?);
    Ok(())
}

/// The first `most` test rows.
fn rows(config: &Config, most: usize) -> Result<serde_json::Value, Box<dyn Error>> {
    let file = config.data.log.name();
    let mut table = Table::open(&file)?;
    let header = table.header().clone();
    let label = config.data.label.as_deref().ok_or("the configuration has no label")?;
    let split =
        config.data.split.as_deref().ok_or("the configuration has no column of the split")?;
    let (label, split) = (header.column(label, "label")?, header.column(split, "split")?);
    let mut features = Vec::new();
    for name in &config.data.features {
        features.extend(header.matching(name, "features")?);
    }
    let (mut experts, mut answers) = (Vec::new(), Vec::new());
    for expert in &config.experts {
        let (AnswerColumns::Prediction(prediction), PriceSource::Fixed(price)) =
            (&expert.answer, &expert.price)
        else {
            return Err("every expert needs a column of predictions and one price".into());
        };
        // The shortest decimal of the price, as the configuration has it.
        let price: f64 = price.to_string().parse()?;
        answers.push(header.column(prediction, "prediction")?);
        experts.push(json!({ "name": expert.name, "prediction": prediction, "price": price }));
    }
    let mut rows = Vec::new();
    let mut number = 0;
    while let Some(row) = table.next_row()?
        && rows.len() < most
    {
        if row.text(split) == "test" {
            let features = features.iter().map(|&column| row.number(column));
            let answers = answers.iter().map(|&column| row.integer(column));
            rows.push(json!({
                "number": number,
                "features": features.collect::<Result<Vec<f32>, _>>()?,
                "label": row.integer(label)?,
                "answers": answers.collect::<Result<Vec<i64>, _>>()?,
            }));
        }
        number += 1;
    }
    Ok(json!({ "file": file, "experts": experts, "rows": rows }))
}
