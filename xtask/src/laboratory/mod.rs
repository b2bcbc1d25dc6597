//! A laboratory of faults: gateways, a broker, experts and nodes as on a bad day, and one
//! invariant. No node takes the answer to another question, none waits for ever, no gateway takes
//! more memory than it may, and once the faults are over everybody is answered again.
//!
//! What is done to whom and when follows from a seed ([`schedule`]); what comes of it also from how
//! the machine runs the programs, so a seed that fails may have to be run a few times.

mod fault;
mod line;
mod node;
mod question;
mod random;
mod recording;
mod schedule;
mod violation;
mod world;

use crate::{
    apt,
    process::{find_program, target_dir},
    programs,
};
use anyhow::{Context, Result, bail, ensure};
use fault::Fault;
use line::{Line, Mischief};
use node::{Node, Seen};
use random::Random;
use recording::Recording;
use schedule::{Act, Schedule, WINDOW_MS};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};
use violation::Violation;
use world::{Place, World};

/// Runs at a time: most of a run is waiting.
const LANES: u8 = 4;
/// A line says how far it is each time that so many schedules have run.
const PROGRESS: u64 = 100;
/// A node that does not end within this time hangs.
const PATIENCE: Duration = Duration::from_secs(40);
/// So many seeds are tried until a planted fault shows.
const PLANTED_SEEDS: u64 = 8;

/// How much to run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) schedules: u64,
    /// The first seed; each run has the next one.
    pub(crate) seed: u64,
    /// After this time no further run begins.
    pub(crate) limit: Duration,
}

/// A fault that the invariant must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Planted {
    /// An expert gives everybody the answer to the question before.
    Expert,
    /// Somebody forges answers where there are no keys.
    Forger,
}

/// What was seen in all runs.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Summary {
    pub(crate) schedules: u64,
    first_seed: u64,
    seconds: f64,
    questions: u64,
    answered_by_experts: u64,
    reboots: u64,
    slowest_ms: u128,
    peak_memory_mb: f64,
    /// How often each fault of a line happened.
    lines: BTreeMap<String, u64>,
    /// How often each thing was done to a program.
    programs: BTreeMap<String, u64>,
    /// The first run that failed.
    pub(crate) failure: Option<String>,
}

/// One run.
#[derive(Debug, Default)]
struct Run {
    nodes: Vec<Seen>,
    faults: BTreeMap<Fault, u64>,
    peak_mb: f64,
    violations: Vec<Violation>,
}

/// Builds the programs, and looks whether the invariant finds faults that are planted; then runs
/// the schedules, up to the first that fails.
pub(crate) fn run(plan: Plan) -> Result<Summary> {
    if find_program("mosquitto").is_none() {
        apt::install(&["mosquitto"], "the MQTT broker mosquitto")?;
    }
    let programs = programs::folder(&["mild-gateway"])?;
    let all = target_dir().join("laboratory");
    let place = |lane| Place {
        programs: programs.clone(),
        directory: world::directory(&all, lane),
        host: world::host(lane),
    };
    for planted in [Planted::Expert, Planted::Forger] {
        find_planted(&place(0), plan.seed, planted)?;
    }

    let begun = Instant::now();
    let next = AtomicU64::new(0);
    let summary = Mutex::new(Summary { first_seed: plan.seed, ..Summary::default() });
    let results = thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| {
                let (place, next, summary) = (place(lane), &next, &summary);
                scope.spawn(move || one_after_the_other(&place, plan, begun, next, summary))
            })
            .collect();
        lanes.into_iter().map(|lane| lane.join()).collect::<Vec<_>>()
    });
    for result in results {
        result.map_err(|_| anyhow::anyhow!("the laboratory itself failed"))??;
    }
    let mut summary = summary.into_inner().unwrap_or_else(PoisonError::into_inner);
    summary.seconds = begun.elapsed().as_secs_f64();
    if summary.failure.is_none() {
        for lane in 0..LANES {
            // Kept where something failed. It may not have been made.
            let _ = fs::remove_dir_all(world::directory(&all, lane));
        }
    }
    Ok(summary)
}

/// Runs schedules until there are no more, the time is up, or one has failed.
fn one_after_the_other(
    place: &Place,
    plan: Plan,
    begun: Instant,
    next: &AtomicU64,
    summary: &Mutex<Summary>,
) -> Result<()> {
    let summary = || summary.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let is_over = number >= plan.schedules || begun.elapsed() > plan.limit;
        if is_over || summary().failure.is_some() {
            return Ok(());
        }
        let schedule = Schedule::new(plan.seed.wrapping_add(number));
        let run = one(place, &schedule, None).with_context(|| format!("{schedule}"))?;
        let mut summary = summary();
        summary.add(&schedule, &run);
        if summary.schedules.is_multiple_of(PROGRESS) {
            let (schedules, seconds) = (summary.schedules, begun.elapsed().as_secs());
            eprintln!("{schedules} schedules in {seconds} s");
        }
        if let (None, false) = (&summary.failure, run.violations.is_empty()) {
            let found: Vec<_> = run.violations.iter().map(ToString::to_string).collect();
            summary.failure = Some(format!(
                "{}\n{schedule}\nlogs: {}\nagain: cargo xtask laboratory --seed {} --schedules 1",
                found.join("\n"),
                place.directory.display(),
                schedule.seed
            ));
            return Ok(());
        }
    }
}

/// The invariant must find a fault that is planted, or it is worth nothing.
fn find_planted(place: &Place, seed: u64, planted: Planted) -> Result<()> {
    for seed in (0..PLANTED_SEEDS).map(|number| seed.wrapping_add(number)) {
        let has_keys = planted == Planted::Expert;
        let schedule = Schedule { has_keys, ..Schedule::new(seed) };
        let run = one(place, &schedule, Some(planted)).with_context(|| format!("{schedule}"))?;
        let is_wrong = |violation: &Violation| matches!(violation, Violation::WrongAnswer { .. });
        if let Some(found) = run.violations.iter().find(|violation| is_wrong(violation)) {
            eprintln!("planted fault ({planted:?}) found: {found}");
            return Ok(());
        }
    }
    bail!("the invariant does not find a planted fault ({planted:?})")
}

/// Runs one schedule.
fn one(place: &Place, schedule: &Schedule, planted: Option<Planted>) -> Result<Run> {
    let column = if planted == Some(Planted::Expert) { "before" } else { "answer" };
    let mut world = World::start(place, schedule, column)?;
    let is_over = Arc::new(AtomicBool::new(false));
    let recording = Arc::new(Recording::default());
    let forges = schedule.has_keys || planted == Some(Planted::Forger);
    let (sender, seen) = mpsc::channel();
    let begun = Instant::now();
    for (number, &seed) in (0..).zip(&schedule.nodes) {
        let gateways = [0, 1].map(|number| place.gateway(number));
        let (is_over, recording) = (is_over.clone(), recording.clone());
        let mischief = Mischief { is_over: is_over.clone(), forges, recording };
        let mut random = Random::new(seed);
        let line = Line::new(gateways, Random::new(random.next()), mischief);
        let keys = schedule.has_keys.then(|| world::keys(number));
        let node = Node { number, keys, random, line, is_over };
        let sender = sender.clone();
        // On its own: a node that hangs must not hang the laboratory.
        thread::spawn(move || drop(sender.send(node.run())));
    }
    for &event in &schedule.events {
        let due = Duration::from_millis(event.at_ms);
        thread::sleep(due.saturating_sub(begun.elapsed()));
        world.act(event)?;
    }
    thread::sleep(Duration::from_millis(WINDOW_MS).saturating_sub(begun.elapsed()));
    world.recover()?;
    is_over.store(true, Ordering::Relaxed);

    let mut run = Run::default();
    let end = Instant::now() + PATIENCE;
    while run.nodes.len() < schedule.nodes.len() {
        let Ok(seen) = seen.recv_timeout(end.saturating_duration_since(Instant::now())) else {
            let nodes = schedule.nodes.len() - run.nodes.len();
            run.violations.push(Violation::Hangs { nodes });
            break;
        };
        run.violations.extend(seen.violation.clone());
        run.nodes.push(seen);
    }
    run.faults = recording.counts();
    run.peak_mb = world.peak_mb;
    run.violations.extend(world.end()?);
    Ok(run)
}

impl Summary {
    fn add(&mut self, schedule: &Schedule, run: &Run) {
        self.schedules += 1;
        for Seen { asked, answered, reboots, slowest, .. } in &run.nodes {
            self.questions += asked;
            self.answered_by_experts += answered;
            self.reboots += reboots;
            self.slowest_ms = self.slowest_ms.max(slowest.as_millis());
        }
        self.peak_memory_mb = self.peak_memory_mb.max(run.peak_mb);
        for (fault, count) in &run.faults {
            *self.lines.entry(format!("{fault:?}").to_lowercase()).or_default() += count;
        }
        for event in &schedule.events {
            if event.act != Act::Start && event.act != Act::GoOn {
                let name = format!("{:?}", event.act).to_lowercase();
                *self.programs.entry(name).or_default() += 1;
            }
        }
    }

    /// For people.
    pub(crate) fn render(&self) -> String {
        let counts = |counts: &BTreeMap<String, u64>| {
            let counts: Vec<_> =
                counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
            counts.join(", ")
        };
        let last = self.first_seed.wrapping_add(self.schedules).wrapping_sub(1);
        format!(
            "{} schedules (seeds {} to {last}) in {:.0} s\n\
             nodes:     {} questions, {} answered by experts, {} reboots, slowest outcome {} ms\n\
             frames:    {}\n\
             programs:  {}\n\
             gateways:  {:.0} MB of memory at most\n\
             {}",
            self.schedules,
            self.first_seed,
            self.seconds,
            self.questions,
            self.answered_by_experts,
            self.reboots,
            self.slowest_ms,
            counts(&self.lines),
            counts(&self.programs),
            self.peak_memory_mb,
            match &self.failure {
                None => "no violation".to_owned(),
                Some(failure) => format!("VIOLATION: {failure}"),
            }
        )
    }

    /// Whether the runs were worth something: the faults happened, and still experts answered.
    pub(crate) fn check(&self) -> Result<()> {
        let Self { schedules, questions, answered_by_experts, lines, .. } = self;
        ensure!(*schedules > 0, "no schedule was run");
        // Few runs may lack one or the other.
        if *schedules >= 10 {
            for fault in Fault::ALL {
                let name = format!("{fault:?}").to_lowercase();
                ensure!(lines.contains_key(&name), "no frame was {name}");
            }
        }
        ensure!(
            answered_by_experts * 4 > *questions,
            "experts answered {answered_by_experts} of {questions} questions, expected a quarter \
             at least"
        );
        Ok(())
    }
}
