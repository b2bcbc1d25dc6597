//! The temperature sensor TMP105, and those with the same registers (TMP75, TMP175, LM75B and
//! others).
//!
//! Registers as in Texas Instruments' data sheet SBOS648: a pointer selects one, and stays there.

use embedded_hal::i2c::I2c;

const TEMPERATURE: u8 = 0;
const CONFIGURATION: u8 = 1;
/// Conversions all the time, of 12 bits, which take 220 ms.
const TWELVE_BITS: u8 = 0b0110_0000;
/// The resolution and the shutdown mode; the other bits are about the alert pin.
const CHECKED: u8 = 0b0110_0001;

/// The address with all address pins low.
pub const ADDRESS: u8 = 0x48;

/// Why the sensor could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error<E> {
    /// The bus says so: nobody acknowledged, or arbitration was lost.
    Bus(E),
    /// It did not keep its configuration: another kind of sensor is there, or none.
    Configuration {
        /// What it had instead.
        found: u8,
    },
}

impl<E> From<E> for Error<E> {
    fn from(error: E) -> Self {
        Self::Bus(error)
    }
}

/// A sensor that measures continuously.
#[derive(Debug)]
pub struct Tmp105<I> {
    bus: I,
    address: u8,
}

impl<I: I2c> Tmp105<I> {
    /// Configures the sensor at `address`: 0x48 to 0x4f, by its pins.
    ///
    /// # Errors
    /// [`Error::Bus`]; [`Error::Configuration`] if it is not what it should be.
    pub fn new(bus: I, address: u8) -> Result<Self, Error<I::Error>> {
        let mut sensor = Self { bus, address };
        sensor.bus.write(address, &[CONFIGURATION, TWELVE_BITS])?;
        let mut found = [0];
        // The pointer is at the configuration.
        sensor.bus.read(address, &mut found)?;
        let [found] = found;
        if found & CHECKED != TWELVE_BITS {
            return Err(Error::Configuration { found });
        }
        // From now on a plain read gives the temperature.
        sensor.bus.write(address, &[TEMPERATURE])?;
        Ok(sensor)
    }

    /// The latest temperature in sixteenths of a degree Celsius, -880 to 2048.
    ///
    /// # Errors
    /// The bus's; the sensor goes on.
    pub fn read(&mut self) -> Result<i16, I::Error> {
        let mut bytes = [0; 2];
        self.bus.read(self.address, &mut bytes)?;
        // Twelve bits from the left, the sign first.
        Ok(i16::from_be_bytes(bytes) >> 4)
    }

    /// The bus again.
    pub fn release(self) -> I {
        self.bus
    }
}
