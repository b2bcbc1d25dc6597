//! The code in the documents: every block of Rust, C and Python compiles, each with a frame of what it
//! leaves out.

mod blocks;
mod c;
mod frames;
mod python;
mod rust;

use crate::{
    commands::heading,
    verdict::{Tally, Verdict},
};
use anyhow::Result;
use blocks::{Block, all};

/// Compiles all of them.
pub(crate) fn check() -> Result<Tally> {
    heading("the code in the documents");
    let mut tally = Tally::default();
    let blocks = all()?;
    let mut count = |label: &str, language: &str, check: fn(&[&Block]) -> Result<()>| {
        let of_it: Vec<&Block> = blocks.iter().filter(|block| block.language == language).collect();
        let verdict = match check(&of_it) {
            Ok(()) => Verdict {
                check: "compiles",
                passed: Some(!of_it.is_empty()),
                detail: format!("{} blocks", of_it.len()),
            },
            Err(error) => Verdict::failed("compiles", &error),
        };
        tally.count(label, &verdict);
    };
    // Rust without `ignore` is compiled as tests of the crate.
    count("Rust", "rust,ignore", rust::compile);
    count("C", "c", c::compile);
    count("Python", "python", python::compile);
    Ok(tally)
}
