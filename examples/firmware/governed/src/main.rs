//! Governors whose experts fail.
//!
//! For each kind of governor it writes `NAME DECISIONS DEFERRED WITHHELD FRAMES DIGEST`.
//! `cargo xtask device test` compares that with what the host finds.

#![no_std]
#![no_main]

use board::{entry, println};
use mild_test_support::governed;

#[entry]
fn main() -> ! {
    for run in governed::runs() {
        println!("{} {}", run.name, run.numbers);
    }
    board::exit(true)
}
