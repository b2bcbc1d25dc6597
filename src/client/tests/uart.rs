//! A serial port without a buffer, with the times of its bytes.

use core::cell::RefCell;
use core::convert::Infallible;
use std::collections::VecDeque;
use std::rc::Rc;

use embedded_hal::delay::DelayNs;

use super::super::*;
use super::HIGHEST;
use super::world::{FRAME, NODE, NONCE, SETTINGS, input_of, right};
use crate::wire::{self, Decoder, Message, Reply, Status, Welcome};

/// A byte at 115,200 baud.
const BYTE_US: u64 = 87;
/// What a call of the driver takes on a slow core.
const CALL_US: u64 = 5;

#[derive(Default)]
struct Wire {
    now_us: u64,
    /// Bytes with the times at which they are in the receiver's only register.
    coming: VecDeque<(u64, u8)>,
    gateway: Decoder<FRAME>,
    overrun: u32,
}

impl Wire {
    /// Whether a byte is there. The next one that is complete takes its place.
    fn ready(&mut self) -> bool {
        self.now_us += CALL_US;
        while self.coming.get(1).is_some_and(|&(at, _)| at <= self.now_us) {
            self.coming.pop_front();
            self.overrun += 1;
        }
        self.coming.front().is_some_and(|&(at, _)| at <= self.now_us)
    }

    fn take(&mut self, mut bytes: &[u8]) {
        self.now_us += BYTE_US * bytes.len() as u64;
        while !bytes.is_empty() {
            let (used, frame) = self.gateway.feed(bytes);
            bytes = &bytes[used..];
            let Some(Ok(frame)) = frame else { continue };
            let to = frame.binding();
            let answer = match frame.message() {
                Ok(Message::Hello(_)) => Message::Welcome(Welcome { node: NODE, session: 5 }),
                Ok(Message::Request(request)) => Message::Reply(Reply {
                    node: NODE,
                    sequence: request.sequence,
                    status: Status::Ok,
                    answer: right(request.expert, request.payload.bytes()[0]),
                    confidence: 0,
                }),
                _ => panic!("a node only asks"),
            };
            let mut buffer = [0; FRAME];
            let frame = wire::encode_answer(&answer, None, &to, &mut buffer).unwrap();
            let mut at = self.now_us + 2_345;
            for &byte in frame.bytes {
                at += BYTE_US;
                self.coming.push_back((at, byte));
            }
        }
    }
}

#[derive(Clone)]
struct Line(Rc<RefCell<Wire>>);

impl embedded_io::ErrorType for Line {
    type Error = Infallible;
}

impl embedded_io::ReadReady for Line {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.borrow_mut().ready())
    }
}

impl embedded_io::Read for Line {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        let mut wire = self.0.borrow_mut();
        assert!(wire.ready(), "the port would block");
        into[0] = wire.coming.pop_front().expect("it is ready").1;
        Ok(1)
    }
}

impl embedded_io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.0.borrow_mut().take(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl DelayNs for Line {
    fn delay_ns(&mut self, ns: u32) {
        self.0.borrow_mut().now_us += u64::from(ns) / 1000;
    }
}

/// The client idled a millisecond at a time, in which 11 bytes arrive: no reply survived a port
/// without a buffer.
#[test]
fn a_port_without_a_buffer_loses_no_byte() {
    let line = Line(Rc::default());
    let identity = Identity { node: NODE, key: None };
    let clock = DelayClock::new(line.clone());
    let mut client: Client<'_, _, _, 4, FRAME> =
        Client::new(line.clone(), clock, &SETTINGS, identity, NONCE);
    for input in 0..20 {
        let outcome = client.resolve(&input_of(&[input]), HIGHEST);
        assert_eq!((outcome.by, outcome.answer, outcome.sent), (3, right(3, input), 1));
    }
    assert_eq!(line.0.borrow().overrun, 0);
    assert_eq!(client.counters().bad, 0);
}
