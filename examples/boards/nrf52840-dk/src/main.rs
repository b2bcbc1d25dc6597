//! A node on the nRF52840-DK: every second it reads two voltages and a temperature, and answers by itself or defers.
//!
//! Serial line: UARTE0 on P0.06 and P0.08, which the debugger on the board passes on as a virtual serial port.

#![no_std]
#![no_main]

mod port;

use cortex_m_rt::entry;
use defmt::{error, info};
use defmt_rtt as _;
use embedded_hal::delay::DelayNs;
use embedded_io::{Read, ReadReady, Write};
use mild::client::{Outcome, Question};
use mild::wire::{self, Answer, Payload};
use mild::{Image, InputError, Rejector};
use node::local_answer;
use nrf52840_hal::{
    Delay, Saadc, Temp,
    gpio::{Floating, Input, Level, p0},
    pac::{CorePeripherals, Peripherals},
    saadc::{Channel, Gain, InternalVdd, Reference, SaadcConfig},
    uarte::{Baudrate, Parity, Pins, Uarte},
};
use panic_probe as _;
use port::Port;

mod rejector {
    include!("../../../wine/rejector.rs");
}

/// The demonstration's rejector, checked while this compiles. It wants three probes in a wine tank; what this board
/// measures stands in for them (`node::readings`).
///
/// Your own: `const IMAGE: Image<'static> = mild::include_image!("rejector.mild");`, with the file that `mild train`
/// wrote beside this one, and its readings in the order of the log's features.
const IMAGE: Image<'static> = rejector::IMAGE;
/// Time between two inputs.
const PERIOD_MS: u32 = 1000;

/// The way to the experts over the serial port `P`, for questions with the codes of all features.
type Uplink<P, D> = node::Uplink<P, D, { IMAGE.experts() }, { wire::max_frame(IMAGE.inputs()) }>;

#[entry]
fn main() -> ! {
    // Where the UART's DMA reads and writes; `entry` makes these references that only `main` has.
    static mut TX: [u8; 1] = [0];
    static mut RX: [u8; 1] = [0];

    let peripherals = Peripherals::take().expect("nobody else takes them");
    let core = CorePeripherals::take().expect("nobody else takes them");
    let pins = p0::Parts::new(peripherals.P0);

    let uart = Uarte::new(
        peripherals.UARTE0,
        Pins {
            txd: pins.p0_06.into_push_pull_output(Level::High).degrade(),
            rxd: pins.p0_08.into_floating_input().degrade(),
            cts: None,
            rts: None,
        },
        Parity::EXCLUDED,
        Baudrate::BAUD115200,
    );
    let (tx, rx) = uart.split(TX, RX).expect("the buffers are in RAM");
    let port = Port { tx, rx };
    let delay = Delay::new(core.SYST);
    let mut sensors = Sensors {
        // Against the internal 0.6 V, and not against VDD, which is one of the things to measure.
        adc: Saadc::new(
            peripherals.SAADC,
            SaadcConfig {
                reference: Reference::INTERNAL,
                gain: Gain::GAIN1_6,
                ..SaadcConfig::default()
            },
        ),
        pin: pins.p0_03.into_floating_input(),
        temperature: Temp::new(peripherals.TEMP),
    };

    let mut uplink: Uplink<_, _> = node::uplink(port, delay, &sensors.read());
    loop {
        let readings = sensors.read();
        match answer(&readings, &mut uplink) {
            Ok(outcome) => info!("{}: {}", readings, outcome),
            // Only with an image that takes other inputs than these readings.
            Err(error) => error!("{}", error),
        }
        uplink.clock().pass(PERIOD_MS);
    }
}

/// What this board measures.
struct Sensors {
    adc: Saadc,
    /// AIN1, labelled A0 on the board.
    pin: p0::P0_03<Input<Floating>>,
    temperature: Temp,
}

impl Sensors {
    fn read(&mut self) -> [i16; IMAGE.inputs()] {
        let pin_mv = millivolts(&mut self.adc, &mut self.pin);
        let supply_mv = millivolts(&mut self.adc, &mut InternalVdd);
        // In quarters of a degree.
        let centidegrees = self.temperature.measure().to_bits() * 25;
        node::readings(pin_mv, supply_mv, centidegrees)
    }
}

fn millivolts<C: Channel>(adc: &mut Saadc, channel: &mut C) -> i32 {
    // Its only error is a channel that the chip does not have. Near 0 V noise is negative.
    let counts = adc.read_channel(channel).unwrap_or(0).max(0);
    // 14 bits; full scale is 0.6 V times 6.
    i32::from(counts) * 3600 / (1 << 14)
}

/// The answer to one input: by the node itself, or by the expert that the rejector chose, or by whoever is left if that one
/// cannot be had.
fn answer<P: Read + ReadReady + Write, D: DelayNs>(
    readings: &[i16; IMAGE.inputs()],
    uplink: &mut Uplink<P, D>,
) -> Result<Outcome, InputError> {
    let rejector = Rejector::new(&IMAGE);
    let mut scratch = [0; IMAGE.scratch_words()];
    let mut codes = [0; IMAGE.inputs()];
    rejector.quantize(&readings[..], &mut codes)?;
    let scores = rejector.scores(&readings[..], &mut scratch)?;
    let question = Question {
        local: Answer::Label(local_answer(readings).into()),
        payload: Payload::codes(&codes),
    };
    Ok(uplink.resolve(&question, scores))
}
