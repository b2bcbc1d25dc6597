//! The images that devices are tested with: synthetic ones, each hard in its own way, and those that the trainer makes.

use crate::process::{cargo, root, run, target_dir};
use anyhow::{Context, Result};
use mild::{
    Provenance,
    fixed::{PlattMap, RawQuantizer, Requantizer},
    image::{
        ExpertParts, ImageParts, InputQuantizer, LayerParts, MAX_BIAS, MAX_OFFSET,
        PlattScalingParts,
    },
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Golden vectors for each image, at least.
const VECTORS: u32 = 10_000;

/// What the numbers of a synthetic image are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Like those of a trained one: activations fill their range, and offsets are of the size of the scores.
    Usual,
    /// Everything at its limits.
    Saturating,
    /// As usual, but each score comes several times, so that ties decide.
    Ties,
}

/// A synthetic image: its widths, inputs first.
#[derive(Debug, Clone, Copy)]
struct Synthetic {
    name: &'static str,
    widths: &'static [usize],
    style: Style,
    /// Whether it takes raw readings.
    raw: bool,
    /// Whether its scores are probabilities minus prices.
    calibrated: bool,
}

/// The image of the proofs: every layer has whole blocks of rows and a part of one, each of another length.
pub(crate) const UNEVEN: &str = "uneven";

/// The images that the firmware `corrupt` damages: small ones with all that an image can have.
pub(crate) const DAMAGED: [&str; 2] = [UNEVEN, "hidden-1-8"];

#[rustfmt::skip] // an image is a line
const SYNTHETIC: &[Synthetic] = &[
    Synthetic { name: "linear",     widths: &[16, 5],                        style: Style::Usual,      raw: true,  calibrated: false },
    Synthetic { name: "mlp",        widths: &[16, 32, 16, 5],                style: Style::Usual,      raw: true,  calibrated: false },
    Synthetic { name: UNEVEN,       widths: &[13, 30, 15, 5],                style: Style::Usual,      raw: true,  calibrated: false },
    Synthetic { name: "wide",       widths: &[640, 128, 4],                  style: Style::Usual,      raw: false, calibrated: false },
    // Hidden layers of every width up to two blocks of rows, then every number of experts up to as many.
    Synthetic { name: "hidden-1-8", widths: &[7, 1, 2, 3, 4, 5, 6, 7, 8, 3], style: Style::Usual,      raw: true,  calibrated: false },
    Synthetic { name: "experts-2",  widths: &[1, 2],                         style: Style::Usual,      raw: true,  calibrated: false },
    Synthetic { name: "experts-3",  widths: &[2, 9, 3],                      style: Style::Usual,      raw: true,  calibrated: false },
    Synthetic { name: "experts-4",  widths: &[3, 10, 4],                     style: Style::Usual,      raw: false, calibrated: false },
    Synthetic { name: "experts-5",  widths: &[5, 11, 5],                     style: Style::Usual,      raw: true,  calibrated: false },
    Synthetic { name: "experts-6",  widths: &[6, 12, 6],                     style: Style::Usual,      raw: false, calibrated: false },
    Synthetic { name: "experts-7",  widths: &[9, 13, 7],                     style: Style::Usual,      raw: true,  calibrated: false },
    Synthetic { name: "experts-8",  widths: &[15, 17, 8],                    style: Style::Usual,      raw: false, calibrated: false },
    Synthetic { name: "ties-32",    widths: &[12, 33, 32],                   style: Style::Ties,       raw: true,  calibrated: false },
    Synthetic { name: "saturating", widths: &[64, 33, 17, 3],                style: Style::Saturating, raw: true,  calibrated: false },
    Synthetic { name: "one-vs-all", widths: &[11, 14, 6],                    style: Style::Usual,      raw: true,  calibrated: true },
];

/// Real logs whose rejectors are tested, where they are: letters and digits, which take networks with hidden layers; both
/// train in seconds.
const LOGS: [&str; 2] = ["letter", "mnist-specialists-3"];

/// The folder of real logs; it may not be there.
pub(crate) fn logs() -> PathBuf {
    env::var_os("MILD_DATA").map_or_else(|| root().join("../shared/data"), Into::into)
}

/// Makes all images anew, each in a directory with rejector.mild and vectors.bin: their names, and the directories or why
/// there is none.
pub(crate) fn all() -> Result<Vec<(&'static str, Result<PathBuf>)>> {
    let directory = fresh("device/images")?;
    let trainer = trainer()?;
    let mut images = Vec::new();
    for (seed, synthetic) in (1..).zip(SYNTHETIC) {
        let image = synthetic.write(&directory, seed)?;
        export(&trainer, &image, None)?;
        images.push((synthetic.name, Ok(image)));
    }
    let logs = logs();
    if LOGS.iter().any(|name| logs.join(name).is_dir()) {
        for name in LOGS {
            let trained =
                train(&trainer, &logs.join(name).join("mild.toml"), &directory.join(name));
            images.push((name, trained));
        }
    } else {
        println!("no real logs in {} (MILD_DATA): the demonstration's instead", logs.display());
        images.push(("demo", demo(&trainer, &directory.join("demo"))));
    }
    Ok(images)
}

/// A quick training on a log.
pub(crate) fn train(trainer: &Path, config: &Path, directory: &Path) -> Result<PathBuf> {
    let mut command = Command::new(trainer);
    command.arg("train").arg(config).args(["--effort", "quick", "--quiet", "--out"]);
    run(command.arg(directory))?;
    export(trainer, directory, Some(config))?;
    Ok(directory.to_path_buf())
}

/// The demonstration's training.
fn demo(trainer: &Path, directory: &Path) -> Result<PathBuf> {
    run(Command::new(trainer).args(["demo", "--quiet", "--out"]).arg(directory))?;
    export(trainer, directory, Some(&directory.join("wine.toml")))?;
    Ok(directory.to_path_buf())
}

/// Makes one of the synthetic images, without vectors, and returns its directory.
pub(crate) fn synthetic(name: &str) -> Result<PathBuf> {
    let (seed, image) = (1..)
        .zip(SYNTHETIC)
        .find(|(_, image)| image.name == name)
        .with_context(|| format!("no synthetic image {name}"))?;
    image.write(&target_dir().join("device/synthetic"), seed)
}

/// An empty directory of this name.
fn fresh(name: &str) -> Result<PathBuf> {
    let directory = target_dir().join(name);
    // What an earlier run left behind must not be taken for this one's.
    if directory.exists() {
        fs::remove_dir_all(&directory)
            .with_context(|| format!("cannot remove {}", directory.display()))?;
    }
    Ok(directory)
}

/// The program `mild`, as it is now.
pub(crate) fn trainer() -> Result<PathBuf> {
    run(cargo().args(["build", "--quiet", "--release", "-p", "mild-trainer"]))?;
    Ok(target_dir().join("release/mild"))
}

/// Writes the vectors of the image in `directory`, from a log as far as there is one.
fn export(trainer: &Path, directory: &Path, config: Option<&Path>) -> Result<()> {
    let mut command = Command::new(trainer);
    command.arg("export").arg(directory.join("rejector.mild"));
    command.args(["--format", "vectors", "--rows", &VECTORS.to_string()]);
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    run(command.arg("--out").arg(directory.join("vectors.bin")))
}

impl Synthetic {
    fn write(&self, directory: &Path, seed: u64) -> Result<PathBuf> {
        let directory = directory.join(self.name);
        fs::create_dir_all(&directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let path = directory.join("rejector.mild");
        let bytes = self.parts(seed).to_bytes().with_context(|| format!("image {}", self.name))?;
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(directory)
    }

    fn parts(&self, seed: u64) -> ImageParts {
        let random = &mut Random(seed);
        let &[inputs, .., experts] = self.widths else {
            unreachable!("a network has inputs and outputs")
        };
        let quantizers = (0..inputs).map(|_| {
            let scale = random.power(-10, 10);
            // Zero is somewhere in the range of the codes.
            InputQuantizer { scale: scale as f32, bias: random.between(0, 255) as f32 + 0.5 }
        });
        let quantizers = quantizers.collect();
        let raw = self.raw.then(|| {
            let raw = (0..inputs).map(|_| {
                let factor = random.power(-8, 0);
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
        let platt_scaling = self.calibrated.then(|| {
            let entries = (0..experts).map(|_| PlattScalingParts {
                // Scores of some ten thousands become all logits there are; one output says nothing.
                output: PlattMap::from_affine(
                    random.power(-14, -11) * random.between(0, 3) as f64,
                    random.between(-3, 3) as f64,
                )
                .expect("finite numbers"),
                price: random.between(0, 1 << 15) as u32,
            });
            entries.collect()
        });
        ImageParts {
            quantizers,
            raw,
            layers,
            score_scale: 1e-3,
            offsets,
            experts: (0..experts)
                .map(|index| ExpertParts { name: format!("e{index}"), cost: index as u32 * 1000 })
                .collect(),
            operating_points: None,
            provenance: Provenance {
                log_digest: [0; 8],
                config_digest: [0; 8],
                seed,
                trainer: [0; 3],
            },
            platt_scaling,
        }
    }

    fn layer(&self, inputs: usize, outputs: usize, last: bool, random: &mut Random) -> LayerParts {
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
            // Sums of random signs grow with the root of their number; this brings them to about one range of codes.
            Style::Usual | Style::Ties => {
                Requantizer::from_factor(random.power(-1, 1) / (64.0 * (inputs as f64).sqrt()))
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

/// A small generator (xorshift64*, Vigna 2016): the same images everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number of `low..=high`; the bias of the remainder does not matter here.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + ((self.next() >> 16) % (high - low + 1) as u64) as i64
    }

    /// `limit` or its negative.
    fn sign(&mut self, limit: i32) -> i32 {
        if self.next() >> 63 == 0 { limit } else { -limit }
    }

    /// 2 to a power from `low` to `high`.
    fn power(&mut self, low: i64, high: i64) -> f64 {
        f64::from(self.between(low * 16, high * 16) as i32 as f32 / 16.0).exp2()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mild::Image;

    #[test]
    fn every_synthetic_image_can_be_written_and_read() {
        for (seed, synthetic) in (1..).zip(SYNTHETIC) {
            let words = synthetic.parts(seed).to_words().unwrap();
            let image = Image::from_words(&words).unwrap();
            assert_eq!(image.layers() + 1, synthetic.widths.len());
            // The smallest board has a slot of 128 KiB and room for 768 words of scratch.
            assert!(words.len() * 4 <= 128 * 1024 && image.scratch_words() <= 768);
        }
    }

    #[test]
    fn the_images_have_every_number_of_experts_and_every_width_up_to_eight() {
        let last = |image: &Synthetic| image.widths.last().copied();
        for experts in 2..=8 {
            assert!(SYNTHETIC.iter().any(|image| last(image) == Some(experts)), "{experts}");
        }
        for width in 1..=8 {
            let hidden =
                |image: &Synthetic| image.widths[1..image.widths.len() - 1].contains(&width);
            assert!(SYNTHETIC.iter().any(hidden), "{width}");
        }
    }
}
