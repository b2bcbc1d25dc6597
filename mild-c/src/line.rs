//! The crate's client over the callbacks of a [`Port`]: a byte stream and a clock.

use embedded_io::{ErrorType, Read, ReadReady, Write};
use mild::client::Clock;
use mild::wire::max_frame;

use crate::port::{CLIENT_EXPERTS, CLIENT_PAYLOAD, Port};

const FRAME: usize = max_frame(CLIENT_PAYLOAD);

/// What a client is inside; the policy lives in the caller's memory.
pub type Inner = mild::client::Client<'static, Line, Ticks, CLIENT_EXPERTS, FRAME>;

/// The byte stream of a [`Port`]. What was taken from it in [`ReadReady::read_ready`] waits here.
#[derive(Debug)]
pub struct Line {
    port: Port,
    waiting: [u8; 16],
    start: u8,
    end: u8,
}

impl Line {
    /// The stream of a port.
    pub fn new(port: Port) -> Self {
        Self { port, waiting: [0; 16], start: 0, end: 0 }
    }
}

impl ErrorType for Line {
    type Error = embedded_io::ErrorKind;
}

impl ReadReady for Line {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        if self.start == self.end {
            let size = self.waiting.len();
            // SAFETY: the caller of `mild_client_init` vouches for its functions; the buffer is ours.
            let arrived = self.port.read.map_or(0, |read| unsafe {
                read(self.port.context, self.waiting.as_mut_ptr(), size)
            });
            (self.start, self.end) = (0, arrived.min(size) as u8);
        }
        Ok(self.start < self.end)
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Self::Error> {
        let waiting = self.waiting.get(self.start.into()..self.end.into()).unwrap_or_default();
        let mut taken = 0;
        for (into, &byte) in into.iter_mut().zip(waiting) {
            *into = byte;
            taken += 1;
        }
        self.start = self.start.wrapping_add(taken);
        Ok(taken.into())
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        // SAFETY: as above; the bytes are readable.
        let sent = self
            .port
            .write
            .is_some_and(|write| unsafe { write(self.port.context, bytes.as_ptr(), bytes.len()) });
        if sent { Ok(bytes.len()) } else { Err(embedded_io::ErrorKind::NotConnected) }
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// The clock of a [`Port`].
#[derive(Debug)]
pub struct Ticks {
    /// Whose clock it is.
    pub port: Port,
}

impl Clock for Ticks {
    fn now_ms(&mut self) -> u64 {
        // SAFETY: the caller of `mild_client_init` vouches for its functions.
        self.port.now_ms.map_or(0, |now| unsafe { now(self.port.context) })
    }

    fn idle(&mut self) {
        if let Some(idle) = self.port.idle {
            // SAFETY: as above.
            unsafe { idle(self.port.context) };
        }
    }
}
