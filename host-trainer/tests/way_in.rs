//! The way in: from tables to a log, to a configuration, to a check, to an image.

mod bench;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use bench::{Bench, number};
use serde_json::Value;

/// A directory without a configuration.
fn bare() -> Bench {
    let bench = Bench::new();
    fs::remove_file(bench.path("mild.toml")).unwrap();
    fs::remove_file(bench.path("log.csv")).unwrap();
    bench
}

/// Rows with two features, in which `cloud` is right more often than `local`.
fn table(rows: usize) -> Vec<[String; 6]> {
    let row = |row: usize| {
        let (a, b) = ((row * 37 % 101) as f64 / 101.0, (row * 53 % 97) as f64 / 97.0);
        let label = row * 7 % 3;
        let local = if a > 0.6 { (label + 1) % 3 } else { label };
        let cloud = if b > 0.9 { (label + 2) % 3 } else { label };
        let split = ["train", "train", "train", "calibration", "test"][row % 5];
        [
            format!("{a:.3}"),
            format!("{b:.4}"),
            label.to_string(),
            local.to_string(),
            cloud.to_string(),
            split.to_owned(),
        ]
    };
    (0..rows).map(row).collect()
}

fn csv(header: &str, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    rows.into_iter().fold(format!("{header}\n"), |text, row| text + &row.join(",") + "\n")
}

#[test]
fn from_three_tables_to_an_image_with_four_commands() {
    let bench = bare();
    let rows = table(1200);
    let keyed = |columns: &'static [usize]| {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .enumerate()
            .map(|(key, row)| {
                let cells = columns.iter().map(|&column| row[column].clone());
                [format!("k{key}")].into_iter().chain(cells).collect()
            })
            .collect();
        rows
    };
    fs::write(bench.path("features.csv"), csv("id,f_a,f_b,label,split", keyed(&[0, 1, 2, 5])))
        .unwrap();
    // Answers in another order, one of them for a row that is not there.
    let mut local = keyed(&[3]);
    local.reverse();
    local.push(vec!["unknown".to_owned(), "0".to_owned()]);
    fs::write(bench.path("tiny.csv"), csv("id,answer", local)).unwrap();
    fs::write(bench.path("api.csv"), csv("id,answer", keyed(&[4]).into_iter().skip(10))).unwrap();
    let join = [
        "log",
        "join",
        "features.csv",
        "--answers",
        "local=tiny.csv",
        "--answers",
        "cloud=api.csv",
    ];
    let joined = bench.json(&[&join[..], &["--key", "id", "--out", "log.csv", "--json"]].concat());
    assert_eq!((&joined["rows"], &joined["written"]), (&1200.into(), &1190.into()));
    assert_eq!(
        (&joined["parts"][0]["unused"], &joined["parts"][0]["missing"]),
        (&1.into(), &0.into())
    );
    assert_eq!(
        (&joined["parts"][1]["unused"], &joined["parts"][1]["missing"]),
        (&0.into(), &10.into())
    );
    let text = bench.ok(&["init", "log.csv"]);
    for part in ["label: `label`", "features: f_*", "left out `id`", "prices of `cloud`", "next:"] {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
    let checked = bench.json(&["check", "mild.toml", "--deny-warnings", "--json"]);
    assert_eq!(checked["warnings"], Value::Array(Vec::new()), "{checked:#}");
    assert_eq!(checked["unused"], serde_json::json!(["id"]));
    assert_eq!(checked["classes"], serde_json::json!(["0", "1", "2"]));
    let priced = fs::read_to_string(bench.path("mild.toml")).unwrap();
    assert!(priced.contains("price = 0   # of one use"), "{priced}");
    let quick = priced.replace("price = 0   # of one use", "price = 0.05 #")
        + "[train]\neffort = 'quick'\n";
    fs::write(bench.path("mild.toml"), quick).unwrap();
    let trained = bench.json(&["train", "mild.toml", "--out", "out", "--json"]);
    assert!(
        number(&trained["test"], "deferral_loss") < number(&trained["test"], "best_single_loss")
    );
    assert_eq!(trained["warnings"], Value::Array(Vec::new()));
}

#[test]
fn init_never_replaces_a_configuration_by_itself() {
    let bench = bare();
    let rows = table(100).into_iter().map(Vec::from);
    fs::write(bench.path("log.csv"), csv("a,b,y,pred_local,pred_cloud,split", rows)).unwrap();
    fs::write(bench.path("mild.toml"), "mine").unwrap();
    let error = bench.error(&["init", "log.csv"]);
    assert!(error.contains("which is there already") && error.contains("--force"), "{error}");
    assert_eq!(fs::read_to_string(bench.path("mild.toml")).unwrap(), "mine");
    let printed = bench.ok(&["init", "log.csv", "--print"]);
    bench.ok(&["init", "log.csv", "--force"]);
    assert_eq!(fs::read_to_string(bench.path("mild.toml")).unwrap(), printed);
    bench.ok(&["check", "mild.toml"]);
}

#[test]
fn init_finds_experts_by_their_answers_where_names_say_nothing() {
    let bench = bare();
    let rows = table(300).into_iter().map(Vec::from);
    fs::write(bench.path("log.csv"), csv("temp,hum,truth,edge,big,split", rows)).unwrap();
    let guess = bench.json(&["init", "log.csv", "--json"]);
    let experts: Vec<&str> =
        guess["experts"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap()).collect();
    assert_eq!(experts, ["edge", "big"]);
    assert_eq!(guess["label"], "truth");
    assert_eq!(guess["features"], serde_json::json!(["temp", "hum"]));
    bench.ok(&["check", "mild.toml"]);
}

#[test]
fn init_says_what_it_cannot_guess() {
    let bench = bare();
    fs::write(bench.path("log.csv"), "a,b\n1,2\n3,4\n").unwrap();
    let error = bench.error(&["init", "log.csv"]);
    assert!(error.contains("found 0 columns that look like experts"), "{error}");
    assert!(error.contains("rename the column of right answers to `label`"), "{error}");
    assert!(!bench.path("mild.toml").exists());
    fs::write(bench.path("log.csv"), "a,pred_local,pred_cloud,label\n").unwrap();
    let error = bench.error(&["init", "log.csv"]);
    assert!(error.contains("log.csv"), "{error}");
    let error = bench.error(&["init", "log.csv", "other.csv"]);
    assert!(error.contains("`mild log join`"), "{error}");
}

#[test]
fn losses_scores_and_prices_are_guessed_by_name() {
    let bench = bare();
    let mut log = String::from("when,x1,x2,x3,speaker,loss_small,price_small,gpt_loss,price_gpt\n");
    for row in 0..200 {
        let x = (row * 37 % 101) as f64;
        writeln!(
            log,
            "{},{x},{},{},s{},{},0,{},{}",
            1000 + row,
            0.5 * x,
            x / 3.0,
            row / 10,
            row % 50,
            row % 20,
            0.1
        )
        .unwrap();
    }
    fs::write(bench.path("log.csv"), log.replace("when", "time")).unwrap();
    let guess = bench.json(&["init", "log.csv", "--json"]);
    assert_eq!(guess["experts"][0]["name"], "small");
    assert_eq!(guess["experts"][1]["column"], "gpt_loss");
    assert_eq!(guess["experts"][1]["price_column"], "price_gpt");
    assert_eq!(guess["loss_range"], serde_json::json!([0.0, 49.0]));
    assert_eq!((&guess["order"], &guess["group"]), (&"time".into(), &"speaker".into()));
    assert_eq!(guess["features"], serde_json::json!(["x*"]));
}

#[test]
fn join_says_what_does_not_fit_and_leaves_no_file() {
    let bench = bare();
    fs::write(bench.path("f.csv"), "id,x,label\n1,0.5,0\n2,0.5,1\n3,0.5,1\n").unwrap();
    let join = |answers: &str, more: &[&str]| {
        fs::write(bench.path("a.csv"), answers).unwrap();
        let join = ["log", "join", "f.csv", "--answers", "cloud=a.csv", "--out", "log.csv"];
        let error = bench.error(&[&join[..], more].concat());
        assert!(!bench.path("log.csv").exists(), "nothing half-written");
        error
    };
    let key = &["--key", "id"][..];
    let error = join("id,answer\n1,0\n2,0\n1,1\n", key);
    assert!(error.contains("a.csv:4: column `id`: found `1` again, as on line 2"), "{error}");
    let error = join("nr,answer\n1,0\n", key);
    assert!(error.contains("a.csv:1") && error.contains("`id`"), "{error}");
    let error = join("id,answer\n7,0\n", key);
    assert!(error.contains("found no key that also occurs in f.csv"), "{error}");
    let error = join("answer\n0\n1\n", &[]);
    assert!(error.contains("a.csv: found 2 rows, expected 3 as in f.csv"), "{error}");
    let error = join("answer\n0\n1\n1\n1\n", &[]);
    assert!(error.contains("a.csv: found 4 rows, expected 3 as in f.csv"), "{error}");
    fs::write(bench.path("f2.csv"), "id,x,label\n1,0.5,0\n1,0.5,1\n").unwrap();
    fs::write(bench.path("a.csv"), "id,answer\n1,0\n").unwrap();
    let twice =
        ["log", "join", "f2.csv", "--answers", "cloud=a.csv", "--out", "log.csv", "--key", "id"];
    let error = bench.error(&twice);
    assert!(error.contains("f2.csv:3: column `id`: found `1` again, as on line 2"), "{error}");
}

#[test]
fn join_by_row_and_with_gaps() {
    let bench = bare();
    fs::write(bench.path("f.csv"), "x,label\n0.5,0\n0.25,1\n").unwrap();
    fs::write(bench.path("a.csv"), "answer,price\n0,0.5\n\"1\",0\n").unwrap();
    bench.ok(&["log", "join", "f.csv", "--answers", "cloud=a.csv", "--out", "log.csv"]);
    let log = || fs::read_to_string(bench.path("log.csv")).unwrap();
    assert_eq!(log(), "x,label,pred_cloud,price_cloud\n0.5,0,0,0.5\n0.25,1,1,0\n");
    fs::write(bench.path("f.csv"), "day,nr,x\nmon,1,0.5\nmon,2,0.25\n").unwrap();
    fs::write(bench.path("a.csv"), "nr,day,answer\n2,mon,1\n").unwrap();
    let join = ["log", "join", "f.csv", "--answers", "cloud=a.csv", "--out", "log.csv"];
    let join = [&join[..], &["--key", "day,nr"]].concat();
    bench.ok(&join);
    assert_eq!(log(), "day,nr,x,pred_cloud\nmon,2,0.25,1\n");
    bench.ok(&[&join[..], &["--keep-unmatched"]].concat());
    assert_eq!(log(), "day,nr,x,pred_cloud\nmon,1,0.5,\nmon,2,0.25,1\n");
}

#[test]
fn check_tells_of_warnings_and_fails_only_if_they_are_denied() {
    let bench = Bench::new();
    let log = fs::read_to_string(bench.path("log.csv")).unwrap();
    // A feature that is the answer of `cloud`: `x9`.
    let leaking: String = log
        .lines()
        .enumerate()
        .map(|(line, row)| {
            let answer = row.split(',').nth(7).unwrap();
            format!("{row},{}\n", if line == 0 { "x9" } else { answer })
        })
        .collect();
    fs::write(bench.path("log.csv"), leaking).unwrap();
    let text = bench.ok(&["check", "mild.toml"]);
    for part in [
        "2000 rows, read in",
        "`x*` stands for 4",
        "train 1200, calibration 400, test 400",
        "warning: feature `x9` is the answer of `cloud`",
        "answer `b`",
    ] {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
    let denied = bench.mild(&["check", "mild.toml", "--deny-warnings", "--quiet"]);
    assert!(!denied.status.success());
    let error = String::from_utf8_lossy(&denied.stderr).into_owned();
    assert!(error.contains("expected none with `--deny-warnings`"), "{error}");
    let inspected = bench.json(&["inspect", "mild.toml", "--json"]);
    let is_leakage = |warning: &Value| warning["kind"] == "leakage";
    let warned = |document: &Value| document["warnings"].as_array().unwrap().iter().any(is_leakage);
    assert!(warned(&inspected), "{inspected:#}");
    let trained = bench.mild(&["train", "mild.toml", "--out", "out", "--json"]);
    assert!(
        String::from_utf8_lossy(&trained.stderr).contains("warning: feature `x9` is the answer")
    );
    let document: Value = serde_json::from_slice(&trained.stdout).unwrap();
    assert!(warned(&document), "{document:#}");
}

#[test]
fn check_refuses_what_training_would() {
    let bench = Bench::new();
    let config = fs::read_to_string(bench.path("mild.toml")).unwrap();
    fs::write(bench.path("mild.toml"), format!("{config}[budget]\nimage_bytes = 10\n")).unwrap();
    let error = bench.error(&["check", "mild.toml"]);
    assert!(error.contains("`budget.image_bytes`: found"), "{error}");
}

/// The real logs, or nothing with a word about it.
fn real_logs() -> Vec<PathBuf> {
    let directory = std::env::var_os("MILD_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let Ok(entries) = fs::read_dir(&directory) else {
        eprintln!("skipped: no logs in {}", directory.display());
        return Vec::new();
    };
    let configs = entries.flatten().map(|entry| entry.path().join("mild.toml"));
    let mut configs: Vec<PathBuf> = configs.filter(|config| config.is_file()).collect();
    configs.sort();
    configs
}

#[test]
fn most_keys_of_real_logs_are_guessed_right() {
    let configs = real_logs();
    if configs.is_empty() {
        return;
    }
    let bench = bare();
    let configs: Vec<&str> = configs.iter().map(|config| config.to_str().unwrap()).collect();
    let compare = [&["init", "--compare"][..], &configs].concat();
    println!("{}", bench.ok(&compare));
    let compared = bench.json(&[&compare[..], &["--json"]].concat());
    let sum = |key: &str| -> f64 {
        compared.as_array().unwrap().iter().map(|one| number(one, key)).sum()
    };
    assert!(sum("right") >= 0.97 * sum("keys"), "{} of {}", sum("right"), sum("keys"));
}

/// Of which kinds the warnings about each log of real data are, checked by hand: all of them are
/// true.
#[test]
fn warnings_about_real_logs_are_true() {
    for config in real_logs() {
        let bench = bare();
        let name = config.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        let checked = bench.json(&["check", config.to_str().unwrap(), "--json"]);
        let warnings = checked["warnings"].as_array().unwrap();
        let kinds: Vec<&str> = warnings.iter().map(|w| w["kind"].as_str().unwrap()).collect();
        println!("{name}: {warnings:#?}");
        // The letters of the UCI set have rows that stand there twice.
        let twice = name.starts_with("letter");
        let expected: &[&str] = if twice { &["equal-rows", "equal-rows"] } else { &[] };
        assert_eq!(kinds, expected, "{name}");
    }
}
