//! Runs the image in the flash slot over recorded inputs and compares every result with the host's.
//!
//! Ends with exit status 0 only if all of them are equal. For each check it prints a line
//! `check NAME: R rows, W wrong`, and before them the first few differences.

#![no_std]
#![no_main]

mod row;
mod vectors;

use board::{Room, entry, println};
use core::fmt::Debug;
use mild::{FeatureValue, Image, InputError, Reachable, Rejector};
use row::{Kind, MAX_INPUTS, Row};
use vectors::{Problem, Vectors};

/// Words; what the widest image needs for two inputs at once.
const MAX_SCRATCH: usize = 1056;

/// So many differences are printed in full.
const SHOWN: u32 = 5;

/// What one row and one run need. Not on the stack: with it the smallest board would be full.
struct Buffers {
    row: Row,
    codes: [i8; MAX_INPUTS],
    before: [i8; MAX_INPUTS],
    scratch: [u32; MAX_SCRATCH],
}

#[entry]
fn main() -> ! {
    static ROOM: Room<Buffers> = Room::new(Buffers {
        row: Row::new(),
        codes: [0; MAX_INPUTS],
        before: [0; MAX_INPUTS],
        scratch: [0; MAX_SCRATCH],
    });
    let Some(room) = ROOM.take() else { board::exit(false) };
    let image = match Image::from_prefix(board::image_slot()) {
        Ok((image, _)) => image,
        Err(error) => {
            println!("image: {}", error);
            board::exit(false)
        }
    };
    match compare_all(&image, room) {
        Ok(equal) => board::exit(equal),
        Err(problem) => {
            println!("{}", problem);
            board::exit(false)
        }
    }
}

fn compare_all(image: &Image<'_>, room: &mut Buffers) -> Result<bool, Problem> {
    let rejector = Rejector::new(image);
    let mut vectors = Vectors::open(image, &mut room.row)?;
    let room_for_batches =
        room.scratch.get_mut(..image.batch_scratch_words()).ok_or(Problem::TooLarge)?;
    let before = room.before.get_mut(..image.inputs()).ok_or(Problem::TooLarge)?;
    let mut decision_before = None;
    let codes = room.codes.get_mut(..image.inputs()).ok_or(Problem::TooLarge)?;
    let mut checks = Checks::default();
    while let Some(index) = vectors.read(&mut room.row)? {
        let row = &room.row;
        let scratch = room_for_batches.get_mut(..image.scratch_words()).unwrap_or_default();
        let result = match row.kind {
            Kind::Codes => compare(&rejector, index, row, row.codes(), scratch, &mut checks),
            Kind::Readings => {
                compare_codes(&rejector, index, row, row.readings(), codes, &mut checks).and_then(
                    |()| compare(&rejector, index, row, row.readings(), scratch, &mut checks),
                )
            }
            Kind::Features => {
                compare_codes(&rejector, index, row, row.features(), codes, &mut checks).and_then(
                    |()| compare(&rejector, index, row, row.features(), scratch, &mut checks),
                )
            }
        };
        if let Err(error) = result {
            println!("row {}: {}", index, error);
            checks.refused += 1;
        }
        let decision = (row.expert, row.margin);
        let expected = [decision, decision_before.unwrap_or(decision), decision];
        if decision_before.is_none() {
            before.copy_from_slice(row.codes());
        }
        room_for_batches.fill(0xA5A5_5A5A);
        match rejector.decide_batch(
            [row.codes(), &*before, row.codes()],
            Reachable::ALL,
            room_for_batches,
        ) {
            Ok(decisions) => {
                let found = decisions.map(|decision| (decision.expert, decision.margin));
                checks.batch.compare(index, &found, &expected);
            }
            Err(error) => {
                println!("row {}: {}", index, error);
                checks.refused += 1;
            }
        }
        before.copy_from_slice(row.codes());
        decision_before = Some(decision);
    }
    Ok(checks.report())
}

/// What is compared for rows that are quantized on the device.
fn compare_codes<F: FeatureValue>(
    rejector: &Rejector<'_>,
    index: u32,
    row: &Row,
    features: &[F],
    codes: &mut [i8],
    checks: &mut Checks,
) -> Result<(), InputError> {
    rejector.quantize(features, codes)?;
    checks.codes.compare(index, &*codes, row.codes());
    Ok(())
}

/// What is compared for every row.
fn compare<F: FeatureValue>(
    rejector: &Rejector<'_>,
    index: u32,
    row: &Row,
    features: &[F],
    scratch: &mut [u32],
    checks: &mut Checks,
) -> Result<(), InputError> {
    // Scratch with anything in it must do.
    scratch.fill(0xA5A5_5A5A);
    let scores = rejector.scores(features, scratch)?;
    checks.scores.compare(index, scores.values(), row.scores());
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
    batch: Check,
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
            batch: Check::new("batch"),
            refused: 0,
        }
    }
}

impl Checks {
    /// Prints the counts; true if nothing differs.
    fn report(&self) -> bool {
        let checks = [&self.codes, &self.scores, &self.decision, &self.masked, &self.batch];
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
