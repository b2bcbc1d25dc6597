//! Every way for an image to be wrong, and images that are unusual and right.

use super::{edit::*, requantizer, small, with_operating_points, with_platt_scaling};
use mild::{ImageError, image::FORMAT_VERSION};

/// Where the layers of [`small`] begin in the network section, and where their parts do.
mod at {
    pub(super) const LAYERS: [usize; 3] = [0, 22, 32];
    pub(super) const BIASES: usize = 2;
    /// These two in the first layer.
    pub(super) const REBASED_BIASES: usize = 7;
    pub(super) const REQUANTIZERS: usize = 12;
    pub(super) const WEIGHTS: [usize; 3] = [17, 22 + 6, 32 + 5];
}

/// Sets the first bias of the first layer, and the rebased one with it.
fn set_bias(words: &mut [u32], bias: i32) {
    let change = (bias as u32).wrapping_sub(words[at::BIASES]);
    for place in [at::BIASES, at::REBASED_BIASES] {
        words[place] = words[place].wrapping_add(change);
    }
}

/// An image that is wrong in one way, its checksum right unless that is what is wrong.
pub struct Invalid {
    /// What is wrong.
    pub what: String,
    /// The image.
    pub words: Vec<u32>,
    /// The error that it must give.
    pub error: ImageError,
}

/// Every way for an image to be wrong, but for its place in memory and a broken last word.
#[must_use]
pub fn invalid() -> Vec<Invalid> {
    let mut cases = Vec::new();
    let mut case = |what: &str, words, error| {
        cases.push(Invalid { what: what.into(), words, error });
    };
    let bytes = small().to_bytes().unwrap().len();

    // The header.
    case(
        "header cut",
        small().to_words().unwrap()[..4].to_vec(),
        ImageError::Truncated { found: 16, expected: 20 },
    );
    case("nothing", vec![], ImageError::Truncated { found: 0, expected: 20 });
    case("magic", edited(|w| w[0] = 0x1234_5678), ImageError::Magic { found: 0x1234_5678 });
    for version in [0, FORMAT_VERSION - 1, FORMAT_VERSION + 1, u16::MAX] {
        case(
            "version",
            edited(|w| w[1] = version.into()),
            ImageError::Version { found: version, expected: FORMAT_VERSION },
        );
    }
    case("high half of the version", edited(|w| w[1] |= 1 << 16), ImageError::Reserved);
    case("length", edited(|w| w[2] += 2), ImageError::NotWords { found: bytes + 2 });
    case(
        "short",
        edited(|w| w[2] += 4),
        ImageError::Truncated { found: bytes, expected: bytes + 4 },
    );
    for length in [0, 16] {
        case(
            "length of less than a header",
            edited(|w| w[2] = length),
            ImageError::Truncated { found: length as usize, expected: 20 },
        );
    }
    case(
        "long",
        edited(|w| w.push(0)),
        ImageError::TrailingBytes { found: bytes + 4, expected: bytes },
    );
    let mut words = small().to_words().unwrap();
    let right = words[3];
    words[3] ^= 1;
    case("checksum", words, ImageError::Checksum { found: right, expected: right ^ 1 });
    for inputs in [0u16, 32_768, u16::MAX] {
        case(
            "inputs",
            edited(|w| w[4] = w[4] & 0xffff_0000 | u32::from(inputs)),
            ImageError::Inputs { found: inputs },
        );
    }
    for experts in [0u16, 1, 33, 255] {
        case(
            "experts",
            edited(|w| w[4] = w[4] & 0xff00_ffff | u32::from(experts) << 16),
            ImageError::Experts { found: experts },
        );
    }

    // The list of sections.
    let unknown = |head| Section { head, content: vec![7, 7] };
    case(
        "unknown section",
        rearranged(|s| s.push(unknown(9))),
        ImageError::UnknownSection { kind: 9 },
    );
    case(
        "section of kind 0",
        rearranged(|s| s.insert(0, unknown(SKIPPABLE))),
        ImageError::SectionOrder { kind: 0 },
    );
    case(
        "unknown section flag",
        rearranged(|s| s.push(unknown(SKIPPABLE << 1 | SKIPPABLE | 9))),
        ImageError::Reserved,
    );
    case("flag of a known section", rearranged(|s| s[3].head |= 1 << 31), ImageError::Reserved);
    let half = |w: &mut Vec<u32>| {
        w.push(SKIPPABLE | 9);
        w[2] += 4;
    };
    case("half a section header", edited(half), ImageError::SectionLength { kind: 9 });
    for length in [9, u32::MAX] {
        let edit = |w: &mut Vec<u32>| {
            let last = w.len() - 9;
            w[last] = length;
        };
        case(
            "section beyond the end",
            edited(edit),
            ImageError::SectionLength { kind: PROVENANCE },
        );
    }
    for (index, kind) in KINDS.into_iter().enumerate() {
        let again = |s: &mut Vec<Section>| s.insert(index, s[index].clone());
        case("section repeated", rearranged(again), ImageError::SectionOrder { kind });
        if index + 1 < KINDS.len() {
            let swapped = rearranged(|s| s.swap(index, index + 1));
            case("sections swapped", swapped, ImageError::SectionOrder { kind });
        }
        if kind != RAW {
            let without = rearranged(|s| drop(s.remove(index)));
            case("section missing", without, ImageError::MissingSection { kind });
            case(
                "section empty",
                in_section(kind, Vec::clear),
                if kind == NETWORK {
                    ImageError::LayerCount { found: 0, expected: 3 }
                } else {
                    ImageError::SectionLength { kind }
                },
            );
        }
        let longer = in_section(kind, |w| w.push(0));
        let shorter = in_section(kind, |w| w.truncate(w.len() - 1));
        let length = ImageError::SectionLength { kind };
        match kind {
            // A layer more begins, but does not end; the last name is cut.
            NETWORK => case(
                "section a word longer",
                longer,
                ImageError::LayerCount { found: 4, expected: 3 },
            ),
            _ => case("section a word longer", longer, length),
        }
        match kind {
            EXPERTS => case("section a word shorter", shorter, ImageError::Name { expert: 2 }),
            _ => case("section a word shorter", shorter, length),
        }
    }

    // The quantizers.
    for scale in [-1.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        case(
            "scale",
            in_section(QUANTIZER, |w| w[2] = scale.to_bits()),
            ImageError::Quantizer { input: 1 },
        );
    }
    for bias in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN] {
        case(
            "bias",
            in_section(QUANTIZER, |w| w[5] = bias.to_bits()),
            ImageError::Quantizer { input: 2 },
        );
    }
    for word in [0x8000, 0xffff, 23 << 16, 32 << 16, 1 << 24, 1 << 31] {
        case(
            "raw quantizer",
            in_section(RAW, |w| w[4] = word),
            ImageError::RawQuantizer { input: 2 },
        );
    }

    // The layers.
    case(
        "no layers",
        edited(|w| w[4] &= 0x00ff_ffff),
        ImageError::LayerCount { found: 1, expected: 0 },
    );
    case(
        "last layer missing",
        in_section(NETWORK, |w| w.truncate(at::LAYERS[2])),
        ImageError::LayerCount { found: 2, expected: 3 },
    );
    case(
        "one layer more in the header",
        edited(|w| w[4] += 1 << 24),
        ImageError::LayerFlags { layer: 2 },
    );
    case(
        "one layer fewer in the header",
        edited(|w| w[4] -= 1 << 24),
        ImageError::LayerFlags { layer: 1 },
    );
    let shape = |inputs: u32, outputs: u32| inputs | outputs << 16;
    for (layer, word) in [
        (0, shape(4, 5)),
        (0, shape(0, 5)),
        (0, shape(3, 0)),
        (1, shape(6, 2)),
        (2, shape(2, 0)),
        (2, shape(1, 3)),
        (2, shape(2, 2)),
    ] {
        let words = in_section(NETWORK, |w| w[at::LAYERS[layer as usize]] = word);
        case("layer shape", words, ImageError::LayerShape { layer });
    }
    case(
        "experts and scores",
        edited(|w| w[4] = w[4] & 0xff00_ffff | 2 << 16),
        ImageError::LayerShape { layer: 2 },
    );
    let wide = |w: &mut Vec<u32>| {
        w.clear();
        w.extend([shape(3, 32_768), 3]);
        w.extend([0; 2 * 32_768]);
        w.extend([requantizer(8).to_word(); 32_768]);
        w.extend([0x0080_0080; 32_768]);
    };
    case("layer too wide", in_section(NETWORK, wide), ImageError::LayerShape { layer: 0 });
    for (layer, flags) in [
        (0, 0),
        (0, 1),
        (0, 2),
        (0, 7),
        (0, u32::MAX),
        (1, 0),
        (1, 2),
        (1, 3),
        (1, 1 << 8),
        (2, 1),
        (2, 2),
        (2, 1 << 31),
    ] {
        let words = in_section(NETWORK, |w| w[at::LAYERS[layer as usize] + 1] = flags);
        case("layer flags", words, ImageError::LayerFlags { layer });
    }
    const LIMIT: i32 = 1 << 29;
    for layer in 0..3 {
        for bias in [LIMIT + 1, -LIMIT - 1, i32::MAX, i32::MIN] {
            let place = at::LAYERS[layer as usize] + at::BIASES + 1;
            let words = in_section(NETWORK, |w| w[place] = bias as u32);
            case("bias", words, ImageError::Bias { layer });
        }
    }
    for word in [
        1 << 30,
        0,
        31,
        (1 << 30) - 1,
        (1 << 31) + 5,
        u32::MAX,
        (1 << 30) + (77 << 8),
        (1 << 30) + 32,
        (1 << 30) + 0x85,
    ] {
        let words = in_section(NETWORK, |w| w[at::REQUANTIZERS + 4] = word);
        case("requantizer", words, ImageError::Requantizer { layer: 0 });
    }
    for row in 0..5 {
        for change in [1, 1 << 7, 1 << 31] {
            let words = in_section(NETWORK, |w| w[at::REBASED_BIASES + row] ^= change);
            case("rebased bias", words, ImageError::RebasedBias);
        }
        // One that no longer follows from its row, though all else is in range.
        let words = in_section(NETWORK, |w| w[at::LAYERS[0] + at::BIASES + row] ^= 1);
        case("bias beside the rebased one", words, ImageError::RebasedBias);
    }
    // The weights 5, 0, 0, 0 but for one of -128 in each place.
    for word in [0x0080_0000, 0x0080_8085, 0x0000_0085, 0x8080_0085u32] {
        let words = in_section(NETWORK, |w| w[at::WEIGHTS[1]] = word);
        case("weight", words, ImageError::Weight { layer: 1 });
    }
    // Rows of three weights have one byte of padding, rows of five have three, rows of two two.
    for (layer, place, bits) in
        [(0, 0, 1 << 24), (0, 4, 1 << 31), (1, 2, 1 << 8), (1, 3, 1 << 23), (2, 2, 1 << 16)]
    {
        let words = in_section(NETWORK, |w| w[at::WEIGHTS[layer as usize] + place] ^= bits);
        case("padding weight", words, ImageError::Weight { layer });
    }

    // The policy.
    for scale in [0.0, -0.0, -1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        case("score scale", in_section(POLICY, |w| w[0] = scale.to_bits()), ImageError::ScoreScale);
    }
    for (expert, offset) in [(0, (1 << 30) + 1), (1, -(1 << 30) - 1), (2, i32::MAX), (2, i32::MIN)]
    {
        let words = in_section(POLICY, |w| w[1 + expert as usize] = offset as u32);
        case("offset", words, ImageError::Offset { expert });
    }

    // The experts: three prices, then 5 "local" 5 "cloud" 6 "clinic" and a byte of padding.
    let name = |place: usize, byte: u8| {
        in_section(EXPERTS, |w| {
            let mut bytes = to_bytes(&w[3..]);
            bytes[place] = byte;
            let (words, _) = bytes.as_chunks();
            w.truncate(3);
            w.extend(words.iter().map(|&bytes| u32::from_le_bytes(bytes)));
        })
    };
    for (expert, price) in [(0, (1 << 30) + 1), (2, u32::MAX)] {
        let words = in_section(EXPERTS, |w| w[expert as usize] = price);
        case("price", words, ImageError::Price { expert });
    }
    case("no name", name(0, 0), ImageError::Name { expert: 0 });
    case("name too long", name(6, 33), ImageError::Name { expert: 1 });
    case("name beyond the section", name(12, 8), ImageError::Name { expert: 2 });
    case("name not UTF-8", name(2, 0xff), ImageError::Name { expert: 0 });
    case("names cut", in_section(EXPERTS, |w| w.truncate(3)), ImageError::Name { expert: 0 });
    case(
        "prices cut",
        in_section(EXPERTS, |w| w.truncate(2)),
        ImageError::SectionLength { kind: EXPERTS },
    );
    case("name padding", name(19, 1), ImageError::Reserved);
    let long = |w: &mut Vec<u32>| {
        // A first name of 33 bytes, which the section has.
        w.truncate(3);
        w.push(u32::from_le_bytes([33, b'a', b'a', b'a']));
        w.extend([0x6161_6161; 12]);
    };
    case("name of 33 bytes", in_section(EXPERTS, long), ImageError::Name { expert: 0 });

    // The provenance.
    case(
        "high half of the patch",
        in_section(PROVENANCE, |w| w[7] |= 1 << 16),
        ImageError::Reserved,
    );

    // The Platt scaling: multiplier, shift and drop in a word, then the intercept.
    let length = ImageError::SectionLength { kind: PLATT_SCALING };
    case("Platt scaling a word longer", in_platt_scaling(|w| w.push(0)), length);
    case("Platt scaling a word shorter", in_platt_scaling(|w| w.truncate(5)), length);
    case("Platt scaling empty", in_platt_scaling(Vec::clear), length);
    for bits in [1 << 15, 32 << 16, 1 << 23, 32 << 24, 1 << 31] {
        case(
            "Platt scaling",
            in_platt_scaling(|w| w[2] |= bits),
            ImageError::PlattScaling { expert: 1 },
        );
    }
    case("no shift", in_platt_scaling(|w| w[0] = 0x7fff), ImageError::PlattScaling { expert: 0 });
    for intercept in [(1 << 20) + 1, -(1 << 20) - 1, i32::MAX, i32::MIN] {
        case(
            "intercept",
            in_platt_scaling(|w| w[5] = intercept as u32),
            ImageError::PlattScaling { expert: 2 },
        );
    }

    // The operating points: counts, budget, rate, low, high, floor, step, mean, deviation, then
    // four entries of two words, then three steps of three.
    let length = ImageError::SectionLength { kind: OPERATING_POINTS };
    case("operating points a word longer", in_operating_points(|w| w.push(0)), length);
    case("operating points a word shorter", in_operating_points(|w| w.truncate(25)), length);
    case("operating points without tables", in_operating_points(|w| w.truncate(9)), length);
    case("operating points cut", in_operating_points(|w| w.truncate(8)), length);
    case("operating points empty", in_operating_points(Vec::clear), length);
    for (word, number) in [
        (0, 3 << 16),
        (0, 65 | 3 << 16),
        (0, 4 | 17 << 16),
        (1, 65_537),
        (2, 65_537),
        (3, 1),
        (3, -(1 << 28) - 1),
        (4, -1),
        (4, (1 << 28) + 1),
        (5, 1),
        (5, -901),
        (6, 0),
        (6, 1601),
        (7, -901),
        (7, 701),
        (8, -1),
        (8, (1 << 28) + 1),
        (11, 0),
        (15, 65_537),
        (10, (1 << 28) + 1),
        (12, 701),
        (14, 250),
        (16, -(1 << 28) - 1),
        (17, 1),
        (20, 0),
        (20, 65_536),
        (21, 65_537),
        (22, (1 << 28) + 1),
        (25, -(1 << 28) - 1),
    ] {
        let words = in_operating_points(|w| w[word as usize] = number as u32);
        case("operating points", words, ImageError::OperatingPoints { word });
    }
    case(
        "range of nothing",
        in_operating_points(|w| w[3..6].copy_from_slice(&[0; 3])),
        ImageError::OperatingPoints { word: 4 },
    );
    case(
        "range of too many steps",
        in_operating_points(|w| w[4..7].copy_from_slice(&[8192 - 900, 0, 1])),
        ImageError::OperatingPoints { word: 6 },
    );
    cases
}

/// Images that are unusual and right.
#[must_use]
pub fn valid() -> Vec<(&'static str, Vec<u32>)> {
    let unknown = |kind| Section { head: SKIPPABLE | kind, content: vec![7, 7, 7] };
    vec![
        ("as written", small().to_words().unwrap()),
        ("without raw quantizers", rearranged(|s| drop(s.remove(1)))),
        ("unknown section that may be skipped", rearranged(|s| s.push(unknown(9)))),
        ("two of them", rearranged(|s| s.extend([unknown(9), unknown(65_535)]))),
        ("empty one", rearranged(|s| s.push(Section { head: SKIPPABLE | 10, content: vec![] }))),
        ("with operating points", with_operating_points().to_words().unwrap()),
        (
            "without energy steps",
            in_operating_points(|w| {
                w[0] = 4;
                w.truncate(17);
            }),
        ),
        (
            "one entry",
            in_operating_points(|w| {
                w[0] = 1;
                w.truncate(11);
            }),
        ),
        (
            "operating points at its limits",
            in_operating_points(|w| {
                let limit = 1 << 28;
                w[1..9].copy_from_slice(&[
                    1 << 16,
                    0,
                    (-limit) as u32,
                    limit as u32,
                    (-limit) as u32,
                    1 << 29,
                    (-limit) as u32,
                    limit as u32,
                ]);
            }),
        ),
        ("known section marked so", rearranged(|s| s[2].head |= SKIPPABLE)),
        ("weights at their limits", in_section(NETWORK, |w| w[at::WEIGHTS[1]] = 0x81ff_7f01)),
        ("bias at its limit", in_section(NETWORK, |w| set_bias(w, 1 << 29))),
        ("bias at its other limit", in_section(NETWORK, |w| set_bias(w, -1 << 29))),
        (
            "offsets at their limits",
            in_section(POLICY, |w| {
                w[1] = 1 << 30;
                w[2] = (-1i32 << 30) as u32;
            }),
        ),
        (
            "largest numbers of the quantizer",
            in_section(QUANTIZER, |w| {
                w[..4].copy_from_slice(&[f32::MAX, f32::MIN, f32::MAX, f32::MAX].map(f32::to_bits));
            }),
        ),
        ("smallest score scale", in_section(POLICY, |w| w[0] = 1)),
        ("raw quantizer at its limits", in_section(RAW, |w| w[0] = 22 << 16 | 0x7fff)),
        ("largest requantizer", in_section(NETWORK, |w| w[at::REQUANTIZERS] = (1 << 31) - 225)),
        ("with Platt scaling", with_platt_scaling().to_words().unwrap()),
        (
            "Platt scaling at its limits",
            in_platt_scaling(|w| {
                w[..2].copy_from_slice(&[31 << 24 | 31 << 16 | 0x7fff, 1 << 20]);
                w[2..4].copy_from_slice(&[1 << 16 | 0x7fff, (-1i32 << 20) as u32]);
            }),
        ),
        ("highest price", in_section(EXPERTS, |w| w[1] = 1 << 30)),
        ("smallest requantizer", in_section(NETWORK, |w| w[at::REQUANTIZERS] = (1 << 30) + 1)),
    ]
}
