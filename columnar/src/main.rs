//! `mild`, which also reads logs in Parquet and Arrow.

use std::process::ExitCode;

fn main() -> ExitCode {
    mild_columnar::add();
    mild_trainer::run_program()
}
