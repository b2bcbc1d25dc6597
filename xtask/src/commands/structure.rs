//! `cargo xtask structure`: the structure of the code in figures.

use crate::{
    duplicates::{self, LEAST},
    process::{read, root},
    types,
};
use anyhow::Result;
use mild_test_support::imports::ImportGraph;
use std::{fs, path::Path, process::Command};

/// The crates whose files must not import each other in a loop.
const CRATES: [&str; 6] =
    ["src", "host-trainer/src", "gateway/src", "mild-c/src", "xtask/src", "python/src"];

/// How many of the longest files, and of the longest duplicates, are listed.
const LONGEST: usize = 5;

/// A loss that was added after the table of losses: the files that name it are those that a new
/// loss touches.
const ADDED_LOSS: [&str; 3] = ["CostRegression", "cost_regression", "cost-regression"];

/// Prints, for each crate, its files, layers and import loops, then what else tells how the code is
/// built: the choices of a kernel, public modules, what a loss touches, the longest files and the
/// longest duplicates. Says whether there is no loop and no name that two public types of a crate
/// have.
pub(crate) fn structure() -> Result<bool> {
    let mut loops = 0;
    for name in CRATES {
        let graph = ImportGraph::of(&root().join(name));
        let found = graph.loops();
        let (files, layers) = (graph.files(), graph.layers());
        println!("{name}: {files} files, {layers} layers, {} import loops", found.len());
        for group in &found {
            println!("  {group}");
        }
        loops += found.len();
    }
    let files = sources()?;
    let mut ambiguous = 0;
    for name in CRATES {
        let of_crate = files.iter().filter(|(file, _)| Path::new(file).starts_with(name));
        for (repeated, places) in types::repeated(of_crate) {
            println!("{name}: {} public types `{repeated}`: {}", places.len(), places.join(", "));
            ambiguous += 1;
        }
    }
    println!("names of several public types of a crate: {ambiguous}");
    let of_the_crate = files.iter().filter(|(name, _)| name.starts_with("src/"));
    let on_a_kernel = |line: &&str| line.contains("cfg") && line.contains("mild_");
    let cfgs = of_the_crate.flat_map(|(_, text)| text.lines()).filter(on_a_kernel).count();
    println!("src: {cfgs} lines with a `cfg` on a kernel");
    let library = fs::read_to_string(root().join("host-trainer/src/lib.rs"))?;
    let public = library.lines().filter(|line| line.starts_with("pub mod ")).count();
    println!("host-trainer: {public} public modules");
    let names_it = |text: &str| ADDED_LOSS.iter().any(|name| text.contains(name));
    let touched = files.iter().filter(|(name, text)| name.contains("/src/") && names_it(text));
    // This command names it, too.
    let touched = touched.filter(|(name, _)| !name.starts_with("xtask/"));
    let touched: Vec<&str> = touched.map(|(name, _)| name.as_str()).collect();
    println!("files that the loss cost-regression touches: {}", touched.join(", "));
    let mut lengths: Vec<(usize, &str)> = files
        .iter()
        .filter(|(name, _)| CRATES.iter().any(|folder| Path::new(name).starts_with(folder)))
        .map(|(name, text)| (text.lines().count(), name.as_str()))
        .collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    println!("longest files:");
    for (lines, name) in lengths.iter().take(LONGEST) {
        println!("  {lines:5} {name}");
    }
    let of_crates = files.iter().filter(|(name, _)| {
        let is_test = name.contains("/tests/") || name.ends_with("/tests.rs");
        CRATES.iter().any(|folder| Path::new(name).starts_with(folder)) && !is_test
    });
    let runs = duplicates::find(&of_crates.cloned().collect::<Vec<_>>());
    let lines: usize = runs.iter().map(|run| run.length).sum();
    println!(
        "duplicates of {LEAST} or more lines outside tests: {} places, {lines} lines",
        runs.len()
    );
    for run in runs.iter().take(LONGEST) {
        let [first, last] = run.lines;
        println!("  {:5} {}:{first}-{last}", run.length, run.file);
    }
    Ok(loops == 0 && ambiguous == 0)
}

/// The Rust files that git tracks, with their text.
fn sources() -> Result<Vec<(String, String)>> {
    let names = read(Command::new("git").args(["ls-files", "*.rs"]).current_dir(root()))?;
    // A deleted file that is not committed yet has no text.
    let text = |name: &str| fs::read_to_string(root().join(name)).ok();
    Ok(names.lines().filter_map(|name| Some((name.to_owned(), text(name)?))).collect())
}
