//! Opening a page, and keeping what a browser makes of it.

use super::{
    chromium::{Browser, View},
    pages::Page,
};
use anyhow::{Context, Result, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::{fs, path::Path};

/// Opens a page; that the browser complains of something is an error.
pub(super) fn open(browser: &mut Browser, page: &Page, view: View) -> Result<()> {
    let complaints = browser.open(&fs::canonicalize(page.file())?, view)?;
    ensure!(complaints.is_empty(), "{view:?}: {}", complaints.join("; "));
    Ok(())
}

/// Writes what the browser hands over.
pub(super) fn write_base64(path: &Path, text: &str) -> Result<()> {
    let bytes = BASE64_STANDARD.decode(text).context("not base64")?;
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
