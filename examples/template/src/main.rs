//! The least firmware that decides: one row of readings, and who is asked about it.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};
use mild::{Reachable, Rejector};
use panic_halt as _;

mod rejector;
use rejector::IMAGE;

#[entry]
fn main() -> ! {
    // One reading for each input, in the order of the configuration. Yours come from the sensors.
    let readings: [f32; IMAGE.inputs()] = [-220.0, 351.0, 940.0];
    let mut scratch = [0; IMAGE.scratch_words()];
    match Rejector::new(&IMAGE).decide(&readings[..], Reachable::ALL, &mut scratch) {
        Ok(decision) => hprintln!("expert {}, margin {}", decision.expert, decision.margin),
        Err(error) => hprintln!("{}", error),
    }
    debug::exit(debug::EXIT_SUCCESS);
    loop {
        cortex_m::asm::wfi();
    }
}
