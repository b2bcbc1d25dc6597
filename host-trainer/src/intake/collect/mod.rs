//! Making a log: the rows of a table, and what experts answer to them.
//!
//! Every answer is kept in a file beside the log as soon as it is there, under a digest of what was
//! asked. So nothing is asked twice, whatever ends a collection: Ctrl-C, a budget, or a power cut.

mod answers;
mod asking;
mod collection;
mod document;
mod endpoint;
mod plan;
mod prepared;
mod program;
mod reply;
mod sample;
mod samples;
mod written;

pub(crate) use collection::{Asked, Collection, Source};
pub(crate) use prepared::Estimate;
pub(crate) use written::Outcome;
