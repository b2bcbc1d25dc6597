//! Ctrl-C during a training: nothing is half written, and the same command continues where it
//! stopped.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const MILD: &str = env!("CARGO_BIN_EXE_mild");

/// What a shell makes of a program that SIGINT ends.
const INTERRUPTED: i32 = 130;

fn train(config: &Path, out: &Path) -> Command {
    let mut command = Command::new(MILD);
    command.args(["train", "--effort", "quick", "--no-report"]).arg(config).arg("--out").arg(out);
    command
}

/// The fits that an unfinished selection has kept.
fn kept(out: &Path) -> usize {
    let folders = fs::read_dir(out).into_iter().flatten().flatten();
    let selections =
        folders.filter(|entry| entry.file_name().to_string_lossy().starts_with(".sel"));
    selections.flat_map(|entry| fs::read_dir(entry.path()).unwrap()).count()
}

#[test]
fn an_interrupted_training_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    let made = Command::new(MILD).args(["demo", "--quiet", "--out"]).arg(&demo).status().unwrap();
    assert!(made.success());
    let config = demo.join("wine.toml");
    let (out, whole) = (folder.path().join("out"), folder.path().join("whole"));

    let child = train(&config, &out).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while kept(&out) < 3 {
        assert!(start.elapsed() < Duration::from_secs(120), "no fit was kept");
        sleep(Duration::from_millis(2));
    }
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(INTERRUPTED), "{said}");
    assert!(said.contains("the same command continues where it stopped"), "{said}");
    let names = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(names.iter().all(|name| name.starts_with(".selection-")), "{names:?}");
    assert!(kept(&out) >= 3);

    for out in [&out, &whole] {
        assert!(train(&config, out).arg("--quiet").status().unwrap().success());
        assert_eq!(kept(out), 0);
    }
    let image = |out: &Path| fs::read(out.join("rejector.mild")).unwrap();
    assert_eq!(image(&out), image(&whole));
}
