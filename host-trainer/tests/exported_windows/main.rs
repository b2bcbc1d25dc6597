//! The generated types of windows: they compile, and make the inputs that the log reader makes.

#[rustfmt::skip]
mod windows;

use std::fs;
use std::path::Path;

use mild_test_support::window_log::{self, CONFIG, ROWS, kind, number, reading, temperature};
use mild_trainer::config::Config;
use mild_trainer::{Dataset, read_log, rust_source_with_names};
use windows::{Columns, SoundWindow, SteadyHumWindow, inputs};

/// Where the source of the windows begins.
const BEGIN: &str = "\n/// The features of the window ";
fn read() -> (Config, Dataset) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("log.csv"), window_log::log()).unwrap();
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
        let is = |one| f32::from(u8::from(kind(row) == one));
        let columns = Columns { t: temperature(row), kind_0: is(0), kind_1: is(1), kind_2: is(2) };
        let found = inputs(columns, of_sound.unwrap(), of_hum.unwrap()).map(f32::to_bits);
        let bits = |inputs: &[f32]| inputs.iter().map(|x| x.to_bits()).collect::<Vec<u32>>();
        assert_eq!(found[..], bits(&window_log::inputs(row)));
        if row % 4 == 3 {
            assert_eq!(found[..], bits(data.test.row(row / 4)));
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
