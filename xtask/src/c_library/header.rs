//! `mild-c/include/mild.h`, as cbindgen makes it.

use super::directory;
use anyhow::{Context, Result};
use std::{fs, path::PathBuf};

/// The modules with public items, in the order of the header.
const MODULES: [&str; 9] =
    ["status", "image", "decision", "governor", "window", "history", "spectrum", "port", "client"];

/// Where the header is, and what it must say.
pub(crate) fn header() -> Result<(PathBuf, String)> {
    let directory = directory();
    let config = cbindgen::Config::from_file(directory.join("cbindgen.toml"))
        .map_err(|error| anyhow::anyhow!("mild-c/cbindgen.toml: {error}"))?;
    let mut builder = cbindgen::Builder::new().with_config(config);
    for module in MODULES {
        builder = builder.with_src(directory.join("src").join(module).with_extension("rs"));
    }
    let mut text = Vec::new();
    builder.generate().context("cbindgen")?.write(&mut text);
    Ok((directory.join("include/mild.h"), String::from_utf8(text)?))
}

/// Whether the header is that of the present library.
pub(crate) fn is_current() -> Result<bool> {
    let (path, expected) = header()?;
    let found =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(found == expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_that_of_the_library() {
        assert!(is_current().unwrap(), "write it anew with: cargo xtask c header");
    }
}
