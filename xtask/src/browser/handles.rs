//! What can be moved on the page of an image, beside what `mild eval` says.

use super::{
    chromium::{Browser, View},
    pages::Page,
    visit::{open, write_base64},
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

/// Intervals at other prices take longer than this on no machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The names of the figures, and what stands below.
const FIGURES: &str = "Object.fromEntries([...document.querySelectorAll('#figures > div')].map((one) \
    => [one.querySelector('dt').textContent, [...one.querySelectorAll('dd')].map((dd) => \
    dd.textContent)]))";

/// Moved by keys, the handle shows the figures of `mild eval` at that threshold.
pub(super) fn point(browser: &mut Browser, page: &Page, mild: &Path) -> Result<String> {
    open(browser, page, View { width: 1400, dark: false })?;
    if browser.evaluate("document.querySelector('#handle') === null")? == true {
        return Ok("a constant has no handle".to_owned());
    }
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
        let threshold = compare(browser, page, mild, &[])?;
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

/// Compares the figures on the page with those of `mild eval` at these prices and the threshold on
/// the page, which is returned.
fn compare(browser: &mut Browser, page: &Page, mild: &Path, prices: &[String]) -> Result<i64> {
    let shown = browser.evaluate(FIGURES)?;
    let threshold: i64 = shown["Threshold"][0].as_str().context("no threshold")?.parse()?;
    let said = page.evaluation(mild, threshold, prices)?;
    let place = format!("threshold {threshold}, prices {prices:?}");
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
    let experts = said["experts"].as_array().context("experts")?;
    let deferred: f64 = experts.iter().skip(1).filter_map(|one| one["share"].as_f64()).sum();
    expected.push(("Deferred", 0, percent(deferred)));
    for (name, index, expected) in expected {
        ensure!(
            shown[name][index] == expected,
            "{place}, {name}: shown {}, `mild eval` says {expected}",
            shown[name][index]
        );
    }
    let shares = browser.evaluate(
        "[...document.querySelectorAll('.shares tbody td.n')].map((one) => one.textContent)",
    )?;
    for (k, expert) in experts.iter().enumerate() {
        let expected = percent(number(&expert["share"])?);
        ensure!(
            shares[k] == expected,
            "{place}: share of expert {k}: shown {}, `mild eval` says {expected}",
            shares[k]
        );
    }
    let best = browser.evaluate("document.querySelector('#best').textContent")?;
    ensure!(best == said["best_single"], "{place}: best single {best}, {}", said["best_single"]);
    // The command that the page names is this one.
    let command = browser.evaluate("document.querySelector('#command').textContent")?;
    let command = command.as_str().context("no command")?;
    ensure!(
        prices.iter().all(|price| command.contains(&format!("--price {}", quoted(price))))
            && (threshold == 0) != command.contains(&format!("--threshold {threshold}")),
        "{place}: the page says `{command}`"
    );
    Ok(threshold)
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

/// At the image's own prices the script makes every text that was written with the page, and at
/// other prices the figures of `mild eval`; all of it goes back.
pub(super) fn prices(browser: &mut Browser, page: &Page, mild: &Path) -> Result<String> {
    open(browser, page, View { width: 1400, dark: false })?;
    if browser.evaluate("document.querySelector('#prices') === null")? == true {
        ensure!(!page.has_probabilities, "the image has probabilities, the page no prices");
        return Ok("the image has no probabilities".to_owned());
    }
    let texts = browser.evaluate(
        "(() => { const data = JSON.parse(document.querySelector('#data').textContent); \
         const found = atPrices(data.prices)(data.prices.own.map(() => null)); \
         const wrong = []; let texts = 0; \
         const same = (what, a, b) => { texts += 1; if (a !== b) wrong.push(`${what}: ${a}, not ${b}`); }; \
         found.points.forEach((point, index) => { const written = data.points[index]; \
           same('threshold', point.threshold, written?.threshold); \
           same('loss', point.loss, written?.deferral_loss); \
           if (index % 7 === 0 || index === found.own) { \
             const ends = found.interval(point); \
             ends.forEach((end, k) => same('interval', end, written.deferral_loss_ci[k])); } \
           for (const block of data.prices.blocks) { if (block.kind === 'figures') continue; \
             found.shares(point, block).forEach((share, cell) => same(`cell ${block.first + cell} \
             at ${point.threshold}`, figure.percent(share), data.cells[block.first + cell][index])); } }); \
         return [texts, wrong.length, wrong.slice(0, 4).join('; ')]; })()",
    )?;
    ensure!(texts[1] == 0, "{} of {} texts differ: {}", texts[1], texts[0], texts[2]);
    let own = browser.evaluate("document.querySelector('main').textContent")?;
    let own_marks = browser.evaluate("document.querySelector('.charts').innerHTML")?;
    let model = browser.evaluate(
        "(({ names, own }) => ({ names, own \
        }))(JSON.parse(document.querySelector('#data').textContent).prices)",
    )?;
    let last = model["names"].as_array().context("no experts")?.len() - 1;
    let mut tried = 0;
    for changes in
        [vec![(1, "0.01")], vec![(1, "0.3"), (last, "0")], vec![(0, "0.07"), (last, "0.125")]]
    {
        browser.evaluate("document.querySelector('#own-prices').click()")?;
        // The last one counts; a price that the image has already is none.
        let mut prices = BTreeMap::new();
        for (k, price) in changes {
            type_price(browser, k, price)?;
            prices.insert(k, price);
        }
        prices.retain(|&k, price| model["own"][k].as_f64() != price.parse().ok());
        let prices: Vec<String> = prices
            .into_iter()
            .map(|(k, price)| format!("{}={price}", model["names"][k].as_str().unwrap_or_default()))
            .collect();
        for keys in [&[][..], &[("Home", 36)], &[("ArrowRight", 39); 5]] {
            browser.evaluate("document.querySelector('#handle').focus()")?;
            for &(key, code) in keys {
                browser.press(key, code)?;
            }
            settled(browser)?;
            compare(browser, page, mild, &prices)?;
            tried += 1;
        }
    }
    let moved = browser.evaluate("document.querySelector('.charts').innerHTML")?;
    ensure!(moved != own_marks, "the charts do not follow");
    browser.evaluate("document.querySelector('#own-prices').click()")?;
    ensure!(
        browser.evaluate("document.querySelector('main').textContent")? == own
            && browser.evaluate("document.querySelector('.charts').innerHTML")? == own_marks,
        "back at the image's own prices something stays"
    );
    // A slider moves by keys, and takes its field along.
    browser.evaluate("document.querySelector('[data-slider=\"1\"]').focus()")?;
    browser.press("End", 35)?;
    let ends = browser.evaluate(
        "[document.querySelector('[data-slider=\"1\"]').max, \
         document.querySelector('[data-price=\"1\"]').value].map(Number)",
    )?;
    ensure!(ends[0] == ends[1], "at its end the slider says {}, its field {}", ends[0], ends[1]);
    settled(browser)?;
    let complaints = browser.complaints("");
    let complaints: Vec<&String> =
        complaints.iter().filter(|one| !one.starts_with("request: file:")).collect();
    ensure!(complaints.is_empty(), "{complaints:?}");
    let shot = page.out.join("screenshot-prices.png");
    write_base64(&shot, &browser.screenshot()?)?;
    Ok(format!("{} texts, {} points at other prices", texts[0], tried))
}

/// Replaces what stands in the field of an expert's price, as a keyboard does.
fn type_price(browser: &mut Browser, k: usize, price: &str) -> Result<()> {
    browser.evaluate(&format!(
        "(() => {{ const field = document.querySelector('[data-price=\"{k}\"]'); field.focus(); \
         field.select(); }})()"
    ))?;
    browser.call("Input.insertText", json!({ "text": price }))?;
    Ok(())
}

/// Waits for the intervals.
fn settled(browser: &mut Browser) -> Result<()> {
    let start = Instant::now();
    while browser.evaluate("document.querySelector('#figures').hasAttribute('aria-busy')")? == true
    {
        ensure!(start.elapsed() < PATIENCE, "no intervals");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// As a shell takes it, and as the page writes it.
fn quoted(text: &str) -> String {
    let plain = |one: char| one.is_ascii_alphanumeric() || "_.=-".contains(one);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
