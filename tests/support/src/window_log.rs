//! A log with windows of samples, and the inputs that its rows must become, on whatever machine.
//!
//! The inputs are computed from the functions of `mild::window_features`, not by the trainer that
//! reads the log nor by the source that it exports.

use std::format;
use std::prelude::rust_2024::*;

use mild::window_features::{
    Band, Functions, SpectralStatistic, Statistic, Taper, average_of, change_of, magnitude,
    of_samples, spectrum_of,
};

/// Rows of the log: two for training, one for calibration, one for testing, and so on.
pub const ROWS: usize = 120;

/// Samples of a window `sound`, of each axis; a row holds three windows.
pub const SOUND: usize = 2;
/// Samples of the window `steady hum`.
pub const HUM: usize = 16;

/// A configuration for the log in `log.csv`, which trains within a second.
pub const CONFIG: &str = "[data]\nlog = 'log.csv'\nlabel = 'y'\nsplit = 'split'\n\
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

/// A reading of an axis, 0 or 1; the six of a row are three windows.
#[must_use]
pub const fn reading(row: usize, axis: usize, place: usize) -> i16 {
    scattered(row * 7 + axis * 5 + place * 11) as i16
}

/// A sample of `steady hum`.
#[must_use]
pub fn number(row: usize, place: usize) -> f32 {
    f32::from(scattered(row * 13 + place * 29)) / 256.0
}

/// The column `t`.
#[must_use]
pub fn temperature(row: usize) -> f32 {
    row as f32 / 8.0
}

/// The column `kind`, 0 to 2.
#[must_use]
pub const fn kind(row: usize) -> usize {
    row % 3
}

const fn scattered(place: usize) -> u16 {
    (place as u32).wrapping_mul(2_654_435_761) as u16
}

/// The log as CSV.
#[must_use]
pub fn log() -> String {
    let mut text = String::from("y,split,t,kind");
    for axis in ["a", "b"] {
        (0..3 * SOUND).for_each(|place| text += &format!(",{axis}{place}"));
    }
    (0..HUM).for_each(|place| text += &format!(",u{place}"));
    text += ",local,cloud\n";
    for row in 0..ROWS {
        let split = ["train", "train", "calibration", "test"][row % 4];
        text += &format!("0,{split},{},{}", temperature(row), kind(row));
        for axis in 0..2 {
            (0..3 * SOUND).for_each(|place| text += &format!(",{}", reading(row, axis, place)));
        }
        (0..HUM).for_each(|place| text += &format!(",{}", number(row, place)));
        text += &format!(",{},0\n", row % 2);
    }
    text
}

/// The inputs of a row, in their order.
///
/// # Panics
/// If the functions of the crate refuse the samples, which are finite.
#[must_use]
pub fn inputs(row: usize) -> Vec<f32> {
    let of = |samples: &[f32], one: Statistic| of_samples(samples, &[one]).expect("finite")[0];
    let windows: Vec<[f32; SOUND]> = (0..3)
        .map(|window| {
            [0, 1].map(|place| {
                let place = window * SOUND + place;
                magnitude(&[0, 1].map(|axis| reading(row, axis, place))).expect("readings")
            })
        })
        .collect();
    let over = |one| windows.iter().map(|window| of(window, one)).collect::<Vec<f32>>();
    let (rms, median) = (over(Statistic::Rms), over(Statistic::Median));
    let hum: Vec<f32> = (0..HUM).map(|place| number(row, place)).collect();
    let band = |first, last| Band { first, last };
    let spectral = [
        SpectralStatistic::Decibels(band(2, 8), Functions::Micromath),
        SpectralStatistic::Power(band(1, 3)),
        SpectralStatistic::Dominant,
        SpectralStatistic::Entropy(Functions::Libm),
    ];
    let mut inputs = Vec::from([
        temperature(row),
        of(&windows[2], Statistic::Slope),
        of(&windows[2], Statistic::Quantile(90)),
        change_of(&rms),
        average_of(&median, 1),
        average_of(&rms, 1),
        of(&hum, Statistic::CrestFactor),
    ]);
    inputs.extend(spectrum_of(&hum, Taper::Hann, &spectral).expect("a length with a spectrum"));
    inputs.extend([0, 1, 2].map(|one| f32::from(u8::from(kind(row) == one))));
    inputs
}
