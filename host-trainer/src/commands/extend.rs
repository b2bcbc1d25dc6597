//! `mild extend`

use std::path::PathBuf;

use clap::Args;

use super::output::Output;
use super::train::{TrainArgs, write};
use super::{look, progress};
use crate::error::Result;
use crate::learn::store::Forgetful;
use crate::new_expert::{ClassAccuracies, ExtendReport, Extension, answers, check, classes};
use crate::pipeline::train;

/// Arguments of `mild extend`.
#[derive(Debug, Args)]
#[command(
    override_usage = "\
mild extend [OPTIONS] --out <DIR> --expert <NAME> --price <PRICE>
                   --answers <FILE> <CONFIG>",
    after_help = "\
The log is not changed. The new expert answered other rows, of which only the
label is known; the table says whether each answer was right.

Example:
  mild extend mild.toml --out out --expert person --price 0.3 \\
      --answers person.csv"
)]
pub(crate) struct ExtendArgs {
    #[command(flatten)]
    train: TrainArgs,
    /// The name of the new expert
    #[arg(long, value_name = "NAME")]
    expert: String,
    /// The price of one use, in units of one error
    #[arg(long, alias = "cost", value_name = "PRICE", allow_negative_numbers = true, value_parser = parse_price)]
    price: f32,
    /// A table (CSV) of the new expert's answers, with the columns `label` and `right` (1 or 0)
    #[arg(long, value_name = "FILE")]
    answers: PathBuf,
}

impl ExtendArgs {
    /// What is printed, and in which form.
    pub(super) fn output(&self) -> Output {
        self.train.output
    }
}

fn parse_price(text: &str) -> std::result::Result<f32, String> {
    match text.parse::<f32>() {
        // Adding 0 turns -0 into 0.
        Ok(price) if price.is_finite() && price >= 0.0 => Ok(price + 0.0),
        _ => Err("expected a finite price >= 0".to_owned()),
    }
}

pub(super) fn run(args: &ExtendArgs) -> Result<()> {
    let TrainArgs { out, output, .. } = &args.train;
    let (config, data) = args.train.load()?;
    check(&config, &data, &args.expert)?;
    let classes = classes(&data);
    let known =
        ClassAccuracies::of(&answers(&args.answers, &classes, &data.class_names)?, &classes);
    let progress = |message| progress::shown(message, output.quiet);
    let old = train(&config, &data, &Forgetful, &*progress("selecting"))?;
    let new = (args.expert.as_str(), args.price);
    let anew = progress("selecting with the new expert");
    let extension = Extension::new(&old, &config, &data, new, &known, &*anew)?;
    let seed = config.train.seed;
    let report = ExtendReport::new(&extension, known, &config);
    let (trained, data) = extension.into_taken()?;
    write(out, &report, &trained, &data, seed)?;
    let image = out.join("rejector.mild");
    output.print(
        &report,
        &format!("{}written: {}\n", report.render(look::of_output()), image.display()),
    )
}
