//! From a person's files to a dataset: the configuration, the log reader, and the data of the
//! demonstration.

#[cfg(feature = "collect")]
pub(crate) mod collect;
pub mod config;
pub(crate) mod demo;
pub(crate) mod guess;
pub(crate) mod join;
pub(crate) mod log;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod warnings;
