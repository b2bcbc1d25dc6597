//! A serial port whose bytes an interrupt handler receives.
//!
//! A chip keeps one byte, or a few, until the program reads them, and at 115,200 baud another one
//! comes every 87 microseconds. The handler takes each byte at once, whatever the program does
//! meanwhile, and puts it into a queue.

use core::cell::RefCell;
use core::{hint, iter};
use critical_section::Mutex;
use embedded_io::{ErrorType, Read, ReadReady, Write};
use heapless::spsc::{Consumer, Producer, Queue};

/// What has arrived and has not been read. It has room for several replies, such as late ones that
/// come while nobody reads; a byte that finds it full is lost, as on the line.
pub type Arrived = Queue<u8, 128>;

/// The receiving half of a UART.
pub trait Receive {
    /// The next byte that the chip keeps.
    fn take(&mut self) -> Option<u8>;
}

/// The interrupt handler's part.
pub struct Receiver<'q, R> {
    uart: R,
    arrived: Producer<'q, u8>,
}

impl<R: Receive> Receiver<'_, R> {
    /// Takes what the chip keeps.
    pub fn receive(&mut self) {
        while let Some(byte) = self.uart.take() {
            // A frame without it fails its checksum, and the client asks again.
            let _ = self.arrived.enqueue(byte);
        }
    }
}

/// The program's part: what has arrived, and the sending half of the UART.
pub struct Port<'q, W> {
    arrived: Consumer<'q, u8>,
    uart: W,
}

/// Both parts of a port.
pub fn port<R: Receive, W: Write>(
    arrived: &mut Arrived,
    receiver: R,
    sender: W,
) -> (Receiver<'_, R>, Port<'_, W>) {
    let (producer, consumer) = arrived.split();
    let receiver = Receiver { uart: receiver, arrived: producer };
    (receiver, Port { arrived: consumer, uart: sender })
}

impl<W: ErrorType> ErrorType for Port<'_, W> {
    type Error = W::Error;
}

impl<W: ErrorType> ReadReady for Port<'_, W> {
    fn read_ready(&mut self) -> Result<bool, W::Error> {
        Ok(self.arrived.ready())
    }
}

impl<W: ErrorType> Read for Port<'_, W> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, W::Error> {
        while !buffer.is_empty() && !self.arrived.ready() {
            hint::spin_loop();
        }
        let mut length = 0;
        // The places end first, so that no byte is taken without one.
        for (place, byte) in buffer.iter_mut().zip(iter::from_fn(|| self.arrived.dequeue())) {
            *place = byte;
            length += 1;
        }
        Ok(length)
    }
}

impl<W: Write> Write for Port<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, W::Error> {
        self.uart.write(bytes)
    }

    fn flush(&mut self) -> Result<(), W::Error> {
        self.uart.flush()
    }
}

/// Where `main` leaves the handler's part, and the handler finds it.
pub struct Handler<R>(Mutex<RefCell<Option<Receiver<'static, R>>>>);

impl<R: Receive> Handler<R> {
    /// Empty.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(RefCell::new(None)))
    }

    /// To be called once, before the interrupt is enabled.
    pub fn install(&self, receiver: Receiver<'static, R>) {
        critical_section::with(|section| self.0.replace(section, Some(receiver)));
    }

    /// To be called by the interrupt handler.
    pub fn receive(&self) {
        critical_section::with(|section| {
            if let Some(receiver) = self.0.borrow_ref_mut(section).as_mut() {
                receiver.receive();
            }
        });
    }
}

impl<R: Receive> Default for Handler<R> {
    fn default() -> Self {
        Self::new()
    }
}
