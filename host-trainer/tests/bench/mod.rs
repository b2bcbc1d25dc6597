//! A directory with a log and its configuration, in which the program runs as a person or a script
//! runs it.

// Each test uses a part of this.
#![allow(dead_code)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// Five features, of which the first says when `cloud` is needed and the second when `special` is.
pub(crate) fn log(rows: usize) -> String {
    let mut log = String::from("x0,x1,x2,kind,y,split,a,b,c\n");
    let mut state = 1u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    for row in 0..rows {
        let (x0, x1, x2) = (uniform(), uniform(), uniform());
        let split = ["train", "train", "train", "calibration", "test"][row % 5];
        let wrong = |bad: bool| if bad { 1 } else { 0 };
        let local = wrong(x0 > 0.6 || uniform() < 0.05);
        let cloud = wrong(uniform() < 0.02);
        let special = wrong(x1 < 0.8 || uniform() < 0.02);
        log +=
            &format!("{x0:.4},{x1:.4},{x2:.4},{},0,{split},{local},{cloud},{special}\n", row % 3);
    }
    log
}

pub(crate) const CONFIG: &str = "[data]\nlog = 'log.csv'\nfeatures = ['x*']\ncategorical = ['kind']\n\
    label = 'y'\nsplit = 'split'\n[raw]\nscale = 0.0001\n\
    [[expert]]\nname = 'local'\nprediction = 'a'\n\
    [[expert]]\nname = 'cloud'\nprediction = 'b'\nprice = 0.2\n\
    [[expert]]\nname = 'special'\nprediction = 'c'\nprice = 0.05\n\
    [train]\neffort = 'quick'\n";

pub(crate) struct Bench {
    pub(crate) directory: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("log.csv"), log(2000)).unwrap();
        fs::write(directory.path().join("mild.toml"), CONFIG).unwrap();
        Self { directory }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn mild(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_mild"))
            .args(arguments)
            .current_dir(self.directory.path())
            .output()
            .unwrap()
    }

    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.mild(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "mild {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(arguments)).expect("one JSON document and nothing else")
    }

    pub(crate) fn error(&self, arguments: &[&str]) -> String {
        let output = self.mild(arguments);
        assert!(!output.status.success(), "mild {arguments:?} succeeded");
        let text = String::from_utf8(output.stderr).unwrap();
        if arguments.contains(&"--json") {
            let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
            let message = document["error"]["message"].as_str().unwrap();
            assert!(text.contains(message), "{message}\n{text}");
        } else {
            assert!(output.stdout.is_empty(), "an error prints nothing on standard output");
        }
        text
    }
}

pub(crate) fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} in {value}"))
}
