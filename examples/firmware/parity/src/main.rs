//! Runs an image over recorded inputs on the device and compares every result with the host's.
//!
//! Ends with exit status 0 only if all of them are equal. For each check it prints a line
//! `check NAME: R rows, W wrong`, and before them the first few differences.

#![no_std]
#![no_main]

mod vectors;

use board::{entry, println};
use core::fmt::Debug;
use mild::{Feature, Image, InputError, Reachable, Rejector};
use vectors::{Input, Problem, Row, Vectors};

const IMAGE: Image<'static> = mild::include_image!(concat!(env!("MILD_IMAGE"), "/rejector.mild"));
const INPUTS: usize = IMAGE.inputs();
const EXPERTS: usize = IMAGE.experts();
const SCRATCH: usize = IMAGE.scratch_words();

/// So many differences are printed in full.
const SHOWN: u32 = 5;

#[entry]
fn main() -> ! {
    match compare_all() {
        Ok(equal) => board::exit(equal),
        Err(problem) => {
            println!("vectors.bin: {}", problem);
            board::exit(false)
        }
    }
}

fn compare_all() -> Result<bool, Problem> {
    let rejector = Rejector::new(&IMAGE);
    let mut vectors = Vectors::<INPUTS, EXPERTS>::open()?;
    let mut checks = Checks::default();
    while let Some((index, row)) = vectors.next()? {
        // Scratch with anything in it must do, so each row starts with rubbish.
        let mut scratch = [0xA5A5_5A5A; SCRATCH];
        let result = match &row.input {
            Input::Codes => compare(&rejector, index, &row, &row.codes, &mut scratch, &mut checks),
            Input::Readings(readings) => {
                compare_codes(&rejector, index, &row, readings, &mut checks).and_then(|()| {
                    compare(&rejector, index, &row, readings, &mut scratch, &mut checks)
                })
            }
            Input::Features(features) => {
                compare_codes(&rejector, index, &row, features, &mut checks).and_then(|()| {
                    compare(&rejector, index, &row, features, &mut scratch, &mut checks)
                })
            }
        };
        if let Err(error) = result {
            println!("row {}: {}", index, error);
            checks.refused += 1;
        }
    }
    Ok(checks.report())
}

/// What is compared for rows that are quantized on the device.
fn compare_codes<F: Feature>(
    rejector: &Rejector<'_>,
    index: u32,
    row: &Row<INPUTS, EXPERTS>,
    features: &[F],
    checks: &mut Checks,
) -> Result<(), InputError> {
    let mut codes = [0; INPUTS];
    rejector.quantize(features, &mut codes)?;
    checks.codes.compare(index, &codes, &row.codes);
    Ok(())
}

/// What is compared for every row.
fn compare<F: Feature>(
    rejector: &Rejector<'_>,
    index: u32,
    row: &Row<INPUTS, EXPERTS>,
    features: &[F],
    scratch: &mut [u32],
    checks: &mut Checks,
) -> Result<(), InputError> {
    let scores = rejector.scores(features, scratch)?;
    checks.scores.compare(index, scores, &row.scores);
    let decision = rejector.decide(features, Reachable::ALL, scratch)?;
    checks.decision.compare(index, &(decision.expert, decision.margin), &(row.expert, row.margin));
    let masked = rejector.decide(features, Reachable::from_bits(row.mask), scratch)?;
    checks.masked.compare(index, &masked.expert, &row.masked_expert);
    Ok(())
}

/// All counts of a run.
struct Checks {
    codes: Check,
    scores: Check,
    decision: Check,
    masked: Check,
    /// Rows that the rejector did not take.
    refused: u32,
}

impl Default for Checks {
    fn default() -> Self {
        Self {
            codes: Check::new("codes"),
            scores: Check::new("scores"),
            decision: Check::new("decision"),
            masked: Check::new("masked"),
            refused: 0,
        }
    }
}

impl Checks {
    /// Prints the counts; true if nothing differs.
    fn report(&self) -> bool {
        let checks = [&self.codes, &self.scores, &self.decision, &self.masked];
        for check in checks {
            println!("check {}: {} rows, {} wrong", check.name, check.rows, check.wrong);
        }
        checks.iter().all(|check| check.wrong == 0) && self.scores.rows > 0 && self.refused == 0
    }
}

/// One kind of result.
struct Check {
    name: &'static str,
    rows: u32,
    wrong: u32,
}

impl Check {
    fn new(name: &'static str) -> Self {
        Self { name, rows: 0, wrong: 0 }
    }

    fn compare<T: PartialEq + Debug + ?Sized>(&mut self, row: u32, found: &T, expected: &T) {
        self.rows += 1;
        if found != expected {
            self.wrong += 1;
            if self.wrong <= SHOWN {
                println!("row {}: {} {:?}, the host has {:?}", row, self.name, found, expected);
            }
        }
    }
}
