//! The picture of a report in README: the top of a page as one SVG file, which is text and asks for
//! nothing.

use super::{
    chromium::{Browser, View},
    pages::Page,
    visit::open,
};
use crate::process::root;
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

const WIDTH: u32 = 960;

/// The page as XHTML with the rules of its style: the verdict, the charts, the handle, the figures.
/// The name of the file in the header depends on where the page was made, and stays out.
const TOP: &str = "(() => { \
    const body = document.createElement('body'); \
    const main = document.createElement('main'); \
    const verdict = ['#verdict', 'p.lead'].flatMap((at) => [...document.querySelectorAll(at)]); \
    const below = ['.charts', '.handle', '#figures'].map((at) => document.querySelector(at)); \
    const style = document.createElement('style'); \
    style.textContent = [...document.querySelectorAll('style')].map((one) => \
    one.textContent).join('\\n'); \
    main.append(...[...verdict, ...below].map((one) => one.cloneNode(true))); \
    body.append(style, main); \
    main.style.padding = '1.25rem'; \
    return new XMLSerializer().serializeToString(body); })()";

/// Where it ends on this machine, in pixels from the top. Fonts differ, so this may, too.
const END: &str = "(() => { const top = (at) => document.querySelector(at).getBoundingClientRect(); \
    const last = [...document.querySelectorAll('p.lead')].at(-1).getBoundingClientRect(); \
    return last.bottom - top('#verdict').top + top('#figures').bottom - top('.charts').top; })()";

fn file() -> PathBuf {
    root().join("docs/report.svg")
}

/// Draws the top of a page and writes it where README shows it from.
pub(super) fn write(browser: &mut Browser, page: &Page) -> Result<PathBuf> {
    let body = top(browser, page)?;
    let end = browser.evaluate(END)?.as_f64().context("no height")?;
    let height = (end / 10.0).ceil() * 10.0 + 60.0;
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\">\n\
         <foreignObject width=\"100%\" height=\"100%\">\n{body}\n</foreignObject>\n</svg>\n"
    );
    fs::write(file(), svg).with_context(|| format!("cannot write {}", file().display()))?;
    Ok(file())
}

/// Holds the picture to a page: all but its height, which depends on the fonts of a machine.
pub(super) fn check(browser: &mut Browser, page: &Page) -> Result<String> {
    let body = top(browser, page)?;
    let picture = read(&file())?;
    ensure!(
        picture.contains(&body),
        "docs/report.svg is another one; `cargo xtask report picture` draws it again"
    );
    Ok(format!("{} kB", picture.len().div_ceil(1000)))
}

fn top(browser: &mut Browser, page: &Page) -> Result<String> {
    open(browser, page, View { width: WIDTH, dark: false })?;
    Ok(browser.evaluate(TOP)?.as_str().context("no text")?.to_owned())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
