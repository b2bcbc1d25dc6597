//! The halves of the HAL's serial port: an interrupt handler receives, and the program sends by the
//! traits of embedded-io 0.7, of which the HAL has 0.6.

use embedded_hal_nb::serial;
use embedded_io::{ErrorKind, ErrorType, Write};
use node::{Handler, Receive};
use stm32f4xx_hal::{
    block, nb,
    pac::{USART2, interrupt},
    serial::{Error, Rx, Tx},
};

/// The interrupt handler's part of the port.
pub(crate) static RECEIVER: Handler<Receiver> = Handler::new();

#[interrupt]
fn USART2() {
    RECEIVER.receive();
}

/// USART2, which keeps one byte.
pub(crate) struct Receiver(pub(crate) Rx<USART2>);

impl Receive for Receiver {
    fn take(&mut self) -> Option<u8> {
        loop {
            match serial::Read::read(&mut self.0) {
                Ok(byte) => return Some(byte),
                Err(nb::Error::WouldBlock) => return None,
                // Reading the byte has cleared the error. The frame fails its checksum.
                Err(nb::Error::Other(_)) => {}
            }
        }
    }
}

/// USART2, which waits where a byte cannot yet be sent.
pub(crate) struct Sender(pub(crate) Tx<USART2>);

impl ErrorType for Sender {
    type Error = ErrorKind;
}

impl Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let Some(&byte) = bytes.first() else { return Ok(0) };
        block!(serial::Write::write(&mut self.0, byte)).map_err(kind)?;
        Ok(1)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        block!(serial::Write::<u8>::flush(&mut self.0)).map_err(kind)
    }
}

fn kind(_: Error) -> ErrorKind {
    ErrorKind::Other
}
