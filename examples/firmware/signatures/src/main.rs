//! Counts what it takes to verify a signature with one of the libraries compared, or a signed image
//! with the crate `mild`.
//!
//! A cargo feature says with which. Writes `clock INSTRUCTIONS TICKS` and
//! `verify TICKS STACK GOOD BAD` in hexadecimal, where the last two are 1 if a good and a bad one
//! were accepted; `cargo xtask device signatures` reads them. Nothing is formatted, so that
//! whatever can panic comes from what is measured.

#![no_std]
#![no_main]

mod subject;

use board::{Counter, entry, stack, write_line};
use core::hint::black_box;

/// Bytes of stack to look at: the smallest board has 16 KiB of RAM.
const DEPTH: usize = 12 * 1024;

#[entry]
fn main() -> ! {
    let Some(mut counter) = Counter::take() else { board::exit(false) };
    let (instructions, ticks) = counter.calibrate(10_000_000);
    write_line("clock", &[instructions, ticks]);
    let (good, bad) = subject::cases();
    let (good, bad) = (black_box(good), black_box(bad));
    let ticks = counter.count(1, || u8::from(subject::verify(&good)));
    let used = stack::used_within(DEPTH, || {
        black_box(subject::verify(&good));
    });
    let [good, bad] = [&good, &bad].map(|case| u32::from(subject::verify(case)));
    write_line("verify", &[ticks, used as u32, good, bad]);
    board::exit(true)
}
