//! `[policy]`, `[units]` and what keeps their promises: as a person uses the program `mild`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// The first feature says how much the device is in doubt.
fn log(rows: usize) -> String {
    let mut log = String::from("x0,x1,y,split,when,a,b,c\n");
    let mut state = 1u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    for row in 0..rows {
        // In the second half of the test rows the device is in doubt far more often.
        let split = ["train", "train", "train", "calibration", "test"][row % 5];
        let late = split == "test" && row > rows / 2;
        let doubt = if late { 1.0 - 0.25 * uniform() } else { uniform() };
        let wrong = |bad: bool| if bad { 1 } else { 0 };
        let local = wrong(uniform() < doubt);
        let cloud = wrong(uniform() < 0.02);
        // The other expert knows a third of the inputs, and those well.
        let kind = uniform();
        let other = wrong(kind < 0.67 || uniform() < 0.02);
        let place = rows - row;
        log += &format!("{doubt:.4},{kind:.4},0,{split},{place},{local},{cloud},{other}\n");
    }
    log
}

const CONFIG: &str = "[data]\nlog = 'log.csv'\nfeatures = ['x*']\nlabel = 'y'\nsplit = 'split'\n\
    [[expert]]\nname = 'local'\nprediction = 'a'\n\
    [[expert]]\nname = 'cloud'\nprediction = 'b'\nprice = 0.1\n\
    [[expert]]\nname = 'other'\nprediction = 'c'\nprice = 0.05\n\
    [train]\neffort = 'quick'\n[rejector]\nhidden = []\nmethod = 'two-stage'\n";

struct Bench {
    directory: tempfile::TempDir,
}

impl Bench {
    fn new(more: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("log.csv"), log(4000)).unwrap();
        let bench = Self { directory };
        bench.configure(&format!("{CONFIG}{more}"));
        bench
    }

    fn configure(&self, text: &str) {
        fs::write(self.path("mild.toml"), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn mild(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_mild"))
            .args(arguments)
            .current_dir(self.directory.path())
            .output()
            .unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.mild(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "mild {arguments:?}: {error}");
        serde_json::from_slice(&output.stdout).expect("one JSON document and nothing else")
    }

    fn error(&self, arguments: &[&str]) -> String {
        let output = self.mild(arguments);
        assert!(!output.status.success(), "mild {arguments:?} succeeded");
        String::from_utf8(output.stderr).unwrap()
    }
}

const TRAIN: [&str; 5] = ["train", "mild.toml", "--out", "out", "--json"];

fn number(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {value:#}"))
}

#[test]
fn a_promised_rate_is_kept_in_the_image() {
    let bench = Bench::new("[policy]\nmax_deferral_rate = 0.2\n");
    let trained = bench.json(&TRAIN);
    let promise = &trained["policy"]["promises"][0];
    assert_eq!(promise["what"], "max_deferral_rate");
    let rate = number(promise, "/calibration");
    assert!((0.1..0.2).contains(&rate), "{rate}");
    assert!(number(&trained, "/policy/threshold") > 0.0);
    let inspected = bench.json(&["inspect", "out/rejector.mild", "--json"]);
    assert!((number(&inspected, "/operating_points/budget") - 0.2).abs() < 1e-4, "{inspected:#}");
}

#[test]
fn promises_that_cannot_be_made_are_refused_or_fall_back() {
    let bench = Bench::new("[policy]\nmax_error = 0.001\n");
    let error = bench.error(&TRAIN);
    for part in ["max_error", "found 0.001, but 0.0", "400 rows", "policy.fallback"] {
        assert!(error.contains(part), "{error}");
    }
    let bench = Bench::new("[policy]\nmax_error = 0.001\nfallback = 'cloud'\n");
    let trained = bench.json(&TRAIN);
    assert!(trained["policy"]["refused"].as_str().unwrap().contains("max_error"));
    assert_eq!(number(&trained, "/test/experts/1/share"), 1.0);
}

#[test]
fn shares_of_single_experts_are_capped() {
    let bench = Bench::new("");
    let free = number(&bench.json(&TRAIN), "/test/experts/2/share");
    let text = CONFIG.replace("price = 0.05\n", "price = 0.05\nmax_share = 0.1\n");
    bench.configure(&text);
    let capped = number(&bench.json(&TRAIN), "/test/experts/2/share");
    assert!(free > 0.2 && capped < 0.15, "{free} {capped}");
}

#[test]
fn physical_costs_become_units_of_one_error() {
    let text = CONFIG.replace("price = 0.1\n", "bytes = 20\nlatency_ms = 100\nmoney = 0.001\n")
        + "[units]\nenergy_mj = 0.01\nlatency_ms = 0.0001\nmoney = 50\n\
           [radio]\nmj_per_byte = 0.1\noverhead_bytes = 10\nwake_mj = 1\nloss = 0.5\nretries = 1\n";
    let bench = Bench::new("");
    bench.configure(&text);
    let trained = bench.json(&TRAIN);
    // 1.5 sendings of 30 bytes and waking are 5.5 mJ.
    let expected = 0.055 + 0.01 + 0.05;
    assert!((number(&trained, "/image/experts/1/price") - expected).abs() < 1e-5, "{trained:#}");
    bench.configure(&CONFIG.replace("price = 0.1\n", "energy_mj = 3\n"));
    let error = bench.error(&TRAIN);
    assert!(error.contains("expert[1].energy_mj") && error.contains("units.energy_mj"), "{error}");
}

#[test]
fn policies_are_checked_with_their_lines() {
    let bench = Bench::new("");
    for (text, parts) in [
        ("confidence = 1.0", ["policy.confidence", "below 1"]),
        ("fallback = 'nobody'", ["policy.fallback", "`nobody`"]),
        ("max_error = 1.5", ["policy.max_error", "0 to 1"]),
        ("battery = { 100 = 0.1 }", ["policy.battery", "no level 0"]),
        ("battery = { full = 0.1 }", ["policy.battery.full", "per mille"]),
        ("minimize = 'errors'", ["policy.minimize", "did you mean `error`"]),
    ] {
        bench.configure(&format!("{CONFIG}[policy]\n{text}\n"));
        let error = bench.error(&TRAIN);
        let line = 1 + CONFIG.lines().count() + 1;
        for part in parts {
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(error.contains(&format!("mild.toml:{line}")), "{text}: {error}");
    }
}

#[test]
fn a_replay_keeps_the_budget_where_a_fixed_threshold_does_not() {
    let bench =
        Bench::new("[policy]\nmax_deferral_rate = 0.2\nbattery = { 0 = 0.02, 500 = 0.2 }\n");
    bench.json(&TRAIN);
    let replay = |more: &[&str]| {
        let base = ["simulate", "mild.toml", "--image", "out/rejector.mild", "--json"];
        bench.json(&[&base[..], more].concat())
    };
    let plain = replay(&["--out", "plots"]);
    assert_eq!(number(&plain, "/rows"), 800.0);
    assert!(number(&plain, "/deferral_rate") < 0.23, "{plain:#}");
    assert!(number(&plain, "/fixed/deferral_rate") > 0.3, "{plain:#}");
    assert!(number(&plain, "/drift_flags") >= 1.0, "{plain:#}");
    assert_eq!(number(&plain, "/fixed/drift_flags"), 0.0);
    for key in ["deferral_loss", "error", "price"] {
        assert!(number(&plain, &format!("/{key}")) >= 0.0);
        assert!(number(&plain, &format!("/fixed/{key}")) >= 0.0);
    }
    let eval = bench.json(&["eval", "mild.toml", "--image", "out/rejector.mild", "--json"]);
    let same = number(&eval, "/deferral_loss") - number(&plain, "/fixed/deferral_loss");
    assert!(same.abs() < 1e-9, "without outages the fixed threshold is that of `mild eval`");
    let svg = fs::read_to_string(bench.path("plots/simulate.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("deferral rate"));
    let page = fs::read_to_string(bench.path("plots/simulate.html")).unwrap();
    let percent = |pointer: &str| format!("{:.1}\u{a0}%", 100.0 * number(&plain, pointer));
    let loss = |pointer: &str| format!("{:.4}", number(&plain, pointer));
    for of in ["", "/fixed"] {
        for shown in [
            percent(&format!("{of}/deferral_rate")),
            percent(&format!("{of}/shares/1")),
            loss(&format!("{of}/deferral_loss")),
            loss(&format!("{of}/error")),
            loss(&format!("{of}/price")),
        ] {
            assert!(page.contains(&format!(">{shown}<")), "{of} {shown}");
        }
    }
    assert!(page.contains("mild simulate mild.toml --image out/rejector.mild --json --out plots"));

    let backwards = replay(&["--order", "when"]);
    let first = |replay: &Value| number(replay, "/drift/0/row");
    assert!(first(&backwards) < first(&plain), "the drift is first in that order");
    let down = replay(&["--outage", "cloud:0-800", "--outage", "other:0-800"]);
    assert_eq!(number(&down, "/deferral_rate"), 0.0);
    let flaky = replay(&["--random-outage", "cloud:0.1:20"]);
    let share = |replay: &Value| number(replay, "/fixed/shares/1");
    assert!(share(&flaky) < share(&plain));
    assert!(plain.pointer("/online").is_none());
    let learned = replay(&["--online", "feasible"]);
    // The search keeps its limit on what it has seen, and this log drifts: it learns to defer, and
    // promises no rate.
    assert!(number(&learned, "/online/deferral_rate") > 0.05, "{learned:#}");
    let alone =
        number(&replay(&["--outage", "cloud:0-800", "--outage", "other:0-800"]), "/deferral_loss");
    assert!(number(&learned, "/online/deferral_loss") < alone, "{learned:#}");
    assert_eq!(number(&learned, "/deferral_rate"), number(&plain, "/deferral_rate"));
    let error = bench.error(&[
        "simulate",
        "mild.toml",
        "--image",
        "out/rejector.mild",
        "--online",
        "two-thresholds",
    ]);
    assert!(error.contains("confidence"), "{error}");
    let empty = replay(&["--battery", "400-0"]);
    assert!(number(&empty, "/deferral_rate") < 0.06, "{empty:#}");
    let error = bench.error(&[
        "simulate",
        "mild.toml",
        "--image",
        "out/rejector.mild",
        "--outage",
        "sky:0-1",
    ]);
    assert!(error.contains("sky"), "{error}");
}

#[test]
fn an_image_without_operating_points_gets_some_for_the_replay() {
    let bench = Bench::new("");
    bench.json(&TRAIN);
    let replay = bench.json(&[
        "simulate",
        "mild.toml",
        "--image",
        "out/rejector.mild",
        "--budget",
        "0.1",
        "--track",
        "exactly",
        "--json",
    ]);
    assert!((number(&replay, "/deferral_rate") - 0.1).abs() < 0.02, "{replay:#}");
}
