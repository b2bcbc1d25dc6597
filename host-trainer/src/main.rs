//! `mild`: trains, judges and exports learning-to-defer rejectors.

use std::process::ExitCode;

fn main() -> ExitCode {
    match mild_trainer::run_program() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
