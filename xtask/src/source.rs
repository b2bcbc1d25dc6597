//! Reading the crate's own source: where `unsafe` stands.

use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Lines with `unsafe`, as a keyword or in a lint's name that is allowed, in all Rust files under
/// `directory`.
pub(crate) fn unsafe_lines(directory: &Path) -> Result<Vec<(PathBuf, usize)>> {
    let mut found = Vec::new();
    let mut files = 0;
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        let entries = fs::read_dir(&directory)
            .with_context(|| format!("cannot read {}", directory.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                files += 1;
                found.extend(unsafe_in(&text).map(|line| (path.clone(), line)));
            }
        }
    }
    ensure!(files > 0, "no source in {}", directory.display());
    found.sort();
    Ok(found)
}

/// The numbers of the lines that have `unsafe` outside of comments that take a whole line.
pub(crate) fn unsafe_in(text: &str) -> impl Iterator<Item = usize> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim_start().starts_with("//") && has_unsafe(line))
        .map(|(index, _)| index + 1)
}

/// Whether a line has the keyword, or allows it. What denies it (`deny(unsafe_code)`) may stay.
fn has_unsafe(line: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| match word {
        "unsafe" => true,
        "unsafe_code" => !line.contains("deny(") && !line.contains("forbid("),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyword_is_found_and_comments_are_not() {
        let text = "// unsafe\nfn a() { unsafe { b() } }\n#![deny(unsafe_code)]\n#[allow(unsafe_code)]\n    /// not unsafe\nunsafely();\n";
        assert_eq!(unsafe_in(text).collect::<Vec<_>>(), [2, 4]);
    }
}
