//! `mild`: trains, judges and exports learning-to-defer rejectors.

use std::process::ExitCode;

fn main() -> ExitCode {
    mild_trainer::run_program()
}
