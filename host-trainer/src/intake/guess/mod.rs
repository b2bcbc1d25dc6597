//! A configuration guessed from a log alone: from the names in its header and from its rows.
//!
//! A guess is a start. It says what it rests on, and what it cannot know, such as prices.

mod cast;
mod compare;
mod facts;
mod features;
mod guessed;
mod names;
mod read;
mod roles;
mod toml_text;

pub(crate) use compare::{Comparison, compare};
pub(crate) use guessed::Guess;
#[cfg(feature = "collect")]
pub(crate) use guessed::{GuessedExpert, JudgedBy, KnownParts};
pub(crate) use read::guess;
#[cfg(feature = "collect")]
pub(crate) use read::guess_with;
pub(crate) use toml_text::toml_text;
