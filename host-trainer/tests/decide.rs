//! `mild decide`: what an image decides, row by row.

mod bench;

use std::fs;

use bench::{Bench, CONFIG, log, number};
use serde_json::Value;

/// The rows of a table of decisions, without the header.
fn rows(table: &str) -> Vec<Vec<String>> {
    let rows = table.lines().skip(1);
    rows.map(|row| row.split(',').map(str::to_owned).collect()).collect()
}

/// The mean of the last column, added up as the program does.
fn mean_loss(rows: &[Vec<String>]) -> f64 {
    let losses = rows.iter().map(|row| f64::from(row.last().unwrap().parse::<f32>().unwrap()));
    losses.sum::<f64>() / rows.len() as f64
}

fn trained(method: &str) -> Bench {
    let bench = Bench::new();
    fs::write(bench.path("mild.toml"), format!("{CONFIG}[rejector]\nmethod = '{method}'\n"))
        .unwrap();
    bench.ok(&["train", "mild.toml", "--out", "out", "--quiet"]);
    bench
}

#[test]
fn decisions_and_their_costs_are_those_of_eval() {
    let bench = trained("two-stage");
    let image = ["--image", "out/rejector.mild"];
    let evaluated = bench.json(&[&["eval", "mild.toml", "--json"][..], &image].concat());
    let decide = [&["decide", "mild.toml"][..], &image].concat();
    let table = bench.ok(&decide);
    let header = table.lines().next().unwrap();
    let scores = "score_local,score_cloud,score_special";
    assert_eq!(header, format!("line,decision,margin,{scores},error,price,deferral_loss"));
    let decided = rows(&table);
    assert_eq!(evaluated["rows"], decided.len());
    assert!((mean_loss(&decided) - number(&evaluated, "deferral_loss")).abs() < 1e-12);
    for expert in evaluated["experts"].as_array().unwrap() {
        let asked = decided.iter().filter(|row| expert["name"] == row[1].as_str()).count();
        let share = asked as f64 / decided.len() as f64;
        assert!((share - number(expert, "share")).abs() < 1e-12, "{expert}");
    }
    // Every fifth row is a test row; the header is line 1.
    assert_eq!(decided[..2].iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["6", "11"]);

    let document = bench.json(&[&decide[..], &["--json"]].concat());
    assert_eq!(document["summary"]["rows"], decided.len());
    assert_eq!(document["summary"]["deferral_loss"], evaluated["deferral_loss"]);
    let offsets = document["offsets"].as_array().unwrap();
    for (row, cells) in document["rows"].as_array().unwrap().iter().zip(&decided) {
        assert_eq!(row["decision"], cells[1].as_str());
        assert_eq!(row["line"].to_string(), cells[0]);
        // The decision follows from the scores and the offsets.
        let sums = row["scores"].as_array().unwrap().iter().zip(offsets);
        let mut sums: Vec<i64> =
            sums.map(|(a, b)| a.as_i64().unwrap() + b.as_i64().unwrap()).collect();
        let names = document["experts"].as_array().unwrap();
        let chosen = names.iter().position(|name| *name == row["decision"]).unwrap();
        let best = sums.remove(chosen);
        assert_eq!(row["margin"], best - sums.iter().max().unwrap());
    }
}

#[test]
fn new_rows_need_no_label_and_their_columns_may_stand_in_another_order() {
    let bench = trained("one-vs-all");
    let image = ["--image", "out/rejector.mild"];
    let of_log = [&["decide", "mild.toml", "--split", "train"][..], &image].concat();
    let of_log = rows(&bench.ok(&of_log));
    // The train rows again, columns reversed, without label, split and the answers.
    let log = log(2000);
    let train: Vec<Vec<&str>> = log.lines().map(|row| row.split(',').collect()).collect();
    let train: Vec<&Vec<&str>> =
        train.iter().filter(|row| ["split", "train"].contains(&row[5])).collect();
    let table = |columns: &[usize]| {
        let rows = train.iter().map(|row| columns.iter().map(|&c| row[c]).collect::<Vec<_>>());
        rows.map(|cells| cells.join(",") + "\n").collect::<String>()
    };
    let decide = |table: &str| {
        fs::write(bench.path("new.csv"), table).unwrap();
        bench.ok(&[&["decide", "mild.toml", "--input", "new.csv"][..], &image].concat())
    };
    let bare = rows(&decide(&table(&[3, 2, 1, 0])));
    assert_eq!(bare.len(), of_log.len());
    for (bare, of_log) in bare.iter().zip(&of_log) {
        assert_eq!(bare.len(), 3 + 3 + 3 + 3, "scores, probabilities, costs");
        assert_eq!(bare[1..9], of_log[1..9]);
        assert_eq!(bare[9..], ["", "", ""]);
        assert!(bare[6..9].iter().all(|p| (0.0..=1.0).contains(&p.parse::<f64>().unwrap())));
    }
    // With the label and one expert's answers: the cost of the rows that ask that expert.
    let judged = rows(&decide(&table(&[3, 2, 1, 0, 4, 7])));
    for (judged, of_log) in judged.iter().zip(&of_log) {
        let known = judged[1] == "cloud";
        assert_eq!(judged[9..] == of_log[9..], known, "{judged:?} {of_log:?}");
        assert_eq!(judged[9].is_empty(), !known);
    }
    // A label that is missing on some rows.
    let with_gaps: String = table(&[3, 2, 1, 0, 4, 6, 7, 8])
        .lines()
        .enumerate()
        .map(|(line, row)| match (line, row.split(',').collect::<Vec<_>>()) {
            (0, _) => format!("{row}\n"),
            (line, mut cells) => {
                cells[4] = if line % 2 == 0 { "" } else { cells[4] };
                cells.join(",") + "\n"
            }
        })
        .collect();
    for (line, (judged, of_log)) in (1..).zip(rows(&decide(&with_gaps)).iter().zip(&of_log)) {
        assert_eq!(judged[9].is_empty(), line % 2 == 0);
        assert!(judged[9].is_empty() || judged[1..] == of_log[1..]);
    }
}

#[test]
fn errors_name_line_and_column_and_leave_no_file() {
    let bench = trained("two-stage");
    let decide = |table: &str| {
        fs::write(bench.path("new.csv"), table).unwrap();
        let input = ["decide", "mild.toml", "--input", "new.csv", "--out", "decided.csv"];
        bench.error(&[&input[..], &["--image", "out/rejector.mild"]].concat())
    };
    let error = decide("x0,x1,x2,kind\n0.5,0.5,0.5,0\n0.5,?,0.5,0\n");
    for part in ["new.csv:3", "`x1`", "`?`", "a finite number"] {
        assert!(error.contains(part), "{error}");
    }
    let error = decide("x0,x2,kind\n0.5,0.5,0\n");
    assert!(error.contains("found no column `x1`") || error.contains("`x1`"), "{error}");
    assert!(!bench.path("decided.csv").exists(), "nothing half-written");
    fs::write(bench.path("other.toml"), CONFIG.replace("['x*']", "['x0']")).unwrap();
    fs::write(bench.path("new.csv"), "x0,kind\n0.5,0\n").unwrap();
    let other = ["decide", "other.toml", "--input", "new.csv", "--image", "out/rejector.mild"];
    let error = bench.error(&other);
    assert!(error.contains("inputs of the image: found 6, expected 4"), "{error}");
}

#[test]
fn a_file_is_written_whole() {
    let bench = trained("two-stage");
    let decide = ["decide", "mild.toml", "--image", "out/rejector.mild", "--json"];
    let printed = bench.ok(&decide);
    bench.ok(&[&decide[..], &["--out", "decided.json"]].concat());
    let written = fs::read_to_string(bench.path("decided.json")).unwrap();
    assert_eq!(written, printed);
    let document: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(document["rows"].as_array().unwrap().len(), 400);
}
