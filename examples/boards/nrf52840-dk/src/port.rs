//! The two halves of the HAL's UARTE as one port.

use cortex_m::asm;
use embedded_io::{ErrorType, Read, ReadReady, Write};
use nrf52840_hal::{
    pac::UARTE0,
    uarte::{Error, UarteRx, UarteTx},
};

/// UARTE0, which waits where a byte cannot yet be sent or read.
pub(crate) struct Port {
    /// With a buffer of one byte: `write` of nrf-hal-common 0.19 panics unless what it is given
    /// just fills the buffer.
    pub(crate) tx: UarteTx<UARTE0>,
    pub(crate) rx: UarteRx<UARTE0>,
}

impl ErrorType for Port {
    type Error = Error;
}

impl ReadReady for Port {
    fn read_ready(&mut self) -> Result<bool, Error> {
        self.rx.read_ready()
    }
}

impl Read for Port {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.rx.read(buffer)
    }
}

impl Write for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let sent = self.tx.write(bytes)?;
        // The HAL takes a transfer that has not yet reported its start for one that has to be
        // started. A microsecond is enough for that; the byte takes 87.
        asm::delay(64);
        self.tx.flush()?;
        Ok(sent)
    }

    fn flush(&mut self) -> Result<(), Error> {
        // Every byte has been waited for.
        Ok(())
    }
}
