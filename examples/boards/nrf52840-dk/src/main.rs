//! A node on the nRF52840-DK: every second it reads two voltages and a temperature, and answers by
//! itself or defers.
//!
//! Serial line: UART0 on P0.06 and P0.08, which the debugger on the board passes on as a virtual
//! serial port.

#![no_std]
#![no_main]

mod port;

use cortex_m::peripheral::NVIC;
use cortex_m_rt::entry;
use defmt_rtt as _;
use node::{Arrived, Readings};
use nrf52840_hal::{
    Delay, Saadc, Temp,
    gpio::{Floating, Input, Level, p0},
    pac::{CorePeripherals, Interrupt, Peripherals},
    saadc::{Channel, Gain, InternalVdd, Reference, SaadcConfig},
};
use panic_probe as _;
use port::RECEIVER;

#[entry]
fn main() -> ! {
    // `entry` makes this a reference that only `main` has.
    static mut ARRIVED: Arrived = Arrived::new();

    let peripherals = Peripherals::take().expect("nobody else takes them");
    let core = CorePeripherals::take().expect("nobody else takes them");
    let pins = p0::Parts::new(peripherals.P0);

    let tx = pins.p0_06.into_push_pull_output(Level::High).degrade();
    let rx = pins.p0_08.into_floating_input().degrade();
    let (receiver, sender) = port::uart(peripherals.UART0, &tx, &rx);
    let (receiver, port) = node::port(ARRIVED, receiver, sender);
    RECEIVER.install(receiver);
    // SAFETY: no critical section depends on the interrupt's being off.
    #[allow(unsafe_code)]
    unsafe {
        NVIC::unmask(Interrupt::UARTE0_UART0);
    }
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

    node::run(port, delay, || sensors.read())
}

/// What this board measures.
struct Sensors {
    adc: Saadc,
    /// AIN1, labelled A0 on the board.
    pin: p0::P0_03<Input<Floating>>,
    temperature: Temp,
}

impl Sensors {
    fn read(&mut self) -> Readings {
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
