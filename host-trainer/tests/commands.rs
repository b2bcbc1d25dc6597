//! The program `mild` as a person or a script uses it.

mod bench;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bench::{Bench, CONFIG, log, number};
use serde_json::Value;

#[test]
fn train_eval_inspect_and_export_agree() {
    let bench = Bench::new();
    let trained = bench.json(&["train", "mild.toml", "--out", "out", "--json"]);
    let evaluated = bench.json(&["eval", "mild.toml", "--image", "out/rejector.mild", "--json"]);
    assert_eq!(trained["test"], evaluated, "train and eval judge the same decisions");
    assert_eq!(evaluated["rows"], 400);
    let loss = number(&evaluated, "deferral_loss");
    assert!(loss < 0.8 * number(&evaluated, "best_single_loss"), "{evaluated:#}");
    assert!(loss >= number(&evaluated, "oracle_loss"));
    let interval = evaluated["deferral_loss_ci"].as_array().unwrap();
    assert!(interval[0].as_f64().unwrap() < loss && loss < interval[1].as_f64().unwrap());
    let shares: f64 =
        evaluated["experts"].as_array().unwrap().iter().map(|expert| number(expert, "share")).sum();
    assert!((shares - 1.0).abs() < 1e-9);
    assert!(
        (number(&evaluated["experts"][0], "share") - number(&evaluated, "coverage")).abs() < 1e-9
    );

    let inspected = bench.json(&["inspect", "out/rejector.mild", "--json"]);
    assert_eq!(inspected, trained["image"]);
    assert_eq!(inspected["inputs"], 6, "three numbers and three one-hot columns");
    let bytes = fs::metadata(bench.path("out/rejector.mild")).unwrap().len();
    assert_eq!(inspected["image_bytes"], bytes);
    assert_eq!(inspected["experts"][2]["name"], "special");

    let rust = bench.ok(&["export", "out/rejector.mild", "--format", "rust"]);
    assert!(rust.contains("pub const IMAGE") && rust.contains("0x444c494d"), "{rust}");
    bench.ok(&[
        "export",
        "out/rejector.mild",
        "--format",
        "vectors",
        "--config",
        "mild.toml",
        "--out",
        "v.bin",
    ]);
    let vectors = fs::read(bench.path("v.bin")).unwrap();
    assert_eq!(vectors, fs::read(bench.path("out/vectors.bin")).unwrap());
    assert_eq!(u32::from_le_bytes(vectors[12..16].try_into().unwrap()), 400 + 400 + 2000);
    let many = |config: &[&str]| {
        let export = ["export", "out/rejector.mild", "--format", "vectors", "--rows", "5000"];
        bench.ok(&[&export[..], config, &["--out", "many.bin"]].concat());
        let vectors = fs::read(bench.path("many.bin")).unwrap();
        u32::from_le_bytes(vectors[12..16].try_into().unwrap())
    };
    assert_eq!(many(&[]), 5000);
    assert!(many(&["--config", "mild.toml"]) >= 5000);
}

#[test]
fn inspect_of_a_configuration_tells_of_its_log() {
    let bench = Bench::new();
    let report = bench.json(&["inspect", "mild.toml", "--json"]);
    let train = &report["parts"][0];
    assert_eq!((&train["split"], &train["rows"]), (&"train".into(), &1200.into()));
    let counts: Vec<f64> = (0..3).map(|k| number(&train["experts"][k], "cheapest_right")).collect();
    assert!(counts[0] > counts[1] && counts[1] > counts[2], "{counts:?}");
    let nobody = number(train, "nobody_right");
    assert!((counts.iter().sum::<f64>() - 1200.0 * (1.0 - nobody)).abs() < 1e-6, "{train}");
    let balance = number(train, "balance");
    assert!(balance > 0.0 && balance < 1.0);
    assert!(number(train, "oracle_loss") < number(&train["best_single_loss"], "mean"));
    assert!(
        report["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|w| w["text"] == "all labels are equal: this is not a classification task")
    );
    let text = bench.ok(&["inspect", "mild.toml"]);
    assert!(text.contains("cheapest right") && text.contains("warning: all labels"), "{text}");
    let error = bench.error(&["inspect", "absent.toml"]);
    assert!(error.contains("absent.toml"), "{error}");
}

#[test]
fn same_log_configuration_and_seed_give_the_same_bytes() {
    let bench = Bench::new();
    for out in ["one", "two"] {
        bench.ok(&["train", "mild.toml", "--out", out, "--quiet"]);
    }
    bench.ok(&["train", "mild.toml", "--out", "three", "--seed", "7", "--quiet"]);
    for file in ["rejector.mild", "metrics.json", "vectors.bin", "report.html"] {
        let read = |out: &str| fs::read(bench.path(out).join(file)).unwrap();
        assert_eq!(read("one"), read("two"), "{file}");
        assert_ne!(read("one"), read("three"), "{file}: the seed matters");
    }
    assert_eq!(fs::read_dir(bench.path("one")).unwrap().count(), 4, "no temporary files stay");
}

/// With margins that follow the scores, in the float network and in its fine-tuned integers.
#[test]
fn every_rule_of_margins_gives_the_same_bytes_twice() {
    let bench = Bench::new();
    let image = |rule: &str, out: &str| {
        let config = CONFIG.replace("effort = 'quick'", &format!("effort = 'quick'\n{rule}"));
        let method = "\n[rejector]\nmethod = 'mild'\nhidden = [8]\n";
        fs::write(bench.path("mild.toml"), config + method).unwrap();
        bench.ok(&["train", "mild.toml", "--out", out, "--quiet"]);
        fs::read(bench.path(out).join("rejector.mild")).unwrap()
    };
    for rule in ["rho_rule = 'balance'", "rho_rule = 'spread'\ngamma = 0.33"] {
        assert_eq!(image(rule, "one"), image(rule, "two"), "{rule}");
    }
}

#[test]
fn an_interrupted_training_goes_on_where_it_was() {
    let bench = Bench::new();
    bench.ok(&["train", "mild.toml", "--out", "whole", "--effort", "normal", "--quiet"]);
    let fits = || -> Vec<PathBuf> {
        let directories = fs::read_dir(bench.path("out")).into_iter().flatten().flatten();
        directories
            .flat_map(|entry| fs::read_dir(entry.path()).into_iter().flatten())
            .flatten()
            .map(|entry| entry.path())
            .collect()
    };
    let mut training = Command::new(env!("CARGO_BIN_EXE_mild"))
        .args(["train", "mild.toml", "--out", "out", "--effort", "normal", "--quiet"])
        .current_dir(bench.directory.path())
        .spawn()
        .unwrap();
    while fits().len() < 5 && training.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    training.kill().unwrap();
    assert!(!training.wait().unwrap().success(), "it was interrupted");
    assert!(fits().len() >= 5 && !bench.path("out/rejector.mild").exists());
    // A damaged memory is done again.
    fs::write(&fits()[0], "damage").unwrap();
    bench.ok(&["train", "mild.toml", "--out", "out", "--effort", "normal", "--quiet"]);
    for file in ["rejector.mild", "metrics.json"] {
        let read = |out: &str| fs::read(bench.path(out).join(file)).unwrap();
        assert_eq!(read("out"), read("whole"), "{file}");
    }
    assert_eq!(fs::read_dir(bench.path("out")).unwrap().count(), 4, "nothing else stays");
}

#[test]
fn quiet_says_nothing_and_a_table_is_for_people() {
    let bench = Bench::new();
    assert_eq!(bench.ok(&["train", "mild.toml", "--out", "out", "--quiet"]), "");
    let table = bench.ok(&["eval", "mild.toml", "--image", "out/rejector.mild"]);
    for line in ["always local", "always special", "rejector, int8", "oracle"] {
        assert!(table.contains(line), "{table}");
    }
}

#[test]
fn errors_say_where_what_and_what_was_expected() {
    let bench = Bench::new();
    let error = bench.error(&["train", "absent.toml", "--out", "out"]);
    assert!(error.starts_with("error: ") && error.contains("absent.toml"), "{error}");

    bench.ok(&["train", "mild.toml", "--out", "out", "--quiet"]);
    let image = bench.path("out/rejector.mild");
    let good = fs::read(&image).unwrap();
    let mut bad = good.clone();
    bad[100] ^= 4;
    fs::write(&image, &bad).unwrap();
    let error = bench.error(&["inspect", "out/rejector.mild"]);
    assert!(error.contains("out/rejector.mild") && error.contains("checksum"), "{error}");
    fs::write(&image, &good[..good.len() - 3]).unwrap();
    let error = bench.error(&["eval", "mild.toml", "--image", "out/rejector.mild", "--json"]);
    assert!(error.contains("whole number of 32-bit words"), "{error}");

    fs::write(&image, &good).unwrap();
    fs::write(bench.path("other.toml"), CONFIG.replace("'x*'", "'x0', 'x1'")).unwrap();
    let error = bench.error(&["eval", "other.toml", "--image", "out/rejector.mild"]);
    assert!(error.contains("found 6, expected 5"), "{error}");
    fs::write(bench.path("other.toml"), CONFIG.replace("'special'", "'person'")).unwrap();
    let error = bench.error(&["eval", "other.toml", "--image", "out/rejector.mild"]);
    assert!(error.contains("special") && error.contains("person"), "{error}");

    fs::write(bench.path("log.csv"), log(25)).unwrap();
    let error = bench.error(&["train", "mild.toml", "--out", "few"]);
    assert!(error.contains("log.csv: train rows: found 15, expected at least 20"), "{error}");

    let error = bench.error(&["export", "out/rejector.mild", "--format", "vectors"]);
    assert!(error.contains("--out"), "{error}");
}

#[test]
fn a_hopeless_log_ends_in_the_best_single_expert() {
    let bench = Bench::new();
    // The features say nothing: shuffle them against the outcomes by taking them from other rows.
    let log = log(2000);
    let mut lines: Vec<Vec<&str>> = log.lines().map(|line| line.split(',').collect()).collect();
    let features: Vec<[&str; 3]> = lines.iter().map(|line| [line[0], line[1], line[2]]).collect();
    let rows = lines.len() - 1;
    for (row, line) in lines.iter_mut().enumerate().skip(1) {
        let other = features[1 + (row + 997) % rows];
        line[..3].copy_from_slice(&other);
    }
    let text: Vec<String> = lines.iter().map(|line| line.join(",")).collect();
    fs::write(bench.path("log.csv"), text.join("\n")).unwrap();
    let trained = bench.json(&["train", "mild.toml", "--out", "out", "--json"]);
    let chosen = trained["chosen"].as_str().unwrap();
    assert!(chosen.starts_with("always "), "{chosen}");
    let test = &trained["test"];
    assert!(
        number(test, "deferral_loss") <= number(test, "best_single_on_calibration_loss") + 0.01
    );
}

#[test]
fn an_image_keeps_within_its_budget_or_is_not_written() {
    let bench = Bench::new();
    let with_budget = |budget: &str| {
        fs::write(bench.path("small.toml"), format!("{CONFIG}[budget]\n{budget}\n")).unwrap();
    };
    let free = bench.json(&["train", "mild.toml", "--out", "free", "--json"]);
    assert!(free.get("budget").is_none());
    let (bytes, macs) = (number(&free["image"], "image_bytes"), number(&free["image"], "macs"));
    let most = bytes as usize - 1;
    with_budget(&format!("image_bytes = {most}\nmacs = {macs}"));
    let small = bench.json(&["train", "small.toml", "--out", "small", "--json"]);
    assert_eq!(small["budget"]["image_bytes"], most);
    assert_eq!(small["budget"]["scratch_bytes"], Value::Null);
    let written = fs::metadata(bench.path("small/rejector.mild")).unwrap().len();
    assert_eq!(small["image"]["image_bytes"], written);
    assert!(written <= most as u64 && number(&small["image"], "macs") <= macs);
    assert!(
        number(&small["test"], "deferral_loss") < 0.9 * number(&small["test"], "best_single_loss"),
        "what fits is still worth having"
    );
    let text = bench.ok(&["train", "small.toml", "--out", "small"]);
    assert!(text.contains(&format!("image {written} of {most} bytes, scratch ")), "{text}");

    with_budget("image_bytes = 200");
    let error = bench.error(&["train", "small.toml", "--out", "none"]);
    for part in
        ["small.toml:", "`budget.image_bytes`: found ", "linear", "expected at most 200; try"]
    {
        assert!(error.contains(part), "{error}");
    }
    assert!(!bench.path("none").exists(), "nothing is written");
}

#[test]
fn compare_sets_methods_beside_each_other() {
    let bench = Bench::new();
    let methods = ["compare", "mild.toml", "--methods", "two-stage,mild", "--seeds", "2", "--json"];
    let compared = bench.json(&methods);
    assert_eq!(compared["overall"].as_array().unwrap().len(), 0, "one log has no ranks");
    let log = &compared["logs"][0];
    assert_eq!((&log["rows"], &log["train_rows"]), (&Value::from(400), &Value::Null));
    let lines = log["methods"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert_eq!(line["seeds"], Value::from(2));
        let loss = &line["loss"];
        assert_eq!(number(loss, "mean"), number(line, "int8"));
        assert!(number(loss, "low") < number(loss, "mean"));
        assert_eq!(line["against_best_single"]["verdict"], "better", "{line:#}");
        assert!(number(line, "random_loss") > number(line, "int8"), "features say something");
        assert!(number(line, "minority_recall") > 0.5, "{line:#}");
        assert!(number(line, "area") > 0.5 && number(line, "aurc") < 0.3, "{line:#}");
        assert_eq!(line["curve"].as_array().unwrap().len(), 21);
    }
    assert_eq!(number(&lines[0]["against_baseline"]["difference"], "mean"), 0.0);
    let error = bench.error(&["compare", "mild.toml", "--methods", "mid"]);
    assert!(error.contains("mild"), "{error}");
    let error = bench.error(&["compare", "mild.toml", "--train-rows", "7"]);
    assert!(error.contains("at least 20"), "{error}");
}

#[test]
fn a_method_without_randomness_counts_as_one_seed() {
    let bench = Bench::new();
    // Seeds run side by side, and which one ends first is chance.
    for _ in 0..3 {
        let methods = ["compare", "mild.toml", "--methods", "knn", "--seeds", "4", "--json"];
        let compared = bench.json(&methods);
        assert_eq!(compared["logs"][0]["methods"][0]["seeds"], Value::from(1));
    }
}

#[test]
fn compare_gates_on_a_column_of_the_command_line() {
    let bench = Bench::new();
    // The log with how sure the device is, well and badly told.
    let lines = log(2000).lines().enumerate().fold(String::new(), |text, (row, line)| {
        let told = match line.split(',').next().and_then(|x0| x0.parse::<f64>().ok()) {
            Some(x0) => format!("{:.4},{}", 1.0 - x0, (row % 10) as f64 / 10.0),
            None => "sure,blind".to_owned(),
        };
        text + line + "," + &told + "\n"
    });
    fs::write(bench.path("log.csv"), lines).unwrap();
    let run = |confidence: &[&str]| {
        let methods = "max-softmax,entropy,random";
        let plain = ["compare", "mild.toml", "--methods", methods, "--json", "--out", "out"];
        bench.json(&[&plain[..], confidence].concat())["logs"][0].clone()
    };
    let without = run(&[]);
    assert_eq!(without["methods"].as_array().unwrap().len(), 1, "by lot alone: {without:#}");
    assert!(without["skipped"][0][1].as_str().unwrap().contains("--confidence"), "{without:#}");
    let other = run(&["--confidence", "shure"]);
    assert_eq!(other["skipped"], without["skipped"], "a log without the column");
    let sure = run(&["--confidence", "sure"]);
    let [gate, lot] = [0, 1].map(|at| &sure["methods"][at]);
    assert_eq!((&gate["method"], &lot["method"]), (&"max-softmax".into(), &"random".into()));
    assert!(gate["chosen"].as_str().unwrap().starts_with("cloud above 0.6"), "{gate:#}");
    assert_eq!(gate["against_best_single"]["verdict"], "better", "{gate:#}");
    assert!(number(&lot["loss"], "mean") > number(&gate["loss"], "mean") + 0.05, "{lot:#}");
    assert_eq!(sure["skipped"][0][0], "entropy");
    assert!(sure["skipped"][0][1].as_str().unwrap().contains("only"), "{sure:#}");
    assert_eq!(sure["constants"].as_array().unwrap().len(), 3);
    // Another column is another run, whatever is kept.
    let blind = run(&["--confidence", "blind"]);
    assert!(blind["methods"][0]["chosen"].as_str().unwrap().starts_with("always"), "{blind:#}");
    assert_eq!(run(&["--confidence", "sure"])["methods"][0]["loss"], gate["loss"]);
    let table = fs::read_to_string(bench.path("out/compare.md")).unwrap();
    assert!(table.contains("Always local 0."), "{table}");
}

#[test]
fn compare_with_the_first_experts_alone() {
    let bench = Bench::new();
    let arguments =
        ["compare", "mild.toml", "--methods", "two-stage,one-stage", "--experts", "2,3"];
    let text = bench.ok(&arguments);
    assert!(text.contains("## Accuracy by number of experts"), "{text}");
    // Losses of both, accuracies with and without offsets, and no classifier in place of `local`.
    assert_eq!(text.matches("always local  best single  oracle").count(), 3, "{text}");
    assert!(text.contains("-2  "), "{text}");
    assert!(text.contains("one-stage: not used here: all labels are equal"), "{text}");
    let error = bench.error(&["compare", "mild.toml", "--experts", "4"]);
    assert!(error.contains("found 4, expected at most 3, the experts of"), "{error}");
    let error = bench.error(&["compare", "mild.toml", "--experts", "1"]);
    assert!(error.contains("at least 2"), "{error}");
}

#[test]
fn compare_keeps_its_runs_and_writes_tables_and_plots() {
    let bench = Bench::new();
    fs::write(bench.path("again.toml"), CONFIG).unwrap();
    let arguments = [
        "compare",
        "mild.toml",
        "again.toml",
        "--methods",
        "two-stage,mild",
        "--train-rows",
        "100,all",
        "--out",
        "out",
    ];
    let first = bench.ok(&arguments);
    for part in
        ["## 2 logs, all train rows", "## 2 logs, 100 train rows", "## Learning curves", "Friedman"]
    {
        assert!(first.contains(part), "{first}");
    }
    // The same figures, in Markdown.
    let markdown = fs::read_to_string(bench.path("out/compare.md")).unwrap();
    for log in ["mild", "again"] {
        let printed = first.lines().find(|line| line.starts_with(&format!("{log} "))).unwrap();
        let cells: Vec<&str> = printed.split_whitespace().collect();
        let written = format!("| {} |", cells.join(" | "));
        assert!(markdown.contains(&written), "{written}\n{markdown}");
    }
    let page = fs::read_to_string(bench.path("out/compare.html")).unwrap();
    let document = fs::read_to_string(bench.path("out/compare.json")).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    for log in document["logs"].as_array().unwrap() {
        for method in log["methods"].as_array().unwrap() {
            // Each loss stands in the table of all logs, whatever the number of rows.
            let shown = format!(">{:.4}<", number(&method["loss"], "mean"));
            assert!(page.contains(&shown), "{} {}: {shown}", log["log"], method["method"]);
        }
    }
    assert!(page.contains("script-src 'none'") && !page.contains("<script"), "{page}");
    let runs = || {
        let mut runs = Vec::new();
        let mut open = vec![bench.path("out/runs")];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap().flatten() {
                if entry.path().is_dir() {
                    open.push(entry.path())
                } else {
                    runs.push(entry.path())
                }
            }
        }
        runs.sort();
        runs
    };
    let kept = runs();
    assert_eq!(kept.len(), 2 * 2 * 2);
    // One run is lost and one is damaged: they are done again, the others are not.
    let written = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let times: Vec<_> = kept.iter().map(|path| written(path)).collect();
    fs::remove_file(&kept[0]).unwrap();
    fs::write(&kept[1], "damage").unwrap();
    let csv = bench.ok(&[&arguments[..], &["--csv"]].concat());
    assert_eq!(fs::read_to_string(bench.path("out/compare.md")).unwrap(), markdown);
    assert_eq!(runs(), kept);
    assert!((2..kept.len()).all(|run| written(&kept[run]) == times[run]));
    assert!(written(&kept[0]) != times[0] && written(&kept[1]) != times[1]);
    let mut lines = csv.lines();
    let columns = lines.next().unwrap().split(',').count();
    assert_eq!(columns, 39);
    assert_eq!(lines.count(), 8);
    let plots: Vec<_> = fs::read_dir(bench.path("out/plots")).unwrap().flatten().collect();
    assert_eq!(plots.len(), 2 + 2 + 2, "cost and quality, learning, ranks");
    for plot in plots {
        let svg = fs::read_to_string(plot.path()).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{plot:?}");
    }
}

#[test]
fn a_failed_training_leaves_an_earlier_image_alone() {
    let bench = Bench::new();
    bench.ok(&["train", "mild.toml", "--out", "out", "--quiet"]);
    let before = fs::read(bench.path("out/rejector.mild")).unwrap();
    fs::write(bench.path("log.csv"), "x0,x1\n1,2\n").unwrap();
    bench.error(&["train", "mild.toml", "--out", "out"]);
    assert_eq!(fs::read(bench.path("out/rejector.mild")).unwrap(), before);
    assert!(Path::new(&bench.path("out/metrics.json")).exists());
}

/// An expert who is always right and costs little, told by 30 answers.
fn write_answers(bench: &Bench) {
    fs::write(bench.path("answers.csv"), format!("label,right\n{}", "0,1\n".repeat(30))).unwrap();
}

#[test]
fn extend_adds_an_expert_from_its_answers() {
    let bench = Bench::new();
    write_answers(&bench);
    let arguments = ["extend", "mild.toml", "--expert", "person", "--price", "0.01"];
    let arguments = [&arguments[..], &["--answers", "answers.csv", "--out", "out"]].concat();
    let extended = bench.json(&[&arguments[..], &["--json"]].concat());
    let accuracy = &extended["accuracies"]["classes"][0];
    assert_eq!((&accuracy["answers"], &accuracy["right"]), (&30.into(), &30.into()));
    assert!(number(accuracy, "accuracy") > 0.9, "{accuracy}");
    let weighed = &extended["weighed"];
    assert!(number(weighed, "last_row") < 0.8 * number(weighed, "without"), "{weighed}");
    assert!(number(weighed, "anew") < 0.8 * number(weighed, "without"), "{weighed}");
    let person = &extended["test"]["experts"][3];
    assert_eq!((&person["name"], &person["share"]), (&"person".into(), &extended["asked"]));
    assert!(number(&extended, "asked") > 0.5 && number(&extended, "expected_accuracy") > 0.9);
    let inspected = bench.json(&["inspect", "out/rejector.mild", "--json"]);
    assert_eq!(inspected, extended["image"]);
    let written: Value =
        serde_json::from_slice(&fs::read(bench.path("out/metrics.json")).unwrap()).unwrap();
    assert_eq!(written, extended);
    assert_eq!(fs::read_dir(bench.path("out")).unwrap().count(), 3, "image, figures, vectors");
    let image = fs::read(bench.path("out/rejector.mild")).unwrap();
    let text = bench.ok(&arguments);
    assert!(text.contains("person is asked on") && text.contains("taken: "), "{text}");
    assert_eq!(fs::read(bench.path("out/rejector.mild")).unwrap(), image, "the same bytes again");
}

#[test]
fn extend_says_why_it_cannot() {
    let bench = Bench::new();
    write_answers(&bench);
    let extend = |config: &str, name: &str, cost: &str, answers: &str| {
        let new = ["extend", config, "--expert", name, "--price", cost];
        bench.error(&[&new[..], &["--answers", answers, "--out", "out"]].concat())
    };
    let error = extend("mild.toml", "cloud", "0.1", "answers.csv");
    assert!(error.contains("found `cloud`, expected a name other than"), "{error}");
    let error = extend("mild.toml", "person", "-1", "answers.csv");
    assert!(error.contains("expected a finite price >= 0"), "{error}");
    fs::write(bench.path("other.csv"), "label,right\n0,1\n5,1\n").unwrap();
    let error = extend("mild.toml", "person", "0.1", "other.csv");
    assert!(error.contains("other.csv:3") && error.contains("found `5`"), "{error}");
    let losses = CONFIG.replace("label = 'y'\n", "").replace("prediction", "loss_column");
    fs::write(bench.path("losses.toml"), losses).unwrap();
    let error = extend("losses.toml", "person", "0.1", "answers.csv");
    assert!(error.contains("`data.label`: found nothing"), "{error}");
    assert!(!bench.path("out").exists(), "an error leaves nothing behind");
}

#[test]
fn study_new_expert_leaves_experts_out_and_takes_them_in() {
    let bench = Bench::new();
    let study = ["study", "new-expert", "mild.toml", "--method", "two-stage", "--seeds", "1"];
    let study = [&study[..], &["--answers", "10,50"]].concat();
    let studied = bench.json(&[&study[..], &["--expert", "special", "--json"]].concat());
    let outcomes = studied["outcomes"].as_array().unwrap();
    assert_eq!(outcomes.len(), 2);
    for outcome in outcomes {
        assert_eq!(outcome["expert"], "special");
        assert!(number(outcome, "whole") < number(outcome, "without"), "{outcome}");
        let difference = &outcome["extended_against"]["difference"];
        let expected = number(outcome, "extended") - number(outcome, "without");
        assert!((number(difference, "mean") - expected).abs() < 1e-9, "{outcome}");
    }
    let text = bench.ok(&study);
    let studied: Vec<&str> = text.lines().filter(|line| line.starts_with("mild.toml ")).collect();
    let first_words = |line: &&str| line.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let expected = ["mild.toml cloud 10", "mild.toml cloud 50", "mild.toml special 10"];
    let studied: Vec<String> = studied.iter().map(first_words).collect();
    assert_eq!(studied[..3], expected, "{text}");
    let error = bench.error(&[&study[..], &["--expert", "local"]].concat());
    assert!(error.contains("found `local`, expected one of `cloud`, `special`"), "{error}");
    let error = bench.error(&["study", "new-expert", "mild.toml", "--answers", "5000"]);
    assert!(error.contains("found 5000, expected at most the 1200 train rows"), "{error}");
}
