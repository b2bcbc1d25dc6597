//! Learning to defer on microcontrollers: for each input a *rejector* says whether the device
//! answers by itself, or which expert it asks.
//!
//! An [`Image`] holds a rejector that `mild train` made. It is checked once, in the compiler or at
//! run time; from then on nothing can fail but the caller's own arguments. Integers only from the
//! codes of an input to the decision; no heap, no panic, and a run time that does not depend on the
//! data.
//!
//! ```
//! use mild::{Decision, Reachable, Rejector};
//! # mod rejector {
//! #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/wine/rejector.rs"));
//! # }
//! // What `mild export --format rust` wrote, or `include_image!("rejector.mild")`.
//! const IMAGE: mild::Image<'static> = rejector::IMAGE;
//!
//! let rejector = Rejector::new(&IMAGE);
//! let mut scratch = [0; IMAGE.scratch_words()];
//! let decision = rejector.decide(&[0.99f32, 3.2, 10.5], Reachable::ALL, &mut scratch)?;
//! match decision.deferred_to() {
//!     None => { /* answer here */ }
//!     Some(expert) => assert!(usize::from(expert) < IMAGE.experts()),
//! }
//! # Ok::<(), mild::InputError>(())
//! ```
//!
//! # Within a budget, to an expert and back
//! A [`Governor`] bounds how often inputs are deferred. A client asks the expert over a port, and
//! falls back to another one or to the device itself (cargo feature `client`):
//!
//! ```
//! use mild::client::{Client, Clock, Identity, Input, Nonce, RetryPolicy};
//! use mild::governor::{Governor, GovernorSettings, Rate, Track};
//! use mild::wire::{self, Answer, Payload};
//! # use mild::{Image, Rejector};
//! # mod rejector {
//! #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/wine/rejector.rs"));
//! # }
//! # const IMAGE: Image<'static> = rejector::IMAGE;
//! # struct Uart;
//! # impl embedded_io::ErrorType for Uart { type Error = embedded_io::ErrorKind; }
//! # impl embedded_io::Read for Uart {
//! #     fn read(&mut self, _: &mut [u8]) -> Result<usize, Self::Error> { Ok(0) }
//! # }
//! # impl embedded_io::ReadReady for Uart {
//! #     fn read_ready(&mut self) -> Result<bool, Self::Error> { Ok(false) }
//! # }
//! # impl embedded_io::Write for Uart {
//! #     fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> { Ok(bytes.len()) }
//! #     fn flush(&mut self) -> Result<(), Self::Error> { Ok(()) }
//! # }
//! # struct Ticks(u64);
//! # impl Clock for Ticks {
//! #     fn now_ms(&mut self) -> u64 { self.0 }
//! #     fn idle(&mut self) { self.0 += 1 }
//! # }
//! # let (uart, ticks, random_bits) = (Uart, Ticks(0), 0x5eed);
//!
//! // At most a tenth of all inputs. An image with a policy has settings of its own:
//! // `IMAGE.operating_points()`.
//! static SETTINGS: GovernorSettings =
//!     GovernorSettings::new(-9_000, 9_000, 180, Rate::ratio(1, 10), Track::AtMost(0)).unwrap();
//! let mut governor = Governor::new(&SETTINGS);
//!
//! // Room for a frame with the codes of one input.
//! const FRAME: usize = wire::max_frame(IMAGE.inputs());
//! let identity = Identity { node: 7, key: None };
//! let nonce = Nonce::random(random_bits);
//! let mut client = Client::<_, _, { IMAGE.experts() }, FRAME>::new(
//!     uart, ticks, &RetryPolicy::USUAL, identity, nonce);
//!
//! // For each input: what the device answers by itself, and what an expert needs.
//! let readings = [-220i16, 351, 940];
//! let (mut codes, mut scratch) = ([0; IMAGE.inputs()], [0; IMAGE.scratch_words()]);
//! let rejector = Rejector::new(&IMAGE);
//! rejector.quantize(&readings, &mut codes)?;
//! let input = Input { local: Answer::Label(2), payload: Payload::codes(&codes) };
//! let scores = rejector.scores(&readings, &mut scratch)?;
//! // Proposes, asks, proposes again after a failure, and commits what happened, once.
//! let outcome = client.resolve(&input, governor.input(scores));
//! # assert_eq!((outcome.by, outcome.answer), (mild::LOCAL, Answer::Label(2)), "nobody is there");
//! # assert!(outcome.failure.is_some() && governor.counters().decisions == 1);
//! # Ok::<(), mild::InputError>(())
//! ```
//!
//! # What an application uses
//! - [`Image`], [`include_image!`], [`Rejector`], [`Reachable`], [`Decision`]: the above.
//! - [`governor`]: keeps the deferral rate inside a budget.
//! - [`client`](https://docs.rs/mild/latest/mild/client/): asks an expert over a port, and falls
//!   back.
//! - [`signed`](https://docs.rs/mild/latest/mild/signed/): runs only images that somebody signed.
//! - [`slots`](https://docs.rs/mild/latest/mild/slots/): new images in flash, tried before they
//!   stay.
//! - [`window_features`](https://docs.rs/mild/latest/mild/window_features/): features from samples.
//! - [`OperatingPoints`], [`PlattScaling`], [`Price`]: other deferral rates and prices at run time.
//!
//! # What it need not know
//! - [`image`] writes images and lists their limits, [`fixed`] is the arithmetic: for the trainer.
//! - [`policy`] has scores and what decides on them, for own deciders; [`online`] learns
//!   thresholds.
//! - [`wire`](https://docs.rs/mild/latest/mild/wire/): the frames, for gateways.
//!
//! # Cargo features
//! None is on by default.
//!
//! | cargo feature | what for |
//! |---|---|
//! | `window-features` | statistics over windows of samples |
//! | `spectrum` | the same and features from their spectrum |
//! | `micromath` | the same and quicker logarithms with fewer right digits |
//! | `wire` | the frames in which a deferral and its answer travel |
//! | `encrypted` | encrypts them, for keys that say so |
//! | `client` | asks an expert over `embedded-io` |
//! | `client-async` | the same over `embedded-io-async` |
//! | `signed` | verifies who made an image, and that no older one takes its place |
//! | `slots` | receives new images into flash, tries them, and keeps the one before until then |
//! | `dsp` | the DSP instructions of an Armv8-M main-line core that has them |
//! | `helium` | Helium, the vector extension of an Armv8.1-M main-line core that has it |
//! | `defmt`, `serde` | formatting and serializing decisions, errors and summaries |
//! | `writer` | writes images; needs an allocator, for hosts |
//! | `bench-internals` | not for use |
#![no_std]

/// The examples of the repository's README compile, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "writer")]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod checksum;
#[cfg(feature = "client")]
pub mod client;
pub mod fixed;
pub mod governor;
pub mod image;
mod include;
mod kernel;
pub mod online;
pub mod policy;
mod price;
mod rejector;
#[cfg(feature = "signed")]
pub mod signed;
#[cfg(feature = "slots")]
pub mod slots;
#[cfg(feature = "window-features")]
pub mod window_features;
#[cfg(feature = "wire")]
pub mod wire;

pub use governor::Governor;
pub use image::{
    Image, ImageError, MAX_ENERGY_STEPS, MAX_ENTRIES, OperatingPoints, PlattScaling, Provenance,
};
#[doc(hidden)]
pub use include::{included, words_of};
use kernel::constant_time;
pub use policy::{Decide, Decision, LOCAL, MAX_EXPERTS, Reachable, Resolution, Scores};
pub use price::Price;
pub use rejector::{FeatureValue, InputError, Rejector};
