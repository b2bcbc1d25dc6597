//! The images to measure with: fixed shapes, arbitrary weights.

use anyhow::{Context, Result};
use mild::{
    Provenance,
    fixed::Requantizer,
    image::{ExpertParts, ImageParts, InputQuantizer, LayerParts},
};
use std::{fs, path::Path};

/// Widths of the layers, inputs first. The first is the usual rejector; 16-5 is a linear one; the others have dense
/// layers that the peers publish figures of, as first layer (any int8 codes) and after a ReLU.
pub(crate) const SHAPES: &[&[usize]] = &[
    &[16, 32, 16, 5],
    &[16, 5],
    &[32, 16, 4],
    &[64, 32, 4],
    &[640, 128, 4],
    &[4, 32, 16, 4],
    &[4, 64, 32, 4],
    &[4, 640, 128, 4],
];

/// Writes an image `A-B-C.mild` for each of [`SHAPES`] into `directory`, and removes what else was there.
pub(crate) fn write_images(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)
            .with_context(|| format!("cannot remove {}", directory.display()))?;
    }
    fs::create_dir_all(directory)?;
    for shape in SHAPES {
        let path = directory.join(name(shape)).with_added_extension("mild");
        fs::write(&path, parts(shape).to_bytes().map_err(anyhow::Error::msg)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn name(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}

fn parts(shape: &[usize]) -> ImageParts {
    let (inputs, experts) = match shape {
        [first, .., last] => (*first, *last),
        _ => unreachable!("a network has inputs and outputs"),
    };
    let mut random = Random(1);
    let count = shape.len() - 1;
    let layers = shape.windows(2).enumerate().map(|(index, widths)| {
        let (inputs, outputs) = (widths[0], widths[1]);
        let requantizers = if index + 1 == count { 0 } else { outputs };
        // Sums of random signs grow with the root of their number; this brings them to about one code range.
        let factor = 1.0 / (64.0 * (inputs as f64).sqrt());
        LayerParts {
            inputs,
            biases: (0..outputs).map(|_| i32::from(random.weight()) * 16).collect(),
            requantizers: (0..requantizers)
                .map(|_| Requantizer::from_factor(factor).expect("a factor below 1/4"))
                .collect(),
            weights: (0..inputs * outputs).map(|_| random.weight()).collect(),
        }
    });
    ImageParts {
        quantizers: vec![InputQuantizer { scale: 1.0, bias: 128.5 }; inputs],
        raw: None,
        layers: layers.collect(),
        score_scale: 1.0,
        offsets: vec![0; experts],
        experts: (0..experts)
            .map(|index| ExpertParts { name: format!("e{index}"), cost: 0 })
            .collect(),
        operating_points: None,
        provenance: Provenance {
            log_digest: [0; 8],
            config_digest: [0; 8],
            seed: 0,
            trainer: [0; 3],
        },
        platt_scaling: None,
    }
}

/// The generator of Numerical Recipes: the same images everywhere.
struct Random(u32);

impl Random {
    /// A weight from -127 to 127.
    fn weight(&mut self) -> i8 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((self.0 >> 24) as i8).max(-127)
    }
}
