//! A line and a clock that the compiler knows nothing about.

use core::convert::Infallible;
use core::hint::black_box;
use embedded_io::{ErrorType, Read, ReadReady, Write};
use mild::client::Clock;
use mild::wire::Key;

/// The line.
#[derive(Debug)]
pub struct Line;

impl ErrorType for Line {
    type Error = Infallible;
}

impl ReadReady for Line {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(black_box(true))
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        if let Some(first) = into.first_mut() {
            *first = black_box(0);
        }
        Ok(1)
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(black_box(bytes).len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The clock.
#[derive(Debug)]
pub struct Time;

impl Clock for Time {
    fn now_ms(&mut self) -> u64 {
        black_box(0)
    }
}

/// The node's key, if it has one.
pub fn key() -> Option<Key> {
    let key = if cfg!(feature = "key") { black_box(None) } else { None };
    #[cfg(feature = "encrypted")]
    let key = key.map(Key::encrypting);
    key
}
