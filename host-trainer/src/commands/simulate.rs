//! `mild simulate`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mild::governor::{Rate, Track};
use mild::image::OperatingPointsParts;

use super::image::{must_fit, read_image};
use super::output::{Output, command_line};
use super::values;
use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::data::split::Split;
use crate::error::{Error, LogError, Result};
use crate::experiments::simulate::online::{self, Online};
use crate::experiments::simulate::{
    Battery, Conditions, Outage, RandomOutage, ReplaySettings, page, plot, replay,
};
use crate::files;
use crate::intake::config::{Config, Policy};
use crate::intake::log;
use crate::promises::{AdvantageRows, ThresholdSearch};

/// Arguments of `mild simulate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mild simulate mild.toml --image out/rejector.mild --budget 0.2
  mild simulate mild.toml --image out/rejector.mild --order time --by site
  mild simulate mild.toml --image out/rejector.mild --outage cloud:100-200")]
pub(crate) struct SimulateArgs {
    /// The configuration of the log (TOML)
    config: PathBuf,
    /// The image to run
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// The rows to replay
    #[arg(long, value_enum, default_value = "test")]
    split: SplitName,
    /// A column of numbers by which rows are ordered in time [default: the order of the file]
    #[arg(long, value_name = "COLUMN")]
    order: Option<String>,
    /// Also report each segment of rows in which this column stays the same
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,
    /// The deferral rate to keep, 0 to 1 [default: the rate that the image promises, or else its
    /// rate on the calibration rows]
    #[arg(long, value_name = "RATE", value_parser = values::rate)]
    budget: Option<f64>,
    /// Whether the budget is an upper limit or a target
    #[arg(long, value_enum, default_value = "at-most")]
    track: Tracking,
    /// The most deferrals in a burst (a token bucket)
    #[arg(long, value_name = "NUMBER")]
    burst: Option<u16>,
    /// An expert that is unreachable in a range of rows, such as `cloud:100-200` (may be repeated)
    #[arg(long, value_name = "EXPERT:FROM-TO")]
    outage: Vec<String>,
    /// An expert whose link fails at random: the probability of failing at a row, and the mean
    /// length of an outage in rows (may be repeated)
    #[arg(long, value_name = "EXPERT:START:LENGTH")]
    random_outage: Vec<String>,
    /// Also replay with thresholds that are learned from the answers that come back
    #[arg(long, value_enum)]
    online: Option<OnlineName>,
    /// A battery whose level (per mille) changes evenly, for images with energy steps
    #[arg(long, value_name = "FROM-TO")]
    battery: Option<String>,
    /// The number of rows in each moving mean of the plot
    #[arg(long, default_value_t = 100)]
    window: usize,
    /// The seed of random outages
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write simulate.json, simulate.svg and simulate.html to this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Tracking {
    AtMost,
    Exactly,
}

/// What learns in a replay.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum OnlineName {
    /// One threshold on the advantage of deferring, under the budget
    Feasible,
    /// Two thresholds on the device's probability of class 1, for a log with two classes
    TwoThresholds,
}

/// The rows of a replay.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum SplitName {
    Train,
    Calibration,
    Test,
}

pub(super) fn run(args: &SimulateArgs) -> Result<()> {
    let artifact = read_image(&args.image)?;
    let image = artifact.image();
    let mut config = Config::load(&args.config)?;
    config.train.seed = image.provenance().seed;
    let data = log::read(&config)?;
    must_fit(&args.image, &artifact, &data)?;
    let split = match args.split {
        SplitName::Train => Split::Train,
        SplitName::Calibration => Split::Calibration,
        SplitName::Test => Split::Test,
    };
    let part = data.part(split);

    let extended = match image.operating_points() {
        Some(_) => None,
        None => Some(with_operating_points(&image, &data, args.budget)?),
    };
    let image = extended.as_ref().map_or(image, |artifact| artifact.image());
    let operating_points = image
        .operating_points()
        .ok_or_else(|| invalid("--image", "an image without operating points", "one with them"))?;
    let promised = if operating_points.budget() < Rate::ONE {
        operating_points.budget()
    } else {
        operating_points.rate()
    };
    let budget = args.budget.map(|rate| Rate::from_bits((rate * 65_536.0) as u32));
    let threshold = budget.map_or(0, |budget| operating_points.threshold(budget));
    let plan = ReplaySettings {
        operating_points,
        budget: budget.unwrap_or(promised),
        threshold,
        track: match args.track {
            Tracking::AtMost => Track::AtMost(operating_points.floor()),
            Tracking::Exactly => Track::Exactly,
        },
        burst: args.burst,
        window: args.window,
    };
    let conditions = conditions(args, &data)?;
    if conditions.battery.is_some() && operating_points.energy_steps().len() == 0 {
        return Err(invalid(
            "--battery",
            "an image without energy steps",
            "an image that was trained with `policy.battery`",
        ));
    }
    let order = order(args, &config, part)?;
    let names = match &args.by {
        Some(column) => Some(log::column(&config, column, part.lines())?),
        None => None,
    };
    let mut replayed = replay(&image, part, &order, names.as_deref(), &plan, &conditions);
    if let Some(online) = args.online {
        let online = match online {
            OnlineName::Feasible => Online::Feasible,
            OnlineName::TwoThresholds => Online::TwoThresholds,
        };
        let figures = online::replay(online, &image, part, &order, &plan, &conditions)?;
        replayed.online = Some(figures);
    }
    let mut text = replayed.render();
    if let Some(out) = &args.out {
        let json = serde_json::to_vec_pretty(&replayed)
            .map_err(|error| Error::io(&out.join("simulate.json"))(error.into()))?;
        files::write(&out.join("simulate.json"), &json)?;
        files::write(&out.join("simulate.svg"), plot::svg(&replayed)?.as_bytes())?;
        let origin = page::Origin {
            log: config.data.log.to_string(),
            split: split.name(),
            experts: data.experts.iter().map(|expert| expert.name.as_str()).collect(),
            log_digest: data.log_digest,
            checksum: artifact.image().checksum(),
            window: args.window,
            command: command_line(),
        };
        let html = page::page(&replayed, &origin);
        files::write(&out.join(page::FILE_NAME), html.as_bytes())?;
        text += &format!("written: {}\n", out.join(page::FILE_NAME).display());
    }
    args.output.print(&replayed, &text)
}

/// The image with operating points, made from the calibration rows; its own threshold stays.
fn with_operating_points(
    image: &mild::Image<'_>,
    data: &Dataset,
    budget: Option<f64>,
) -> Result<crate::integers::artifact::Artifact> {
    let rows = |part: &Part| AdvantageRows::new(image, image.offsets(), part);
    let (train, calibration) = (rows(&data.train), rows(&data.calibration));
    // The budget is an entry of the operating points, but no promise that could be refused.
    let policy = Policy::default();
    let found = ThresholdSearch::new(&policy, &train, &calibration).run()?;
    let mut operating_points = found.operating_points;
    if let Some(rate) = budget {
        add_entry(&mut operating_points, rate, calibration.empirical_threshold(rate));
    }
    crate::integers::artifact::Artifact::with_operating_points(image, &operating_points)
}

/// Puts a rate into operating points, unless the order of the entries forbids it.
fn add_entry(operating_points: &mut OperatingPointsParts, rate: f64, threshold: i32) {
    let rate = Rate::from_bits((rate * 65_536.0) as u32);
    let place = operating_points.entries.partition_point(|&(known, _)| known < rate);
    operating_points.entries.truncate(place);
    while operating_points.entries.last().is_some_and(|&(_, last)| last <= threshold) {
        operating_points.entries.pop();
    }
    operating_points.entries.push((rate, threshold));
}

fn order(args: &SimulateArgs, config: &Config, part: &Part) -> Result<Vec<usize>> {
    let mut order: Vec<usize> = (0..part.rows()).collect();
    let Some(column) = &args.order else {
        return Ok(order);
    };
    let cells = log::column(config, column, part.lines())?;
    let mut keys = Vec::with_capacity(part.rows());
    for (cell, &line) in cells.iter().zip(part.lines()) {
        match cell.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => keys.push(number),
            _ => {
                return Err(Error::from(LogError::Cell {
                    file: config.data.log.name(),
                    line: u64::from(line),
                    column: column.clone(),
                    found: format!("`{cell}`"),
                    expected: "a finite number".to_owned(),
                    change: None,
                    excerpt: None,
                }));
            }
        }
    }
    order.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
    Ok(order)
}

fn conditions(args: &SimulateArgs, data: &Dataset) -> Result<Conditions> {
    let mut conditions = Conditions { seed: args.seed, ..Conditions::default() };
    for text in &args.outage {
        let wrong =
            || invalid("--outage", &format!("`{text}`"), "EXPERT:FROM-TO, such as `cloud:100-200`");
        let (expert, rows) = text.rsplit_once(':').ok_or_else(wrong)?;
        let (from, to) = rows.split_once('-').ok_or_else(wrong)?;
        let (from, to) = (from.parse().map_err(|_| wrong())?, to.parse().map_err(|_| wrong())?);
        conditions.outages.push(Outage { expert: away(expert, data)?, from, to });
    }
    for text in &args.random_outage {
        let wrong = || {
            invalid(
                "--random-outage",
                &format!("`{text}`"),
                "EXPERT:START:LENGTH, such as `cloud:0.01:50`",
            )
        };
        let mut parts = text.rsplitn(3, ':');
        let length = parts.next().and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
        let start = parts.next().and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
        let expert = away(parts.next().ok_or_else(wrong)?, data)?;
        if !(0.0..=1.0).contains(&start) || !(1.0..1e9).contains(&length) {
            return Err(wrong());
        }
        conditions.random.push(RandomOutage { expert, start, length });
    }
    if let Some(text) = &args.battery {
        let wrong =
            || invalid("--battery", &format!("`{text}`"), "FROM-TO per mille, such as `1000-0`");
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let (from, to) = (from.parse().map_err(|_| wrong())?, to.parse().map_err(|_| wrong())?);
        conditions.battery = Some(Battery { from, to });
    }
    Ok(conditions)
}

/// The index of an expert other than the device.
fn away(name: &str, data: &Dataset) -> Result<u8> {
    let names: Vec<&str> = data.experts.iter().map(|expert| expert.name.as_str()).collect();
    match names.iter().position(|known| *known == name) {
        Some(index) if index > 0 => Ok(index as u8),
        _ => {
            let expected = crate::choice::expected(name, &names[1..]);
            Err(invalid("an outage", &format!("`{name}`"), &expected))
        }
    }
}

fn invalid(option: &'static str, found: &str, expected: &str) -> Error {
    Error::Argument { option, found: found.to_owned(), expected: expected.to_owned() }
}
