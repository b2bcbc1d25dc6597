//! Logs as JSON Lines and as arrays of NumPy: the same dataset as from a CSV file, and errors with
//! the row and the column.

mod bench;

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use bench::Bench;
use mild_trainer::{
    Config, Dataset, Error, ForeignFormat, ForeignRows, NewRows, add_formats, survey_log,
    survey_log_from,
};
use zip::write::{SimpleFileOptions, ZipWriter};

const CONFIG: &str = "[data]\nlog = 'log'\nfeatures = ['x.*', 't']\nlabel = 'out.label'\n\
    group = 'room'\nnot_asked = 'allowed'\n[[expert]]\nname = 'local'\nprediction = 'out.local'\n\
    [[expert]]\nname = 'cloud'\nprediction = 'cloud'\nprice = 0.1\n";

const ROWS: usize = 120;

/// Two features of a list, one alone, label, both answers (one of them may be missing), room.
type Row = (f32, f32, f64, bool, bool, Option<bool>, String);

fn row(row: usize) -> Row {
    let x = ((row as f32).sqrt() - 3.3, 1e-7 * row as f32);
    // Doubles in the middle between two singles, where rounding twice goes wrong.
    let t = f64::midpoint(f64::from(x.0), f64::from(x.0.next_up()));
    let cloud = (row % 10 != 3).then_some(row.is_multiple_of(3));
    (x.0, x.1, t, row.is_multiple_of(2), row % 4 < 2, cloud, format!("room {}", row / 5))
}

fn csv() -> String {
    let mut text = "x.0,x.1,t,out.label,out.local,cloud,room\n".to_owned();
    for (a, b, t, label, local, cloud, room) in (0..ROWS).map(row) {
        let cloud = cloud.map_or(String::new(), |cloud| cloud.to_string());
        writeln!(text, "{a},{b},{t},{label},{local},{cloud},{room}").unwrap();
    }
    text
}

/// The rows as objects; the second half has its keys in another order.
fn json_lines(rows: std::ops::Range<usize>) -> String {
    let mut text = String::new();
    for (index, (a, b, t, label, local, cloud, room)) in rows.clone().zip(rows.map(row)) {
        let cloud = cloud.map_or("null".to_owned(), |cloud| cloud.to_string());
        let out = format!("\"out\": {{\"label\": {label}, \"local\": {local}, \"by\": \"me\"}}");
        let (x, rest) = (format!("\"x\": [{a}, {b}]"), format!("\"t\": {t}, \"cloud\": {cloud}"));
        if index < ROWS / 2 {
            writeln!(text, "{{{x}, {rest}, {out}, \"room\": \"{room}\"}}").unwrap();
        } else {
            writeln!(text, "{{\"room\": \"{room}\", {out}, {rest}, {x}, \"late\": 1}}").unwrap();
        }
    }
    text
}

fn config(log: &Path) -> Config {
    let text = CONFIG.replace("'log'", &format!("'{}'", log.display()));
    Config::parse(&text, Path::new("mild.toml")).unwrap()
}

fn survey(stored: &[u8], name: &str) -> Result<Dataset, Error> {
    survey_log_from(stored, Path::new(name), &config(Path::new("log")))
}

fn npz(arrays: &[(&str, &str, String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, kind, shape, data) in arrays {
        archive.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
        archive.write_all(b"\x93NUMPY\x01\x00").unwrap();
        archive.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
        archive.write_all(header.as_bytes()).unwrap();
        archive.write_all(data).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn arrays() -> Vec<(&'static str, &'static str, String, Vec<u8>)> {
    let rows: Vec<_> = (0..ROWS).map(row).collect();
    let one = format!("({ROWS},)");
    let text = |text: &str| {
        format!("{text:\0<8}").chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()
    };
    let texts = |of: &dyn Fn(&Row) -> String| {
        rows.iter().flat_map(|row| -> Vec<u8> { text(&of(row)) }).collect::<Vec<u8>>()
    };
    let x = rows.iter().flat_map(|row| [row.0, row.1]).flat_map(f32::to_le_bytes).collect();
    vec![
        ("x", "<f4", format!("({ROWS}, 2)"), x),
        ("t", "<f8", one.clone(), rows.iter().flat_map(|row| row.2.to_le_bytes()).collect()),
        ("out.label", "|b1", one.clone(), rows.iter().map(|row| row.3.into()).collect()),
        ("out.local", "|b1", one.clone(), rows.iter().map(|row| row.4.into()).collect()),
        ("cloud", "<U8", one.clone(), texts(&|row| row.5.map_or(String::new(), |c| c.to_string()))),
        ("room", "<U8", one, texts(&|row| row.6.clone())),
    ]
}

/// A dataset but for what it says of its file, and of lines.
fn meaning(data: Dataset) -> ([u8; 8], Vec<String>, Vec<String>, [usize; 3]) {
    let rows = [data.train.rows(), data.calibration.rows(), data.test.rows()];
    (data.log_digest, data.feature_names, data.class_names, rows)
}

#[test]
fn every_format_means_the_same() {
    let expected = survey(csv().as_bytes(), "log.csv").unwrap();
    assert_eq!(expected.feature_names, ["x.0", "x.1", "t"]);
    let json = survey(json_lines(0..ROWS).as_bytes(), "log.jsonl").unwrap();
    assert_eq!(json.notes.recognised, "log.jsonl: 120 rows of 9 columns, UTF-8, JSON Lines");
    let arrays = survey(&npz(&arrays()), "log.npz").unwrap();
    assert_eq!(arrays.notes.recognised, "log.npz: 120 rows of 7 columns, NPZ");
    assert_eq!(meaning(json), meaning(expected.clone()));
    assert_eq!(meaning(arrays), meaning(expected));
}

#[test]
fn several_files_are_one_log_in_any_order_of_keys() {
    let bench = Bench::new();
    fs::write(bench.path("part-1.jsonl"), json_lines(0..ROWS / 2)).unwrap();
    fs::write(bench.path("part-2.jsonl"), json_lines(ROWS / 2..ROWS)).unwrap();
    let data = survey_log(&config(&bench.path("part-*.jsonl"))).unwrap();
    let warnings = data.notes.warnings.join("\n");
    assert!(
        warnings.contains("too late to be columns are not read (`late`, from line 1 on)"),
        "{warnings}"
    );
    assert_eq!(meaning(data), meaning(survey(csv().as_bytes(), "log.csv").unwrap()));
}

#[test]
fn files_that_are_listed_are_one_log_in_that_order() {
    let bench = Bench::new();
    let table = csv();
    let (header, rows) = table.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    let write = |name: &str, rows: &[&str]| {
        fs::write(bench.path(name), format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    };
    write("z.csv", &rows[..50]);
    write("part-1.csv", &rows[50..70]);
    write("part-2.csv", &rows[70..90]);
    fs::write(bench.path("rest.jsonl"), json_lines(90..ROWS)).unwrap();
    let listed = |files: &[&str]| {
        let text = CONFIG.replace("'log'", &format!("{files:?}"));
        Config::parse(&text, &bench.path("mild.toml")).unwrap()
    };
    write("rest.csv", &rows[90..]);
    // The last one in the same format, or in another.
    for rest in ["rest.csv", "rest.jsonl"] {
        let data = survey_log(&listed(&["z.csv", "part-*.csv", rest])).unwrap();
        assert_eq!(meaning(data), meaning(survey(table.as_bytes(), "log.csv").unwrap()));
    }
    let error = survey_log(&listed(&["z.csv", "part-2.csv", "part-*.csv"])).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("part-2.csv: found it twice"), "{error}");
    for wrong in ["[]", "['z.csv', '']", "[3]", "''"] {
        let text = CONFIG.replace("'log'", wrong);
        let error = Config::parse(&text, Path::new("mild.toml")).unwrap_err().to_string();
        assert!(error.contains("mild.toml:2: `data.log"), "{error}");
    }
}

#[test]
fn standard_input_may_be_of_any_format() {
    let bench = Bench::new();
    let text = CONFIG.replace("'log'", "'-'");
    fs::write(bench.path("mild.toml"), text).unwrap();
    for (stored, form) in
        [(json_lines(0..ROWS).into_bytes(), "JSON Lines"), (npz(&arrays()), "NPZ")]
    {
        let mut mild = Command::new(env!("CARGO_BIN_EXE_mild"))
            .args(["inspect", "mild.toml"])
            .current_dir(bench.path("."))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        mild.stdin.take().unwrap().write_all(&stored).unwrap();
        let output = mild.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains(form), "{text}");
    }
}

#[test]
fn new_rows_may_be_json_lines() {
    let bench = Bench::new();
    fs::write(bench.path("log.jsonl"), json_lines(0..ROWS)).unwrap();
    let rows = NewRows::of_log(&config(&bench.path("log.jsonl"))).unwrap();
    let mut found = Vec::new();
    let new = "{\"t\": 1, \"x\": [2, 3]}\n{\"x\": [4, 5], \"t\": 6}\n";
    rows.read(new.as_bytes(), Path::new("new.jsonl"), |row| {
        found.push((row.line, row.inputs));
        Ok(())
    })
    .unwrap();
    assert_eq!(found, [(1, vec![2.0, 3.0, 1.0]), (2, vec![4.0, 5.0, 6.0])]);
}

#[test]
fn errors_name_the_row_and_the_column() {
    let refused = |stored: &[u8], name: &str, parts: &[&str]| {
        let error = survey(stored, name).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "`{part}` is not in: {error}");
        }
    };
    let json = json_lines(0..ROWS);
    let changed = |line: usize, from: &str, to: &str| {
        let mut lines: Vec<String> = json.lines().map(str::to_owned).collect();
        assert!(lines[line - 1].contains(from), "{}", lines[line - 1]);
        lines[line - 1] = lines[line - 1].replacen(from, to, 1);
        lines.join("\n")
    };
    let missing = changed(7, "\"t\":", "\"u\":");
    refused(missing.as_bytes(), "log.jsonl", &["log.jsonl:7: column `t`: found an empty cell"]);
    let text = changed(9, "\"t\":", "\"t\": \"low\", \"u\":");
    refused(text.as_bytes(), "log.jsonl", &["log.jsonl:9: column `t`: found `low`"]);
    let cut = changed(120, "}", "");
    refused(cut.as_bytes(), "log.jsonl", &["log.jsonl:120: found the end of the line"]);
    let mut other = arrays();
    other[1].3[8 * 5..8 * 6].copy_from_slice(&f64::INFINITY.to_le_bytes());
    refused(&npz(&other), "log.npz", &["log.npz:6: column `t`: found `inf`"]);
    let mut other = arrays();
    other[2].2 = "(60,)".to_owned();
    other[2].3.truncate(60);
    refused(
        &npz(&other),
        "log.npz",
        &["log.npz: array `out.label`: found 60 values, expected 120"],
    );
    let other = json_lines(0..ROWS).replace("\"cloud\"", "\"clouds\"");
    refused(other.as_bytes(), "log.jsonl", &["found no column `cloud` (did you mean `clouds`?)"]);
}

/// A format that another crate brings: lines of cells between bars, behind `TOY`.
struct Toy {
    names: Vec<String>,
    rows: std::vec::IntoIter<String>,
}

impl ForeignRows for Toy {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn remark(&self) -> Option<String> {
        Some("without `blob`".to_owned())
    }

    fn next_row(&mut self, cell: &mut dyn FnMut(&str)) -> Result<bool, String> {
        let Some(row) = self.rows.next() else { return Ok(false) };
        if row.contains('!') {
            return Err("a broken block".to_owned());
        }
        row.split('|').for_each(cell);
        Ok(true)
    }
}

fn open_toy(stored: Vec<u8>) -> Result<Box<dyn ForeignRows>, String> {
    let text = String::from_utf8(stored).map_err(|error| error.to_string())?;
    let mut lines = text.lines().skip(1).map(str::to_owned);
    let names = lines.next().ok_or("no names")?;
    let names = names.split('|').map(str::to_owned).collect();
    Ok(Box::new(Toy { names, rows: lines.collect::<Vec<_>>().into_iter() }))
}

static TOY: [ForeignFormat; 1] = [ForeignFormat { name: "Toy", magic: b"TOY\n", open: open_toy }];

#[test]
fn a_format_of_another_crate_means_the_same_and_its_errors_name_the_row() {
    add_formats(&TOY);
    let toy = format!("TOY\n{}", csv().replace(',', "|"));
    let data = survey(toy.as_bytes(), "log.toy").unwrap();
    assert_eq!(data.notes.recognised, "log.toy: 120 rows of 7 columns, Toy, without `blob`");
    assert_eq!(meaning(data), meaning(survey(csv().as_bytes(), "log.csv").unwrap()));
    let says = |toy: &str, part: &str| {
        let error = survey(toy.as_bytes(), "log.toy").unwrap_err().to_string();
        assert!(error.contains(part), "`{part}` is not in: {error}");
    };
    let lines: Vec<&str> = toy.lines().collect();
    // Behind the magic and the names the rows begin.
    let broken = [&lines[..6], &["!"], &lines[6..]].concat().join("\n");
    says(
        &broken,
        "log.toy:5: found damaged compressed data (a broken block), expected a complete Toy",
    );
    says("TOY\n", "log.toy:1: found damaged compressed data (no names)");
    let gap = toy.replacen(&format!("|{}|", row(2).2), "||", 1);
    assert_ne!(gap, toy);
    says(&gap, "log.toy:3: column `t`: found an empty cell");
}
