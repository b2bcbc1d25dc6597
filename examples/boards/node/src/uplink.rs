//! Asking an expert over a serial port.

use crate::{Frame, Link, MAX_FRAME};
use core::fmt;
use embedded_hal::delay::DelayNs;
use embedded_io::{Error, ErrorKind, Read, ReadReady, Write};
use mild::{Decision, Reachable};

/// So long a question waits for its answer.
pub const DEADLINE_MS: u32 = 500;
/// No port holds more unread bytes than that; a line that goes on is noise, and must not hold up the node.
const MOST_STALE: usize = 64;

/// Why there is no answer. In each case the node answers by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum NoAnswer {
    /// More codes than a frame holds.
    TooLong,
    /// The port could not send, or received something unreadable.
    Line(ErrorKind),
    /// Nothing came within [`DEADLINE_MS`].
    TimedOut,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the codes do not fit into a frame of {MAX_FRAME} bytes"),
            Self::Line(kind) => write!(f, "the serial line failed: {kind}"),
            Self::TimedOut => write!(f, "no answer within {DEADLINE_MS} ms"),
        }
    }
}

impl core::error::Error for NoAnswer {}

/// The way to the experts: a serial port with a gateway at its other end.
#[derive(Debug)]
pub struct Uplink<P, D> {
    port: P,
    delay: D,
    link: Link,
    sequence: u16,
}

impl<P: Read + ReadReady + Write, D: DelayNs> Uplink<P, D> {
    /// An up-link that has not been tried yet.
    pub const fn new(port: P, delay: D) -> Self {
        Self { port, delay, link: Link::new(), sequence: 0 }
    }

    /// What the rejector may choose from now.
    pub fn reachable(&self) -> Reachable {
        self.link.reachable()
    }

    /// Waits until the next input is due. The link's time runs on meanwhile.
    pub fn pause(&mut self, ms: u32) {
        self.delay.delay_ms(ms);
        self.link.pass(ms);
    }

    /// Asks the expert that was decided for, and waits for the class that it answers.
    ///
    /// # Errors
    /// [`NoAnswer`]; after a failed line or a deadline missed the link counts as down for a while.
    pub fn ask(&mut self, decision: Decision, codes: &[i8]) -> Result<u8, NoAnswer> {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        let Decision { expert, margin } = decision;
        let mut buffer = [0; MAX_FRAME];
        let frame = Frame { sequence, expert, margin, codes }.encode(&mut buffer);
        let answer = self.exchange(frame.ok_or(NoAnswer::TooLong)?, sequence);
        if answer.is_err() {
            self.link.fail();
        }
        answer
    }

    fn exchange(&mut self, frame: &[u8], sequence: u16) -> Result<u8, NoAnswer> {
        // An answer that came too late must not be taken for the answer to this question. Errors go the same way: what
        // happened on the line before does not matter.
        for _ in 0..MOST_STALE {
            if !self.port.read_ready().unwrap_or(true) {
                break;
            }
            let _ = self.port.read(&mut [0]);
        }
        self.port.write_all(frame).and_then(|()| self.port.flush()).map_err(line)?;
        for _ in 0..DEADLINE_MS {
            for _ in 0..MOST_STALE {
                if !self.port.read_ready().map_err(line)? {
                    break;
                }
                let mut byte = [0];
                let read = self.port.read(&mut byte).map_err(line)?;
                let [byte] = byte;
                if read == 1 && u16::from(byte >> 4) == sequence & 0xF {
                    return Ok(byte & 0xF);
                }
            }
            self.delay.delay_ms(1);
        }
        Err(NoAnswer::TimedOut)
    }
}

fn line(error: impl Error) -> NoAnswer {
    NoAnswer::Line(error.kind())
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::RETRY_AFTER_MS;
    use core::cell::RefCell;
    use std::{collections::VecDeque, vec, vec::Vec};

    const DECISION: Decision = Decision { expert: 3, margin: 7 };

    /// Both directions of a serial line, and the time.
    #[derive(Debug, Default)]
    struct Wire {
        now_ms: u32,
        sent: Vec<u8>,
        /// When a byte arrives, and which; an error instead of a byte is noise.
        coming: VecDeque<(u32, Result<u8, ErrorKind>)>,
        /// Bytes arrive without end.
        babbling: bool,
        broken: bool,
    }

    impl Wire {
        fn arrived(&self) -> bool {
            self.babbling || self.coming.front().is_some_and(|&(when, _)| when <= self.now_ms)
        }
    }

    struct Port<'a>(&'a RefCell<Wire>);

    impl embedded_io::ErrorType for Port<'_> {
        type Error = ErrorKind;
    }

    impl ReadReady for Port<'_> {
        fn read_ready(&mut self) -> Result<bool, ErrorKind> {
            Ok(self.0.borrow().arrived())
        }
    }

    impl Read for Port<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
            let mut wire = self.0.borrow_mut();
            assert!(wire.arrived(), "the port would block for ever");
            let byte = wire.coming.pop_front().map_or(Ok(0xFF), |(_, byte)| byte);
            buffer[0] = byte?;
            Ok(1)
        }
    }

    impl Write for Port<'_> {
        fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
            let mut wire = self.0.borrow_mut();
            if wire.broken {
                return Err(ErrorKind::BrokenPipe);
            }
            wire.sent.extend(&bytes[..1]);
            Ok(1)
        }

        fn flush(&mut self) -> Result<(), ErrorKind> {
            Ok(())
        }
    }

    struct Delay<'a>(&'a RefCell<Wire>);

    impl DelayNs for Delay<'_> {
        fn delay_ns(&mut self, ns: u32) {
            self.delay_ms(ns / 1_000_000);
        }

        fn delay_ms(&mut self, ms: u32) {
            self.0.borrow_mut().now_ms += ms;
        }
    }

    fn uplink(wire: &RefCell<Wire>) -> Uplink<Port<'_>, Delay<'_>> {
        Uplink::new(Port(wire), Delay(wire))
    }

    #[test]
    fn an_answer_in_time_is_taken() {
        let wire = RefCell::default();
        let mut uplink = uplink(&wire);
        wire.borrow_mut().coming.push_back((DEADLINE_MS - 1, Ok(0x05)));
        assert_eq!(uplink.ask(DECISION, &[1, -1]), Ok(5));
        assert_eq!(uplink.reachable(), Reachable::ALL);
        let sent = &wire.borrow().sent;
        assert_eq!(sent[..10], [11, 0, 0, 3, 7, 0, 0, 0, 1, 0xFF]);
        assert_eq!(sent.len(), 11);
    }

    #[test]
    fn without_an_answer_the_link_is_down_and_comes_back() {
        let wire = RefCell::default();
        let mut uplink = uplink(&wire);
        wire.borrow_mut().coming.push_back((DEADLINE_MS, Ok(0x05)));
        assert_eq!(uplink.ask(DECISION, &[]), Err(NoAnswer::TimedOut));
        assert_eq!(wire.borrow().now_ms, DEADLINE_MS);
        assert_eq!(uplink.reachable(), Reachable::LOCAL_ONLY);
        uplink.pause(RETRY_AFTER_MS);
        assert_eq!(uplink.reachable(), Reachable::ALL);
    }

    #[test]
    fn a_late_answer_is_not_taken_for_that_to_the_next_question() {
        let wire = RefCell::default();
        let mut uplink = uplink(&wire);
        assert_eq!(uplink.ask(DECISION, &[]), Err(NoAnswer::TimedOut));
        let now = wire.borrow().now_ms;
        // The first two belong to question 0, before and after question 1 is sent.
        wire.borrow_mut().coming =
            vec![(now, Ok(0x01)), (now + 10, Ok(0x02)), (now + 20, Ok(0x13))].into();
        assert_eq!(uplink.ask(DECISION, &[]), Ok(3));
    }

    #[test]
    fn noise_before_the_question_is_dropped_and_noise_after_it_is_an_error() {
        let wire = RefCell::default();
        let mut uplink = uplink(&wire);
        wire.borrow_mut().coming =
            vec![(0, Err(ErrorKind::InvalidData)), (0, Ok(0x0F)), (1, Ok(0x04))].into();
        assert_eq!(uplink.ask(DECISION, &[]), Ok(4));
        wire.borrow_mut().coming = vec![(2, Err(ErrorKind::InvalidData))].into();
        assert_eq!(uplink.ask(DECISION, &[]), Err(NoAnswer::Line(ErrorKind::InvalidData)));
        assert_eq!(uplink.reachable(), Reachable::LOCAL_ONLY);
    }

    #[test]
    fn a_babbling_or_broken_line_does_not_hold_up_the_node() {
        let wire = RefCell::new(Wire { babbling: true, ..Wire::default() });
        assert_eq!(uplink(&wire).ask(DECISION, &[]), Err(NoAnswer::TimedOut));
        let wire = RefCell::new(Wire { broken: true, ..Wire::default() });
        assert_eq!(uplink(&wire).ask(DECISION, &[]), Err(NoAnswer::Line(ErrorKind::BrokenPipe)));
    }

    #[test]
    fn too_many_codes_are_an_error() {
        let wire = RefCell::default();
        assert_eq!(uplink(&wire).ask(DECISION, &[0; MAX_FRAME]), Err(NoAnswer::TooLong));
        assert!(wire.borrow().sent.is_empty());
    }
}
