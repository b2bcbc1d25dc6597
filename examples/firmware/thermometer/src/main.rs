//! The example `sensor` on a board with an I2C bus: the emulator's `lm3s6965evb`, with a TMP105 on
//! its bus.
//!
//! It takes the temperature whenever it has changed, so that whoever plays the temperature knows
//! when to go on, and writes `reading SIXTEENTHS`, after each window `decision EXPERT MARGIN`, and
//! ends after `WINDOWS` of them (the number in the file `windows.bin`). `cargo xtask device test`
//! runs it.

#![no_std]
#![no_main]

mod i2c;

use board::{HostFile, entry, println};
use i2c::Master;
use mild::{Image, Reachable, Rejector};
use sensor::Monitor;
use sensor::tmp105::{ADDRESS, Tmp105};

const IMAGE: Image<'static> = mild::include_image!(concat!(env!("MILD_IMAGE"), "/rejector.mild"));

#[entry]
fn main() -> ! {
    let mut windows = [0; 4];
    let read = HostFile::open(c"windows.bin").map(|mut file| file.read(&mut windows));
    if read != Some(windows.len()) {
        stop("cannot read windows.bin")
    }
    let Ok(mut sensor) = Tmp105::new(Master::new(), ADDRESS) else {
        stop("there is no TMP105 on the bus")
    };
    let mut monitor = Monitor::<{ IMAGE.scratch_words() }>::new(Rejector::new(&IMAGE));
    // The emulated sensor starts at 0 degrees.
    let mut before = 0;
    let mut left = u32::from_le_bytes(windows);
    while left > 0 {
        let Ok(reading) = sensor.read() else { stop("the sensor does not answer") };
        if reading == before {
            continue;
        }
        before = reading;
        println!("reading {}", reading);
        match monitor.take(reading, Reachable::ALL) {
            Ok(None) => {}
            Ok(Some(decision)) => {
                println!("decision {} {}", decision.expert, decision.margin);
                left -= 1;
            }
            Err(_) => stop("the image is for other features"),
        }
    }
    board::exit(true)
}

/// Ends with a failure.
fn stop(why: &str) -> ! {
    println!("{}", why);
    board::exit(false)
}
