//! The generated types of windows: they compile, and make the inputs that the log reader makes.

#[rustfmt::skip]
mod windows;

use std::fs;
use std::path::Path;

use mild_trainer::config::Config;
use mild_trainer::{Dataset, read_log, rust_source_with_names};
use windows::{Columns, SoundWindow, SteadyHumWindow, inputs};

/// Where the source of the windows begins.
const BEGIN: &str = "\n/// The features of the window ";
const ROWS: usize = 120;

const CONFIG: &str = "[data]\nlog = 'log.csv'\nlabel = 'y'\nsplit = 'split'\n\
    features = ['t']\ncategorical = ['kind']\n\
    [[window]]\nname = 'sound'\nsamples = ['a?', 'b?']\nreadings = 'i16'\naxes = 2\nwindows = 3\n\
    rate_hz = 50\nstatistics = ['slope', 'quantile-90']\nchanges = ['rms']\n\
    averages = ['median', 'rms']\nsmoothing = 1\n\
    [[window]]\nname = 'steady hum'\nsamples = ['u*']\nstatistics = ['crest-factor']\n\
    spectrum = ['decibels-2-8-micromath', 'power-1-3', 'dominant', 'entropy']\n\
    [[expert]]\nname = 'local'\nprediction = 'local'\n\
    [[expert]]\nname = 'cloud'\nprediction = 'cloud'\nprice = 0.1\n\
    [train]\neffort = 'quick'\nmax_iterations = 5\nfolds = 2\nl2 = 0.01\ntau = 'one'\n\
    [rejector]\nhidden = []\nmethod = 'two-stage'\n";

/// A reading of an axis, 0 or 1.
fn reading(row: usize, axis: usize, place: usize) -> i16 {
    ((row * 7 + axis * 5 + place * 11) * 2_654_435_761 % 65_536) as i32 as i16
}

fn number(row: usize, place: usize) -> f32 {
    f32::from(((row * 13 + place * 29) * 2_654_435_761 % 65_536) as u16) / 256.0
}

fn temperature(row: usize) -> f32 {
    row as f32 / 8.0
}

fn log() -> String {
    let mut text = String::from("y,split,t,kind");
    for axis in ["a", "b"] {
        (0..6).for_each(|place| text += &format!(",{axis}{place}"));
    }
    (0..16).for_each(|place| text += &format!(",u{place}"));
    text += ",local,cloud\n";
    for row in 0..ROWS {
        let split = ["train", "train", "calibration", "test"][row % 4];
        text += &format!("0,{split},{},{}", temperature(row), row % 3);
        for axis in 0..2 {
            (0..6).for_each(|place| text += &format!(",{}", reading(row, axis, place)));
        }
        (0..16).for_each(|place| text += &format!(",{}", number(row, place)));
        text += &format!(",{},0\n", row % 2);
    }
    text
}

fn read() -> (Config, Dataset) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("log.csv"), log()).unwrap();
    fs::write(directory.path().join("mild.toml"), CONFIG).unwrap();
    let config = Config::load(directory.path().join("mild.toml")).unwrap();
    let data = read_log(&config).unwrap();
    (config, data)
}

#[test]
fn the_source_is_what_is_compiled_here() {
    let (config, data) = read();
    let trained = mild_trainer::train(&config, &data, &mild_trainer::Silent).unwrap();
    let source = rust_source_with_names(&trained.artifact, &data);
    let (_, found) = source.split_once(BEGIN).expect("windows in the source");
    let found =
        format!("//! What `mild export` writes of windows; a test compares it.\n{BEGIN}{found}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exported_windows/windows.rs");
    if fs::read_to_string(&path).unwrap() != found {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("windows.rs");
        fs::write(&new, found).unwrap();
        panic!(
            "{} is another text than `mild export` writes.\nTo write it anew: cp {} {}",
            path.display(),
            new.display(),
            path.display()
        );
    }
}

#[test]
fn they_make_the_inputs_of_the_log_bit_for_bit() {
    let (_, data) = read();
    assert_eq!(data.inputs(), 1 + 5 + 5 + 3);
    let names = [&SoundWindow::FEATURES[..], &SteadyHumWindow::FEATURES].concat();
    assert_eq!(data.feature_names[1..11], names);
    assert_eq!((SoundWindow::LENGTH, SoundWindow::AXES, SoundWindow::WINDOWS), (2, 2, 3));
    assert!((SoundWindow::RATE_HZ - 50.0).abs() < 1e-9);
    // One stream, as a device has it: a row begins where the one before ends.
    let (mut sound, mut hum) = (SoundWindow::new(), SteadyHumWindow::default());
    for row in 0..ROWS {
        let (mut of_sound, mut of_hum) = (None, None);
        for place in 0..6 {
            let sample = [0, 1].map(|axis| reading(row, axis, place));
            let found = sound.push(sample).unwrap();
            assert_eq!(found.is_some(), place % 2 == 1 && (row > 0 || place == 5));
            of_sound = found.or(of_sound);
        }
        for place in 0..16 {
            of_hum = hum.push(number(row, place)).unwrap();
        }
        let one = |kind| f32::from(u8::from(row % 3 == kind));
        let columns =
            Columns { t: temperature(row), kind_0: one(0), kind_1: one(1), kind_2: one(2) };
        let found = inputs(columns, of_sound.unwrap(), of_hum.unwrap()).map(f32::to_bits);
        if row % 4 == 3 {
            let expected: Vec<u32> = data.test.row(row / 4).iter().map(|x| x.to_bits()).collect();
            assert_eq!(found[..], expected);
        }
    }
}

#[test]
fn a_sample_that_is_no_number_is_not_taken_and_clear_forgets() {
    let mut hum = SteadyHumWindow::new();
    assert!(hum.push(f32::NAN).is_err());
    (0..15).for_each(|place| assert_eq!(hum.push(number(0, place)), Ok(None)));
    let mut other = hum.clone();
    assert!(hum.push(number(0, 15)).unwrap().is_some());
    other.clear();
    assert_eq!(other.push(number(0, 15)), Ok(None));
}
