//! The messages about wrong configurations and logs: each says where, what was found and what was
//! expected.

mod config;
mod multi_task;

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use mild_trainer::Dataset;
use mild_trainer::config::Config;
use mild_trainer::{Error, Result};
use mild_trainer::{read_log, read_log_from};

const DATA: &str =
    "[data]\nlog = \"log.csv\"\nfeatures = [\"x*\"]\nlabel = \"label\"\nsplit = \"split\"\n";
const EXPERTS: &str = "[[expert]]\nname = \"local\"\nprediction = \"a\"\n[[expert]]\nname = \"cloud\"\nprediction = \"b\"\nprice = 0.1\n";
const LOG: &str = "x0,x1,label,split,a,b\n1,2,0,train,0,1\n3,4,1,calibration,1,1\n5,6,0,test,1,0\n";

fn config(text: &str) -> Result<Config> {
    Config::parse(text, Path::new("dir/mild.toml"))
}

fn read(config_text: &str, log: &[u8]) -> Result<Dataset> {
    let config = config(config_text).unwrap();
    read_log_from(log, Path::new("dir/log.csv"), &config)
}

#[track_caller]
fn says(error: Error, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

/// Reads the usual log with one text replaced.
#[track_caller]
fn log_says(old: &str, new: &str, parts: &[&str]) {
    assert!(LOG.contains(old));
    says(
        read(&format!("{DATA}{EXPERTS}"), LOG.replacen(old, new, 1).as_bytes()).unwrap_err(),
        parts,
    );
}

/// Reads the usual log, or the one given, with more of a configuration.
#[track_caller]
fn data_says(data: &str, experts: &str, log: &str, parts: &[&str]) {
    says(read(&format!("{data}{experts}"), log.as_bytes()).unwrap_err(), parts);
}

#[test]
fn the_usual_log_reads() {
    let dataset = read(&format!("{DATA}{EXPERTS}"), LOG.as_bytes()).unwrap();
    assert_eq!(
        [&dataset.train, &dataset.calibration, &dataset.test].map(|part| part.rows()),
        [1; 3]
    );
}

#[test]
fn files_that_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mild.toml");
    says(Config::load(&path).unwrap_err(), &["mild.toml: ", "No such file"]);
    fs::write(&path, format!("{DATA}{EXPERTS}")).unwrap();
    let config = Config::load(&path).unwrap();
    says(read_log(&config).unwrap_err(), &["log.csv: ", "No such file"]);
    fs::write(&path, b"[data]\nlog = \"\xff\"\n").unwrap();
    says(Config::load(&path).unwrap_err(), &["mild.toml:2: found", "not UTF-8", "expected"]);
}

#[test]
fn empty_logs() {
    let text = format!("{DATA}{EXPERTS}");
    for log in ["", "\n\r\n"] {
        says(
            read(&text, log.as_bytes()).unwrap_err(),
            &["dir/log.csv:1: found an empty file", "expected a header"],
        );
    }
    let header = LOG.lines().next().unwrap();
    says(
        read(&text, header.as_bytes()).unwrap_err(),
        &["log.csv:2: found no rows", "expected at least one row"],
    );
}

#[test]
fn headers() {
    log_says(
        "x1,",
        "x0,",
        &["log.csv:1: found column `x0` twice (columns 1 and 2)", "expected every name once"],
    );
    log_says(
        "label",
        "labl",
        &[
            "log.csv:1: found no column `label` (did you mean `labl`?)",
            "`data.label`",
            "`x0`, `x1`",
        ],
    );
    log_says(",b", ",c", &["found no column `b`", "expected it because of `expert[1].prediction`"]);
    let data = DATA.replace("\"x*\"", "\"x*\", \"y*\"");
    data_says(
        &data,
        EXPERTS,
        LOG,
        &["log.csv:1: `data.features[1]`: found no column that matches `y*`", "expected", "`x0`"],
    );
    let data = DATA.replace("\"x*\"", "\"x2\"");
    data_says(
        &data,
        EXPERTS,
        LOG,
        &["found no column `x2` (did you mean `x0`?)", "`data.features[0]`"],
    );
}

#[test]
fn an_error_of_the_log_names_the_key_that_it_does_not_fit() {
    let text = format!("{DATA}{EXPERTS}").replace("\"label\"", "\"class\"");
    let error = read(&text, LOG.as_bytes()).unwrap_err();
    says(
        read(&text, LOG.as_bytes()).unwrap_err(),
        &["log.csv:1: found no column `class`", "(dir/mild.toml:4)"],
    );
    let shown = error.shown(120, false);
    for part in ["--> dir/mild.toml:4:1", "4 | label = \"class\"", "^^^^^^^^^^^^^^^ expected here"]
    {
        assert!(shown.contains(part), "{shown}");
    }
    let report = error.report();
    assert_eq!((report.line, report.configuration.unwrap().line), (Some(1), 4));
}

#[test]
fn a_configuration_is_marked_where_it_is_wrong() {
    let shown = config(&format!("{DATA}{EXPERTS}cost = -1\n")).unwrap_err().shown(120, false);
    for part in ["--> dir/mild.toml:13:1", "13 | cost = -1", "^^^^^^^^^ "] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn leakage() {
    for (features, column, other) in [
        ("*", "label", "data.label"),
        ("s*", "split", "data.split"),
        ("a", "a", "expert[0].prediction"),
        ("?", "a", "expert[0].prediction"),
        ("b", "b", "expert[1].prediction"),
    ] {
        let data = DATA.replace("x*", features);
        let found = format!(
            "log.csv:1: found column `{column}` used both as `data.features[0]` and as `{other}`"
        );
        data_says(&data, EXPERTS, LOG, &[&found, "expected one use only", "leakage"]);
    }
    for (categorical, other) in [("label", "data.label"), ("b", "expert[1].prediction")] {
        let data = format!("{DATA}categorical = [\"{categorical}\"]\n");
        data_says(&data, EXPERTS, LOG, &["`data.categorical[0]`", other, "leakage"]);
    }
    let data = format!("{DATA}categorical = [\"x1\"]\n");
    data_says(
        &data,
        EXPERTS,
        LOG,
        &[
            "column `x1` used both as `data.features` and as `data.categorical[0]`",
            "expected one use",
        ],
    );
}

#[test]
fn rows_of_the_wrong_width() {
    log_says(",1,1\n", ",1\n", &["log.csv:3: found 5 cells, expected 6"]);
    log_says(",1,1\n", ",1,1,1\n", &["log.csv:3: found 7 cells, expected 6"]);
    // The line is that of the file, whatever its line ends, empty lines and quoted line ends.
    log_says("\n3,4", "\r\n\r\n\r\n3,4,4", &["log.csv:5: found 7 cells"]);
    log_says("1,2,0,train,0,1\n3,4", "\"1\n\",2,0,train,0,1\n3,4,4", &["log.csv:4: found 7 cells"]);
}

#[test]
fn cells() {
    for (old, new, column, found, expected) in [
        ("3,4", "3,four", "x1", "`four`", "a finite number"),
        ("3,4", "3,", "x1", "an empty cell", "a finite number"),
        ("3,4", "nan,4", "x0", "`nan`, a missing cell", "a finite number; fill it in, or leave"),
        ("3,4", "-inf,4", "x0", "`-inf`", "a finite number"),
        ("3,4", "1e39,4", "x0", "`1e39`", "a number within the range of f32"),
        ("1,calibration", "0.5,calibration", "label", "`0.5`", "a class: a text, `true` or"),
        (
            "1,calibration",
            ",calibration",
            "label",
            "an empty cell",
            "a class; fill it in, or leave the row",
        ),
        (
            "calibration",
            "valid",
            "split",
            "`valid`",
            "`train`, `calibration` or `test`; write `calibration`",
        ),
        ("calibration", "Train", "split", "`Train`", "`train`, `calibration` or `test`"),
        ("n,1,1", "n,1,0.5", "b", "`0.5`", "a class: a text, `true` or `false`, or a whole number"),
        (
            "n,1,1",
            "n,,1",
            "a",
            "an empty cell",
            "a class; or allow it: with `not_asked = \"allowed\"`",
        ),
    ] {
        let place = format!("dir/log.csv:3: column `{column}`: found {found}, expected {expected}");
        log_says(old, new, &[&place]);
    }
    let data = format!("{DATA}classes = 1\n");
    data_says(
        &data,
        EXPERTS,
        LOG,
        &["log.csv:3: column `label`: found `1`", "expected a class, an integer of 0..=0"],
    );
}

#[test]
fn losses_and_prices() {
    let experts = EXPERTS
        .replace("prediction = \"b\"\nprice = 0.1", "loss_column = \"b\"\nprice_column = \"c\"");
    let log =
        |loss: &str, price: &str| format!("x0,label,split,a,b,c\n1,0,train,0,{loss},{price}\n");
    for loss in ["1.5", "-0.1", "nan", "", "x"] {
        data_says(
            DATA,
            &experts,
            &log(loss, "0"),
            &["log.csv:2: column `b`: found", "expected a loss from 0 to 1"],
        );
    }
    for price in ["-0.1", "nan", "inf", "", "x"] {
        data_says(
            DATA,
            &experts,
            &log("0", price),
            &["log.csv:2: column `c`: found", "expected a finite price >= 0"],
        );
    }
    let data = DATA.replace("x*", "c");
    data_says(
        &data,
        &experts,
        &log("0", "0"),
        &["`data.features[0]` and as `expert[1].price_column`", "leakage"],
    );
}

#[test]
fn confidence() {
    let local = |keys: &str| EXPERTS.replacen("\n[[expert]]", &format!("\n{keys}\n[[expert]]"), 1);
    let log = |cells: &str| {
        format!("x0,label,split,a,b,p0,p1,p2\n1,0,train,0,0,0.5,0.25,0.25\n2,0,train,0,0,{cells}\n")
    };
    let largest = local("confidence = \"p0\"");
    let all = local("probabilities = [\"p*\"]");
    for (experts, column) in [(&largest, "p0"), (&all, "p0")] {
        for cell in ["1.001", "-0.1", "nan", "", "x"] {
            let place = format!("dir/log.csv:3: column `{column}`: found");
            let log = log(&format!("{cell},0.25,0.25"));
            data_says(DATA, experts, &log, &[&place, "expected a probability from 0 to 1"]);
        }
    }
    for (cells, sum) in [("0.5,0.25,0.2489", "0.9989"), ("0.75,0.25,0.25", "1.2500")] {
        let place = format!("log.csv:3: `expert[0].probabilities`: found a sum of {sum}");
        data_says(DATA, &all, &log(cells), &[&place, "expected 1, within 0.001"]);
    }
    // Rounded sums pass, and the largest alone sums to nothing; then the splits are missing.
    for (experts, cells) in [(&all, "0.5,0.25,0.2495"), (&largest, "0.3,0.25,0.25")] {
        data_says(DATA, experts, &log(cells), &["no rows for split `calibration`"]);
    }
    for (keys, parts) in [
        ("confidence = \"q0\"", ["found no column `q0`", "`expert[0].confidence`"]),
        ("probabilities = [\"q*\"]", ["matches `q*`", "`expert[0].probabilities[0]`"]),
        (
            "probabilities = [\"p0\"]",
            ["found 1 column", "expected one column per class, at least two"],
        ),
        ("confidence = \"b\"", ["`expert[0].confidence` and as `expert[1].prediction`", "leakage"]),
        ("probabilities = [\"p*\", \"a\"]", ["and as `expert[0].prediction`", "leakage"]),
    ] {
        data_says(DATA, &local(keys), &log("0.5,0.25,0.25"), &parts);
    }
}

#[test]
fn splits_and_groups() {
    for (old, new, split, counts) in [
        ("train", "test", "train", "(train 0, calibration 1, test 2)"),
        ("calibration", "train", "calibration", "(train 2, calibration 0, test 1)"),
        ("test", "train", "test", "(train 2, calibration 1, test 0)"),
    ] {
        let found = format!("column `split`: found no rows for split `{split}`");
        log_says(old, new, &["log.csv: ", &found, counts, "expected at least one"]);
    }
    let without = DATA.replace("split = \"split\"\n", "");
    let two: String = LOG.lines().take(3).map(|line| format!("{line}\n")).collect();
    data_says(
        &without,
        EXPERTS,
        &two,
        &["found no rows for split `train`", "expected at least one"],
    );

    let data = format!("{DATA}group = \"x0\"\n").replace("x*", "x1");
    let log = LOG.replace("5,6", "1,6");
    let parts = [
        "log.csv:4: column `x0`: found group `1` in split `test` but in split `train` on line 2",
        "expected all rows",
    ];
    data_says(&data, EXPERTS, &log, &parts);
    data_says(
        &data,
        EXPERTS,
        &LOG.replace("5,6", ",6"),
        &["log.csv:4: column `x0`: found an empty cell", "a group"],
    );
    let one = format!("{without}group = \"x0\"\n").replace("x*", "x1");
    data_says(
        &one,
        EXPERTS,
        &LOG.replace("3,", "1,").replace("5,", "1,"),
        &["column `x0`: found no rows for split `calibration`"],
    );
}

#[test]
fn categories() {
    let data = format!("{DATA}categorical = [\"c\"]\n");
    let mut log = "x0,label,split,a,b,c\n".to_owned();
    (0..257).for_each(|i| log += &format!("1,0,train,0,0,v{i}\n"));
    let parts = ["log.csv:258: column `c`: found `v256`", "expected at most 256 categories"];
    data_says(&data, EXPERTS, &log, &parts);
    let empty = "x0,label,split,a,b,c\n1,0,train,0,0, \n";
    data_says(
        &data,
        EXPERTS,
        empty,
        &["log.csv:2: column `c`: found an empty cell", "expected a category"],
    );
}

#[test]
fn scales_of_readings() {
    let raw = |raw: &str| format!("{EXPERTS}[raw]\n{raw}\n");
    data_says(
        DATA,
        &raw("scale = { x0 = 0.1 }"),
        LOG,
        &["column `x1`: found nothing", "expected exactly one", "`raw.scale`"],
    );
    let two = raw("scale = { \"x*\" = 0.1, \"*1\" = 0.2 }");
    data_says(DATA, &two, LOG, &["column `x1`: found `*1`, `x*`", "expected exactly one value"]);
    let none = raw("scale = 1\noffset = { \"y*\" = 0.1 }");
    data_says(
        DATA,
        &none,
        LOG,
        &["`raw.offset`: found no column that matches `y*`", "found `x0`, `x1`"],
    );
}

#[test]
fn damaged_bytes() {
    let text = format!("{DATA}{EXPERTS}");
    let mut bytes = LOG.replace("3,4", "3,é").into_bytes();
    let at = bytes.iter().position(|&byte| byte == 0xc3).unwrap();
    bytes[at] = 0xff;
    says(
        read(&text, &bytes).unwrap_err(),
        &["log.csv:3: found bytes that are not UTF-8", "expected UTF-8 text; save it as UTF-8"],
    );

    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(LOG.as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    assert!(read(&text, &whole).is_ok());
    for end in [12, whole.len() / 2, whole.len() - 5, whole.len() - 1] {
        let error = read(&text, &whole[..end]).unwrap_err();
        says(
            error,
            &["dir/log.csv:", "found damaged compressed data", "expected a complete gzip file"],
        );
    }
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    says(read(&text, &flipped).unwrap_err(), &["found damaged compressed data"]);
}
