//! `report.html`: one file that is safe, whole and true.

mod bench;

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bench::{Bench, CONFIG, number};
use scraper::{Html, Selector};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What a page may have in bytes.
const MOST: usize = 1_500_000;

/// One kind of network, so that little is searched.
fn quick() -> String {
    format!("{CONFIG}[rejector]\nmethod = 'two-stage'\nhidden = [8]\n")
}

fn trained(config: &str) -> Bench {
    let bench = Bench::new();
    fs::write(bench.path("mild.toml"), config).unwrap();
    bench.ok(&["train", "mild.toml", "--out", "out", "--quiet"]);
    bench
}

fn page(bench: &Bench) -> String {
    fs::read_to_string(bench.path("out/report.html")).unwrap()
}

fn parsed(page: &str) -> Html {
    let html = Html::parse_document(page);
    assert!(html.errors.is_empty(), "{:?}", html.errors);
    html
}

fn texts(html: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    html.select(&selector).map(|element| element.text().collect()).collect()
}

fn text(html: &Html, selector: &str) -> String {
    texts(html, selector).swap_remove(0)
}

/// What the script reads.
fn data(html: &Html) -> Value {
    serde_json::from_str(&text(html, "#data")).unwrap()
}

fn eval(bench: &Bench, threshold: &str) -> Value {
    let image = ["--image", "out/rejector.mild", "--threshold", threshold];
    bench.json(&[&["eval", "mild.toml", "--json"][..], &image].concat())
}

#[test]
fn every_figure_at_every_point_is_that_of_eval() {
    let bench = trained(&quick());
    let html = parsed(&page(&bench));
    let data = data(&html);
    let points = data["points"].as_array().unwrap();
    assert!(points.len() > 20, "{}", points.len());
    let own = data["own"].as_u64().unwrap() as usize;
    assert_eq!(points[own]["threshold"], 0);
    let plain = bench.json(&["eval", "mild.toml", "--image", "out/rejector.mild", "--json"]);
    assert_eq!(eval(&bench, "0"), plain);
    for index in [0, own / 2, own, own + 3, points.len() - 1] {
        let point = &points[index];
        let said = eval(&bench, &point["threshold"].to_string());
        for key in ["deferral_loss", "deferral_loss_ci", "accuracy", "price", "coverage"] {
            assert_eq!(point[key], said[key], "{key} at {}", point["threshold"]);
        }
        let shares: Vec<Value> =
            said["experts"].as_array().unwrap().iter().map(|one| one["share"].clone()).collect();
        assert_eq!(point["shares"], Value::from(shares));
        // The cells, to the last digit shown.
        let cell = |name: &str, place: usize| {
            let figures = Selector::parse("#figures > div").unwrap();
            let spans = Selector::parse("dd span").unwrap();
            let figure = html.select(&figures).find(|one| one.text().next() == Some(name)).unwrap();
            let span = figure.select(&spans).nth(place).unwrap();
            let live: usize = span.value().attr("data-live").unwrap().parse().unwrap();
            data["cells"][live][index].as_str().unwrap().to_owned()
        };
        let range = &said["deferral_loss_ci"];
        let percent = |share: f64| format!("{:.1}\u{a0}%", 100.0 * share);
        assert_eq!(cell("Deferral loss", 0), format!("{:.4}", number(&said, "deferral_loss")));
        let ends = [0, 1].map(|end| range[end].as_f64().unwrap());
        assert_eq!(cell("Deferral loss", 1), format!("{:.4} to {:.4}", ends[0], ends[1]));
        assert_eq!(cell("Answered right", 0), percent(number(&said, "accuracy")));
        assert_eq!(cell("Mean price", 0), format!("{:.4}", number(&said, "price")));
        assert_eq!(cell("Threshold", 0), point["threshold"].to_string());
    }
    // The ends of the handle: nobody and everybody.
    assert_eq!(points[0]["coverage"], 1.0);
    assert_eq!(points[points.len() - 1]["coverage"], 0.0);
    // What stands there without a script is the image's own point.
    let shown = text(&html, "#figures dd span");
    assert_eq!(shown, format!("{:.4}", number(&plain, "deferral_loss")));
}

/// What moves on the page is tried in a browser: `cargo xtask report test`.
#[test]
fn other_prices_change_what_the_image_decides_and_what_that_costs() {
    let bench = trained(&format!("{CONFIG}[rejector]\nmethod = 'one-vs-all'\n"));
    let eval = |prices: &[&str]| {
        let image = ["eval", "mild.toml", "--image", "out/rejector.mild", "--json"];
        bench.json(&[&image[..], prices].concat())
    };
    let own = eval(&[]);
    assert_eq!(eval(&["--price", "cloud=0.2", "--price", "special=0.05"]), own);
    let share = |said: &Value, k: usize| said["experts"][k]["share"].as_f64().unwrap();
    let alone = |said: &Value, k: usize| said["experts"][k]["alone_loss"].as_f64().unwrap();
    let (free, dear) = (eval(&["--price", "cloud=0"]), eval(&["--price", "cloud=0.9"]));
    assert!(share(&free, 1) > share(&own, 1) && share(&own, 1) > share(&dear, 1));
    assert!((alone(&dear, 1) - alone(&own, 1) - 0.7).abs() < 1e-6, "the rows have the price");
    assert_eq!(alone(&dear, 2), alone(&own, 2));
    assert!(number(&free, "deferral_loss") < number(&own, "deferral_loss"));
    // The page has all that, and says so.
    let html = parsed(&page(&bench));
    let prices = &data(&html)["prices"];
    assert_eq!(prices["own"], serde_json::json!([0.0, 0.2, 0.05]));
    assert_eq!(texts(&html, "#prices label"), ["local", "cloud", "special"]);
    assert_eq!(text(&html, "#command"), "mild eval mild.toml --image out/rejector.mild");
    for (price, expected) in [
        ("clod=0.2", "found the expert `clod`, expected one of `local`, `cloud`"),
        ("cloud=-1", "expected an expert and a price from 0 to 16384"),
        ("cloud", "expected an expert and a price from 0 to 16384"),
    ] {
        let said =
            bench.error(&["eval", "mild.toml", "--image", "out/rejector.mild", "--price", price]);
        assert!(said.contains(expected), "{said}");
    }
}

/// A price that differs between rows keeps its shape.
#[test]
fn a_price_of_each_row_changes_by_a_factor() {
    let bench = Bench::new();
    let log = fs::read_to_string(bench.path("log.csv")).unwrap();
    let lines = log.lines().enumerate().map(|(row, line)| match row {
        0 => format!("{line},cost\n"),
        row => format!("{line},{}\n", if row / 7 % 2 == 0 { 0.1 } else { 0.3 }),
    });
    fs::write(bench.path("log.csv"), lines.collect::<String>()).unwrap();
    let config = format!("{CONFIG}[rejector]\nmethod = 'one-vs-all'\n")
        .replace("price = 0.2", "price_column = 'cost'");
    fs::write(bench.path("mild.toml"), config).unwrap();
    bench.ok(&["train", "mild.toml", "--out", "out", "--quiet"]);
    let image = ["mild.toml", "--image", "out/rejector.mild", "--json"];
    let own = data(&parsed(&page(&bench)))["prices"]["own"][1].as_f64().unwrap();
    let eval = |price: f64| {
        let price = format!("cloud={price}");
        bench.json(&[&["eval", "--price", &price][..], &image].concat())
    };
    let alone = |said: &Value| said["experts"][1]["alone_loss"].as_f64().unwrap();
    let (once, twice) = (alone(&eval(own)), alone(&eval(2.0 * own)));
    assert_eq!(once, alone(&bench.json(&[&["eval"][..], &image].concat())));
    // The mean price on the test rows is about that of the image.
    assert!((twice - once - own).abs() < 0.01, "{once} {twice} {own}");
}

/// A comparison beside the image is shown, and one of another log is not.
#[test]
fn other_seeds_stand_on_the_page_if_they_were_compared() {
    let bench = trained(&quick());
    let rows =
        |bench: &Bench| texts(&parsed(&page(bench)), "section[aria-labelledby=seeds] tbody tr");
    assert!(rows(&bench).is_empty() && page(&bench).contains("mild compare mild.toml"));
    let compare = ["compare", "mild.toml", "--methods", "two-stage", "--seeds", "2", "--quiet"];
    bench.ok(&[&compare[..], &["--train-rows", "100,all", "--out", "out"]].concat());
    let report = ["report", "mild.toml", "--image", "out/rejector.mild", "--quiet"];
    bench.ok(&report);
    let shown = rows(&bench);
    assert!(shown.len() == 2 && shown[0].starts_with("two-stage1002"), "{shown:?}");
    // One curve with both numbers of rows, beside the best single expert.
    let html = parsed(&page(&bench));
    let plot = Selector::parse("section[aria-labelledby=seeds] svg[role=img]").unwrap();
    let plots: Vec<_> = html.select(&plot).collect();
    assert_eq!(plots.len(), 1);
    let caption = plots[0].value().attr("aria-labelledby").unwrap();
    assert_eq!(text(&html, &format!("#{caption}")), "Deferral loss by number of train rows");
    let curve = plots[0].select(&Selector::parse("polyline.curve").unwrap()).next().unwrap();
    assert_eq!(curve.value().attr("points").unwrap().split(' ').count(), 2);
    let names = texts(&html, "section[aria-labelledby=seeds] text.name");
    assert!(names.contains(&"two-stage".to_owned()) && names.len() == 2, "{names:?}");
    // One number of rows is no curve.
    bench.ok(&[&compare[..], &["--out", "out"]].concat());
    bench.ok(&report);
    assert_eq!(rows(&bench).len(), 1);
    assert_eq!(parsed(&page(&bench)).select(&plot).count(), 0);
    bench.ok(&[&compare[..], &["--train-rows", "100,all", "--out", "out"]].concat());
    let other = fs::read_to_string(bench.path("out/compare.json")).unwrap();
    fs::write(bench.path("out/compare.json"), other.replace("\"oracle\": 0.", "\"oracle\": 0.9"))
        .unwrap();
    bench.ok(&report);
    assert!(rows(&bench).is_empty(), "of other test rows");
}

/// Without probabilities nothing is told of prices.
#[test]
fn an_image_without_probabilities_takes_no_other_prices() {
    let bench = trained(&quick());
    let image = ["eval", "mild.toml", "--image", "out/rejector.mild"];
    let said = bench.error(&[&image[..], &["--price", "cloud=0.3"]].concat());
    assert!(
        said.contains("--price: found") && said.contains("an image with probabilities"),
        "{said}"
    );
    let html = parsed(&page(&bench));
    assert!(texts(&html, "#prices").is_empty() && data(&html)["prices"].is_null());
}

#[test]
fn report_and_eval_write_the_page_of_train_again() {
    let bench = trained(&format!("{CONFIG}[rejector]\nmethod = 'one-vs-all'\n"));
    let written = page(&bench);
    assert!(written.contains("calibration error"), "the image has probabilities");
    bench.ok(&["report", "mild.toml", "--image", "out/rejector.mild", "--quiet"]);
    assert_eq!(page(&bench), written);
    let image = ["--image", "out/rejector.mild"];
    let said = bench.ok(&[&["report", "mild.toml", "--out", "again.html"][..], &image].concat());
    assert_eq!(said, "written: again.html\n");
    assert_eq!(fs::read_to_string(bench.path("again.html")).unwrap(), written);
    let eval = [&["eval", "mild.toml", "--quiet", "--report", "eval.html"][..], &image].concat();
    bench.ok(&eval);
    assert_eq!(fs::read_to_string(bench.path("eval.html")).unwrap(), written);

    // What only the training knows is missing without its document, and with that of another image.
    let missing = "is not beside the image";
    assert!(!written.contains(missing));
    let metrics = fs::read_to_string(bench.path("out/metrics.json")).unwrap();
    let other = metrics.replacen("\"image_bytes\": ", "\"image_bytes\": 1", 1);
    fs::write(bench.path("out/metrics.json"), other).unwrap();
    bench.ok(&["report", "mild.toml", "--image", "out/rejector.mild"]);
    assert!(page(&bench).contains(missing));
    fs::remove_file(bench.path("out/metrics.json")).unwrap();
    bench.ok(&["report", "mild.toml", "--image", "out/rejector.mild"]);
    assert!(page(&bench).contains(missing));
    parsed(&page(&bench));
}

#[test]
fn a_page_asks_nobody_and_allows_its_own_style_and_script_alone() {
    let bench = trained(&quick());
    let page = page(&bench);
    let html = parsed(&page);
    let selector = Selector::parse("meta[http-equiv=Content-Security-Policy]").unwrap();
    let policy = html.select(&selector).next().unwrap().value().attr("content").unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    let digest = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    let style = texts(&html, "style");
    assert_eq!(style.len(), 1);
    assert!(policy.contains(&format!("style-src {}", digest(&style[0]))), "{policy}");
    let scripts = texts(&html, "script");
    assert_eq!(scripts.len(), 2, "the data, which is never run, and the script");
    assert!(policy.contains(&format!("script-src {}", digest(&scripts[1]))), "{policy}");
    let everything = Selector::parse("*").unwrap();
    for element in html.select(&everything) {
        for (name, value) in element.value().attrs() {
            assert!(name != "style" && !name.starts_with("on"), "{name}={value}");
            let fetches = ["src", "href", "srcset", "action", "data", "poster", "background"];
            assert!(!fetches.contains(&name) || value == "data:,", "{name}={value}");
        }
    }
    for word in ["http://", "https://", "@import", "url(", "eval(", "innerHTML"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.len() < MOST, "{} bytes", page.len());
    // Each plot has a name and a table, and headings do not leave a level out.
    let plots = Selector::parse("svg[role=img]").unwrap();
    for plot in html.select(&plots) {
        let name = plot.value().attr("aria-labelledby").unwrap();
        assert!(!text(&html, &format!("#{name}")).is_empty());
    }
    assert!(texts(&html, "details table").len() >= 3);
    let levels: Vec<u8> = html
        .select(&Selector::parse("h1, h2, h3, h4").unwrap())
        .map(|heading| heading.value().name().as_bytes()[1] - b'0')
        .collect();
    assert!(levels[0] == 1 && levels.windows(2).all(|two| two[1] <= two[0] + 1), "{levels:?}");
}

#[test]
fn names_of_the_log_stay_text() {
    let bench = Bench::new();
    let evil = "</script><img src=x onerror=alert(1)>";
    let log = fs::read_to_string(bench.path("log.csv")).unwrap();
    let log =
        log.replacen("x0,", "\"x0<b>&amp;\"\"'\",", 1).replace(",0,", &format!(",\"{evil}\","));
    fs::write(bench.path("log.csv"), log).unwrap();
    let config = quick().replace("'cloud'", "\"</style><b>&'\\\"\"");
    fs::write(bench.path("mild.toml"), config).unwrap();
    bench.ok(&["train", "mild.toml", "--out", "out", "--quiet"]);
    let page = page(&bench);
    let html = parsed(&page);
    for element in ["img", "b", "iframe"] {
        assert!(texts(&html, element).is_empty(), "{element}");
    }
    assert_eq!((texts(&html, "script").len(), texts(&html, "style").len()), (2, 1));
    let all: String = html.root_element().text().collect();
    for name in [evil, "x0<b>&amp;\"'", "</style><b>&'\""] {
        assert!(all.contains(name), "{name}");
    }
    data(&html);
}

#[test]
fn a_page_stays_small_however_large_the_log_is() {
    let bench = Bench::new();
    let (features, experts, rows) = (150, 32, 1500);
    let mut config = "[data]\nlog = 'log.csv'\nfeatures = ['feature*']\nlabel = \
    'y'\n[train]\neffort = 'quick'\n\
        max_iterations = 5\n[rejector]\nmethod = 'two-stage'\nhidden = [4]\n[quantize]\ntolerance \
        = 1\n"
        .to_owned();
    let mut header: Vec<String> =
        (0..features).map(|i| format!("feature_with_a_long_name_{i:04}")).collect();
    header.push("y".to_owned());
    for k in 0..experts {
        config += &format!(
            "[[expert]]\nname = 'expert_with_a_long_name_{k:04}'\nprediction = 'p{k}'\nprice = \
             0.0{}\n",
            k % 7
        );
        header.push(format!("p{k}"));
    }
    let mut log = header.join(",") + "\n";
    for row in 0..rows {
        let cells = (0..features).map(|i| format!("{}", (row * (i + 7) * 31) % 997));
        let class = row % 300;
        let answers = (0..experts)
            .map(|k| (if (row * (k + 3)) % 11 < 6 { class } else { class + 1 }).to_string());
        log +=
            &(cells.chain([class.to_string()]).chain(answers).collect::<Vec<_>>().join(",") + "\n");
    }
    fs::write(bench.path("log.csv"), log).unwrap();
    fs::write(bench.path("mild.toml"), config).unwrap();
    bench.ok(&["train", "mild.toml", "--out", "out", "--quiet"]);
    let page = page(&bench);
    parsed(&page);
    assert!(page.len() < MOST, "{} bytes", page.len());
}

#[test]
fn a_constant_is_called_one() {
    let bench = Bench::new();
    let log = fs::read_to_string(bench.path("log.csv")).unwrap();
    let config = quick().replace("price = 0.2", "price = 3").replace("price = 0.05", "price = 3");
    fs::write(bench.path("mild.toml"), config).unwrap();
    fs::write(bench.path("log.csv"), log).unwrap();
    bench.ok(&["train", "mild.toml", "--out", "out", "--quiet"]);
    let html = parsed(&page(&bench));
    assert!(text(&html, "h1").starts_with("Nothing to gain from asking"), "{}", text(&html, "h1"));
    let helps = texts(&html, ".helps li");
    assert!(helps.iter().any(|help| help.starts_with("Nothing in the choice")), "{helps:?}");

    let paying = trained(&quick());
    let html = parsed(&page(&paying));
    let headline = text(&html, "h1");
    assert!(headline.starts_with("Choosing whom to ask pays"), "{headline}");
    assert!(headline.contains("95\u{a0}% interval"), "{headline}");
}

#[test]
fn promises_stand_beside_what_the_test_rows_say() {
    let bench =
        trained(&format!("{}[policy]\nmax_deferral_rate = 0.5\nconfidence = 0.9\n", quick()));
    let html = parsed(&page(&bench));
    let rows = texts(&html, "section[aria-labelledby=promises] tbody tr");
    assert_eq!(rows.len(), 1);
    assert!(rows[0].starts_with("max_deferral_rate0.5000"), "{rows:?}");
    assert!(rows[0].ends_with("kept"), "{rows:?}");
}

#[test]
fn a_log_from_standard_input_has_a_page_without_its_answers() {
    let bench = Bench::new();
    fs::write(bench.path("mild.toml"), quick().replace("log.csv", "-")).unwrap();
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_mild"))
        .args(["train", "mild.toml", "--out", "out", "--quiet"])
        .current_dir(bench.directory.path())
        .stdin(fs::File::open(bench.path("log.csv")).unwrap())
        .status()
        .unwrap();
    assert!(status.success());
    let html = parsed(&page(&bench));
    assert!(texts(&html, "#mistakes-table thead th").iter().all(|head| head != "right answer"));
    assert!(texts(&html, "#mistakes-table td.wrong").iter().any(|cell| cell == "wrong"));
}

#[test]
fn no_report_leaves_none_behind() {
    let bench = trained(&quick());
    assert!(bench.path("out/report.html").exists());
    let said = bench.ok(&["train", "mild.toml", "--out", "out", "--no-report"]);
    assert!(!bench.path("out/report.html").exists() && !said.contains("report.html"), "{said}");
    let said = bench.ok(&["train", "mild.toml", "--out", "out"]);
    assert!(said.contains("out/report.html"), "{said}");
    assert_eq!(fs::read_dir(bench.path("out")).unwrap().count(), 4, "nothing half-written");
}
