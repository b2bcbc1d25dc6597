//! `[[window]]`: features out of raw samples, the very ones that the device makes.

use std::fs;

use mild::window_features::{Statistic, Window};
use mild_trainer::config::Config;
use mild_trainer::read_log;

/// Rows of eight readings and three numbers; the channel is loud where the device is wrong.
fn table(rows: usize) -> (String, Vec<[i16; 8]>) {
    let mut text = String::from("y,split");
    (0..8).for_each(|k| text += &format!(",s{k}"));
    text += ",u0,u1,u2,local,cloud\n";
    let mut state = 7u64;
    let mut uniform = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    let mut all = Vec::new();
    for row in 0..rows {
        let loud = uniform() < 0.4;
        let samples: [i16; 8] = std::array::from_fn(|_| {
            ((uniform() - 0.5) * if loud { 20_000.0 } else { 2_000.0 }) as i16
        });
        let split = ["train", "train", "calibration", "test"][row % 4];
        text += &format!("0,{split}");
        samples.iter().for_each(|sample| text += &format!(",{sample}"));
        text += &format!(",{:.3},{:.3},{:.3}", uniform(), uniform(), uniform());
        text += &format!(",{},0\n", u8::from(loud));
        all.push(samples);
    }
    (text, all)
}

const CONFIG: &str = "[data]\nlog = 'log.csv'\nlabel = 'y'\nsplit = 'split'\n\
    [[window]]\nname = 'sound'\nsamples = ['s[0-7]']\nreadings = 'i16'\n\
    statistics = ['rms', 'zero-crossings', 'crest-factor']\n\
    [[window]]\nname = 'slow'\nsamples = ['u*']\nstatistics = ['mean', 'variance']\n\
    [[expert]]\nname = 'local'\nprediction = 'local'\nprice = 0.0\n\
    [[expert]]\nname = 'cloud'\nprediction = 'cloud'\nprice = 0.1\n\
    [train]\neffort = 'quick'\n[rejector]\nhidden = []\nmethod = 'two-stage'\n";

#[test]
fn features_are_those_of_the_device_bit_for_bit_and_train_a_rejector() {
    let directory = tempfile::tempdir().unwrap();
    let (text, samples) = table(1200);
    fs::write(directory.path().join("log.csv"), text).unwrap();
    fs::write(directory.path().join("mild.toml"), CONFIG).unwrap();
    let config = Config::load(directory.path().join("mild.toml")).unwrap();
    let data = read_log(&config).unwrap();
    assert_eq!(
        data.feature_names,
        ["sound.rms", "sound.zero-crossings", "sound.crest-factor", "slow.mean", "slow.variance"]
    );
    // As firmware would: a stream through one window.
    let mut window = Window::<i16, 8>::new();
    for row in 0..data.test.rows() {
        for &sample in &samples[4 * row + 3] {
            window.push(sample).unwrap();
        }
        let statistics = [Statistic::Rms, Statistic::ZeroCrossings, Statistic::CrestFactor];
        let mut found = [0.0; 3];
        window.features(&statistics, &mut found);
        assert_eq!(
            data.test.row(row)[..3].iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
            found.map(f32::to_bits)
        );
    }
    let silent = mild_trainer::Silent;
    let trained = mild_trainer::train(&config, &data, &silent).unwrap();
    let choices = trained.int8_choices(&data.test);
    let loss = data.test.mean_deferral_loss(|row| choices[row]);
    // Always asking costs 0.1, and only the loud ones need it: 0.04.
    assert!(loss < 0.06, "{loss}");
}

#[test]
fn a_reading_that_is_none_is_an_error_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let text = table(40).0;
    let second = text.lines().nth(2).unwrap().to_owned();
    let mut cells: Vec<&str> = second.split(',').collect();
    cells[4] = "40000";
    let text = text.replace(&second, &cells.join(","));
    fs::write(directory.path().join("log.csv"), text).unwrap();
    fs::write(directory.path().join("mild.toml"), CONFIG).unwrap();
    let config = Config::load(directory.path().join("mild.toml")).unwrap();
    let error = read_log(&config).unwrap_err().to_string();
    for part in ["log.csv:3", "`s2`", "40000", "-32768..=32767"] {
        assert!(error.contains(part), "{error}");
    }
}
