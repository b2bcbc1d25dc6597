//! Reports in a real browser: they complain of nothing, fit every width, print, can be read by
//! everybody, and their handle says what `mild eval` says.

mod chromium;
mod pages;

use crate::{
    apt,
    process::{find_program, target_dir},
    programs,
    verdict::{Tally, Verdict},
};
use anyhow::{Context, Result, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chromium::{Browser, View};
use pages::Page;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Narrow telephones to wide screens, in pixels.
const WIDTHS: [u32; 4] = [320, 400, 1400, 2560];

/// Runs all checks. `real`: also on real logs, which must be there. `mild`: the program, if it is
/// built already.
pub(crate) fn check(real: bool, mild: Option<&Path>) -> Result<Tally> {
    if find_program("chromium").is_none() {
        apt::install(&["chromium"], "the browser Chromium")?;
    }
    let program = find_program("chromium").context("Chromium is not on the PATH")?;
    let directory = target_dir().join("report");
    fs::create_dir_all(&directory)?;
    let axe = pages::axe(&directory.join("axe"))?;
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
        count("the handle says what `mild eval` says", handle(&mut browser, page, &mild));
        count("the table of mistakes sorts and filters", mistakes(&mut browser, page));
        count("prints", prints(&mut browser, page));
    }
    println!("screenshots: {}", directory.display());
    Ok(tally)
}

fn file(page: &Page) -> Result<PathBuf> {
    Ok(fs::canonicalize(page.file())?)
}

fn open(browser: &mut Browser, page: &Page, view: View) -> Result<()> {
    let complaints = browser.open(&file(page)?, view)?;
    ensure!(complaints.is_empty(), "{view:?}: {}", complaints.join("; "));
    Ok(())
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

/// Moved by keys, the handle shows the figures of `mild eval` at that threshold.
fn handle(browser: &mut Browser, page: &Page, mild: &Path) -> Result<String> {
    open(browser, page, View { width: 1400, dark: false })?;
    if browser.evaluate("document.querySelector('#handle') === null")? == true {
        return Ok("a constant has no handle".to_owned());
    }
    let figures = "Object.fromEntries([...document.querySelectorAll('#figures > div')].map((one) \
    => [one.querySelector('dt').textContent, [...one.querySelectorAll('dd')].map((dd) => \
    dd.textContent)]))";
    let mut seen = Vec::new();
    let mut thresholds = Vec::new();
    browser.evaluate("document.querySelector('#handle').focus()")?;
    for keys in [
        &[][..],
        &[("ArrowRight", 39); 3],
        &[("Home", 36)],
        &[("End", 35)],
        &[("ArrowLeft", 37); 9],
    ] {
        for &(key, code) in keys {
            browser.press(key, code)?;
        }
        let shown = browser.evaluate(figures)?;
        let threshold: i64 = shown["Threshold"][0].as_str().context("no threshold")?.parse()?;
        let said = page.evaluation(mild, threshold)?;
        let number = |value: &Value| value.as_f64().context("a number");
        let loss = |value: &Value| Ok::<_, anyhow::Error>(format!("{:.4}", number(value)?));
        let percent = |share: f64| format!("{:.1}\u{a0}%", 100.0 * share);
        let range = &said["deferral_loss_ci"];
        let mut expected = vec![
            ("Deferral loss", 0, loss(&said["deferral_loss"])?),
            ("Deferral loss", 1, format!("{} to {}", loss(&range[0])?, loss(&range[1])?)),
            ("Answered right", 0, percent(number(&said["accuracy"])?)),
            ("Mean price", 0, loss(&said["price"])?),
        ];
        let deferred: f64 = said["experts"]
            .as_array()
            .context("experts")?
            .iter()
            .skip(1)
            .filter_map(|one| one["share"].as_f64())
            .sum();
        expected.push(("Deferred", 0, percent(deferred)));
        for (name, index, expected) in expected {
            ensure!(
                shown[name][index] == expected,
                "threshold {threshold}, {name}: shown {}, `mild eval` says {expected}",
                shown[name][index]
            );
        }
        let shares = browser.evaluate(
            "[...document.querySelectorAll('.shares tbody td.n')].map((one) => one.textContent)",
        )?;
        for (k, expert) in said["experts"].as_array().context("experts")?.iter().enumerate() {
            let expected = percent(number(&expert["share"])?);
            ensure!(
                shares[k] == expected,
                "threshold {threshold}: share of expert {k}: shown {}, `mild eval` says {expected}",
                shares[k]
            );
        }
        let place =
            browser.evaluate("document.querySelector('[data-mark=dot]').getAttribute('cx')")?;
        ensure!(
            !seen.contains(&place) || thresholds.contains(&threshold),
            "the mark does not move"
        );
        seen.push(place);
        thresholds.push(threshold);
    }
    let own = browser.evaluate(
        "(document.querySelector('#own').click(), \
    document.querySelector('#figures > div:last-child dd').textContent)",
    )?;
    ensure!(own == "0", "the way back: threshold {own}");
    drag(browser)?;
    Ok(format!("thresholds {thresholds:?}"))
}

/// The dot of a chart can be drawn to its ends.
fn drag(browser: &mut Browser) -> Result<()> {
    let place = browser.evaluate(
        "(() => { const chart = document.querySelector('[data-chart]'); \
         chart.scrollIntoView({ block: 'center' }); const box = chart.getBoundingClientRect(); \
         return [box.left + 1, box.right - 1, box.top + box.height / 2]; })()",
    )?;
    let number = |index: usize| place[index].as_f64().context("the place of a chart");
    let (left, right, y) = (number(0)?, number(1)?, number(2)?);
    browser.drag((right, y), (left, y))?;
    let at = |browser: &mut Browser| browser.evaluate("document.querySelector('#handle').value");
    ensure!(at(browser)? == "0", "drawn to the left, the handle is at {}", at(browser)?);
    browser.drag((left, y), (right, y))?;
    let last = browser.evaluate("document.querySelector('#handle').max")?;
    ensure!(at(browser)? == last, "drawn to the right, the handle is at {}", at(browser)?);
    Ok(())
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

fn write_base64(path: &Path, text: &str) -> Result<()> {
    let bytes = BASE64_STANDARD.decode(text).context("not base64")?;
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
