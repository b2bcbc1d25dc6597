//! The serial port of the MPS2 boards: a CMSDK UART.

use core::convert::Infallible;
use embedded_io::{ErrorType, Read, ReadReady, Write};

/// UART 0 of the boards with an M3, M4 or M7.
const BASE: *mut Registers = 0x4000_4000 as *mut Registers;

const TX_FULL: u32 = 1;
const RX_FULL: u32 = 2;
const ENABLE_BOTH: u32 = 3;

#[repr(C)]
struct Registers {
    data: u32,
    state: u32,
    control: u32,
    interrupts: u32,
    divider: u32,
}

/// The port.
#[derive(Debug)]
pub struct Uart(());

#[allow(unsafe_code)]
mod registers {
    use super::{BASE, Registers};

    macro_rules! access {
        ($get:ident, $set:ident, $field:ident) => {
            #[allow(dead_code)]
            pub(super) fn $get() -> u32 {
                // SAFETY: the board has the UART's registers at `BASE`, and any may be read at any
                // time.
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

    access!(data, set_data, data);
    access!(state, set_state, state);
    access!(control, set_control, control);
    access!(divider, set_divider, divider);

    const _: () = assert!(size_of::<Registers>() == 20);
}

impl Uart {
    /// Switches the port on.
    pub fn new() -> Self {
        // The fastest; the emulator does not care.
        registers::set_divider(16);
        registers::set_control(ENABLE_BOTH);
        Self(())
    }
}

impl ErrorType for Uart {
    type Error = Infallible;
}

impl ReadReady for Uart {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(registers::state() & RX_FULL != 0)
    }
}

impl Read for Uart {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        let mut length = 0;
        for place in into {
            // Waits for the first byte alone.
            while length == 0 && registers::state() & RX_FULL == 0 {}
            if registers::state() & RX_FULL == 0 {
                break;
            }
            *place = registers::data() as u8;
            length += 1;
        }
        Ok(length)
    }
}

impl Write for Uart {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        for &byte in bytes {
            while registers::state() & TX_FULL != 0 {}
            registers::set_data(u32::from(byte));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        while registers::state() & TX_FULL != 0 {}
        Ok(())
    }
}
