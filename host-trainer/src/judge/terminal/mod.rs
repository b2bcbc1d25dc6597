//! Text for terminals: nothing is wider than 80 columns, in a pipe as on a screen.

mod bars;
mod curve;
mod look;
mod markdown;
mod prose;
mod table;

pub(crate) use bars::shares;
pub(crate) use curve::{Curve, curve};
pub(crate) use look::{Look, WIDTH};
pub(crate) use markdown::from_markdown;
pub(crate) use prose::fitted;
pub(crate) use table::align;
