//! Window statistics of made-up samples.
//!
//! Writes `i16` and `f32`, each with a hexadecimal digest for every statistic. `cargo xtask device
//! test` compares them with those of the host.

#![no_std]
#![no_main]

use board::{entry, println};
use mild_test_support::windows;

#[entry]
fn main() -> ! {
    for (kind, digests) in ["i16", "f32"].into_iter().zip(windows::digests()) {
        println!("{} {:08x?}", kind, digests);
    }
    board::exit(true)
}
