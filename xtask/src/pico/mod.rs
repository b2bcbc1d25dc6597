//! The Raspberry Pi Pico's program in an emulator: a gateway at its UART, and an expert that
//! answers.

mod answers;
mod emulator;
mod expert;
mod world;

use answers::Answered;
use anyhow::{Result, bail, ensure};
use emulator::Figures;
use mild::client::RetryPolicy;
use std::{
    fmt,
    path::Path,
    time::{Duration, Instant},
};
use world::World;

/// Questions that must be answered.
const QUESTIONS: usize = 5;

/// Inputs within which that many must be asked, and within which an expert that is back is asked
/// again: it is held off for as long as ten take.
const MOST_INPUTS: usize = 20;

/// With noise, every byte of this number is damaged: in every third question or its answer.
const NOISE: u32 = 140;

/// Questions in vain before the gateway is started again.
const IN_VAIN: usize = 2;

/// How a run went.
pub(crate) struct Report {
    /// Inputs by how they were resolved.
    inputs: usize,
    by_experts: usize,
    in_vain: usize,
    figures: Figures,
    elapsed: Duration,
}

/// Runs the program until experts have answered [`QUESTIONS`] questions. An error if an answer is
/// missing or another one than the expert's, if a byte is lost, or if the gateway has counted
/// something else.
pub(crate) fn run(elf: &Path) -> Result<Report> {
    ask(elf, "calm", 0)
}

/// The same on a line with noise, on which requests and replies are damaged. The node must ask
/// again, and its expert must be asked once.
pub(crate) fn run_with_noise(elf: &Path) -> Result<Report> {
    ask(elf, "noise", NOISE)
}

fn ask(elf: &Path, name: &str, noise: u32) -> Result<Report> {
    let most_sent = if noise == 0 { 1 } else { RetryPolicy::USUAL.attempts };
    let mut world = World::start(elf, name, noise)?;
    let begun = Instant::now();
    let (mut inputs, mut by_experts) = (0, 0);
    while by_experts < QUESTIONS {
        ensure!(inputs < MOST_INPUTS, "{by_experts} questions within {inputs} inputs");
        let answered = world.next()?;
        answered.check(most_sent)?;
        inputs += 1;
        by_experts += usize::from(answered.is_by_expert());
    }
    let elapsed = begun.elapsed();
    let (figures, counted) = world.end()?;
    figures.check(0)?;
    ensure!((figures.damaged == 0) == (noise == 0), "{} bytes damaged", figures.damaged);
    check_counts(&counted, by_experts, noise == 0)?;
    Ok(Report { inputs, by_experts, in_vain: 0, figures, elapsed })
}

/// Runs the program, kills the gateway, and starts it again. An error if an answer belongs to
/// another question, if nothing is asked in vain meanwhile, or if the experts are not asked as
/// before in the end.
pub(crate) fn run_with_outage(elf: &Path) -> Result<Report> {
    let mut world = World::start(elf, "outage", 0)?;
    let begun = Instant::now();
    let (mut inputs, mut by_experts, mut in_vain) = (0, 0, 0);
    let mut next = |world: &mut World| -> Result<_> {
        let answered = world.next()?;
        answered.check_answer()?;
        inputs += 1;
        by_experts += usize::from(answered.is_by_expert());
        in_vain += usize::from(answered.has_failed() && !answered.is_by_expert());
        Ok(answered)
    };
    let mut until = |world: &mut World, what: &str, is_so: &mut dyn FnMut(&Answered) -> bool| {
        for _ in 0..MOST_INPUTS {
            if is_so(&next(world)?) {
                return Ok(());
            }
        }
        bail!("within {MOST_INPUTS} inputs not {what}")
    };
    until(&mut world, "an answer", &mut Answered::is_by_expert)?;
    world.kill_gateway();
    let mut failures = 0;
    until(&mut world, "two questions in vain", &mut |answered| {
        failures += usize::from(answered.has_failed());
        failures == IN_VAIN
    })?;
    world.start_gateway()?;
    until(&mut world, "an answer as before", &mut |answered| {
        answered.is_by_expert() && answered.check(1).is_ok()
    })?;
    let elapsed = begun.elapsed();
    let (figures, _) = world.end()?;
    figures.check(1)?;
    Ok(Report { inputs, by_experts, in_vain, figures, elapsed })
}

/// The gateway has counted an answer to each question; if the line is clear, nothing else.
fn check_counts(metrics: &str, questions: usize, is_clear: bool) -> Result<()> {
    let count = |begins: &str, has: &str| {
        let lines = metrics.lines().filter(|line| line.starts_with(begins) && line.contains(has));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>()
    };
    let (repeated, bad) = ("mild_gateway_repeated_requests_total", "mild_gateway_bad_frames_total");
    let in_any_case = [
        ("answers", "mild_gateway_replies_total", "status=\"ok\"", questions as f64),
        ("replies", "mild_gateway_replies_total", "", questions as f64),
    ];
    let if_clear = [
        ("repeated requests", repeated, "", 0.0),
        ("bad frames", bad, "", 0.0),
        ("sessions", "mild_gateway_sessions_total", "", 1.0),
    ];
    let if_clear = if_clear.into_iter().filter(|_| is_clear);
    for (what, begins, has, expected) in in_any_case.into_iter().chain(if_clear) {
        let found = count(begins, has);
        ensure!(found == expected, "the gateway counted {found} {what}, expected {expected}");
    }
    ensure!(is_clear || count(repeated, "") + count(bad, "") > 0.0, "the gateway saw no noise");
    Ok(())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inputs, by_experts, in_vain, figures, elapsed } = self;
        write!(f, "{inputs} inputs, {by_experts} answered by experts, {in_vain} asked in vain; ")?;
        write!(f, "{figures}; the emulator took {:.0} s", elapsed.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_gateway_counted_is_compared() {
        let metrics = "# HELP mild_gateway_replies Replies\n\
                       mild_gateway_replies_total{expert=\"a\",status=\"ok\"} 3\n\
                       mild_gateway_replies_total{expert=\"b\",status=\"ok\"} 2\n\
                       mild_gateway_sessions_total 1\n\
                       mild_gateway_repeated_requests_total 0\n";
        check_counts(metrics, 5, true).unwrap();
        assert!(check_counts(metrics, 4, true).is_err());
        assert!(check_counts(metrics, 5, false).is_err());
        let timed_out = "mild_gateway_replies_total{expert=\"a\",status=\"timed_out\"} 1\n";
        assert!(check_counts(&(metrics.to_owned() + timed_out), 5, true).is_err());
        let repeated = metrics.replace("requests_total 0", "requests_total 1");
        assert!(check_counts(&repeated, 5, true).is_err());
        check_counts(&repeated, 5, false).unwrap();
        assert!(check_counts("", 5, true).is_err());
    }
}
