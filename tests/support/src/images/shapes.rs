//! Images of fixed shapes with arbitrary weights, to measure with.

use super::small::experts;
use crate::random::Lcg;
use mild::{
    Price, Provenance,
    fixed::Requantizer,
    image::{ImageParts, InputQuantizer, LayerParts},
};

/// Widths of the layers, inputs first. The first is the usual rejector; 16-5 is a linear one; the
/// others have dense layers that other libraries publish figures of, as first layer (any int8
/// codes) and after a ReLU.
pub const SHAPES: &[&[usize]] = &[
    &[16, 32, 16, 5],
    &[16, 5],
    &[32, 16, 4],
    &[64, 32, 4],
    &[128, 128, 4],
    &[640, 128, 4],
    &[4, 32, 16, 4],
    &[4, 64, 32, 4],
    &[4, 640, 128, 4],
];

/// The name of a shape, as in `16-32-16-5`.
#[must_use]
pub fn name(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}

/// An image with these layers and nothing optional; its offsets and prices are 0.
///
/// # Panics
///
/// If there are no layers.
#[must_use]
pub fn plain(layers: Vec<LayerParts>) -> ImageParts {
    let (Some(first), Some(last)) = (layers.first(), layers.last()) else {
        panic!("a network has layers")
    };
    let (inputs, outputs) = (first.inputs, last.biases.len());
    let names: Vec<String> = (0..outputs).map(|index| format!("e{index}")).collect();
    ImageParts {
        quantizers: vec![InputQuantizer { scale: 1.0, bias: 128.5 }; inputs],
        raw: None,
        layers,
        score_scale: 1.0,
        offsets: vec![0; outputs],
        experts: experts(&names, Price::ZERO),
        operating_points: None,
        provenance: Provenance {
            log_digest: [0; 8],
            config_digest: [0; 8],
            seed: 0,
            trainer: [0; 3],
        },
        platt_scaling: None,
        name_table: None,
    }
}

/// An image of this shape, always the same one.
///
/// # Panics
///
/// If the shape has fewer than two widths.
#[must_use]
pub fn of_shape(shape: &[usize]) -> ImageParts {
    let mut random = Lcg::new(1);
    let count = shape.len() - 1;
    let layers = shape.windows(2).enumerate().map(|(index, widths)| {
        let (inputs, outputs) = (widths[0], widths[1]);
        let requantizers = if index + 1 == count { 0 } else { outputs };
        // Sums of random signs grow with the root of their number; this brings them to about one
        // code range.
        let factor = 1.0 / (64.0 * (inputs as f64).sqrt());
        LayerParts {
            inputs,
            biases: (0..outputs).map(|_| i32::from(weight(&mut random)) * 16).collect(),
            requantizers: (0..requantizers)
                .map(|_| Requantizer::from_factor(factor).expect("a factor below 1/4"))
                .collect(),
            weights: (0..inputs * outputs).map(|_| weight(&mut random)).collect(),
        }
    });
    plain(layers.collect())
}

/// A weight from -127 to 127.
fn weight(random: &mut Lcg) -> i8 {
    random.code().max(-127)
}
