//! `[[window]]`: features out of raw samples, the very ones that the device makes.

use std::fs;

use mild::window_features::{
    Band, Functions, History, SpectralStatistic, Statistic, Taper, Window, magnitude,
};
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

#[test]
fn axes_and_windows_of_a_row_are_what_a_device_makes_of_a_stream() {
    let directory = tempfile::tempdir().unwrap();
    // Two axes of six samples, which are three windows.
    let mut text = String::from("y,split");
    for axis in ["a", "b"] {
        (0..6).for_each(|k| text += &format!(",{axis}{k}"));
    }
    text += ",local,cloud\n";
    let sample = |row: usize, axis: usize, place: usize| {
        ((row * 7 + axis * 5 + place * 11) * 2_654_435_761 % 65_536) as i32 as i16
    };
    for row in 0..40 {
        text += &format!("0,{}", ["train", "calibration", "test"][row % 3]);
        for axis in 0..2 {
            (0..6).for_each(|place| text += &format!(",{}", sample(row, axis, place)));
        }
        text += &format!(",{},0\n", row % 2);
    }
    fs::write(directory.path().join("log.csv"), text).unwrap();
    let config = CONFIG.split("[[window]]").next().unwrap().to_owned()
        + "[[window]]\nname = 'moves'\nsamples = ['a?', 'b?']\nreadings = 'i16'\naxes = 2\nwindows = 3\n\
           statistics = ['slope', 'quantile-90']\nchanges = ['rms']\naverages = ['median', 'rms']\n\
           smoothing = 1\n[[expert]]"
        + CONFIG.split_once("[[expert]]").unwrap().1;
    fs::write(directory.path().join("mild.toml"), &config).unwrap();
    let read = || read_log(&Config::load(directory.path().join("mild.toml")).unwrap());
    let data = read().unwrap();
    let names = ["slope", "quantile-90", "rms-change", "median-average", "rms-average"];
    assert_eq!(data.feature_names, names.map(|name| format!("moves.{name}")));
    let mut window = Window::<f32, 2>::new();
    let (mut rms, mut median) = (History::<3>::new(), History::<3>::new());
    for row in 0..40 {
        for place in 0..6 {
            window.push(magnitude(&[0, 1].map(|axis| sample(row, axis, place))).unwrap()).unwrap();
            if place % 2 == 1 {
                rms.push(window.get(Statistic::Rms));
                median.push(window.get(Statistic::Median));
            }
        }
        let slope = [Statistic::Slope, Statistic::Quantile(90)].map(|one| window.get(one));
        let expected = [slope[0], slope[1], rms.change(), median.average(1), rms.average(1)];
        if row % 3 == 2 {
            let found: Vec<u32> = data.test.row(row / 3).iter().map(|x| x.to_bits()).collect();
            assert_eq!(found, expected.map(f32::to_bits));
        }
    }
    let uneven = config.replace("windows = 3", "windows = 5");
    fs::write(directory.path().join("mild.toml"), uneven).unwrap();
    let error = read().unwrap_err().to_string();
    for part in ["log.csv:1", "`window[0].samples`", "found 12 columns", "a multiple of 10"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn spectra_are_those_of_the_device() {
    let directory = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..32).map(|k| format!("s{k}")).collect();
    let mut text = format!("y,split,{},local,cloud\n", names.join(","));
    let sample = |row: usize, place: usize| {
        f32::from(((row * 7 + place * 11) * 2_654_435_761 % 65_536) as u16) / 256.0
    };
    for row in 0..30 {
        let samples: Vec<String> = (0..32).map(|place| sample(row, place).to_string()).collect();
        let split = ["train", "calibration", "test"][row % 3];
        text += &format!("0,{split},{},{},0\n", samples.join(","), row % 2);
    }
    fs::write(directory.path().join("log.csv"), text).unwrap();
    let config = |window: &str| {
        CONFIG.split("[[window]]").next().unwrap().to_owned()
            + "[[window]]\nname = 'sound'\nsamples = ['s[0-9]*']\n"
            + window
            + "\n[[expert]]"
            + CONFIG.split_once("[[expert]]").unwrap().1
    };
    let read = |window: &str| {
        fs::write(directory.path().join("mild.toml"), config(window)).unwrap();
        read_log(&Config::load(directory.path().join("mild.toml")).unwrap())
    };
    let asked = "spectrum = ['power-2-8', 'entropy-micromath', 'dominant', 'decibels-1-16']";
    let band = |first, last| Band { first, last };
    let statistics = [
        SpectralStatistic::Power(band(2, 8)),
        SpectralStatistic::Entropy(Functions::Micromath),
        SpectralStatistic::Dominant,
        SpectralStatistic::Decibels(band(1, 16), Functions::Libm),
    ];
    for (key, taper) in [("", Taper::Hann), ("\ntaper = 'none'", Taper::None)] {
        let data = read(&format!("{asked}{key}")).unwrap();
        let names = statistics.map(|statistic| format!("sound.{statistic}"));
        assert_eq!(data.feature_names, names);
        let (mut window, mut room) = (Window::<f32, 32>::new(), [0.0; 32]);
        for row in (2..30).step_by(3) {
            (0..32).for_each(|place| window.push(sample(row, place)).unwrap());
            let spectrum = window.spectrum(taper, &mut room).unwrap();
            let expected = statistics.map(|statistic| spectrum.get(statistic).to_bits());
            let found: Vec<u32> = data.test.row(row / 3).iter().map(|x| x.to_bits()).collect();
            assert_eq!(found, expected);
        }
    }
    for (window, parts) in [
        ("spectrum = ['power-2-17']", ["window[0].spectrum[0]", "found bin 17", "at most 16"]),
        ("windows = 4\nspectrum = ['dominant']", ["window[0].samples", "8 samples", "16, 32"]),
    ] {
        let error = read(window).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{error}");
        }
    }
}
