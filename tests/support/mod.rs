//! Images for the tests: small ones, edited ones, and the list of everything that makes one invalid.
// Each test file uses its own part of this module.
#![allow(dead_code)]

use mild::fixed::{PlattMap, RawQuantizer, Requantizer};
use mild::governor::Rate;
use mild::image::{
    EnergyParts, ExpertParts, ImageParts, InputQuantizer, LayerParts, OperatingPointsParts,
    PlattScalingParts,
};
use mild::{ImageError, Provenance};

/// Kinds of sections, as `docs/image-format.md` numbers them.
pub(crate) const QUANTIZER: u16 = 1;
pub(crate) const RAW: u16 = 2;
pub(crate) const NETWORK: u16 = 3;
pub(crate) const POLICY: u16 = 4;
pub(crate) const EXPERTS: u16 = 5;
pub(crate) const PROVENANCE: u16 = 6;
pub(crate) const PLATT_SCALING: u16 = 7;
pub(crate) const OPERATING_POINTS: u16 = 8;
pub(crate) const KINDS: [u16; 6] = [QUANTIZER, RAW, NETWORK, POLICY, EXPERTS, PROVENANCE];

/// Words in the header.
const HEADER: usize = 5;

/// The section flag that lets a reader skip a kind it does not know.
const SKIPPABLE: u32 = 1 << 16;

/// Three inputs, hidden layers of five and two, three experts, raw readings: blocks of four rows and
/// less, rows that fill a group and rows that do not.
pub(crate) fn small() -> ImageParts {
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
        experts: experts(["local", "cloud", "clinic"]),
        provenance: provenance(),
        platt_scaling: None,
        operating_points: None,
    }
}

/// The same with operating points: two rates, three battery steps.
pub(crate) fn with_operating_points() -> ImageParts {
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

/// The same with Platt scaling: scores are probabilities minus prices.
pub(crate) fn calibrated() -> ImageParts {
    let entry = |slope, intercept, price| PlattScalingParts {
        output: PlattMap::from_affine(slope, intercept).unwrap(),
        price,
    };
    ImageParts {
        score_scale: 1.0 / 65_536.0,
        offsets: vec![0, 900, -77],
        platt_scaling: Some(vec![
            entry(2.0e-3, 0.3, 0),
            entry(3.0e-4, -1.5, 3277),
            entry(0.0, 2.0, 13_107),
        ]),
        ..small()
    }
}

/// A requantizer with a factor a little above 2^-(2 + shift).
pub(crate) fn requantizer(shift: u32) -> Requantizer {
    Requantizer::from_word((1 << 30) + (12_345 << 5) + shift).unwrap()
}

pub(crate) fn experts<const N: usize>(names: [&str; N]) -> Vec<ExpertParts> {
    let expert =
        |(index, name): (u32, &str)| ExpertParts { name: name.into(), cost: 50_000 * index };
    (0..).zip(names).map(expert).collect()
}

pub(crate) fn provenance() -> Provenance {
    Provenance {
        log_digest: [1, 2, 3, 4, 5, 6, 7, 8],
        config_digest: [9, 10, 11, 12, 13, 14, 15, 16],
        seed: 0x1122_3344_5566_7788,
        trainer: [0, 1, 2],
    }
}

/// CRC-32/ISO-HDLC bit by bit, from its published parameters rather than from the crate.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

pub(crate) fn to_bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Makes the checksum right again.
pub(crate) fn reseal(words: &mut [u32]) {
    words[3] = crc32(&to_bytes(&words[4..]));
}

/// Makes the length and the checksum right again.
fn seal(mut words: Vec<u32>) -> Vec<u32> {
    words[2] = words.len() as u32 * 4;
    reseal(&mut words);
    words
}

/// The small image with some of its words changed, the checksum right again.
pub(crate) fn edited(edit: impl FnOnce(&mut Vec<u32>)) -> Vec<u32> {
    let mut words = small().to_words().unwrap();
    edit(&mut words);
    reseal(&mut words);
    words
}

/// One section, cut out of an image.
#[derive(Clone)]
pub(crate) struct Section {
    pub(crate) head: u32,
    pub(crate) content: Vec<u32>,
}

/// The small image with its list of sections changed, lengths and checksum right again.
pub(crate) fn rearranged(edit: impl FnOnce(&mut Vec<Section>)) -> Vec<u32> {
    rearranged_from(&small(), edit)
}

/// The image with operating points, that section changed.
fn turned(edit: impl FnOnce(&mut Vec<u32>)) -> Vec<u32> {
    rearranged_from(&with_operating_points(), |sections| edit(&mut sections[KINDS.len()].content))
}

/// The calibrated image with its calibration changed.
fn recalibrated(edit: impl FnOnce(&mut Vec<u32>)) -> Vec<u32> {
    rearranged_from(&calibrated(), |sections| edit(&mut sections[KINDS.len()].content))
}

fn rearranged_from(parts: &ImageParts, edit: impl FnOnce(&mut Vec<Section>)) -> Vec<u32> {
    let words = parts.to_words().unwrap();
    let (header, mut rest) = words.split_at(HEADER);
    let mut sections = Vec::new();
    while let [head, length, after @ ..] = rest {
        let (content, after) = after.split_at(*length as usize);
        sections.push(Section { head: *head, content: content.to_vec() });
        rest = after;
    }
    edit(&mut sections);
    let mut words = header.to_vec();
    for section in sections {
        words.extend([section.head, section.content.len() as u32]);
        words.extend(section.content);
    }
    seal(words)
}

/// The small image with the content of one section changed.
pub(crate) fn in_section(kind: u16, edit: impl FnOnce(&mut Vec<u32>)) -> Vec<u32> {
    rearranged(|sections| {
        let section = sections.iter_mut().find(|section| section.head == u32::from(kind)).unwrap();
        edit(&mut section.content);
    })
}

/// Where the layers of [`small`] begin in the network section, and where their parts do.
mod at {
    pub(crate) const LAYERS: [usize; 3] = [0, 17, 27];
    pub(crate) const BIASES: usize = 2;
    /// In the first layer.
    pub(crate) const REQUANTIZERS: usize = 7;
    pub(crate) const WEIGHTS: [usize; 3] = [12, 17 + 6, 27 + 5];
}

/// An image that is wrong in one way, its checksum right unless that is what is wrong.
pub(crate) struct Invalid {
    pub(crate) what: String,
    pub(crate) words: Vec<u32>,
    pub(crate) error: ImageError,
}

/// Every way for an image to be wrong, but for its place in memory and a broken last word.
pub(crate) fn invalid() -> Vec<Invalid> {
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
    for version in [0u16, 2, u16::MAX] {
        case(
            "version",
            edited(|w| w[1] = version.into()),
            ImageError::Version { found: version, expected: 1 },
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
        ImageError::Activation { layer: 2 },
    );
    case(
        "one layer fewer in the header",
        edited(|w| w[4] -= 1 << 24),
        ImageError::Activation { layer: 1 },
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
        w.extend([shape(3, 32_768), 1]);
        w.extend([0; 32_768]);
        w.extend([requantizer(8).to_word(); 32_768]);
        w.extend([0x0080_0080; 32_768]);
    };
    case("layer too wide", in_section(NETWORK, wide), ImageError::LayerShape { layer: 0 });
    for (layer, activation) in
        [(0, 2), (0, 0), (0, u32::MAX), (1, 0), (1, 1 << 8), (2, 1), (2, 2), (2, 1 << 31)]
    {
        let words = in_section(NETWORK, |w| w[at::LAYERS[layer as usize] + 1] = activation);
        case("activation", words, ImageError::Activation { layer });
    }
    const LIMIT: i32 = 1 << 29;
    for layer in 0..3 {
        for bias in [LIMIT + 1, -LIMIT - 1, i32::MAX, i32::MIN] {
            let place = at::LAYERS[layer as usize] + at::BIASES + 1;
            let words = in_section(NETWORK, |w| w[place] = bias as u32);
            case("bias", words, ImageError::Bias { layer });
        }
    }
    for word in [1 << 30, 0, 31, (1 << 30) - 1, (1 << 31) + 5, u32::MAX, (1 << 30) + (77 << 5)] {
        let words = in_section(NETWORK, |w| w[at::REQUANTIZERS + 4] = word);
        case("requantizer", words, ImageError::Requantizer { layer: 0 });
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

    // The experts: three costs, then 5 "local" 5 "cloud" 6 "clinic" and a byte of padding.
    let name = |place: usize, byte: u8| {
        in_section(EXPERTS, |w| {
            let mut bytes = to_bytes(&w[3..]);
            bytes[place] = byte;
            let (words, _) = bytes.as_chunks();
            w.truncate(3);
            w.extend(words.iter().map(|&bytes| u32::from_le_bytes(bytes)));
        })
    };
    case("no name", name(0, 0), ImageError::Name { expert: 0 });
    case("name too long", name(6, 33), ImageError::Name { expert: 1 });
    case("name beyond the section", name(12, 8), ImageError::Name { expert: 2 });
    case("name not UTF-8", name(2, 0xff), ImageError::Name { expert: 0 });
    case("names cut", in_section(EXPERTS, |w| w.truncate(3)), ImageError::Name { expert: 0 });
    case(
        "costs cut",
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

    // The Platt scaling: multiplier, shift and drop in a word, intercept, price.
    let length = ImageError::SectionLength { kind: PLATT_SCALING };
    case("calibration a word longer", recalibrated(|w| w.push(0)), length);
    case("calibration a word shorter", recalibrated(|w| w.truncate(8)), length);
    case("calibration empty", recalibrated(Vec::clear), length);
    for bits in [1 << 15, 32 << 16, 1 << 23, 32 << 24, 1 << 31] {
        case("calibration", recalibrated(|w| w[3] |= bits), ImageError::PlattScaling { expert: 1 });
    }
    case("no shift", recalibrated(|w| w[0] = 0x7fff), ImageError::PlattScaling { expert: 0 });
    for intercept in [(1 << 20) + 1, -(1 << 20) - 1, i32::MAX, i32::MIN] {
        case(
            "intercept",
            recalibrated(|w| w[7] = intercept as u32),
            ImageError::PlattScaling { expert: 2 },
        );
    }
    for price in [(1 << 30) + 1, u32::MAX] {
        case("price", recalibrated(|w| w[2] = price), ImageError::PlattScaling { expert: 0 });
    }
    // The operating points: counts, budget, rate, low, high, floor, step, mean, deviation, then four entries of two
    // words, then three steps of three.
    let length = ImageError::SectionLength { kind: OPERATING_POINTS };
    case("operating points a word longer", turned(|w| w.push(0)), length);
    case("operating points a word shorter", turned(|w| w.truncate(25)), length);
    case("operating points without tables", turned(|w| w.truncate(9)), length);
    case("operating points cut", turned(|w| w.truncate(8)), length);
    case("operating points empty", turned(Vec::clear), length);
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
        let words = turned(|w| w[word as usize] = number as u32);
        case("operating points", words, ImageError::OperatingPoints { word });
    }
    case(
        "range of nothing",
        turned(|w| w[3..6].copy_from_slice(&[0; 3])),
        ImageError::OperatingPoints { word: 4 },
    );
    case(
        "range of too many steps",
        turned(|w| w[4..7].copy_from_slice(&[8192 - 900, 0, 1])),
        ImageError::OperatingPoints { word: 6 },
    );
    cases
}

/// Images that are unusual and right.
pub(crate) fn valid() -> Vec<(&'static str, Vec<u32>)> {
    let unknown = |kind| Section { head: SKIPPABLE | kind, content: vec![7, 7, 7] };
    vec![
        ("as written", small().to_words().unwrap()),
        ("without raw quantizers", rearranged(|s| drop(s.remove(1)))),
        ("unknown section that may be skipped", rearranged(|s| s.push(unknown(9)))),
        ("two of them", rearranged(|s| s.extend([unknown(9), unknown(65_535)]))),
        ("empty one", rearranged(|s| s.push(Section { head: SKIPPABLE | 10, content: vec![] }))),
        ("with a operating points", with_operating_points().to_words().unwrap()),
        (
            "without energy steps",
            turned(|w| {
                w[0] = 4;
                w.truncate(17);
            }),
        ),
        (
            "one entry",
            turned(|w| {
                w[0] = 1;
                w.truncate(11);
            }),
        ),
        (
            "operating points at its limits",
            turned(|w| {
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
        ("bias at its limit", in_section(NETWORK, |w| w[at::BIASES] = 1 << 29)),
        ("bias at its other limit", in_section(NETWORK, |w| w[at::BIASES] = (-1i32 << 29) as u32)),
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
        ("largest requantizer", in_section(NETWORK, |w| w[at::REQUANTIZERS] = (1 << 31) - 1)),
        ("calibrated", calibrated().to_words().unwrap()),
        (
            "calibration at its limits",
            recalibrated(|w| {
                w[..3].copy_from_slice(&[31 << 24 | 31 << 16 | 0x7fff, 1 << 20, 1 << 30]);
                w[3..6].copy_from_slice(&[1 << 16 | 0x7fff, (-1i32 << 20) as u32, 0]);
            }),
        ),
        ("smallest requantizer", in_section(NETWORK, |w| w[at::REQUANTIZERS] = (1 << 30) + 1)),
    ]
}
