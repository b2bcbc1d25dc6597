//! The boards' receivers against a line on which a byte takes its time.

extern crate std;

use crate::gateway::{FRAME, Gateway};
use crate::{Arrived, Receive, Receiver, Uplink, port, uplink};
use core::cell::{Cell, RefCell};
use core::convert::Infallible;
use embedded_hal::delay::DelayNs;
use embedded_io::{ErrorType, Read, ReadReady, Write};
use mild::Scores;
use mild::client::Input;
use mild::wire::{Answer, Payload};
use std::collections::VecDeque;

/// Ten bits at 115,200 baud.
const BYTE_NS: u64 = 10 * 1_000_000_000 / 115_200;
const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;

/// The bytes that a chip keeps until somebody reads them, by their reference manuals: the data
/// register of the STM32F4, the FIFO of the nRF52840's UART, the FIFO of the RP2040.
const STM32F4: usize = 1;
const NRF52840: usize = 6;
const RP2040: usize = 32;

/// A chip's UART with the gateway at the other end, in virtual time.
struct Chip {
    kept: RefCell<VecDeque<u8>>,
    depth: usize,
    lost: Cell<u32>,
    gateway: RefCell<Gateway>,
    now_ns: Cell<u64>,
    /// When the byte that is on its way has arrived.
    next_ns: Cell<Option<u64>>,
    /// When the interrupt handler runs, because a byte has arrived.
    pending_ns: Cell<Option<u64>>,
    /// How long after the byte.
    latency_ns: u64,
    /// A delay is never shorter, for instance because other tasks run.
    shortest_delay_ns: u64,
}

impl Chip {
    fn new(depth: usize, latency_ns: u64, shortest_delay_ns: u64) -> Self {
        Self {
            kept: RefCell::default(),
            depth,
            lost: Cell::default(),
            gateway: RefCell::default(),
            now_ns: Cell::default(),
            next_ns: Cell::default(),
            pending_ns: Cell::default(),
            latency_ns,
            shortest_delay_ns,
        }
    }

    /// Time passes: bytes arrive, and the handler runs, if there is one.
    fn pass(&self, nanoseconds: u64, handle: &mut dyn FnMut()) {
        let end = self.now_ns.get() + nanoseconds;
        loop {
            let (next, pending) = (self.next_ns.get(), self.pending_ns.get());
            let Some(at) = [next, pending].into_iter().flatten().min().filter(|&at| at <= end)
            else {
                break;
            };
            self.now_ns.set(at);
            // A handler that is due runs before the next byte is complete.
            if pending == Some(at) {
                self.pending_ns.set(None);
                handle();
            } else {
                self.arrive();
            }
        }
        self.now_ns.set(end);
    }

    fn arrive(&self) {
        let mut gateway = self.gateway.borrow_mut();
        let byte = gateway.coming.pop_front().expect("a byte is on its way");
        let more = !gateway.coming.is_empty();
        self.next_ns.set(more.then(|| self.now_ns.get() + BYTE_NS));
        let mut kept = self.kept.borrow_mut();
        if kept.len() < self.depth {
            kept.push_back(byte);
        } else {
            self.lost.set(self.lost.get() + 1);
        }
        if self.pending_ns.get().is_none() {
            self.pending_ns.set(Some(self.now_ns.get() + self.latency_ns));
        }
    }
}

/// Half of the chip's UART, or the whole without a handler: what the HAL has.
#[derive(Clone, Copy)]
struct Uart<'c> {
    chip: &'c Chip,
    handler: Option<&'c RefCell<Option<Receiver<'c, Uart<'c>>>>>,
}

impl Uart<'_> {
    fn pass(&self, nanoseconds: u64) {
        self.chip.pass(nanoseconds, &mut || {
            let Some(handler) = self.handler else { return };
            if let Some(receiver) = handler.borrow_mut().as_mut() {
                receiver.receive();
            }
        });
    }
}

impl Receive for Uart<'_> {
    fn take(&mut self) -> Option<u8> {
        self.chip.kept.borrow_mut().pop_front()
    }
}

impl DelayNs for Uart<'_> {
    fn delay_ns(&mut self, nanoseconds: u32) {
        self.pass(u64::from(nanoseconds).max(self.chip.shortest_delay_ns));
    }
}

impl ErrorType for Uart<'_> {
    type Error = Infallible;
}

impl ReadReady for Uart<'_> {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(!self.chip.kept.borrow().is_empty())
    }
}

impl Read for Uart<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        into[0] = self.take().expect("read only when ready");
        Ok(1)
    }
}

impl Write for Uart<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.pass(BYTE_NS);
        let mut gateway = self.chip.gateway.borrow_mut();
        gateway.take(&bytes[..1]);
        if self.chip.next_ns.get().is_none() && !gateway.coming.is_empty() {
            self.chip.next_ns.set(Some(self.chip.now_ns.get() + BYTE_NS));
        }
        Ok(1)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// How many of ten questions are answered at the first attempt, and how many bytes are lost.
fn ask<P: Read + ReadReady + Write>(port: P, uart: Uart<'_>) -> (usize, u32) {
    let mut uplink: Uplink<P, _, 2, FRAME> = uplink(port, uart, &[1, 2, 3]);
    let answered = (0..10).filter(|&code| {
        let codes = [code, 1, -1];
        let input = Input { local: Answer::None, payload: Payload::codes(&codes) };
        let outcome = uplink.resolve(&input, Scores::new(&[0, 5], &[0; 2]));
        uplink.clock().pass(1_000);
        (outcome.answer, outcome.sent) == (Answer::Label(code.unsigned_abs().into()), 1)
    });
    (answered.count(), uart.chip.lost.get())
}

/// With bytes that the program takes itself.
fn polled(chip: &Chip) -> (usize, u32) {
    let uart = Uart { chip, handler: None };
    ask(uart, uart)
}

/// With bytes that an interrupt handler takes.
fn interrupted(chip: &Chip) -> (usize, u32) {
    let mut arrived = Arrived::new();
    let handler = RefCell::new(None);
    let uart = Uart { chip, handler: Some(&handler) };
    let (receiver, port) = port(&mut arrived, uart, uart);
    handler.replace(Some(receiver));
    ask(port, uart)
}

const ALL: (usize, u32) = (10, 0);

#[test]
fn no_board_loses_a_byte_while_the_client_idles() {
    // As the client's clock idles, as it did before, and far longer than 22 bytes take.
    for idle in [0, MILLISECOND, 5 * MILLISECOND] {
        assert_eq!(interrupted(&Chip::new(STM32F4, 0, idle)), ALL, "STM32F4, {idle} ns");
        assert_eq!(interrupted(&Chip::new(NRF52840, 0, idle)), ALL, "nRF52840, {idle} ns");
        assert_eq!(polled(&Chip::new(RP2040, 0, idle)), ALL, "RP2040, {idle} ns");
    }
}

#[test]
fn a_port_without_a_buffer_loses_every_answer_while_the_client_idles() {
    for depth in [STM32F4, NRF52840] {
        let (answered, lost) = polled(&Chip::new(depth, 0, MILLISECOND));
        assert_eq!(answered, 0);
        assert!(lost > 0);
    }
    // Unless it idles for less than half of a byte's time.
    assert_eq!(polled(&Chip::new(STM32F4, 0, 0)), ALL);
}

#[test]
fn a_handler_may_be_as_late_as_the_chip_keeps_bytes() {
    for depth in [STM32F4, NRF52840] {
        let most = depth as u64 * BYTE_NS;
        let latest = most - MICROSECOND;
        assert_eq!(interrupted(&Chip::new(depth, latest, MILLISECOND)), ALL, "depth {depth}");
        let (_, lost) = interrupted(&Chip::new(depth, most + MICROSECOND, MILLISECOND));
        assert!(lost > 0, "depth {depth}");
    }
}
