//! Finding frames in a stream of bytes.

use cobs::{DecodeResult, DecoderState};
use heapless::Vec;

use super::{Frame, FrameError};

/// Takes bytes as they arrive and returns the frames among them.
///
/// `N` is the longest frame in bytes, with COBS undone: [`MAX_OVERHEAD`](super::MAX_OVERHEAD) plus
/// the longest expected payload. A longer frame is skipped and reported as an error. After any
/// damage, decoding starts again behind the next zero byte. Zero bytes between frames are ignored.
#[derive(Debug)]
pub struct Decoder<const N: usize> {
    state: DecoderState,
    frame: Vec<u8, N>,
    /// The frame was returned; the next byte starts a new one.
    returned: bool,
    /// The frame is longer than `N`.
    overflow: bool,
}

impl<const N: usize> Default for Decoder<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Decoder<N> {
    /// A decoder at the start of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: DecoderState::Idle, frame: Vec::new(), returned: false, overflow: false }
    }

    /// Takes bytes up to the end of a frame, or all if no frame ends in them. Returns how many it
    /// took, and the frame. Feed the remaining bytes after that.
    ///
    /// # Errors
    /// [`FrameError`] in place of a frame that cannot be read. The decoder continues with the next
    /// frame.
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

    /// The bytes of the frame that [`Self::feed`] returned last, after COBS, also if it could not
    /// be read.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.frame
    }

    /// Whether a frame has begun but not ended. Its remaining bytes should arrive soon.
    #[must_use]
    pub fn is_within(&self) -> bool {
        !matches!(self.state, DecoderState::Idle)
    }

    /// Discards an incomplete frame, such as after a long silence.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// Takes one byte. Returns whether a frame ends with it, and if it is whole.
    fn take(&mut self, byte: u8) -> Option<Result<(), FrameError>> {
        if self.returned {
            (self.returned, self.overflow) = (false, false);
            self.frame.clear();
        }
        match self.state.feed(byte) {
            Ok(DecodeResult::NoData) => None,
            Ok(DecodeResult::DataContinue(byte)) => {
                self.overflow |= self.frame.push(byte).is_err();
                None
            }
            end => {
                self.returned = true;
                let whole = end.map(|_| ()).map_err(|_| FrameError::Cobs);
                Some(if self.overflow { Err(FrameError::TooLong { room: N }) } else { whole })
            }
        }
    }
}
