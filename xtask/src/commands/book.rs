//! `cargo xtask book`: the documents under `docs/` as a book of HTML pages.

use crate::{
    book_code,
    process::{cargo, find_program, root, run, target_dir},
};
use anyhow::{Result, ensure};
use clap::Args;
use std::{path::PathBuf, process::Command};

/// The program that makes the pages.
const MDBOOK: &str = "mdbook@0.5.4";

/// What to do with the documents.
#[derive(Debug, Args)]
pub(crate) struct BookArgs {
    /// Only compile every block of Rust, C and Python
    #[arg(long)]
    code: bool,
}

/// Compiles the code in the documents, or makes the book. Says whether all is well.
pub(crate) fn book(args: &BookArgs) -> Result<bool> {
    if args.code {
        let tally = book_code::check()?;
        println!("\n{tally}");
        return Ok(tally.failed == 0);
    }
    println!("{}", build()?.display());
    Ok(true)
}

/// Makes the book, after installing mdBook under `target/` if there is none. Returns its first page.
pub(crate) fn build() -> Result<PathBuf> {
    let mdbook = match find_program("mdbook") {
        Some(found) => found,
        None => installed()?,
    };
    run(Command::new(mdbook).arg("build").arg(root().join("docs")))?;
    let first = target_dir().join("book/index.html");
    ensure!(first.is_file(), "mdBook made no {}", first.display());
    Ok(first)
}

fn installed() -> Result<PathBuf> {
    let tools = target_dir().join("tools");
    let program = tools.join("bin/mdbook");
    if !program.is_file() {
        println!("installing {MDBOOK} into {}; this takes minutes, once", tools.display());
        // Neither a server nor a search is needed to make pages, and there are few of them.
        let options = ["install", "--locked", "--debug", "--no-default-features", MDBOOK, "--root"];
        run(cargo().args(options).arg(&tools))?;
    }
    Ok(program)
}
