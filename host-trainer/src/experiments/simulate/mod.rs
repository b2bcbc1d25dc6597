//! Replays a log in time order through the crate's rejector, policy and governor, beside the same
//! image without a governor.

mod conditions;
pub(crate) mod online;
pub(crate) mod page;
pub(crate) mod plot;

pub(crate) use conditions::{Battery, Conditions, Outage, RandomOutage};
use mild::governor::{Rate, Track};
use mild::{Governor, Image, OperatingPoints, Rejector, Scores};
use serde::Serialize;

use crate::data::part::Part;
use crate::judge::terminal::align;

/// So many segments are for reading; a column that changes with every row is a mistake.
const MOST_SEGMENTS: usize = 24;

/// How a replay is governed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplaySettings<'a> {
    /// Thresholds by rate, range and baselines.
    pub operating_points: OperatingPoints<'a>,
    /// The budget.
    pub budget: Rate,
    /// The threshold that both begin with, relative to the image's own.
    pub threshold: i32,
    /// Which side of the budget is kept.
    pub track: Track,
    /// Deferrals at once, if there is a bucket.
    pub burst: Option<u16>,
    /// Rows of the moving means.
    pub window: usize,
}

/// What a way of deciding did in a replay.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Figures {
    /// Rows decided.
    pub rows: usize,
    /// Share of rows deferred.
    pub deferral_rate: f64,
    /// Mean error plus price.
    pub deferral_loss: f64,
    /// Mean error.
    pub error: f64,
    /// Mean price.
    pub price: f64,
    /// How often drift was flagged.
    pub drift_flags: usize,
    /// Share of rows given to each expert.
    pub shares: Vec<f64>,
}

/// One raised flag; after it the watch begins anew.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Flag {
    /// Index of the row in the replay.
    pub row: usize,
    /// What drifted: `margin` or `rate`.
    pub signal: &'static str,
}

/// A part of the stream by a column of the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Segment {
    /// The column's value.
    pub name: String,
    /// Index of its first row.
    pub from: usize,
    /// With the governor.
    pub governed: Figures,
    /// Without.
    pub fixed: Figures,
}

/// Moving means behind a row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Moment {
    /// Index of the row.
    pub row: usize,
    /// Rate, error and price with the governor.
    pub governed: [f64; 3],
    /// Without.
    pub fixed: [f64; 3],
    /// The budget at that row.
    pub budget: f64,
}

/// A replay's outcome; also the JSON document of `mild simulate`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Replay {
    /// With the governor.
    #[serde(flatten)]
    pub governed: Figures,
    /// The same image with a fixed threshold.
    pub fixed: Figures,
    /// A threshold that is learned on the way, if one was asked for ([`online::replay`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online: Option<Figures>,
    /// The promised deferral rate.
    pub budget: f64,
    /// By how much the rate can differ from it after so many rows, proved.
    pub rate_bound: f64,
    /// The flags in order.
    pub drift: Vec<Flag>,
    /// By segment, if a column was named.
    pub segments: Vec<Segment>,
    /// The course of it, about a hundred moments.
    pub course: Vec<Moment>,
}

/// One row's decision: the expert, and what it cost.
#[derive(Debug, Clone, Copy)]
struct Step {
    expert: usize,
    error: f64,
    price: f64,
}

impl Step {
    /// The expert's answer to a row of the log.
    fn new(part: &Part, row: usize, expert: usize) -> Self {
        let (error, price) = (part.errors().row(row)[expert], part.prices().row(row)[expert]);
        Self { expert, error: f64::from(error), price: f64::from(price) }
    }
}

/// Replays the rows in the given order.
///
/// # Panics
/// If a row does not exist or the image is not for these rows.
#[must_use]
pub(crate) fn replay(
    image: &Image<'_>,
    part: &Part,
    order: &[usize],
    names: Option<&[String]>,
    plan: &ReplaySettings<'_>,
    conditions: &Conditions,
) -> Replay {
    let rejector = Rejector::new(image);
    let mut scratch = vec![0; image.scratch_words()];
    let settings = plan.operating_points.settings_with(plan.track);
    let settings = match plan.burst {
        Some(burst) => settings.with_burst(burst, plan.budget),
        None => settings,
    };
    let mut governor = Governor::new(&settings);
    governor.set_budget(plan.budget);
    governor.set_threshold(plan.threshold);
    let mut offsets = image.offsets().to_vec();
    offsets[0] = offsets[0].saturating_add(plan.threshold);
    let mut links = conditions.links(part.experts());
    let (mut governed, mut fixed, mut budgets) = (Vec::new(), Vec::new(), Vec::new());
    let mut drift = Vec::new();
    for (moment, &row) in order.iter().enumerate() {
        let reachable = links.next(moment);
        if let Some(battery) = &conditions.battery {
            let level = battery.level(moment, order.len());
            governor.set_battery(level, 50, plan.operating_points.energy_steps());
        }
        let step = |expert: u8| Step::new(part, row, usize::from(expert));
        let scores = rejector.scores(part.row(row), &mut scratch).expect("a log holds no NaN");
        fixed.push(step(Scores::new(scores.values(), &offsets).decide(reachable).expert));
        governed.push(step(governor.input(scores).decide(reachable).expert));
        budgets.push(f64::from(governor.budget().bits()) / 65_536.0);
        let flags = governor.drift();
        for (raised, signal) in [(flags.margin, "margin"), (flags.rate, "rate")] {
            if raised {
                drift.push(Flag { row: moment, signal });
            }
        }
        if flags.any() {
            governor.clear_drift();
        }
    }
    let figures = |steps: &[Step], flags: usize| figures(steps, part.experts(), flags);
    let segments = names.map_or_else(Vec::new, |names| {
        let mut segments: Vec<Segment> = Vec::new();
        let mut from = 0;
        for moment in 1..=order.len() {
            let name = &names[order[from]];
            if moment < order.len() && names[order[moment]] == *name {
                continue;
            }
            let flags = drift.iter().filter(|flag| (from..moment).contains(&flag.row)).count();
            segments.push(Segment {
                name: name.clone(),
                from,
                governed: figures(&governed[from..moment], flags),
                fixed: figures(&fixed[from..moment], 0),
            });
            from = moment;
        }
        segments
    });
    let decisions = u32::try_from(order.len()).unwrap_or(u32::MAX);
    Replay {
        fixed: figures(&fixed, 0),
        governed: figures(&governed, drift.len()),
        online: None,
        budget: f64::from(plan.budget.bits()) / 65_536.0,
        rate_bound: f64::from(settings.rate_bound(decisions)) / 65_536.0,
        drift,
        segments,
        course: course(&governed, &fixed, &budgets, plan.window),
    }
}

fn figures(steps: &[Step], experts: usize, drift_flags: usize) -> Figures {
    let rows = steps.len();
    let mean =
        |value: &dyn Fn(&Step) -> f64| steps.iter().map(value).sum::<f64>() / rows.max(1) as f64;
    let share = |k: usize| mean(&|step| f64::from(u8::from(step.expert == k)));
    Figures {
        rows,
        deferral_rate: mean(&|step| f64::from(u8::from(step.expert != 0))),
        deferral_loss: mean(&|step| step.error + step.price),
        error: mean(&|step| step.error),
        price: mean(&|step| step.price),
        drift_flags,
        shares: (0..experts).map(share).collect(),
    }
}

fn course(governed: &[Step], fixed: &[Step], budgets: &[f64], window: usize) -> Vec<Moment> {
    let rows = governed.len();
    let every = (rows / 100).max(1);
    (every - 1..rows)
        .step_by(every)
        .map(|row| {
            let from = (row + 1).saturating_sub(window.max(1));
            let means = |steps: &[Step]| {
                let Figures { deferral_rate, error, price, .. } = figures(&steps[from..=row], 0, 0);
                [deferral_rate, error, price]
            };
            Moment { row, governed: means(governed), fixed: means(fixed), budget: budgets[row] }
        })
        .collect()
}

impl Replay {
    /// For a terminal.
    #[must_use]
    pub(crate) fn render(&self) -> String {
        let header =
            ["", "rows", "deferral rate", "deferral loss", "error", "price", "drift flags"];
        let mut cells = vec![header.map(str::to_owned).to_vec()];
        let mut line = |name: String, figures: &Figures| {
            cells.push(vec![
                name,
                figures.rows.to_string(),
                format!("{:.2}%", 100.0 * figures.deferral_rate),
                format!("{:.4}", figures.deferral_loss),
                format!("{:.4}", figures.error),
                format!("{:.4}", figures.price),
                figures.drift_flags.to_string(),
            ]);
        };
        line("governor".to_owned(), &self.governed);
        line("fixed threshold".to_owned(), &self.fixed);
        if let Some(online) = &self.online {
            line("learned online".to_owned(), online);
        }
        for segment in self.segments.iter().take(MOST_SEGMENTS) {
            line(format!("{}: governor", segment.name), &segment.governed);
            line(format!("{}: fixed", segment.name), &segment.fixed);
        }
        let mut text = format!(
            "budget {:.2}% of the rows; the governor's rate is proved to be within {:.2} points of it, or below\n\n{}",
            100.0 * self.budget,
            100.0 * self.rate_bound,
            align(&cells)
        );
        if let Some(more) = self.segments.len().checked_sub(MOST_SEGMENTS).filter(|&more| more > 0)
        {
            text += &format!("and {more} more segments (all of them with --json)\n");
        }
        if let Some(first) = self.drift.first() {
            text += &format!("\ndrift first flagged at row {} ({})\n", first.row, first.signal);
        }
        text
    }
}
