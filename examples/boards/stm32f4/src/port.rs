//! The HAL's serial port behind the traits of embedded-io 0.7; the HAL itself has 0.6, and no
//! `Read`.

use embedded_hal_nb::serial;
use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};
use stm32f4xx_hal::{
    block,
    pac::USART2,
    serial::{Error, RxISR, Serial},
};

/// USART2, which waits where a byte cannot yet be sent or read.
pub(crate) struct Port(pub(crate) Serial<USART2>);

impl ErrorType for Port {
    type Error = ErrorKind;
}

impl ReadReady for Port {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        Ok(self.0.is_rx_not_empty())
    }
}

impl Read for Port {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let Some(slot) = buffer.first_mut() else { return Ok(0) };
        *slot = block!(serial::Read::read(&mut self.0)).map_err(kind)?;
        Ok(1)
    }
}

impl Write for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let Some(&byte) = bytes.first() else { return Ok(0) };
        block!(serial::Write::write(&mut self.0, byte)).map_err(kind)?;
        Ok(1)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        block!(serial::Write::<u8>::flush(&mut self.0)).map_err(kind)
    }
}

fn kind(error: Error) -> ErrorKind {
    match error {
        Error::FrameFormat | Error::Parity | Error::Noise => ErrorKind::InvalidData,
        _ => ErrorKind::Other,
    }
}
