//! Synthetic images, each hard in its own way.

use super::shapes::plain;
use crate::random::XorShift;
use mild::{
    Price,
    fixed::{PlattMap, RawQuantizer, Requantizer},
    image::{ImageParts, InputQuantizer, LayerParts, MAX_BIAS, MAX_OFFSET},
};

/// What the numbers of a synthetic image are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Like those of a trained one: activations fill their range, and offsets are of the size of
    /// the scores.
    Usual,
    /// Everything at its limits.
    Saturating,
    /// As usual, but each score comes several times, so that ties decide.
    Ties,
}

/// A synthetic image: its widths, inputs first.
#[derive(Debug, Clone, Copy)]
pub struct Synthetic {
    /// Its name.
    pub name: &'static str,
    /// The widths of its layers, inputs first.
    pub widths: &'static [usize],
    style: Style,
    /// Whether it takes raw readings.
    raw: bool,
    /// Whether its scores are probabilities minus prices.
    platt: bool,
}

/// The image of the proofs: every layer has whole blocks of rows and a part of one, each of another
/// length.
pub const UNEVEN: &str = "uneven";

/// The images that the firmware `corrupt` damages: small ones with all that an image can have.
pub const DAMAGED: [&str; 2] = [UNEVEN, "hidden-1-8"];

/// All synthetic images. The seed of each is its place here, from 1.
#[rustfmt::skip] // an image is a line
pub const SYNTHETIC: &[Synthetic] = &[
    Synthetic { name: "linear",     widths: &[16, 5],                        style: Style::Usual,      raw: true,  platt: false },
    Synthetic { name: "mlp",        widths: &[16, 32, 16, 5],                style: Style::Usual,      raw: true,  platt: false },
    Synthetic { name: UNEVEN,       widths: &[13, 30, 15, 5],                style: Style::Usual,      raw: true,  platt: false },
    Synthetic { name: "wide",       widths: &[640, 128, 4],                  style: Style::Usual,      raw: false, platt: false },
    // Hidden layers of every width up to two blocks of rows, then every number of experts up to as
    // many.
    Synthetic { name: "hidden-1-8", widths: &[7, 1, 2, 3, 4, 5, 6, 7, 8, 3], style: Style::Usual,      raw: true,  platt: false },
    Synthetic { name: "experts-2",  widths: &[1, 2],                         style: Style::Usual,      raw: true,  platt: false },
    Synthetic { name: "experts-3",  widths: &[2, 9, 3],                      style: Style::Usual,      raw: true,  platt: false },
    Synthetic { name: "experts-4",  widths: &[3, 10, 4],                     style: Style::Usual,      raw: false, platt: false },
    Synthetic { name: "experts-5",  widths: &[5, 11, 5],                     style: Style::Usual,      raw: true,  platt: false },
    Synthetic { name: "experts-6",  widths: &[6, 12, 6],                     style: Style::Usual,      raw: false, platt: false },
    Synthetic { name: "experts-7",  widths: &[9, 13, 7],                     style: Style::Usual,      raw: true,  platt: false },
    Synthetic { name: "experts-8",  widths: &[15, 17, 8],                    style: Style::Usual,      raw: false, platt: false },
    Synthetic { name: "ties-32",    widths: &[12, 33, 32],                   style: Style::Ties,       raw: true,  platt: false },
    Synthetic { name: "saturating", widths: &[64, 33, 17, 3],                style: Style::Saturating, raw: true,  platt: false },
    Synthetic { name: "one-vs-all", widths: &[11, 14, 6],                    style: Style::Usual,      raw: true,  platt: true },
    // More activations than kernels can sum up in 16 bits while they pack them.
    Synthetic { name: "wide-hidden", widths: &[3, 1029, 9, 2],               style: Style::Usual,      raw: false, platt: false },
];

impl Synthetic {
    /// The images, each with its seed.
    pub fn all() -> impl Iterator<Item = (u64, &'static Self)> {
        (1..).zip(SYNTHETIC)
    }

    /// The parts of the image.
    ///
    /// # Panics
    ///
    /// If the table above has a network without layers.
    #[must_use]
    pub fn parts(&self, seed: u64) -> ImageParts {
        let random = &mut XorShift::new(seed);
        let &[inputs, .., experts] = self.widths else {
            unreachable!("a network has inputs and outputs")
        };
        let quantizers = (0..inputs).map(|_| {
            let scale = power(random, -10, 10);
            // Zero is somewhere in the range of the codes.
            InputQuantizer { scale: scale as f32, bias: random.between(0, 255) as f32 + 0.5 }
        });
        let quantizers = quantizers.collect();
        let raw = self.raw.then(|| {
            let raw = (0..inputs).map(|_| {
                let factor = power(random, -8, 0);
                RawQuantizer::from_affine(factor, random.between(-128, 127) as f64)
            });
            raw.map(|raw| raw.expect("a small factor")).collect()
        });
        let layers: Vec<LayerParts> = self
            .widths
            .windows(2)
            .enumerate()
            .map(|(index, widths)| {
                let last = index + 2 == self.widths.len();
                self.layer(widths[0], widths[1], last, random)
            })
            .collect();
        let offsets = (0..experts).map(|_| match self.style {
            Style::Usual => random.between(-20_000, 20_000) as i32,
            Style::Saturating => random.sign(MAX_OFFSET),
            Style::Ties => 0,
        });
        let offsets = offsets.collect();
        let platt_scaling = self.platt.then(|| {
            let maps = (0..experts).map(|_| {
                // Scores of some ten thousands become all logits there are; one output says
                // nothing.
                let slope = power(random, -14, -11) * random.between(0, 3) as f64;
                let intercept = random.between(-3, 3) as f64;
                PlattMap::from_affine(slope, intercept).expect("finite numbers")
            });
            maps.collect()
        });
        let mut parts = plain(layers);
        for expert in &mut parts.experts {
            expert.price = Price::from_bits(random.between(0, 1 << 15) as u32);
        }
        parts.provenance.seed = seed;
        ImageParts { quantizers, raw, score_scale: 1e-3, offsets, platt_scaling, ..parts }
    }

    fn layer(
        &self,
        inputs: usize,
        outputs: usize,
        last: bool,
        random: &mut XorShift,
    ) -> LayerParts {
        let mut weights: Vec<i8> = (0..inputs * outputs)
            .map(|_| match self.style {
                Style::Saturating => random.sign(127) as i8,
                Style::Usual | Style::Ties => random.between(-127, 127) as i8,
            })
            .collect();
        let mut biases: Vec<i32> = (0..outputs)
            .map(|_| match self.style {
                Style::Saturating => random.sign(MAX_BIAS),
                Style::Usual | Style::Ties => random.between(-3000, 3000) as i32,
            })
            .collect();
        if last && self.style == Style::Ties {
            // Every expert has the score of the fourth before it.
            for output in 4..outputs {
                weights.copy_within((output - 4) * inputs..(output - 3) * inputs, output * inputs);
                biases[output] = biases[output - 4];
            }
        }
        let requantizers = (0..if last { 0 } else { outputs }).map(|_| match self.style {
            // The largest, the smallest, and what brings the bias alone to about half of the range.
            Style::Saturating => match random.between(0, 2) {
                0 => Requantizer::from_factor(Requantizer::MAX_FACTOR),
                1 => Requantizer::from_factor(0.0),
                _ => Requantizer::from_factor(64.0 / f64::from(MAX_BIAS)),
            },
            // Sums of random signs grow with the root of their number; this brings them to about
            // one range of codes.
            Style::Usual | Style::Ties => {
                Requantizer::from_factor(power(random, -1, 1) / (64.0 * (inputs as f64).sqrt()))
            }
        });
        LayerParts {
            inputs,
            requantizers: requantizers.map(|found| found.expect("a factor below 1/4")).collect(),
            biases,
            weights,
        }
    }
}

/// 2 to a power from `low` to `high`.
fn power(random: &mut XorShift, low: i64, high: i64) -> f64 {
    f64::from(random.between(low * 16, high * 16) as i32 as f32 / 16.0).exp2()
}
