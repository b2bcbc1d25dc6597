//! The example `motion`: raw samples of six axes in, decisions out.
//!
//! `rejector.rs`, beside the image, is what `mild export --format rust` wrote with the example's
//! configuration: nothing about the windows and their features is written by hand here. The samples
//! are in `samples.bin`, six little-endian 16-bit readings each. After each window it writes
//! `decision EXPERT MARGIN`. `cargo xtask motion` runs it.

#![no_std]
#![no_main]

use board::{HostFile, entry, println};
use mild::{Reachable, Rejector};
use rejector::{IMAGE, ShakingWindow, TurningWindow, inputs};

mod rejector {
    include!(concat!(env!("MILD_IMAGE"), "/rejector.rs"));
}

#[entry]
fn main() -> ! {
    let Some(mut file) = HostFile::open(c"samples.bin") else { stop("cannot read samples.bin") };
    let rejector = Rejector::new(&IMAGE);
    let mut scratch = [0; IMAGE.scratch_words()];
    let (mut shaking, mut turning) = (ShakingWindow::new(), TurningWindow::new());
    let mut bytes = [0; 12 * ShakingWindow::LENGTH];
    while file.read(&mut bytes) == bytes.len() {
        for sample in bytes.as_chunks::<12>().0 {
            let mut readings = [0; 6];
            for (reading, &bytes) in readings.iter_mut().zip(sample.as_chunks().0) {
                *reading = i16::from_le_bytes(bytes);
            }
            let [ax, ay, az, gx, gy, gz] = readings;
            let (Ok(shaken), Ok(turned)) = (shaking.push([ax, ay, az]), turning.push([gx, gy, gz]))
            else {
                stop("a reading is no number")
            };
            let (Some(shaken), Some(turned)) = (shaken, turned) else { continue };
            match rejector.decide(&inputs(shaken, turned)[..], Reachable::ALL, &mut scratch) {
                Ok(decision) => println!("decision {} {}", decision.expert, decision.margin),
                Err(_) => stop("the image is for other features"),
            }
        }
    }
    board::exit(true)
}

/// Ends with a failure.
fn stop(why: &str) -> ! {
    println!("{}", why);
    board::exit(false)
}
