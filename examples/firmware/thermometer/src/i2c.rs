//! The I2C master of Stellaris LM3S microcontrollers, polled.
//!
//! Registers as in the data sheet of the LM3S6965, chapter 16. One difference to the contract of
//! `embedded-hal`: between operations of another direction there is a stop and a start instead of a
//! repeated start, which the emulator does not have. For sensors that keep their pointer it is the
//! same.

use embedded_hal::i2c::{
    Error, ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation, SevenBitAddress,
};

/// I2C master 0.
const BASE: *mut Registers = 0x4002_0000 as *mut Registers;

/// Status bits.
const BUSY: u32 = 1;
const ERROR: u32 = 2;
const NO_ADDRESS: u32 = 4;
const NO_DATA: u32 = 8;
/// Command bits.
const RUN: u32 = 1;
const START: u32 = 2;
const STOP: u32 = 4;
const ACKNOWLEDGE: u32 = 8;
/// Master function enable.
const MASTER: u32 = 1 << 4;

#[repr(C)]
struct Registers {
    address: u32,
    control: u32,
    data: u32,
    period: u32,
    interrupts: [u32; 4],
    configuration: u32,
}

/// What went wrong.
#[derive(Debug, Clone, Copy)]
pub struct Fault(ErrorKind);

impl Error for Fault {
    fn kind(&self) -> ErrorKind {
        self.0
    }
}

/// The master.
#[derive(Debug)]
pub struct Master(());

#[allow(unsafe_code)]
mod registers {
    use super::{BASE, Registers};

    macro_rules! access {
        ($get:ident, $set:ident, $field:ident) => {
            #[allow(dead_code)]
            pub(super) fn $get() -> u32 {
                // SAFETY: the board has the controller's registers at `BASE`, and any may be read
                // at any time.
                unsafe { (&raw const (*BASE).$field).read_volatile() }
            }

            #[allow(dead_code)]
            pub(super) fn $set(value: u32) {
                // SAFETY: as above; nothing but this program writes there, and no memory is touched
                // by it.
                unsafe { (&raw mut (*BASE).$field).write_volatile(value) }
            }
        };
    }

    access!(address, set_address, address);
    access!(control, set_control, control);
    access!(data, set_data, data);
    access!(period, set_period, period);
    access!(configuration, set_configuration, configuration);

    const _: () = assert!(size_of::<Registers>() == 0x24);
}

impl Master {
    /// Switches the master on.
    pub fn new() -> Self {
        registers::set_configuration(MASTER);
        // 100 kHz at the 12 MHz after reset: 12 MHz / (2 * (6 + 4) * 100 kHz) - 1.
        registers::set_period(5);
        Self(())
    }

    /// One step of a transfer.
    fn step(command: u32) -> Result<(), Fault> {
        registers::set_control(command);
        while registers::control() & BUSY != 0 {}
        let status = registers::control();
        if status & ERROR == 0 {
            return Ok(());
        }
        Err(Fault(match status {
            status if status & NO_ADDRESS != 0 => {
                ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address)
            }
            status if status & NO_DATA != 0 => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data),
            _ => ErrorKind::ArbitrationLoss,
        }))
    }

    fn write_bytes(address: u8, bytes: &[u8]) -> Result<(), Fault> {
        registers::set_address(u32::from(address) << 1);
        for (place, &byte) in bytes.iter().enumerate() {
            registers::set_data(u32::from(byte));
            Self::step(RUN | ends(place, bytes.len()))?;
        }
        Ok(())
    }

    fn read_bytes(address: u8, into: &mut [u8]) -> Result<(), Fault> {
        registers::set_address(u32::from(address) << 1 | 1);
        let length = into.len();
        for (place, byte) in into.iter_mut().enumerate() {
            let acknowledge = if place + 1 == length { 0 } else { ACKNOWLEDGE };
            Self::step(RUN | acknowledge | ends(place, length))?;
            *byte = registers::data() as u8;
        }
        Ok(())
    }
}

/// A start before the first byte, a stop after the last.
fn ends(place: usize, length: usize) -> u32 {
    let start = if place == 0 { START } else { 0 };
    let stop = if place + 1 == length { STOP } else { 0 };
    start | stop
}

impl ErrorType for Master {
    type Error = Fault;
}

impl I2c<SevenBitAddress> for Master {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), Self::Error> {
        for operation in operations {
            match operation {
                Operation::Read(into) => Self::read_bytes(address, into)?,
                Operation::Write(bytes) => Self::write_bytes(address, bytes)?,
            }
        }
        Ok(())
    }
}
