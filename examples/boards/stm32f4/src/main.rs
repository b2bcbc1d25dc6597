//! A node on the NUCLEO-F411RE: every second it reads two voltages and a temperature, and answers
//! by itself or defers.
//!
//! Serial line: USART2 on PA2 and PA3, which the ST-LINK on the board passes on as a virtual serial
//! port.

#![no_std]
#![no_main]

mod port;

use cortex_m::peripheral::NVIC;
use cortex_m_rt::entry;
use defmt_rtt as _;
use node::{Arrived, Readings};
use panic_probe as _;
use port::{RECEIVER, Receiver, Sender};
use stm32f4xx_hal::{
    adc::{
        Adc, Temperature,
        config::{AdcConfig, SampleTime},
    },
    gpio::{Analog, PA0},
    pac::{ADC1, Interrupt, Peripherals},
    prelude::*,
    rcc::Config,
    serial::{RxListen, Serial},
    signature::{VDDA_CALIB, VtempCal30, VtempCal110},
};

#[entry]
fn main() -> ! {
    // `entry` makes this a reference that only `main` has.
    static mut ARRIVED: Arrived = Arrived::new();

    let peripherals = Peripherals::take().expect("nobody else takes them");
    // The internal 16 MHz: every board has it.
    let mut rcc = peripherals.RCC.freeze(Config::hsi());
    let pins = peripherals.GPIOA.split(&mut rcc);

    let serial = Serial::new(peripherals.USART2, (pins.pa2, pins.pa3), 115_200.bps(), &mut rcc);
    let (tx, mut rx) = serial.expect("16 MHz gives 115200 baud").split();
    rx.listen();
    let (receiver, port) = node::port(ARRIVED, Receiver(rx), Sender(tx));
    RECEIVER.install(receiver);
    // SAFETY: no critical section depends on the interrupt's being off.
    #[allow(unsafe_code)]
    unsafe {
        NVIC::unmask(Interrupt::USART2);
    }
    let delay = peripherals.TIM5.delay_us(&mut rcc);
    let mut adc = Adc::new(peripherals.ADC1, true, AdcConfig::default(), &mut rcc);
    adc.enable_temperature_and_vref();
    let mut sensors = Sensors { adc, pin: pins.pa0.into_analog() };

    node::run(port, delay, || sensors.read())
}

/// What this board measures.
struct Sensors {
    adc: Adc<ADC1>,
    /// Labelled A0 on the board.
    pin: PA0<Analog>,
}

impl Sensors {
    fn read(&mut self) -> Readings {
        // Measures the reference; from that and its factory calibration follows the supply.
        self.adc.calibrate();
        let supply_mv = self.adc.reference_voltage() as i32;
        let pin = self.adc.convert(&self.pin, SampleTime::Cycles_480);
        let pin_mv = self.adc.sample_to_millivolts(pin);
        let temperature = self.adc.convert(&Temperature, SampleTime::Cycles_480);
        node::readings(pin_mv.into(), supply_mv, centidegrees(temperature.into(), supply_mv))
    }
}

/// The chip's temperature in 0.01 °C: on the line through the factory's two calibration points
/// (reference manual RM0383, "Temperature sensor").
fn centidegrees(counts: i32, supply_mv: i32) -> i32 {
    let at_30 = i32::from(VtempCal30::get().read());
    let at_110 = i32::from(VtempCal110::get().read());
    // The factory measured with another supply, which is full scale.
    let counts = counts * supply_mv / VDDA_CALIB as i32;
    // Copies of this chip come without calibration, with both points alike.
    let slope = (at_110 - at_30).max(1);
    3_000 + (11_000 - 3_000) * (counts - at_30) / slope
}
