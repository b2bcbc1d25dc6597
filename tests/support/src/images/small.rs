//! A small image, and what it becomes with optional sections.

use mild::{
    Price, Provenance,
    fixed::{PlattMap, RawQuantizer, Requantizer},
    governor::Rate,
    image::{
        EnergyParts, ExpertParts, ImageParts, InputQuantizer, LayerParts, NameTableParts,
        OperatingPointsParts,
    },
};

/// Three inputs, hidden layers of five and two, three experts, raw readings: blocks of four rows
/// and less, rows that fill a group and rows that do not.
#[must_use]
pub fn small() -> ImageParts {
    let weights =
        |count: i32, step: i32| (0..count).map(|i| (i * step % 255 - 127) as i8).collect();
    ImageParts {
        quantizers: vec![
            InputQuantizer { scale: 12.5, bias: 128.5 },
            InputQuantizer { scale: 0.0, bias: 200.25 },
            InputQuantizer { scale: 3.0e-3, bias: -7.0 },
        ],
        raw: Some(vec![
            RawQuantizer::new(1000, 14, 1 << 13).unwrap(),
            RawQuantizer::new(0, 0, -5).unwrap(),
            RawQuantizer::new(32767, 22, -(1 << 21)).unwrap(),
        ]),
        layers: vec![
            LayerParts {
                inputs: 3,
                biases: vec![100, -200, 300, 0, 4000],
                requantizers: vec![requantizer(8); 5],
                weights: weights(15, 37),
            },
            LayerParts {
                inputs: 5,
                biases: vec![-50, 1500],
                requantizers: vec![requantizer(7), requantizer(9)],
                weights: weights(10, 71),
            },
            LayerParts {
                inputs: 2,
                biases: vec![10, -300, 77],
                requantizers: vec![],
                weights: weights(6, 101),
            },
        ],
        score_scale: 0.002,
        offsets: vec![40, -10, 3],
        experts: experts(&["local", "cloud", "clinic"], Price::from_bits(3277)),
        provenance: provenance(),
        platt_scaling: None,
        operating_points: None,
        name_table: None,
    }
}

/// The same with operating points: two rates, three battery steps.
#[must_use]
pub fn with_operating_points() -> ImageParts {
    let energy =
        |from, part, threshold| EnergyParts { from, budget: Rate::ratio(part, 100), threshold };
    ImageParts {
        operating_points: Some(OperatingPointsParts {
            budget: Rate::ratio(1, 10),
            rate: Rate::ratio(9, 100),
            range: (-900, 700),
            floor: -40,
            step: 16,
            advantage: (-200, 150),
            entries: vec![
                (Rate::ZERO, 701),
                (Rate::ratio(1, 20), 250),
                (Rate::ratio(1, 10), 0),
                (Rate::ONE, -901),
            ],
            energy: vec![energy(0, 1, 600), energy(200, 5, 250), energy(500, 10, 0)],
        }),
        ..small()
    }
}

/// The same with the names of inputs and classes.
#[must_use]
pub fn with_names() -> ImageParts {
    let texts = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    ImageParts {
        name_table: Some(NameTableParts {
            inputs_digest: [1, 2, 3, 4, 5, 6, 7, 8],
            classes_digest: [9, 10, 11, 12, 13, 14, 15, 16],
            names: Some((texts(&["temp", "room=Küche", ""]), texts(&["calm", "storm"]))),
        }),
        ..small()
    }
}

/// The same with Platt scaling: scores are probabilities minus prices.
#[must_use]
pub fn with_platt_scaling() -> ImageParts {
    let map = |slope, intercept| PlattMap::from_affine(slope, intercept).unwrap();
    ImageParts {
        score_scale: 1.0 / 65_536.0,
        offsets: vec![0, 900, -77],
        platt_scaling: Some(vec![map(2.0e-3, 0.3), map(3.0e-4, -1.5), map(0.0, 2.0)]),
        ..small()
    }
}

/// A requantizer with a factor a little above 2^-(2 + shift).
#[must_use]
pub fn requantizer(shift: u32) -> Requantizer {
    Requantizer::from_word((1 << 30) + (12_345 << 8) + shift).unwrap()
}

/// Experts with these names, the first at no price and each other at `price` more than the one
/// before it.
#[must_use]
pub fn experts<N: AsRef<str>>(names: &[N], price: Price) -> Vec<ExpertParts> {
    let expert = |(index, name): (u32, &N)| ExpertParts {
        name: name.as_ref().to_owned(),
        price: Price::from_bits(price.bits() * index),
    };
    (0..).zip(names).map(expert).collect()
}

/// A provenance in which every byte differs.
#[must_use]
pub fn provenance() -> Provenance {
    Provenance {
        log_digest: [1, 2, 3, 4, 5, 6, 7, 8],
        config_digest: [9, 10, 11, 12, 13, 14, 15, 16],
        seed: 0x1122_3344_5566_7788,
        trainer: [0, 1, 2],
    }
}
