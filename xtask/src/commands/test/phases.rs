//! The phases of the tests, and what came of them.

use super::super::{
    boards::{self, BoardsArgs},
    book, c,
    device::{self, DeviceTestArgs},
    dist, heading,
    laboratory::{self, LaboratoryArgs},
    path::{self, PathArgs},
    prove, results, wasm,
};
use crate::{
    apt, book_code, browser, images,
    process::{cargo, find_program, run},
    python,
    stopwatch::{Stopwatch, Took},
    verdict::{Tally, Verdict},
};
use anyhow::{Result, anyhow};
use serde::{Deserialize, Serialize};
use std::{fmt, process::Command};

/// A part of the tests.
pub(super) struct Phase {
    /// Its name on the command line.
    pub(super) name: &'static str,
    /// Its name in the summary.
    pub(super) label: &'static str,
    /// Above what it prints, unless it prints headings of its own.
    heading: Option<&'static str>,
    pub(super) half: Half,
    pub(super) stream: Stream,
    run: fn(&DeviceTestArgs) -> Result<Found>,
}

/// Which half of the tests a phase belongs to, for `--host-only` and `--device-only`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Host,
    Device,
    /// To each: it makes what both take.
    Each,
    /// To the whole alone.
    Whole,
}

/// What runs beside a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Nothing, before all others.
    First,
    /// The phases of [`Stream::Beside`].
    Main,
    /// The phases of [`Stream::Main`]. Those beside them build in folders of their own, and take what they
    /// need of the host's programs as it is.
    Beside,
    /// Nothing, after all others: programs are held to a time.
    Last,
}

/// What a phase found.
enum Found {
    /// Whether all is well, and what to say of it.
    Said(bool, String),
    Counted(Tally),
}

/// All phases, each after those whose work it takes.
pub(super) const PHASES: &[Phase] = &[
    Phase {
        name: "images",
        label: "images",
        heading: Some("images"),
        half: Half::Each,
        stream: Stream::First,
        run: |_| make_images().map(Found::Counted),
    },
    host("host", "host tests", Some("host tests"), |_| passed(host_tests())),
    host("memory", "memory test", Some("memory of a long training"), |_| {
        passed(run(ignored("memory").arg("--nocapture")))
    }),
    host("documents", "documents", None, |_| book_code::check().map(Found::Counted)),
    host("book", "book", Some("the book"), |_| {
        book::build().map(|page| Found::Said(true, page.display().to_string()))
    }),
    host("broker", "broker tests", Some("gateway and broker"), |_| passed(broker_tests())),
    host("laboratory", "laboratory", Some("the laboratory of faults"), |_| {
        said(laboratory::laboratory(&LaboratoryArgs::short()), "no violation")
    }),
    host("python", "Python package", Some("the Python package"), |_| passed(python::test(&[]))),
    host("reports", "reports", Some("reports in a browser"), |_| {
        browser::check(false, None).map(Found::Counted)
    }),
    device("device", "device tests", Some("device tests"), |args| {
        device::run_checks(args).map(Found::Counted)
    }),
    device("proofs", "device proofs", None, |args| {
        prove::prove(&args.cores(), &args.common).map(Found::Counted)
    }),
    device("c", "C library", None, |args| {
        c::run_checks(args.cores(), args.common.toolchain).map(Found::Counted)
    }),
    device("packages", "packages", None, |args| {
        dist::run_checks(None, args.common.toolchain).map(Found::Counted)
    }),
    device("wasm", "WebAssembly", None, |args| {
        wasm::run_checks(args.common.toolchain).map(Found::Counted)
    }),
    whole("boards", "boards", Some("boards"), Stream::Beside, |args| {
        boards::run_checks(&BoardsArgs::all(args.common.toolchain)).map(Found::Counted)
    }),
    whole("figures", "figures", Some("the figures of the documents"), Stream::Beside, |_| {
        said(results::check(Some(false)), "as measured anew")
    }),
    whole("path", "path", Some("the whole path"), Stream::Last, |args| {
        said(path::path(&PathArgs::short(args.common.toolchain)), "as predicted")
    }),
    whole("times", "times", Some("the times of the documents"), Stream::Last, |_| {
        said(results::check(Some(true)), "as measured anew")
    }),
];

type Run = fn(&DeviceTestArgs) -> Result<Found>;

const fn host(
    name: &'static str,
    label: &'static str,
    heading: Option<&'static str>,
    run: Run,
) -> Phase {
    Phase { name, label, heading, half: Half::Host, stream: Stream::Main, run }
}

const fn device(
    name: &'static str,
    label: &'static str,
    heading: Option<&'static str>,
    run: Run,
) -> Phase {
    Phase { name, label, heading, half: Half::Device, stream: Stream::Beside, run }
}

const fn whole(
    name: &'static str,
    label: &'static str,
    heading: Option<&'static str>,
    stream: Stream,
    run: Run,
) -> Phase {
    Phase { name, label, heading, half: Half::Whole, stream, run }
}

/// The phase of this name, for the command line.
pub(super) fn named(name: &str) -> Result<&'static Phase, String> {
    PHASES.iter().find(|phase| phase.name == name).ok_or_else(|| {
        let names: Vec<&str> = PHASES.iter().map(|phase| phase.name).collect();
        format!("expected one of {}", names.join(", "))
    })
}

impl fmt::Debug for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// How a phase came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Ended {
    label: String,
    pub(super) failed: bool,
    said: String,
    took: Took,
    pub(super) passed_checks: usize,
    pub(super) failed_checks: usize,
}

impl Phase {
    /// Runs it.
    pub(super) fn run(&self, args: &DeviceTestArgs) -> Ended {
        if let Some(text) = self.heading {
            heading(text);
        }
        let stopwatch = Stopwatch::start();
        let found = (self.run)(args);
        self.ended(found, stopwatch.took())
    }

    /// One that could not even start. It counts as one failed check.
    pub(super) fn not_run(&self, reason: &str) -> Ended {
        let took = Took { seconds: 0.0, processor: None };
        self.ended(Err(anyhow!("{reason}")), took)
    }

    fn ended(&self, found: Result<Found>, took: Took) -> Ended {
        let (failed, said, tally) = match found {
            Ok(Found::Said(good, said)) => {
                (!good, said, Tally { passed: 0, failed: usize::from(!good) })
            }
            Ok(Found::Counted(tally)) => (tally.failed > 0, tally.to_string(), tally),
            Err(error) => (true, format!("FAILED: {error:#}"), Tally { passed: 0, failed: 1 }),
        };
        Ended {
            label: self.label.to_owned(),
            failed,
            said,
            took,
            passed_checks: tally.passed,
            failed_checks: tally.failed,
        }
    }
}

impl Ended {
    /// Whether it is how this phase came out.
    pub(super) fn is_of(&self, phase: &Phase) -> bool {
        self.label == phase.label
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.label, self.said, self.took)
    }
}

/// A phase that passes or ends with an error.
fn passed(result: Result<()>) -> Result<Found> {
    result.map(|()| Found::Said(true, "passed".to_owned()))
}

/// A phase that says itself whether all is well.
fn said(result: Result<bool>, good: &str) -> Result<Found> {
    result.map(|well| Found::Said(well, if well { good } else { "FAILED" }.to_owned()))
}

/// Makes the images that both halves test with.
fn make_images() -> Result<Tally> {
    let mut tally = Tally::default();
    for (name, made) in images::all()? {
        let verdict = match made {
            Ok(directory) => {
                let detail = directory.display().to_string();
                Verdict { check: "image", passed: Some(true), detail }
            }
            Err(error) => Verdict::failed("image", &error),
        };
        tally.count(name, &verdict);
    }
    images::use_made();
    Ok(tally)
}

/// Every failure is worth showing: a run takes long.
fn host_tests() -> Result<()> {
    run(cargo().args(["test", "--workspace", "--all-features", "--no-fail-fast"]))
}

/// The tests that need a real broker, which is installed if it is missing.
fn broker_tests() -> Result<()> {
    if find_program("mosquitto").is_none() {
        apt::install(&["mosquitto"], "the MQTT broker mosquitto")?;
    }
    run(&mut ignored("broker"))
}

/// Runs the ignored tests of a test target. The packages and features are those of all other tests:
/// with others cargo would build every dependency again.
fn ignored(target: &str) -> Command {
    let mut command = cargo();
    command.args(["test", "--workspace", "--all-features", "--test", target, "--", "--ignored"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_phases_have_the_same_name() {
        for name in [|phase: &Phase| phase.name, |phase: &Phase| phase.label] {
            let names: BTreeSet<&str> = PHASES.iter().map(name).collect();
            assert_eq!(names.len(), PHASES.len());
        }
    }

    #[test]
    fn a_phase_that_fails_in_any_way_has_failed() {
        let took = Took { seconds: 2.0, processor: Some(3.0) };
        let ended = |found| {
            let ended = PHASES[0].ended(found, took);
            (ended.failed, ended.failed_checks, ended.to_string())
        };
        let times = "(2 s, 3 s of processor time)";
        let counted = |failed| ended(Ok(Found::Counted(Tally { passed: 5, failed })));
        assert_eq!(counted(0), (false, 0, format!("images: 5 passed, 0 failed {times}")));
        assert_eq!(counted(1), (true, 1, format!("images: 5 passed, 1 failed {times}")));
        let well = said(Ok(true), "fine");
        assert_eq!(ended(well), (false, 0, format!("images: fine {times}")));
        assert_eq!(ended(said(Ok(false), "fine")), (true, 1, format!("images: FAILED {times}")));
        let error = passed(Err(anyhow!("no cargo")));
        assert_eq!(ended(error), (true, 1, format!("images: FAILED: no cargo {times}")));
    }
}
