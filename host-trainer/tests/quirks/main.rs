//! Logs as they are found: each quirk of a file, and what becomes of it.
//!
//! A log that is read gives the same image as the clean one, byte for byte. One that is refused
//! says where and what to change. The table in `docs/logs.md` is made from this one: after a change
//! write it anew with `MILD_WRITE=1 cargo test -p mild-trainer --test quirks`.

mod quirks;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use mild_trainer::{Config, Dataset, Error, Silent, read_log_from, train};
use quirks::{Outcome, QUIRKS, Quirk};

/// The rows of the clean log.
const ROWS: usize = 240;

/// The configuration of the clean log.
const CONFIG: &str = "[data]\nlog = 'log.csv'\nfeatures = ['cell *']\nlabel = 'label'\n\
    split = 'split'\n[[expert]]\nname = 'local'\nprediction = 'a'\n\
    [[expert]]\nname = 'cloud'\nprediction = 'b'\nprice_column = 'price'\n\
    [rejector]\nmethod = 'two-stage'\nhidden = [2]\n\
    [train]\neffort = 'quick'\nmax_iterations = 5\nfolds = 2\nl2 = 0.01\ntau = 'one'\n";

/// The clean log: two features, of which the first says when `local` is right.
fn clean() -> String {
    let mut log = "cell 1,cell 2,label,split,a,b,price\n".to_owned();
    for row in 0..ROWS {
        let x = (row * 73 % ROWS) as f64 / ROWS as f64;
        let split = ["train", "train", "train", "calibration", "test"][row % 5];
        let (label, price) = (row % 2, if row % 3 == 0 { "0.125" } else { "0.0625" });
        let local = if x < 0.5 { label } else { 1 - label };
        let second = (row * 31 % 97) as f64 * 12.5 - 500.0;
        writeln!(log, "{x:.4},{second},{label},{split},{local},{label},{price}").unwrap();
    }
    log
}

fn read(config: &str, log: &[u8]) -> Result<(Config, Dataset), Error> {
    let config = Config::parse(config, Path::new("mild.toml"))?;
    let data = read_log_from(log, Path::new("log.csv"), &config)?;
    Ok((config, data))
}

/// The image of a log. A key that says how a file is to be read is in the digest of the
/// configuration, so that this is set to that of the clean one.
fn image(config: &str, log: &[u8], digest: [u8; 8]) -> Result<Vec<u8>, Error> {
    let (mut config, data) = read(config, log)?;
    config.digest = digest;
    Ok(train(&config, &data, &Silent)?.artifact.to_bytes())
}

#[test]
fn what_is_read_gives_the_same_image_and_what_is_refused_says_the_change() {
    let log = clean();
    let digest = Config::parse(CONFIG, Path::new("mild.toml")).unwrap().digest;
    let expected = image(CONFIG, log.as_bytes(), digest).unwrap();
    let mut wrong = Vec::new();
    for quirk in QUIRKS {
        let config = CONFIG.replacen("[data]\n", &format!("[data]\n{}", quirk.key), 1);
        let written = (quirk.write)(&log);
        match (&quirk.outcome, image(&config, &written, digest)) {
            (Outcome::Read, Ok(image)) if image == expected => {}
            (Outcome::Read, Ok(_)) => wrong.push(format!("{}: another image", quirk.name)),
            (Outcome::Read, Err(error)) => wrong.push(format!("{}: {error}", quirk.name)),
            (Outcome::Warned(part), Ok(_)) => {
                let (_, data) = read(&config, &written).unwrap();
                let warnings = &data.notes.warnings;
                if !warnings.iter().any(|warning| warning.contains(part)) {
                    wrong.push(format!("{}: {warnings:?} without `{part}`", quirk.name));
                }
            }
            (Outcome::Warned(_), Err(error)) => wrong.push(format!("{}: {error}", quirk.name)),
            (Outcome::Refused(parts), Err(error)) => {
                let error = error.to_string();
                if let Some(part) = parts.iter().find(|part| !error.contains(**part)) {
                    wrong.push(format!("{}: `{part}` is not in: {error}", quirk.name));
                }
            }
            (Outcome::Refused(_), Ok(_)) => wrong.push(format!("{}: is read", quirk.name)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_at_least_forty_and_each_has_its_name() {
    assert!(QUIRKS.len() >= 40, "{}", QUIRKS.len());
    let mut names: Vec<&str> = QUIRKS.iter().map(|quirk| quirk.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), QUIRKS.len());
}

/// The table of the documentation.
fn table() -> String {
    let mut table = "| What is in the file | What happens |\n|---|---|\n".to_owned();
    for Quirk { name, key, outcome, .. } in QUIRKS {
        let keys: Vec<String> = key.lines().map(|key| format!("`{key}`")).collect();
        let with = match keys[..] {
            [] => String::new(),
            _ => format!(" with {}", keys.join(" and ")),
        };
        let text = match outcome {
            Outcome::Read => format!("read{with}"),
            Outcome::Warned(_) => format!("read{with}; a warning"),
            Outcome::Refused(parts) => {
                let change = parts.last().unwrap_or(&"").replace('|', "\\|");
                format!("refused{with}: \"{change}\"")
            }
        };
        writeln!(table, "| {} | {text} |", name.replace('|', "\\|")).unwrap();
    }
    table
}

const BEGIN: &str = "<!-- quirks -->\n";
const END: &str = "<!-- end -->\n";

#[test]
fn the_table_in_the_documentation_is_this_one() {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/logs.md");
    let page = fs::read_to_string(&file).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("a mark before the table");
    let (found, after) = rest.split_once(END).expect("a mark behind the table");
    if std::env::var_os("MILD_WRITE").is_some() {
        fs::write(&file, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
        return;
    }
    assert!(
        found == table(),
        "the table in docs/logs.md is not what the tests say. To write it anew: MILD_WRITE=1 cargo \
         test -p mild-trainer --test quirks"
    );
}
