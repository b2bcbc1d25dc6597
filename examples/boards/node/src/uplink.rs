//! The link to the experts.

use embedded_hal::delay::DelayNs;
use mild::client::{Client, DelayClock, Identity, Nonce, RetryPolicy};

/// `mild`'s client over the serial port `P`, its time from the delay `D`.
pub type Uplink<P, D, const EXPERTS: usize, const FRAME: usize> =
    Client<'static, P, DelayClock<D>, EXPERTS, FRAME>;

/// The number of the only node. In a fleet each has its own.
const NODE: u32 = 1;

/// A link that has not been tried yet. `chance` is anything that differs from one start to the
/// next.
pub fn uplink<P, D, const EXPERTS: usize, const FRAME: usize>(
    port: P,
    delay: D,
    chance: &[i16],
) -> Uplink<P, D, EXPERTS, FRAME>
where
    P: embedded_io::Read + embedded_io::ReadReady + embedded_io::Write,
    D: DelayNs,
{
    // Without a key: who can reach the wire can ask and answer.
    let identity = Identity { node: NODE, key: None };
    // The gateway's session makes the requests of each start others. With a key, this must be a
    // true random number, or a counter of starts in flash: see `Nonce`.
    let nonce = chance.iter().fold(0u64, |sum, &reading| {
        (sum ^ u64::from(reading.cast_unsigned())).wrapping_mul(0x0000_0100_0000_01b3)
    });
    Client::new(port, DelayClock::new(delay), &RetryPolicy::USUAL, identity, Nonce::random(nonce))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{FRAME, Gateway};
    use core::cell::RefCell;
    use core::convert::Infallible;
    use mild::Scores;
    use mild::client::Input;
    use mild::wire::{Answer, Payload};

    struct Port<'a>(&'a RefCell<Gateway>);

    impl embedded_io::ErrorType for Port<'_> {
        type Error = Infallible;
    }

    impl embedded_io::ReadReady for Port<'_> {
        fn read_ready(&mut self) -> Result<bool, Infallible> {
            Ok(!self.0.borrow().coming.is_empty())
        }
    }

    impl embedded_io::Read for Port<'_> {
        fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
            into[0] = self.0.borrow_mut().coming.pop_front().expect("read only when ready");
            Ok(1)
        }
    }

    impl embedded_io::Write for Port<'_> {
        fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
            self.0.borrow_mut().take(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> Result<(), Infallible> {
            Ok(())
        }
    }

    struct Delay;

    impl DelayNs for Delay {
        fn delay_ns(&mut self, _: u32) {}
    }

    #[test]
    fn an_expert_answers_and_without_one_the_node_does() {
        let gateway = RefCell::new(Gateway::default());
        let mut uplink: Uplink<_, _, 3, FRAME> = uplink(Port(&gateway), Delay, &[1, 2, 3]);
        let input = Input { local: Answer::Label(9), payload: Payload::codes(&[7, 1, -1]) };
        let first = Scores::new(&[0, 5, -5], &[0; 3]);
        let outcome = uplink.resolve(&input, first);
        assert_eq!((outcome.by, outcome.answer, outcome.failure), (1, Answer::Label(7), None));
        gateway.borrow_mut().away = true;
        for _ in 0..RetryPolicy::USUAL.failures {
            let outcome = uplink.resolve(&input, first);
            assert_eq!((outcome.by, outcome.answer), (0, Answer::Label(9)));
        }
        assert!(!uplink.reachable().contains(1));
        uplink.clock().pass(RetryPolicy::USUAL.hold_off_ms);
        assert!(uplink.reachable().contains(1));
        assert!(
            gateway.borrow().asked.iter().all(|&(session, number)| session == 1 && number <= 2)
        );
    }

    /// Three coarse readings used to choose the first number: two starts often had the same.
    #[test]
    fn two_starts_have_other_names_whatever_the_readings() {
        let gateway = RefCell::new(Gateway::default());
        for _ in 0..2 {
            let mut uplink: Uplink<_, _, 2, FRAME> =
                uplink(Port(&gateway), Delay, &[-500, 320, 1250]);
            let input = Input { local: Answer::None, payload: Payload::codes(&[1]) };
            uplink.resolve(&input, Scores::new(&[0, 1], &[0; 2]));
        }
        assert_eq!(gateway.borrow().asked, [(1, 0), (2, 0)]);
    }
}
