//! `cargo xtask sanitize`: the device crate's tests under tools that watch every access to memory.
//!
//! What is not installed here is said and left out; what is installed has to notice an error made
//! on purpose before its silence about the tests counts for anything.

use super::heading;
use crate::process::{cargo, find_program, read, run, run_within, target_dir};
use anyhow::{Context, Result, bail, ensure};
use std::{
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

/// Reads memory that has been given back, and succeeds if nobody minds.
const CONTROL: &str = "fn main() {
    let number = Box::new(0);
    let pointer: *const i32 = &*number;
    drop(number);
    std::process::exit(unsafe { std::ptr::read_volatile(pointer) } & 0);
}
";
const CONTROL_LIMIT: Duration = Duration::from_secs(60);
const VALGRIND: [&str; 3] = ["valgrind", "--quiet", "--error-exitcode=97"];

/// A tool, and how to run the tests under it.
struct Tool {
    name: &'static str,
    /// Makes sure that the tool is there and notices what it is for.
    probe: fn(&Host) -> Result<()>,
    tests: fn(&Host) -> Command,
}

const TOOLS: [Tool; 3] = [
    Tool { name: "AddressSanitizer", probe: probe_address, tests: address_tests },
    Tool { name: "valgrind", probe: probe_valgrind, tests: valgrind_tests },
    Tool { name: "Miri", probe: probe_miri, tests: miri_tests },
];

/// This machine.
struct Host {
    target: String,
    directory: PathBuf,
}

/// Runs every tool that is here, and says whether at least one was and all were content.
pub(crate) fn sanitize() -> Result<bool> {
    let directory = target_dir().join("sanitize");
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let host = Host { target: host_target()?, directory };
    let (mut ran, mut failed) = (0, 0);
    let mut summary = Vec::new();
    for tool in &TOOLS {
        heading(&format!("sanitize: {}", tool.name));
        let start = Instant::now();
        let outcome = match (tool.probe)(&host) {
            Err(reason) => format!("not run: {reason:#}"),
            Ok(()) => {
                ran += 1;
                match run(&mut (tool.tests)(&host)) {
                    Ok(()) => format!("passed ({:.0} s)", start.elapsed().as_secs_f32()),
                    Err(error) => {
                        failed += 1;
                        format!("FAILED: {error:#}")
                    }
                }
            }
        };
        println!("{}: {outcome}", tool.name);
        summary.push(format!("{}: {outcome}", tool.name));
    }
    heading("summary");
    for line in summary {
        println!("{line}");
    }
    if ran == 0 {
        bail!("no tool could be run");
    }
    Ok(failed == 0)
}

/// `cargo test` for the device crate with its own build directory: the flags differ from everyone
/// else's.
fn tests(host: &Host, directory: &str) -> Command {
    let mut command = cargo();
    // The examples in the documentation would need flags of their own.
    command.args(["test", "--package", "mild", "--all-features", "--lib", "--tests"]);
    command.args(["--target", &host.target, "--target-dir"]).arg(host.directory.join(directory));
    command
}

fn address_tests(host: &Host) -> Command {
    let mut command = tests(host, "address");
    // A sanitizer on a stable compiler; only ever set for this child.
    command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    command
}

fn valgrind_tests(host: &Host) -> Command {
    let mut command = tests(host, "valgrind");
    let name = host.target.to_uppercase().replace(['-', '.'], "_");
    command.env(format!("CARGO_TARGET_{name}_RUNNER"), VALGRIND.join(" "));
    // One thread at a time is all that it runs, however many wait.
    command.args(["--", "--test-threads", "1"]);
    command
}

fn miri_tests(host: &Host) -> Command {
    let mut command = cargo();
    command.args(["miri", "test", "--package", "mild", "--all-features", "--lib", "--tests"]);
    command.arg("--target-dir").arg(host.directory.join("miri"));
    // The tests read files.
    command.env("MIRIFLAGS", "-Zmiri-disable-isolation");
    command
}

fn probe_address(host: &Host) -> Result<()> {
    let program = control(host, "control-address", &["-Zsanitizer=address"])?;
    notices(&mut Command::new(program), "AddressSanitizer")
}

fn probe_valgrind(host: &Host) -> Result<()> {
    let [program, options @ ..] = VALGRIND;
    ensure!(find_program(program).is_some(), "there is no {program} (Debian's package: {program})");
    let control = control(host, "control-valgrind", &[])?;
    notices(Command::new(program).args(options).arg(control), "Invalid read")
}

fn probe_miri(_: &Host) -> Result<()> {
    let version = read(cargo().args(["miri", "--version"]));
    // What rustup says of it is long and of no use.
    ensure!(version.is_ok(), "this compiler has no Miri");
    Ok(())
}

/// Builds the program with an error in it.
fn control(host: &Host, name: &str, options: &[&str]) -> Result<PathBuf> {
    let source = host.directory.join(name).with_added_extension("rs");
    fs::write(&source, CONTROL).with_context(|| format!("cannot write {}", source.display()))?;
    let program = host.directory.join(name);
    let mut rustc = Command::new("rustc");
    rustc.args(["-g", "--target", &host.target]).args(options).env("RUSTC_BOOTSTRAP", "1");
    read(rustc.arg(&source).arg("-o").arg(&program)).context("cannot build with it")?;
    Ok(program)
}

/// An error unless the program fails and says why.
fn notices(command: &mut Command, word: &str) -> Result<()> {
    let finished = run_within(command, CONTROL_LIMIT)?;
    ensure!(
        !finished.success() && finished.stderr.contains(word),
        "it does not notice a read of memory that has been given back"
    );
    println!("it notices a read of memory that has been given back");
    Ok(())
}

fn host_target() -> Result<String> {
    let verbose = read(Command::new("rustc").arg("-vV"))?;
    let host = verbose.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}
