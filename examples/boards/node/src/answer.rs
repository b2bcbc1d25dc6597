//! One input: decided by the rejector, answered by the node or by an expert.

use crate::{Uplink, local_answer, uplink::uplink};
use embedded_hal::delay::DelayNs;
use embedded_io::{Read, ReadReady, Write};
use mild::client::{Input, Outcome};
use mild::wire::{self, Answer, Payload};
use mild::{Image, InputError, Rejector};

mod rejector {
    include!("../../../wine/rejector.rs");
}

/// The demonstration's rejector, checked while this compiles. It wants three probes in a wine tank;
/// what a board can measure stands in for them ([`readings`](crate::readings)).
///
/// Your own: `const IMAGE: Image<'static> = mild::include_image!("rejector.mild");`, with the file
/// that `mild train` wrote beside this one, and its readings in the order of the log's features.
const IMAGE: Image<'static> = rejector::IMAGE;

/// The inputs of the rejector.
pub type Readings = [i16; IMAGE.inputs()];

/// A node that reaches its experts over the serial port `P` and takes its time from the delay `D`.
pub struct Node<P, D> {
    uplink: Uplink<P, D, { IMAGE.experts() }, { wire::max_frame(IMAGE.inputs()) }>,
}

impl<P: Read + ReadReady + Write, D: DelayNs> Node<P, D> {
    /// A node that has not asked anybody yet. `chance` is anything that differs from one start to
    /// the next, such as first readings.
    pub fn new(port: P, delay: D, chance: &Readings) -> Self {
        Self { uplink: uplink(port, delay, chance) }
    }

    /// The answer to one input: by the node itself, by the expert that the rejector chose, or by
    /// the next best if that one cannot be reached.
    ///
    /// # Errors
    ///
    /// Only with an image that takes other inputs than these readings.
    pub fn answer(&mut self, readings: &Readings) -> Result<Outcome, InputError> {
        let rejector = Rejector::new(&IMAGE);
        let mut scratch = [0; IMAGE.scratch_words()];
        let mut codes = [0; IMAGE.inputs()];
        rejector.quantize(&readings[..], &mut codes)?;
        let scores = rejector.scores(&readings[..], &mut scratch)?;
        let input = Input {
            local: Answer::Label(local_answer(readings).into()),
            payload: Payload::codes(&codes),
        };
        Ok(self.uplink.resolve(&input, scores))
    }

    /// Waits, and lets experts that failed become reachable again.
    pub fn pause(&mut self, milliseconds: u32) {
        self.uplink.clock().pass(milliseconds);
    }
}

/// Answers an input a second for ever and logs each outcome. `read` measures the inputs.
#[cfg(feature = "defmt")]
pub fn run<P, D>(port: P, delay: D, mut read: impl FnMut() -> Readings) -> !
where
    P: Read + ReadReady + Write,
    D: DelayNs,
{
    /// Time between two inputs.
    const PERIOD_MS: u32 = 1000;
    let mut node = Node::new(port, delay, &read());
    loop {
        let readings = read();
        match node.answer(&readings) {
            Ok(outcome) => defmt::info!("{}: {}", readings, outcome),
            Err(error) => defmt::error!("{}", error),
        }
        node.pause(PERIOD_MS);
    }
}
