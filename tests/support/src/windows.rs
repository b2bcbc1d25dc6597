//! Samples, and digests of their window statistics, for the host and the device to compare.

use crate::random::{Digest, Lcg};
use mild::window_features::{Sample, Statistic, Window};

/// Samples of each kind.
const SAMPLES: u32 = 3000;

/// For each statistic a digest over all windows of `i16` samples, then the same of `f32` samples.
#[must_use]
pub fn digests() -> [[u32; Statistic::ALL.len()]; 2] {
    [windows(reading), windows(number)]
}

/// Windows of several lengths at once slide over the samples.
fn windows<S: Sample>(sample: fn(u32, u32) -> S) -> [u32; Statistic::ALL.len()] {
    let mut digests = [Digest::EMPTY; Statistic::ALL.len()];
    let (mut one, mut few, mut many) =
        (Window::<S, 1>::new(), Window::<S, 7>::new(), Window::<S, 64>::new());
    let mut random = Lcg::new(1);
    for index in 0..SAMPLES {
        let sample = sample(index, random.bits());
        // Whether it was taken is a part of what is compared.
        let taken = one.push(sample).is_ok() & few.push(sample).is_ok() & many.push(sample).is_ok();
        for (digest, statistic) in digests.iter_mut().zip(Statistic::ALL) {
            let found = [one.get(statistic), few.get(statistic), many.get(statistic)];
            for word in found.map(f32::to_bits).into_iter().chain([u32::from(taken)]) {
                digest.add(word);
            }
        }
    }
    digests.map(|digest| digest.0)
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
