//! Window statistics of made-up samples.
//!
//! Writes `i16` and `f32`, each with a hexadecimal digest for every statistic. `cargo xtask device test` compares them with
//! what the host finds.

#![no_std]
#![no_main]

mod stream;

use board::{entry, println};

#[entry]
fn main() -> ! {
    for (kind, digests) in ["i16", "f32"].into_iter().zip(stream::digests()) {
        println!("{} {:08x?}", kind, digests);
    }
    board::exit(true)
}
