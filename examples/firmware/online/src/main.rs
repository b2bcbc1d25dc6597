//! Thresholds that learn from the answers of experts, in front of a governor and alone.
//!
//! For each run it writes `NAME ASKED WRONG DIGEST`. `cargo xtask device test` compares that with
//! what the host finds.

#![no_std]
#![no_main]

use board::{entry, println};
use mild_test_support::online;

#[entry]
fn main() -> ! {
    for run in online::runs() {
        println!("{} {}", run.name, run.numbers);
    }
    board::exit(true)
}
