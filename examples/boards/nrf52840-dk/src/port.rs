//! The chip's UART: an interrupt handler receives, and the program sends.
//!
//! The chip has two UARTs at one place. The HAL has the UARTE, whose DMA tells how many bytes have
//! arrived only when a transfer ends. This is the other one: it keeps six bytes, and interrupts at
//! each.

use core::convert::Infallible;
use core::hint;
use embedded_io::{ErrorType, Write};
use node::{Handler, Receive};
use nrf52840_hal::{
    gpio::{Floating, Input, Output, Pin, PushPull},
    pac::{UART0, interrupt, uart0::RegisterBlock},
};

/// The interrupt handler's part of the port.
pub(crate) static RECEIVER: Handler<Receiver> = Handler::new();

#[interrupt]
fn UARTE0_UART0() {
    RECEIVER.receive();
}

/// UART0, which keeps six bytes.
pub(crate) struct Receiver(UART0);

/// UART0, which waits where a byte cannot yet be sent.
pub(crate) struct Sender(());

/// Starts UART0 at 115,200 baud, without parity and flow control.
pub(crate) fn uart(
    uart: UART0,
    tx: &Pin<Output<PushPull>>,
    rx: &Pin<Input<Floating>>,
) -> (Receiver, Sender) {
    connect(&uart, tx, rx);
    uart.baudrate.write(|w| w.baudrate().baud115200());
    uart.config.write(|w| w.hwfc().disabled().parity().excluded());
    uart.enable.write(|w| w.enable().enabled());
    uart.intenset.write(|w| w.rxdrdy().set());
    uart.tasks_starttx.write(|w| w.tasks_starttx().set_bit());
    uart.tasks_startrx.write(|w| w.tasks_startrx().set_bit());
    (Receiver(uart), Sender(()))
}

#[allow(unsafe_code)]
fn connect(uart: &RegisterBlock, tx: &Pin<Output<PushPull>>, rx: &Pin<Input<Floating>>) {
    // SAFETY: these are the numbers of pins that nobody else has; bit 31, "disconnected", is 0.
    uart.psel.txd.write(|w| unsafe { w.bits(tx.psel_bits()) });
    // SAFETY: as above.
    uart.psel.rxd.write(|w| unsafe { w.bits(rx.psel_bits()) });
}

impl Receive for Receiver {
    fn take(&mut self) -> Option<u8> {
        if self.0.events_rxdrdy.read().events_rxdrdy().bit_is_clear() {
            return None;
        }
        // Before the byte is taken, as the next one then reports itself.
        self.0.events_rxdrdy.reset();
        Some(self.0.rxd.read().rxd().bits())
    }
}

impl ErrorType for Sender {
    type Error = Infallible;
}

impl Write for Sender {
    #[allow(unsafe_code)]
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        let Some(&byte) = bytes.first() else { return Ok(0) };
        // SAFETY: the receiver owns the registers, and uses neither of these two.
        let uart = unsafe { &*UART0::ptr() };
        uart.events_txdrdy.reset();
        // SAFETY: every byte can be sent.
        uart.txd.write(|w| unsafe { w.txd().bits(byte) });
        while uart.events_txdrdy.read().events_txdrdy().bit_is_clear() {
            hint::spin_loop();
        }
        Ok(1)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        // Every byte has been waited for.
        Ok(())
    }
}
