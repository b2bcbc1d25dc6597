//! `cargo xtask test`: everything, on the host and on the devices.

mod beside;
mod phases;

use super::{device::DeviceTestArgs, heading};
use crate::{images, programs, stopwatch::Stopwatch, verdict::Tally};
use anyhow::Result;
use beside::Beside;
use clap::Args;
use phases::{Ended, Half, PHASES, Phase, Stream};
use std::{path::PathBuf, thread};

/// What to run, and how.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Only the tests that run on this machine
    #[arg(long, conflicts_with = "device_only")]
    host_only: bool,
    /// Only the tests that run on emulated boards
    #[arg(long)]
    device_only: bool,
    /// Only the phases of these names, separated by commas; a wrong name lists them all
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        value_parser = phases::named,
        conflicts_with_all = ["host_only", "device_only"]
    )]
    only: Vec<&'static Phase>,
    /// One phase after the other, also where two can run side by side
    #[arg(long)]
    one_by_one: bool,
    /// Be the process of the second stream, and report into this file
    #[arg(long, hide = true, value_name = "FILE")]
    beside: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceTestArgs,
}

impl TestArgs {
    /// Whether a phase is to be run.
    fn selects(&self, phase: &Phase) -> bool {
        match phase.half {
            _ if !self.only.is_empty() => self.only.iter().any(|only| only.name == phase.name),
            Half::Each => true,
            Half::Host => !self.device_only,
            Half::Device => !self.host_only,
            Half::Whole => !self.device_only && !self.host_only,
        }
    }

    /// The phases of a stream that are to be run.
    fn of(&self, stream: Stream) -> Vec<&'static Phase> {
        PHASES.iter().filter(|phase| phase.stream == stream && self.selects(phase)).collect()
    }
}

/// Runs the phases, further ones also when one has failed, prints how they came out, and says whether
/// all is well.
pub(crate) fn test(args: &TestArgs) -> bool {
    programs::use_development();
    let first = args.of(Stream::First);
    let main = args.of(Stream::Main);
    let beside = args.of(Stream::Beside);
    if let Some(report) = &args.beside {
        if !first.is_empty() {
            images::use_made();
        }
        return beside::run(&beside, &args.device, report);
    }
    let stopwatch = Stopwatch::start();
    let mut summary = run_all(&first, &args.device);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    if args.one_by_one || processors < 2 || main.is_empty() || beside.is_empty() {
        summary.extend(run_all(&main, &args.device));
        summary.extend(run_all(&beside, &args.device));
    } else {
        let second = build_programs().and_then(|()| Beside::start(&beside));
        summary.extend(run_all(&main, &args.device));
        summary.extend(match second {
            Ok(second) => second.end(),
            Err(error) => {
                println!("no second stream: {error:#}");
                run_all(&beside, &args.device)
            }
        });
    }
    summary.extend(run_all(&args.of(Stream::Last), &args.device));
    heading("summary");
    let mut tally = Tally::default();
    for ended in &summary {
        println!("{ended}");
        tally.passed += ended.passed_checks;
        tally.failed += ended.failed_checks;
    }
    println!("{tally} (all: {})", stopwatch.took());
    summary.iter().all(|ended| !ended.failed)
}

/// What both streams need.
fn build_programs() -> Result<()> {
    heading("programs");
    programs::mild().map(drop)
}

fn run_all(phases: &[&Phase], device: &DeviceTestArgs) -> Vec<Ended> {
    phases.iter().map(|phase| phase.run(device)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: TestArgs,
    }

    fn selected(line: &str) -> Result<Vec<&'static str>, String> {
        let words = ["test"].into_iter().chain(line.split_whitespace());
        let Line { args } = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        Ok(PHASES.iter().filter(|phase| args.selects(phase)).map(|phase| phase.name).collect())
    }

    #[test]
    fn halves_and_names_select_phases() {
        let all = selected("").unwrap();
        assert_eq!(all.len(), PHASES.len());
        let (host, device) = (selected("--host-only").unwrap(), selected("--device-only").unwrap());
        assert!(host.contains(&"python") && !host.contains(&"c") && !host.contains(&"path"));
        assert!(device.contains(&"c") && !device.contains(&"python") && !device.contains(&"path"));
        assert_eq!(selected("--only wasm,book").unwrap(), ["book", "wasm"]);
    }

    #[test]
    fn a_wrong_name_lists_the_right_ones() {
        let error = selected("--only bok").unwrap_err();
        assert!(error.contains("book, broker"), "{error}");
        assert!(selected("--only book --host-only").is_err());
    }
}
