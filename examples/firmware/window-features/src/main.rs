//! Window features of made-up samples.
//!
//! Writes `i16` and `f32`, each with a hexadecimal digest for every feature, and then the same of
//! disturbed samples. `cargo xtask device test` compares them with those of the host: the first
//! ones must be the same, and the last ones must not.

#![no_std]
#![no_main]

use board::{entry, println};
use mild_test_support::windows::{Stream, digests};

#[entry]
fn main() -> ! {
    for (kind, digests) in ["i16", "f32"].into_iter().zip(digests(Stream::Plain)) {
        println!("{} {:08x?}", kind, digests);
    }
    for (kind, digests) in ["i16", "f32"].into_iter().zip(digests(Stream::Disturbed)) {
        println!("disturbed {} {:08x?}", kind, digests);
    }
    board::exit(true)
}
