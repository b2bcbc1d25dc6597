//! Updates of an image during which the power fails, at every operation of a flash in RAM.
//!
//! Prints `updates FAILURES OLD ON-TRIAL NEW`: how often what ran after a failure.
//! `cargo xtask device test` compares that with what the host finds. Ends with exit status 1 if
//! anything happened that must not.

#![no_std]
#![no_main]

use board::{entry, println};
use mild::signed::PublicKey;
use mild_test_support::updates::Fleet;

const OLD: &[u8] = include_bytes!(concat!(env!("MILD_IMAGE"), "/old.mild"));
const NEW: &[u8] = include_bytes!(concat!(env!("MILD_IMAGE"), "/new.mild"));
const KEYS: [PublicKey; 1] =
    [PublicKey::new(*include_bytes!(concat!(env!("MILD_IMAGE"), "/public.key")))];

#[entry]
fn main() -> ! {
    let fleet = Fleet { old: OLD, new: NEW, keys: &KEYS };
    match fleet.fail_on_device() {
        Ok(tally) => {
            println!("updates {}", tally);
            board::exit(true)
        }
        Err(broken) => {
            println!("operation {}, seed {}: {}", broken.at, broken.seed, broken.what);
            board::exit(false)
        }
    }
}
