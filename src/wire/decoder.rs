//! Finds frames in a stream of bytes.

use cobs::{DecodeResult, DecoderState};
use heapless::Vec;

use super::{Frame, FrameError};

/// Takes bytes as they come and gives the frames that are complete.
///
/// `N` is the room in bytes for one frame after COBS: [`MAX_OVERHEAD`](super::MAX_OVERHEAD) and the longest payload that
/// is expected. A longer frame is an error and is passed over; after any damage the next zero byte begins anew. Zero bytes
/// between frames mean nothing.
#[derive(Debug)]
pub struct Decoder<const N: usize> {
    state: DecoderState,
    frame: Vec<u8, N>,
    /// The frame has been given away, and goes with the next byte.
    given: bool,
    overflow: bool,
}

impl<const N: usize> Default for Decoder<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Decoder<N> {
    /// A decoder that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: DecoderState::Idle, frame: Vec::new(), given: false, overflow: false }
    }

    /// Takes bytes up to the end of a frame, or all of them, and returns how many, and the frame if there is one: feed
    /// the others after it.
    ///
    /// # Errors
    /// In the second place: [`FrameError`] for a frame that is none. The decoder then waits for the next.
    pub fn feed(&mut self, bytes: &[u8]) -> (usize, Option<Result<Frame<'_>, FrameError>>) {
        let mut used = 0;
        for &byte in bytes {
            used += 1;
            if let Some(end) = self.take(byte) {
                return (used, Some(end.and_then(|()| Frame::open(&self.frame))));
            }
        }
        (used, None)
    }

    /// Whether a frame has begun: its other bytes should come soon.
    #[must_use]
    pub fn is_within(&self) -> bool {
        !matches!(self.state, DecoderState::Idle)
    }

    /// Forgets what has come of a frame, as after a long silence.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// Takes one byte; says if a frame ends with it.
    fn take(&mut self, byte: u8) -> Option<Result<(), FrameError>> {
        if self.given {
            (self.given, self.overflow) = (false, false);
            self.frame.clear();
        }
        match self.state.feed(byte) {
            Ok(DecodeResult::NoData) => None,
            Ok(DecodeResult::DataContinue(byte)) => {
                self.overflow |= self.frame.push(byte).is_err();
                None
            }
            end => {
                self.given = true;
                let whole = end.map(|_| ()).map_err(|_| FrameError::Cobs);
                Some(if self.overflow { Err(FrameError::TooLong { room: N }) } else { whole })
            }
        }
    }
}
