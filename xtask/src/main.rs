//! The project's own chores, as `cargo xtask COMMAND`.

mod apt;
mod background;
mod bench;
mod book_code;
mod browser;
mod c_library;
mod commands;
mod defmt_log;
mod digits;
mod dist;
mod duplicates;
mod energy;
mod firmware;
mod flash;
mod flipped;
mod frames;
mod governed;
mod images;
mod isa;
mod laboratory;
mod linked;
mod motion;
mod npm;
mod online;
mod parallel;
mod parity;
mod path;
mod peers;
mod pico;
mod process;
mod programs;
mod proofs;
mod python;
mod qemu;
mod release;
mod reported;
mod results;
mod signatures;
mod source;
mod stopwatch;
mod table;
mod templates;
mod thermometer;
mod toolchain;
mod types;
mod updates;
mod verdict;
mod wasm;
mod window_features;

use anyhow::Result;
use clap::Parser;
use commands::{
    boards, book, c, columnar, device, digits as digits_command, dist as dist_command,
    laboratory as laboratory_command, lint, motion as motion_command, path as path_command,
    python as python_command, release as release_command, report as report_command,
    results as results_command, sanitize, structure, test, wasm as wasm_command,
};
use mild_test_support::cores;
use std::process::ExitCode;

/// The project's own chores
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Xtask {
    /// Run all tests, on the host and on emulated boards, installing what is missing
    Test(test::TestArgs),
    /// Build and run programs on emulated boards
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Build the examples for real boards, test what they share, and run the templates in an emulator
    Boards(boards::BoardsArgs),
    /// Run the whole path: an emulated node, the gateway, a broker, experts, with and without
    /// outages
    Path(path_command::PathArgs),
    /// Make a log of raw motion samples that a Python package carries, train on it, and decide on
    /// an emulated core
    Motion(motion_command::MotionArgs),
    /// Have two model files answer about images, one of them int8, and compare gates on its confidence
    Digits,
    /// Run gateways, a broker, experts and nodes under faults, and look for wrong answers
    Laboratory(laboratory_command::LaboratoryArgs),
    /// Write the header of the C library, or run the library's tests
    #[command(subcommand)]
    C(c::CCommand),
    /// Make the packages of the C library, as archives in target/dist, or test them
    Dist(dist_command::DistArgs),
    /// Run the tests of the Python package, or measure it
    #[command(subcommand)]
    Python(python_command::PythonCommand),
    /// Build the module for WebAssembly, or run its tests
    #[command(subcommand)]
    Wasm(wasm_command::WasmCommand),
    /// Lint and test the program that also reads Parquet and Arrow
    Columnar,
    /// Make the book of HTML pages from the documents, or compile the code in them
    Book(book::BookArgs),
    /// Test the reports for people in a browser
    #[command(subcommand)]
    Report(report_command::ReportCommand),
    /// Check formatting, lints, documentation and its links
    Lint,
    /// Show the structure of the code: import loops, layers, long files
    Structure,
    /// Make the figures of the documents, or check that they are those of this code
    Results(results_command::ResultsArgs),
    /// Check what a release takes
    #[command(subcommand)]
    Release(release_command::ReleaseCommand),
    /// Run the device crate's tests under the memory checkers that are here
    Sanitize,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        // What failed has been printed.
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the command succeeded; an error if it could not be carried out.
fn run() -> Result<bool> {
    match Xtask::parse() {
        Xtask::Test(args) => Ok(test::test(&args)),
        Xtask::Device(command) => device::device(&command),
        Xtask::Boards(args) => boards::boards(&args),
        Xtask::Path(args) => path_command::path(&args),
        Xtask::Motion(args) => motion_command::motion(&args),
        Xtask::Digits => digits_command::digits(),
        Xtask::Laboratory(args) => laboratory_command::laboratory(&args),
        Xtask::C(command) => c::c(&command),
        Xtask::Dist(args) => dist_command::dist(&args),
        Xtask::Columnar => columnar::columnar(),
        Xtask::Book(args) => book::book(&args),
        Xtask::Python(command) => python_command::python(&command),
        Xtask::Wasm(command) => wasm_command::wasm(&command),
        Xtask::Report(command) => report_command::report(&command),
        Xtask::Lint => Ok(lint::lint()),
        Xtask::Structure => structure::structure(),
        Xtask::Results(args) => results_command::results(&args),
        Xtask::Release(command) => release_command::release(&command),
        Xtask::Sanitize => sanitize::sanitize(),
    }
}
