//! What training a long log holds in memory, against the log's size.
//!
//! `cargo test -p mild-trainer --test memory -- --ignored --nocapture` prints the figures, also of ten
//! gigabytes that are piped in. The
//! log's size is that of its numbers as the trainer must hold them, 4 bytes each: features, and
//! error and price of each expert. (The same log as CSV is larger.) Linux only: it tells a
//! process's peak.

#![cfg(target_os = "linux")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mild_trainer::internals::random::Random;

const ROWS: usize = 1_000_000;
const FEATURES: usize = 20;
const EXPERTS: usize = 4;

/// The most that may be held, in sizes of the log.
const MOST: f64 = 4.0;

/// Normal features; which expert is right depends on some of them, and on chance.
fn write_log(path: &Path) {
    let mut log = BufWriter::new(File::create(path).unwrap());
    let mut line: String = (0..FEATURES).map(|i| format!("x{i},")).collect();
    line += "label,a,b,c,d\n";
    let mut random = Random::new(1);
    for _ in 0..ROWS {
        log.write_all(line.as_bytes()).unwrap();
        line.clear();
        let x: Vec<f64> = (0..FEATURES).map(|_| random.normal()).collect();
        for x in &x {
            write!(line, "{x:.4},").unwrap();
        }
        line += "0";
        for k in 0..EXPERTS {
            let right = 1.0 / (1.0 + (-1.5 * x[k] - 0.5 * x[k + 1] * x[k + 2]).exp());
            line += if random.uniform() < right { ",0" } else { ",1" };
        }
        line += "\n";
    }
    log.write_all(line.as_bytes()).unwrap();
    log.flush().unwrap();
}

/// A configuration that leaves the search at its defaults, but for its length.
fn config() -> String {
    let mut config = "[data]\nlog = 'log.csv'\nfeatures = ['x*']\nlabel = 'label'\n\
        [train]\neffort = 'quick'\n"
        .to_owned();
    for (name, column, price) in
        [("local", "a", 0.0), ("b", "b", 0.05), ("c", "c", 0.1), ("d", "d", 0.1)]
    {
        let expert = format!("name = '{name}'\nprediction = '{column}'\nprice = {price:?}\n");
        config += &format!("[[expert]]\n{expert}");
    }
    config
}

/// The peak of a process's resident memory in bytes, and how it ended.
fn peak(mut child: Child) -> (usize, ExitStatus) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
        peak = peak.max(kib.unwrap_or(0) * 1024);
        if let Some(ended) = child.try_wait().unwrap() {
            return (peak, ended);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
#[ignore = "writes 160 MB and takes half a minute"]
fn a_million_rows_train_in_four_times_their_size() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    write_log(&path("log.csv"));
    fs::write(path("mild.toml"), config()).unwrap();
    let clock = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_mild"))
        .args(["train", "mild.toml", "--out", "out", "--quiet"])
        .current_dir(directory.path())
        .spawn()
        .unwrap();
    let (peak, ended) = peak(child);
    assert!(ended.success());
    let size = ROWS * (FEATURES + 2 * EXPERTS) * size_of::<f32>();
    let text = fs::metadata(path("log.csv")).unwrap().len();
    let ratio = peak as f64 / size as f64;
    let megabytes = |bytes: usize| bytes as f64 / 1e6;
    println!(
        "log of {ROWS} rows: {:.0} MB in memory ({:.0} MB as CSV); peak of training {:.0} MB, \
         {ratio:.2} times the log; {:.0} s",
        megabytes(size),
        megabytes(text as usize),
        megabytes(peak),
        clock.elapsed().as_secs_f64()
    );
    assert!(ratio <= MOST, "{ratio:.2} times the log's size");
}

/// Pipes rows of 100 kB, nearly all of which nothing uses, into `mild inspect`; the peak of its memory
/// in bytes, and the seconds that it took.
fn piped(megabytes: usize, row: impl Fn(usize, &str) -> String + Send + 'static) -> (usize, f64) {
    let directory = tempfile::tempdir().unwrap();
    let config = "[data]\nlog = '-'\nfeatures = ['x']\nlabel = 'y'\n\
        [[expert]]\nname = 'local'\nprediction = 'a'\n\
        [[expert]]\nname = 'cloud'\nprediction = 'b'\nprice = 0.1\n";
    fs::write(directory.path().join("mild.toml"), config).unwrap();
    let clock = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mild"))
        .args(["inspect", "mild.toml", "--quiet"])
        .current_dir(directory.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufWriter::new(child.stdin.take().unwrap());
    std::thread::spawn(move || {
        let sound = "3.14159,".repeat(12_500).replace(',', " ");
        for index in 0..megabytes * 10 {
            log.write_all(row(index, &sound).as_bytes()).unwrap();
        }
        log.flush().unwrap();
    });
    let (peak, ended) = peak(child);
    assert!(ended.success());
    (peak, clock.elapsed().as_secs_f64())
}

/// Pipes tables into `mild inspect`, which may take so many megabytes.
fn piped_rows(megabytes: usize, most: f64) {
    let csv = |row: usize, sound: &str| {
        let header = if row == 0 { "x,y,a,b,sound\n" } else { "" };
        format!("{header}{},{},{},0,{sound}\n", row % 97, row % 2, row % 3 % 2)
    };
    let json = |row: usize, sound: &str| {
        let (x, y, a) = (row % 97, row % 2, row % 3 % 2);
        format!("{{\"x\": {x}, \"y\": {y}, \"a\": {a}, \"b\": 0, \"sound\": \"{sound}\"}}\n")
    };
    for (name, (peak, seconds)) in
        [("CSV", piped(megabytes, csv)), ("JSON Lines", piped(megabytes, json))]
    {
        let peak = peak as f64 / 1e6;
        println!("{megabytes} MB of {name} piped in: peak {peak:.0} MB, {seconds:.1} s");
        assert!(peak < most, "{name}: {peak:.0} MB");
    }
}

#[test]
fn text_that_is_piped_in_is_not_held() {
    piped_rows(100, 40.0);
}

/// What grows with the rows is what is kept of each of the 100,000, not their text.
#[test]
#[ignore = "pipes ten gigabytes, twice"]
fn ten_gigabytes_are_piped_through_a_hundredth_of_that() {
    piped_rows(10_000, 100.0);
}
