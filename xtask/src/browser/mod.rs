//! Reports in a real browser: they complain of nothing, fit every width, print, can be read by
//! everybody, and their handle says what `mild eval` says.

mod chromium;
mod handles;
mod pages;
mod picture;
mod visit;

use crate::{
    apt,
    process::{find_program, target_dir},
    programs,
    verdict::{Tally, Verdict},
};
use anyhow::{Context, Result, ensure};
use chromium::{Browser, View};
use pages::Page;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};
use visit::{open, write_base64};

/// Narrow telephones to wide screens, in pixels.
const WIDTHS: [u32; 4] = [320, 400, 1400, 2560];

/// Runs all checks. `real`: also on real logs, which must be there. `mild`: the program, if it is
/// built already.
pub(crate) fn check(real: bool, mild: Option<&Path>) -> Result<Tally> {
    let program = chromium()?;
    let directory = directory()?;
    let axe = pages::axe()?;
    let mild = mild.map_or_else(programs::mild, |mild| Ok(mild.to_path_buf()))?;
    let pages = pages::make(&mild, &directory, real)?;
    let profile = tempfile::tempdir()?;
    let mut browser = Browser::start(&program, profile.path())?;
    let mut tally = Tally::default();
    for page in &pages {
        let mut count = |check, found: Result<String>| {
            let verdict = match found {
                Ok(detail) => Verdict { check, passed: Some(true), detail },
                Err(error) => Verdict::failed(check, &error),
            };
            tally.count(&page.name, &verdict);
        };
        count("fits every width, light and dark", widths(&mut browser, page));
        count("accessible (axe-core)", accessible(&mut browser, page, &axe));
        let handle = handles::point(&mut browser, page, &mild);
        count("the handle says what `mild eval` says", handle);
        let prices = handles::prices(&mut browser, page, &mild);
        count("other prices say what `mild eval` says", prices);
        count("the table of mistakes sorts and filters", mistakes(&mut browser, page));
        count("prints", prints(&mut browser, page));
        if page.is_pictured() {
            count("the picture in README is of this page", picture::check(&mut browser, page));
        }
    }
    println!("screenshots: {}", directory.display());
    Ok(tally)
}

/// Draws the picture in README anew, and returns where it is.
pub(crate) fn draw(mild: Option<&Path>) -> Result<PathBuf> {
    let program = chromium()?;
    let mild = mild.map_or_else(programs::mild, |mild| Ok(mild.to_path_buf()))?;
    let page = pages::demo(&mild, &directory()?)?;
    let profile = tempfile::tempdir()?;
    picture::write(&mut Browser::start(&program, profile.path())?, &page)
}

/// The browser, which is installed if it is missing.
fn chromium() -> Result<PathBuf> {
    if find_program("chromium").is_none() {
        apt::install(&["chromium"], "the browser Chromium")?;
    }
    find_program("chromium").context("Chromium is not on the PATH")
}

/// Where pages and screenshots are.
fn directory() -> Result<PathBuf> {
    let directory = target_dir().join("report");
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// No width is exceeded; a screenshot of each.
fn widths(browser: &mut Browser, page: &Page) -> Result<String> {
    for dark in [false, true] {
        for width in WIDTHS {
            open(browser, page, View { width, dark })?;
            // What is inside of an area that scrolls by itself may be wider.
            let found = browser.evaluate(
                "(() => { const root = document.documentElement; \
                 const scrolls = (e) => e && e !== document.body && (['auto', \
                 'hidden'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement)); \
                 const wide = [...document.querySelectorAll('body *')].filter((e) => \
                 !e.closest('.sr') && e.getBoundingClientRect().right > root.clientWidth + 1 && \
                 !scrolls(e.parentElement)); return [root.scrollWidth, root.clientWidth, \
                 wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(' | ')]; })()",
            )?;
            ensure!(found[0] == found[1], "{width}: {} pixels wide", found[0]);
            ensure!(found[2] == "", "{width}: beyond the edge: {}", found[2]);
            let scheme = if dark { "dark" } else { "light" };
            let shot = page.out.join(format!("screenshot-{width}-{scheme}.png"));
            write_base64(&shot, &browser.screenshot()?)?;
        }
    }
    Ok(format!("{} screenshots", 2 * WIDTHS.len()))
}

/// axe-core finds nothing serious.
fn accessible(browser: &mut Browser, page: &Page, axe: &str) -> Result<String> {
    let mut lesser = Vec::new();
    for view in [(1400, false), (1400, true), (320, false)] {
        let (width, dark) = view;
        open(browser, page, View { width, dark })?;
        browser.evaluate(
            "document.querySelectorAll('details').forEach((one) => { one.open = true; })",
        )?;
        browser.evaluate(axe)?;
        let found = browser.evaluate(
            "axe.run().then((of) => of.violations.map((one) => [one.impact, one.id, \
             one.nodes.length, one.nodes[0].html.slice(0, 160), one.nodes[0].failureSummary]))",
        )?;
        for one in found.as_array().context("no findings")? {
            let serious = ["serious", "critical"].contains(&one[0].as_str().unwrap_or_default());
            ensure!(!serious, "{width} dark {dark}: {one}");
            lesser.push(format!("{}: {}", one[0], one[1]));
        }
    }
    lesser.sort();
    lesser.dedup();
    Ok(if lesser.is_empty() { "no findings".to_owned() } else { lesser.join(", ") })
}

/// A click on a heading sorts, a text filters.
fn mistakes(browser: &mut Browser, page: &Page) -> Result<String> {
    open(browser, page, View { width: 1400, dark: false })?;
    if browser.evaluate("document.querySelector('#mistakes-table') === null")? == true {
        return Ok("no mistakes".to_owned());
    }
    let column = "[...document.querySelectorAll('#mistakes-table tbody \
    tr:not([hidden])')].map((row) => Number(row.cells[0].textContent))";
    let lines = |value: Value| -> Vec<f64> {
        value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
    };
    let first = "document.querySelector('#mistakes-table th button').click()";
    browser.evaluate(first)?;
    let rising = lines(browser.evaluate(column)?);
    browser.evaluate(first)?;
    let falling = lines(browser.evaluate(column)?);
    ensure!(rising.is_sorted() && falling.iter().rev().eq(&rising), "not sorted by line");
    let sorted = browser
        .evaluate("document.querySelector('#mistakes-table th').getAttribute('aria-sort')")?;
    ensure!(sorted == "descending", "aria-sort is {sorted}");
    let wanted = rising.last().context("no rows")?;
    browser.evaluate(&format!(
        "(() => {{ const one = document.querySelector('#filter'); one.value \
    = '{wanted}'; one.dispatchEvent(new Event('input')); }})()"
    ))?;
    let kept = lines(browser.evaluate(column)?);
    ensure!(kept.contains(wanted) && kept.len() <= rising.len(), "filtered: {kept:?}");
    browser.evaluate(
        "(() => { const one = document.querySelector('#filter'); one.value = 'there \
    is no such text'; one.dispatchEvent(new Event('input')); })()",
    )?;
    let matches = browser.evaluate("document.querySelector('#matches').textContent")?;
    ensure!(matches == "0 rows", "{matches}");
    Ok(format!("{} rows", rising.len()))
}

/// A PDF comes out.
fn prints(browser: &mut Browser, page: &Page) -> Result<String> {
    open(browser, page, View { width: 1400, dark: true })?;
    let file = page.out.join("report.pdf");
    write_base64(&file, &browser.pdf()?)?;
    let pdf = fs::read(&file)?;
    ensure!(pdf.starts_with(b"%PDF"), "{} is no PDF", file.display());
    let of_page = |bytes: &&[u8]| bytes.starts_with(b"/Type /Page") && !bytes.ends_with(b"s");
    let pages = pdf.windows(12).filter(of_page).count();
    ensure!(pages > 0, "{} has no pages", file.display());
    Ok(format!("{} kB, {pages} pages", pdf.len() / 1000))
}
