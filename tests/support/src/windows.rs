//! Samples, and digests of their window features, for the host and the device to compare.

use crate::random::{Digest, Lcg};
use core::fmt;
use mild::window_features::{
    Band, Functions, History, Length, Points, Sample, SpectralStatistic, Statistic, Taper, Window,
    magnitude,
};

/// Samples of each kind.
const SAMPLES: u32 = 3000;

/// Statistics that look at every sample are asked for after so many samples.
const SELDOM: u32 = 16;

/// Spectra are asked for after so many samples.
const RARELY: u32 = 96;

/// The statistics that are compared: those without a number, and some with one.
pub const STATISTICS: [Statistic; 15] = {
    let mut all = [Statistic::Mean; 15];
    let mut i = 0;
    while i < Statistic::PLAIN.len() {
        all[i] = Statistic::PLAIN[i];
        i += 1;
    }
    all[i] = Statistic::Quantile(5);
    all[i + 1] = Statistic::Quantile(90);
    all[i + 2] = Statistic::Autocorrelation(1);
    all[i + 3] = Statistic::Autocorrelation(6);
    all[i + 4] = Statistic::Autocorrelation(40);
    all
};

/// The spectral statistics that are compared.
pub const SPECTRAL: [SpectralStatistic; 9] = {
    const BAND: Band = Band { first: 2, last: 5 };
    [
        SpectralStatistic::Power(BAND),
        SpectralStatistic::Dominant,
        SpectralStatistic::Centroid,
        SpectralStatistic::Decibels(BAND, Functions::Libm),
        SpectralStatistic::Entropy(Functions::Libm),
        SpectralStatistic::Flatness(Functions::Libm),
        SpectralStatistic::Decibels(BAND, Functions::Micromath),
        SpectralStatistic::Entropy(Functions::Micromath),
        SpectralStatistic::Flatness(Functions::Micromath),
    ]
};

/// What is compared: the statistics, history and magnitude, then the spectral statistics.
pub const COMPARED: usize = STATISTICS.len() + 2 + SPECTRAL.len();

/// What one of the digests is of.
#[derive(Debug, Clone, Copy)]
pub struct Compared(
    /// Its place among them.
    pub usize,
);

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others = ["history", "magnitude"];
        let after = self.0.wrapping_sub(STATISTICS.len());
        if let Some(statistic) = STATISTICS.get(self.0) {
            write!(f, "{statistic}")
        } else if let Some(other) = others.get(after) {
            f.write_str(other)
        } else {
            match SPECTRAL.get(after.wrapping_sub(others.len())) {
                Some(statistic) => write!(f, "{statistic}"),
                None => f.write_str("nothing"),
            }
        }
    }
}

/// Whether some of the samples are others: what shows that a comparison can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// As they are.
    Plain,
    /// Forty of them are others.
    Disturbed,
}

/// Digests over all windows of `i16` samples, then the same of `f32` samples.
#[must_use]
pub fn digests(stream: Stream) -> [[u32; COMPARED]; 2] {
    let disturbed = |index| stream == Stream::Disturbed && index / 40 == 40;
    let reading = |index, random| reading(index, random) ^ -i16::from(disturbed(index));
    let number = |index, random| if disturbed(index) { 1.0 } else { number(index, random) };
    let signal = |index, random| if disturbed(index) { 1.0 } else { signal(index, random) };
    [both(reading, reading), both(number, signal)]
}

fn both<S: Sample>(
    of_windows: impl Fn(u32, u32) -> S,
    of_spectra: impl Fn(u32, u32) -> S,
) -> [u32; COMPARED] {
    let mut digests = [Digest::EMPTY; COMPARED];
    let (windows, spectra) = digests.split_at_mut(STATISTICS.len() + 2);
    compare_windows(of_windows, windows);
    compare_spectra::<S, 16>(&of_spectra, spectra);
    compare_spectra::<S, 64>(&of_spectra, spectra);
    compare_spectra::<S, 256>(&of_spectra, spectra);
    digests.map(|digest| digest.0)
}

/// Windows of several lengths at once slide over the samples.
fn compare_windows<S: Sample>(sample: impl Fn(u32, u32) -> S, digests: &mut [Digest]) {
    let (mut one, mut few, mut many) =
        (Window::<S, 1>::new(), Window::<S, 7>::new(), Window::<S, 64>::new());
    let (mut random, mut history, mut axes) = (Lcg::new(1), History::<5>::new(), None);
    for index in 0..SAMPLES {
        let sample = sample(index, random.bits());
        // Whether it was taken is a part of what is compared.
        let taken = one.push(sample).is_ok() & few.push(sample).is_ok() & many.push(sample).is_ok();
        for (place, (digest, statistic)) in digests.iter_mut().zip(STATISTICS).enumerate() {
            if place >= 8 && index % SELDOM != 0 {
                continue;
            }
            let found = [one.get(statistic), few.get(statistic), many.get(statistic)];
            for word in found.map(f32::to_bits).into_iter().chain([u32::from(taken)]) {
                digest.add(word);
            }
        }
        history.push(few.get(Statistic::Variance));
        if let [.., of_history, of_axes] = digests {
            of_history.add(history.change().to_bits());
            of_history.add(history.average((index % 9) as u8).to_bits());
            let before = axes.replace(sample).unwrap_or(sample);
            let magnitude = magnitude(&[before, sample, before]);
            of_axes.add(magnitude.map_or(0, f32::to_bits));
        }
    }
}

/// A window slides over the samples, and both tapers are used.
fn compare_spectra<S: Sample, const N: usize>(
    sample: impl Fn(u32, u32) -> S,
    digests: &mut [Digest],
) where
    Points<N>: Length,
{
    let mut window = Window::<S, N>::new();
    let (mut random, mut room) = (Lcg::new(2), [0.0; N]);
    for index in 0..SAMPLES {
        let taken = window.push(sample(index, random.bits())).is_ok();
        if index % RARELY != RARELY - 1 {
            continue;
        }
        for taper in [Taper::None, Taper::Hann] {
            let spectrum = window.spectrum(taper, &mut room);
            for (digest, statistic) in digests.iter_mut().zip(SPECTRAL) {
                let found = spectrum.as_ref().map(|spectrum| spectrum.get(statistic).to_bits());
                digest.add(found.unwrap_or_default());
                digest.add(u32::from(taken));
            }
        }
    }
}

/// Extremes now and then.
fn reading(index: u32, random: u32) -> i16 {
    match index % 50 {
        0 => i16::MIN,
        1 => i16::MAX,
        2..5 => 0,
        5..10 => (random >> 30) as i16 - 1,
        _ => (random >> 16) as i16,
    }
}

/// Numbers of every size that a sensor gives and far beyond: subnormal ones, squares beyond `f32`,
/// infinities and NaN.
fn number(index: u32, random: u32) -> f32 {
    let exponent = match index % 40 {
        0 => 0,
        1 => 0xff,
        2 => 0xfe,
        3 => 1,
        4 => return -0.0,
        _ => 118 + (index >> 4) % 16,
    };
    f32::from_bits((random & 0x8000_0000) | (exponent << 23) | (random >> 9))
}

/// The same without the extremes but for some windows, and some windows of one value.
fn signal(index: u32, random: u32) -> f32 {
    match index % 1000 {
        0..40 => number(index, random),
        40..100 => 0.1,
        100..300 => number(index % 35 + 5, random) * 1e-18,
        _ => number(index % 35 + 5, random),
    }
}
