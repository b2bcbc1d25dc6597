//! A node on the Raspberry Pi Pico: every second it reads two voltages and a temperature, and
//! answers by itself or defers.
//!
//! Serial line: UART0 on GP0 and GP1 (pins 1 and 2), where the Raspberry Pi Debug Probe has its
//! serial port.

#![no_std]
#![no_main]

use defmt_rtt as _;
use node::Readings;
use panic_probe as _;
use rp2040_hal::{
    Adc, Clock, Sio, Timer, Watchdog,
    adc::{AdcPin, TempSense},
    clocks::init_clocks_and_plls,
    entry,
    fugit::RateExtU32,
    gpio::{
        FunctionSioInput, Pin, Pins, PullNone, PullUp,
        bank0::{Gpio26, Gpio29},
    },
    pac::Peripherals,
    uart::{DataBits, StopBits, UartConfig, UartPeripheral},
};

/// The crystal on the board.
const CRYSTAL_HZ: u32 = 12_000_000;

/// What the boot ROM runs first, for the flash chip on the board.
// SAFETY: the linker script has a section of this name for exactly this.
#[allow(unsafe_code)]
#[unsafe(link_section = ".boot2")]
#[used]
static BOOT2: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

#[entry]
fn main() -> ! {
    let mut peripherals = Peripherals::take().expect("nobody else takes them");
    let resets = &mut peripherals.RESETS;
    let clocks = init_clocks_and_plls(
        CRYSTAL_HZ,
        peripherals.XOSC,
        peripherals.CLOCKS,
        peripherals.PLL_SYS,
        peripherals.PLL_USB,
        resets,
        &mut Watchdog::new(peripherals.WATCHDOG),
    );
    let Ok(clocks) = clocks else { panic!("the clocks do not start") };
    let sio = Sio::new(peripherals.SIO);
    let pins = Pins::new(peripherals.IO_BANK0, peripherals.PADS_BANK0, sio.gpio_bank0, resets);

    // The pull-up is for a line that leads nowhere: low, as the chip would have it, it would be one
    // long break.
    let rx = pins.gpio1.into_pull_type::<PullUp>().into_function();
    let uart = (pins.gpio0.into_function(), rx);
    let port = UartPeripheral::new(peripherals.UART0, uart, resets)
        .enable(
            UartConfig::new(115_200.Hz(), DataBits::Eight, None, StopBits::One),
            clocks.peripheral_clock.freq(),
        )
        .expect("125 MHz gives 115200 baud");
    let delay = Timer::new(peripherals.TIMER, resets, &clocks);
    let mut adc = Adc::new(peripherals.ADC, resets);
    let mut sensors = Sensors {
        temperature: adc.take_temp_sensor().expect("nobody else takes it"),
        adc,
        pin: AdcPin::new(pins.gpio26.into_floating_input()).expect("26 has an ADC channel"),
        supply: AdcPin::new(pins.gpio29.into_floating_input()).expect("29 has an ADC channel"),
    };

    node::run(port, delay, || sensors.read())
}

type Analog<I> = AdcPin<Pin<I, FunctionSioInput, PullNone>>;

/// What this board measures.
struct Sensors {
    adc: Adc,
    /// GP26, labelled ADC0 on the board.
    pin: Analog<Gpio26>,
    /// A third of VSYS: what comes from USB or a battery, before the regulator.
    supply: Analog<Gpio29>,
    temperature: TempSense,
}

impl Sensors {
    fn read(&mut self) -> Readings {
        let pin_mv = microvolts(self.adc.read(&mut self.pin)) / 1000;
        let supply_mv = microvolts(self.adc.read(&mut self.supply)) * 3 / 1000;
        let sensor = microvolts(self.adc.read(&mut self.temperature));
        // 0.706 V at 27 °C, 1.721 mV less per degree (RP2040 datasheet, section 4.9.5).
        let centidegrees = 2_700 - (sensor - 706_000) * 100 / 1721;
        node::readings(pin_mv, supply_mv, centidegrees)
    }
}

fn microvolts<E>(counts: Result<u16, E>) -> i32 {
    // A conversion that failed is rare and no reason to stop. 12 bits, full scale is 3.3 V.
    let counts = i32::from(counts.unwrap_or(0));
    counts * (3_300_000 / 32) / (4096 / 32)
}
