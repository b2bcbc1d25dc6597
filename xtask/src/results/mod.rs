//! The figures of the documents: made by commands, kept as CSV under `docs/results/`, shown by the
//! documents, and held to fresh runs.

mod kept;
mod load;
mod made;
mod pages;
mod parts;
mod rule;
mod runs;
mod samples;

use crate::process::root;
use anyhow::{Context, Result};
pub(crate) use kept::{decision_instructions, folder};
use made::{Files, Made};
use pages::{Tables, refresh};
pub(crate) use parts::{PARTS, Part};
use rule::Rule;
use samples::Sample;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The documents that may show figures: the READMEs and all Markdown under `docs/`.
fn documents() -> Result<Vec<PathBuf>> {
    let mut documents = vec![root().join("README.md"), root().join("python/README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                documents.push(path);
            }
        }
    }
    documents.sort();
    Ok(documents)
}

/// Writes every marked figure of the documents anew.
pub(crate) fn write_pages() -> Result<()> {
    let tables = Tables::new(&folder());
    for path in documents()? {
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let fresh = refresh(&text, &tables).with_context(|| path.display().to_string())?;
        if fresh.text != text {
            replace(&path, &fresh.text)?;
            println!(
                "{}: {} of {} marks changed",
                relative(&path),
                fresh.mismatches.len(),
                fresh.marks
            );
        }
    }
    Ok(())
}

/// Prints every marked figure of the documents that its table does not have, and says whether there
/// is none.
pub(crate) fn check_pages() -> Result<bool> {
    let tables = Tables::new(&folder());
    let (mut marks, mut stale) = (0, 0);
    for path in documents()? {
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let fresh = refresh(&text, &tables).with_context(|| path.display().to_string())?;
        for mismatch in &fresh.mismatches {
            println!(
                "{}:{}: found `{}`, expected `{}` ({})",
                relative(&path),
                mismatch.line,
                mismatch.found,
                mismatch.expected,
                mismatch.mark
            );
        }
        marks += fresh.marks;
        stale += fresh.mismatches.len();
    }
    println!("figures in documents: {marks} marks, {stale} stale");
    Ok(stale == 0)
}

/// Runs a part and writes what it makes.
pub(crate) fn make(part: &Part) -> Result<()> {
    fs::create_dir_all(folder())?;
    for (name, made) in (part.run)(false)? {
        let path = folder().join(name).with_extension(made.extension());
        replace(&path, &made.text()?)?;
        println!("{}", relative(&path));
    }
    Ok(())
}

/// Runs a part and compares what it makes with what is committed; says whether they are alike.
pub(crate) fn check(part: &Part) -> Result<bool> {
    compare((part.run)(true)?, part.rule)
}

/// Runs a sample and compares it with what is committed; says whether they are alike.
pub(crate) fn check_sample(sample: &Sample) -> Result<bool> {
    compare((sample.run)()?, sample.rule)
}

fn compare(files: Files, rule: Rule) -> Result<bool> {
    let mut alike = true;
    for (name, fresh) in files {
        let path = folder().join(name).with_extension(fresh.extension());
        let committed =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let differences = rule.differences(&committed, &fresh)?;
        for difference in &differences {
            println!("{}: {difference}", relative(&path));
        }
        let rows = match &fresh {
            Made::Table(table) => format!("{} rows", table.rows.len()),
            Made::Text(_) => "text".to_owned(),
        };
        println!("{}: {rows} measured anew, {} differences", relative(&path), differences.len());
        alike &= differences.is_empty();
    }
    Ok(alike)
}

/// Nobody sees half of a file.
fn replace(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().context("a path without a folder")?;
    let file = tempfile::NamedTempFile::new_in(folder)?;
    fs::write(file.path(), text)?;
    file.persist(path)?;
    Ok(())
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
