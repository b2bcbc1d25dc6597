//! `cargo xtask test`: everything, on the host and on the devices.

use super::{
    boards::{self, BoardsArgs},
    book, c, device, dist, heading,
    laboratory::{self, LaboratoryArgs},
    path::{self, PathArgs},
    prove, results, wasm,
};
use crate::{
    apt, book_code, browser,
    process::{cargo, find_program, run},
    programs, python,
    verdict::Tally,
};
use anyhow::Result;
use clap::Args;
use std::{process::Command, time::Instant};

/// Which halves to run.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Only the tests that run on this machine
    #[arg(long, conflicts_with = "device_only")]
    host_only: bool,
    /// Only the tests that run on emulated boards
    #[arg(long)]
    device_only: bool,
    #[command(flatten)]
    device: device::DeviceTestArgs,
}

/// Runs the phases, the second one also when the first has failed, prints how they came out, and
/// says whether all is well.
pub(crate) fn test(args: &TestArgs) -> bool {
    let mut summary = Vec::new();
    let mut tally = Tally::default();
    let mut failed = false;
    if !args.device_only {
        heading("host tests");
        let start = Instant::now();
        let result = run(cargo().args(["test", "--workspace", "--all-features"]));
        failed |= result.is_err();
        programs::use_tested();
        summary.push(line("host tests", start, result.map(|()| "passed".to_owned())));
        heading("memory of a long training");
        let start = Instant::now();
        let result = run(ignored("memory").arg("--nocapture"));
        failed |= result.is_err();
        summary.push(line("memory test", start, result.map(|()| "passed".to_owned())));
    }
    if !args.device_only {
        let start = Instant::now();
        let result = book_code::check();
        failed |= !result.as_ref().is_ok_and(|tally| tally.failed == 0);
        tally.add(&result);
        summary.push(line("documents", start, result.map(|tally| tally.to_string())));
        heading("the book");
        let start = Instant::now();
        let result = book::build();
        failed |= result.is_err();
        summary.push(line("book", start, result.map(|page| page.display().to_string())));
    }
    if !args.device_only {
        heading("gateway and broker");
        let start = Instant::now();
        let result = broker_tests();
        failed |= result.is_err();
        summary.push(line("broker tests", start, result.map(|()| "passed".to_owned())));
    }
    if !args.device_only {
        heading("the laboratory of faults");
        let start = Instant::now();
        let result = laboratory::laboratory(&LaboratoryArgs::short());
        failed |= !matches!(result, Ok(true));
        let said = |good| if good { "no violation" } else { "FAILED" }.to_owned();
        summary.push(line("laboratory", start, result.map(said)));
    }
    if !args.device_only {
        heading("the Python package");
        let start = Instant::now();
        let result = python::test(&[]);
        failed |= result.is_err();
        summary.push(line("Python package", start, result.map(|()| "passed".to_owned())));
    }
    if !args.device_only {
        heading("reports in a browser");
        let start = Instant::now();
        let result = browser::check(false, None);
        failed |= !result.as_ref().is_ok_and(|tally| tally.failed == 0);
        tally.add(&result);
        summary.push(line("reports", start, result.map(|tally| tally.to_string())));
    }
    if !args.host_only {
        heading("device tests");
        let start = Instant::now();
        let result = device::run_checks(&args.device);
        tally.add(&result);
        summary.push(line("device tests", start, result.map(|tally| tally.to_string())));
        let start = Instant::now();
        let result = prove::prove(&args.device.cores(), &args.device.common);
        tally.add(&result);
        summary.push(line("device proofs", start, result.map(|tally| tally.to_string())));
        let start = Instant::now();
        let result = c::run_checks(args.device.cores(), args.device.common.toolchain);
        tally.add(&result);
        summary.push(line("C library", start, result.map(|tally| tally.to_string())));
        let start = Instant::now();
        let result = dist::run_checks(None, args.device.common.toolchain);
        tally.add(&result);
        summary.push(line("packages", start, result.map(|tally| tally.to_string())));
        let start = Instant::now();
        let result = wasm::run_checks(args.device.common.toolchain);
        tally.add(&result);
        summary.push(line("WebAssembly", start, result.map(|tally| tally.to_string())));
        failed |= tally.failed > 0;
    }
    if !args.host_only && !args.device_only {
        heading("boards");
        let start = Instant::now();
        let toolchain = args.device.common.toolchain;
        let result = boards::run_checks(&BoardsArgs::all(toolchain));
        let counted = result.as_ref().map_or(Tally { passed: 0, failed: 1 }, |tally| *tally);
        tally.passed += counted.passed;
        tally.failed += counted.failed;
        failed |= counted.failed > 0;
        summary.push(line("boards", start, result.map(|tally| tally.to_string())));
        heading("the whole path");
        let start = Instant::now();
        let result = path::path(&PathArgs::short(toolchain));
        let good = matches!(result, Ok(true));
        failed |= !good;
        let said = |good| if good { "as predicted" } else { "FAILED" }.to_owned();
        summary.push(line("path", start, result.map(said)));
        heading("the figures of the documents");
        let start = Instant::now();
        let result = results::check(true);
        failed |= !matches!(result, Ok(true));
        let said = |good| if good { "as measured anew" } else { "FAILED" }.to_owned();
        summary.push(line("figures", start, result.map(said)));
    }
    heading("summary");
    for line in summary {
        println!("{line}");
    }
    println!("{tally}");
    !failed
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

fn line(name: &str, start: Instant, result: Result<String>) -> String {
    let seconds = start.elapsed().as_secs_f32();
    match result {
        Ok(text) => format!("{name}: {text} ({seconds:.0} s)"),
        Err(error) => format!("{name}: FAILED ({seconds:.0} s): {error:#}"),
    }
}
