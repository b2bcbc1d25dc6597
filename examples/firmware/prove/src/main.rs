//! Decisions and nothing else.
//!
//! What is linked is proven by reading this program's ELF file: the decisions, reading an image
//! from the flash slot, and little besides. What it does is proven by running it in an emulator in
//! which an instruction takes a few ticks of the counter, or exactly one (QEMU with `-icount`).
//! `cargo xtask device prove` does both.
//!
//! The program writes lines of words and hexadecimal numbers: `clock INSTRUCTIONS TICKS`, and for
//! each way to a decision `NAME LEAST-TICKS MOST-TICKS STACK-BYTES DIGEST`.

#![no_std]
#![no_main]

mod broken;

use board::{Counter, entry, stack, write_line};
use core::hint::black_box;
use mild::governor::{Governor, Watching};
use mild::{Decision, FeatureValue, Image, InputError, Reachable, Rejector};
use mild_test_support::{
    inputs::{CAPPED, GOVERNED, INPUTS, Inputs, UNWATCHED, add_decision},
    random::Digest,
};

/// The image that is embedded; the same one is in the slot.
const IMAGE: Image<'static> = mild::include_image!(concat!(env!("MILD_IMAGE"), "/rejector.mild"));
const WIDTH: usize = IMAGE.inputs();

type Scratch = [u32; IMAGE.scratch_words()];

#[entry]
fn main() -> ! {
    let Some(mut counter) = Counter::take() else { board::exit(false) };
    let Ok((slot, _)) = Image::from_prefix(board::image_slot()) else { board::exit(false) };
    let (instructions, ticks) = counter.calibrate(10_000);
    write_line("clock", &[instructions, ticks]);
    let high = |reading: i16| (reading >> 8) as i8;
    let raw = |reading: i16| reading;
    let slot = Rejector::new(&slot);
    let good = prove("codes-embedded", &mut counter, high, embedded)
        && prove("raw-embedded", &mut counter, raw, embedded)
        && prove("codes-slot", &mut counter, high, |x, set, scratch| {
            decide(&slot, x, set, scratch)
        })
        && prove("raw-slot", &mut counter, raw, |x, set, scratch| decide(&slot, x, set, scratch));
    let mut batch = [0; IMAGE.batch_scratch_words()];
    let other = [-77; WIDTH];
    let good =
        good && prove("batch-first", &mut counter, high, |x, set, _| {
            two(&slot, [x, &other], set, &mut batch).map(|[decision, _]| decision)
        }) && prove("batch-second", &mut counter, high, |x, set, _| {
            two(&slot, [&other, x], set, &mut batch).map(|[_, decision]| decision)
        });
    let mut free = Governor::new(black_box(&GOVERNED));
    let mut unwatched = Governor::new(black_box(&UNWATCHED));
    let mut capped = Governor::new(black_box(&CAPPED));
    let good =
        good && prove("governed", &mut counter, high, |x, set, scratch| {
            governed(&mut free, &slot, x, set, scratch)
        }) && prove("unwatched", &mut counter, high, |x, set, scratch| {
            governed(&mut unwatched, &slot, x, set, scratch)
        }) && prove("capped", &mut counter, high, |x, set, scratch| {
            governed(&mut capped, &slot, x, set, scratch)
        });
    board::exit(good)
}

/// From features to a decision on an image that the compiler knows.
#[inline(never)]
fn embedded<F: FeatureValue + Into<i16>>(
    features: &[F; WIDTH],
    reachable: Reachable,
    scratch: &mut Scratch,
) -> Result<Decision, InputError> {
    broken::work(features[0].into());
    Rejector::new(&IMAGE).decide(features, reachable, scratch)
}

/// From features to a decision on an image that only the device knows.
#[inline(never)]
fn decide<F: FeatureValue + Into<i16>>(
    rejector: &Rejector<'_>,
    features: &[F; WIDTH],
    reachable: Reachable,
    scratch: &mut Scratch,
) -> Result<Decision, InputError> {
    broken::work(features[0].into());
    rejector.decide(features, reachable, scratch)
}

/// From the codes of two inputs to two decisions.
#[inline(never)]
fn two(
    rejector: &Rejector<'_>,
    inputs: [&[i8; WIDTH]; 2],
    reachable: Reachable,
    scratch: &mut [u32],
) -> Result<[Decision; 2], InputError> {
    rejector.decide_batch(inputs.map(|input| input.as_slice()), reachable, scratch)
}

/// As [`decide`], under a governor.
#[inline(never)]
fn governed<F: FeatureValue + Into<i16>, const CAPS: usize, W: Watching>(
    governor: &mut Governor<'_, CAPS, W>,
    rejector: &Rejector<'_>,
    features: &[F; WIDTH],
    reachable: Reachable,
    scratch: &mut Scratch,
) -> Result<Decision, InputError> {
    broken::work(features[0].into());
    let scores = rejector.scores(features, scratch)?;
    Ok(governor.input(scores).decide(reachable))
}

/// Decides on every input, twice, and writes the least and the most ticks, the stack, and a digest
/// of the first decisions. False if there was an error in place of a decision.
fn prove<F: FeatureValue>(
    name: &str,
    counter: &mut Counter,
    convert: impl Fn(i16) -> F,
    mut decide: impl FnMut(&[F; WIDTH], Reachable, &mut Scratch) -> Result<Decision, InputError>,
) -> bool {
    let mut inputs = Inputs::new();
    let mut digest = Digest::EMPTY;
    let mut scratch = [0; IMAGE.scratch_words()];
    let (mut least, mut most, mut deepest) = (u32::MAX, 0, 0);
    for _ in 0..INPUTS {
        let mut readings = [0; WIDTH];
        let reachable = Reachable::from_bits(inputs.next(&mut readings));
        let features = readings.map(&convert);
        let mut decision = Err(InputError::NoRawQuantizer);
        let ticks = counter.count(1, || {
            decision = decide(&features, reachable, &mut scratch);
            0
        });
        let Ok(decision) = decision else { return false };
        add_decision(&mut digest, decision.expert, decision.margin);
        least = least.min(ticks);
        most = most.max(ticks);
        let used = stack::used(|| {
            // Its result has been looked at.
            let _ = decide(&features, reachable, &mut scratch);
        });
        deepest = deepest.max(used as u32);
    }
    write_line(name, &[least, most, deepest, digest.0]);
    true
}
