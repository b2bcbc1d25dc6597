//! Damaged, mismatched and hostile images: each gives the right error, and none a panic.

use std::collections::BTreeSet;

use mild::image::{FORMAT_VERSION, LayerParts};
use mild::{Image, ImageError, Reachable, Rejector};
use proptest::prelude::*;

use mild_test_support::checksum::reseal;
use mild_test_support::images::{self, Invalid, edited, invalid, small, to_bytes, valid};

/// Room for bytes at an address that is a multiple of four, plus `shift`.
struct Placed {
    words: Vec<u32>,
    shift: usize,
    length: usize,
}

impl Placed {
    fn new(bytes: &[u8], shift: usize) -> Self {
        let mut words = vec![0; (bytes.len() + shift).div_ceil(4) + 1];
        bytemuck::cast_slice_mut(&mut words)[shift..shift + bytes.len()].copy_from_slice(bytes);
        Self { words, shift, length: bytes.len() }
    }

    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[self.shift..self.shift + self.length]
    }
}

/// Everything that can be asked of an image, and decisions on extreme codes.
fn use_up(image: &Image<'_>) {
    assert_eq!(image.names().count(), image.experts());
    assert_eq!(image.shapes().count(), image.layers());
    assert_eq!(image.offsets().len(), image.experts());
    assert_eq!(image.prices().len(), image.experts());
    if let Some(operating_points) = image.operating_points() {
        let settings = operating_points.settings();
        let mut governor = mild::Governor::new(&settings);
        for rate in [0, 1, 40_000, 65_536].map(mild::governor::Rate::from_bits) {
            governor.set_threshold(operating_points.threshold(rate));
            governor.set_battery(rate.bits() as u16, 50, operating_points.energy_steps());
            let scores = vec![i32::MAX; image.experts()];
            governor.input(mild::Scores::new(&scores, image.offsets())).decide(Reachable::ALL);
        }
    }
    if let Some(table) = image.name_table() {
        let inputs = table.inputs().map_or(image.inputs(), Iterator::count);
        assert_eq!(inputs, image.inputs());
        let _ = table.classes().map(Iterator::count);
    }
    let _ = (image.provenance(), image.score_scale(), image.macs(), image.parameters());
    let rejector = Rejector::new(image);
    let mut scratch = vec![0xdead_beef; image.scratch_words()];
    for pattern in [[-128i8, -128], [127, 127], [-128, 127], [0, 0]] {
        let codes: Vec<i8> = pattern.into_iter().cycle().take(image.inputs()).collect();
        for reachable in [Reachable::ALL, Reachable::LOCAL_ONLY, Reachable::from_bits(6)] {
            let decision = rejector.decide(&codes, reachable, &mut scratch).unwrap();
            assert!(usize::from(decision.expert) < image.experts());
            assert!(reachable.contains(decision.expert));
            assert!(decision.margin >= 0);
        }
    }
    for x in [f32::MIN, f32::NEG_INFINITY, f32::INFINITY, f32::MAX, f32::MIN_POSITIVE] {
        let features = vec![x; image.inputs()];
        rejector.decide(&features, Reachable::ALL, &mut scratch).unwrap();
    }
    for reading in [i16::MIN, i16::MAX] {
        let readings = vec![reading; image.inputs()];
        let decision = rejector.decide(&readings, Reachable::ALL, &mut scratch);
        assert_eq!(decision.is_ok(), image.takes_raw());
    }
}

#[test]
fn each_way_to_be_wrong_has_its_error() {
    for Invalid { what, words, error } in invalid() {
        assert_eq!(Image::from_words(&words).err(), Some(error), "{what}");
        let placed = Placed::new(&to_bytes(&words), 0);
        assert_eq!(Image::from_bytes(placed.bytes()).err(), Some(error), "{what}");
    }
}

/// The largest number of layers there is, and one more.
#[test]
fn layers_are_counted_beyond_a_byte() {
    let narrow = LayerParts {
        inputs: 1,
        biases: vec![3],
        requantizers: vec![images::requantizer(1)],
        weights: vec![1],
    };
    let last = LayerParts {
        biases: vec![0; 3],
        requantizers: vec![],
        weights: vec![1; 3],
        ..narrow.clone()
    };
    let mut parts = small();
    parts.raw = None;
    parts.quantizers.truncate(1);
    parts.layers = vec![narrow; 254];
    parts.layers.push(last);
    let words = parts.to_words().unwrap();
    use_up(&Image::from_words(&words).unwrap());

    // The last layer once more: two words of head, three biases, three words of weights.
    let network = 5 + 2 + 2;
    let length = words[network + 1] as usize;
    let end = network + 2 + length;
    let mut longer = words.clone();
    longer.splice(end..end, words[end - 8..end].to_vec());
    longer[network + 1] += 8;
    longer[2] += 32;
    reseal(&mut longer);
    let error = ImageError::LayerCount { found: 256, expected: 255 };
    assert_eq!(Image::from_words(&longer).err(), Some(error));
}

#[test]
fn unusual_images_are_read() {
    for (what, words) in valid() {
        let image = Image::from_words(&words).unwrap_or_else(|error| panic!("{what}: {error}"));
        use_up(&image);
    }
}

/// The enum is `#[non_exhaustive]`, so the compiler cannot say that a variant has no case: its
/// source can.
#[test]
fn every_error_is_reached() {
    let name = |text: &str| -> String {
        text.chars().take_while(|letter| letter.is_ascii_alphanumeric()).collect()
    };
    let source = include_str!("../src/image/error.rs");
    let variants: BTreeSet<String> = source.split("Self::").skip(1).map(name).collect();
    let mut reached: BTreeSet<String> =
        invalid().iter().map(|case| name(&format!("{:?}", case.error))).collect();
    // Of memory, not of words.
    reached.insert("Misaligned".into());
    assert_eq!(reached, variants);
}

#[test]
fn misaligned_bytes_are_refused() {
    let bytes = small().to_bytes().unwrap();
    for shift in 1..4 {
        let placed = Placed::new(&bytes, shift);
        assert_eq!(Image::from_bytes(placed.bytes()).err(), Some(ImageError::Misaligned));
        assert_eq!(Image::from_prefix(placed.bytes()).err(), Some(ImageError::Misaligned));
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let words = small().to_words().unwrap();
    for index in 0..words.len() {
        for bit in 0..32 {
            let mut words = words.clone();
            words[index] ^= 1 << bit;
            let error = Image::from_words(&words).expect_err("a flipped bit");
            let expected = match (index, bit) {
                (0, _) => matches!(error, ImageError::Magic { .. }),
                (1, ..16) => matches!(error, ImageError::Version { .. }),
                (1, _) => error == ImageError::Reserved,
                (2, ..2) => matches!(error, ImageError::NotWords { .. }),
                (2, _) => {
                    matches!(error, ImageError::Truncated { .. } | ImageError::TrailingBytes { .. })
                }
                _ => matches!(error, ImageError::Checksum { .. }),
            };
            assert!(expected, "word {index}, bit {bit}: {error:?}");
            // In a longer slot the length is all there is to find the end.
            words.extend([u32::MAX; 8]);
            let slot: &[u8] = bytemuck::cast_slice(&words);
            assert!(Image::from_prefix(slot).is_err(), "word {index}, bit {bit}");
        }
    }
}

#[test]
fn every_truncation_is_noticed() {
    let bytes = small().to_bytes().unwrap();
    for length in 0..bytes.len() {
        let placed = Placed::new(&bytes[..length], 0);
        let expected = if length % 4 != 0 {
            ImageError::NotWords { found: length }
        } else if length < 20 {
            ImageError::Truncated { found: length, expected: 20 }
        } else {
            ImageError::Truncated { found: length, expected: bytes.len() }
        };
        assert_eq!(Image::from_bytes(placed.bytes()).err(), Some(expected));
        let expected = if length < 20 { 20 } else { bytes.len() };
        let expected = ImageError::Truncated { found: length, expected };
        assert_eq!(Image::from_prefix(placed.bytes()).err(), Some(expected));
    }
}

#[test]
fn trailing_bytes_are_refused_but_in_a_slot() {
    let bytes = small().to_bytes().unwrap();
    for more in 1..10 {
        let mut longer = bytes.clone();
        longer.resize(bytes.len() + more, 0xff);
        let placed = Placed::new(&longer, 0);
        let expected = if more % 4 == 0 {
            ImageError::TrailingBytes { found: longer.len(), expected: bytes.len() }
        } else {
            ImageError::NotWords { found: longer.len() }
        };
        assert_eq!(Image::from_bytes(placed.bytes()).err(), Some(expected));
        let (image, length) = Image::from_prefix(placed.bytes()).unwrap();
        assert_eq!(length, bytes.len());
        assert_eq!(image.bytes(), bytes);
    }
    let placed = Placed::new(&bytes, 0);
    assert_eq!(Image::from_prefix(placed.bytes()).unwrap().1, bytes.len());
}

#[test]
fn a_slot_without_an_image_says_so() {
    for erased in [0x00, 0xff] {
        for length in [20, 64, 4096, 4095] {
            let placed = Placed::new(&vec![erased; length], 0);
            let found = u32::from_le_bytes([erased; 4]);
            let error = Image::from_prefix(placed.bytes()).err();
            assert_eq!(error, Some(ImageError::Magic { found }), "{length} bytes of {erased:#x}");
        }
    }
    // A slot shorter than a length is truncated, whatever the length says.
    let mut bytes = small().to_bytes().unwrap();
    bytes.truncate(11);
    let placed = Placed::new(&bytes, 0);
    let error = ImageError::Truncated { found: 11, expected: 20 };
    assert_eq!(Image::from_prefix(placed.bytes()).err(), Some(error));
}

/// A newer format may have another length field: the version must be what the error names.
#[test]
fn a_newer_version_is_named_in_a_slot() {
    for length in [0u32, 3, 8, 20, 100_000] {
        let words = edited(|words| {
            words[1] = u32::from(FORMAT_VERSION) + 1;
            words[2] = length;
        });
        let slot: &[u8] = bytemuck::cast_slice(&words);
        let error = ImageError::Version { found: FORMAT_VERSION + 1, expected: FORMAT_VERSION };
        assert_eq!(Image::from_prefix(slot).err(), Some(error), "length {length}");
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A word of the kind that breaks readers.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        0u32..300,
        (0u32..32).prop_map(|bit| 1 << bit),
        (0u32..32).prop_map(|bit| (1u32 << bit).wrapping_neg()),
        prop::sample::select(vec![0, u32::MAX, i32::MAX as u32, 0x7f80_0000, 0x0080_0080]),
    ]
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        header in any::<bool>(),
        shift in 0usize..4,
    ) {
        let mut bytes = bytes;
        if header {
            // Past the first checks.
            let length = bytes.len() as u32;
            let start: Vec<u8> = [*b"MILD", [1, 0, 0, 0], length.to_le_bytes()].concat();
            let n = bytes.len().min(12);
            bytes[..n].copy_from_slice(&start[..n]);
        }
        let placed = Placed::new(&bytes, shift);
        prop_assert!(Image::from_bytes(placed.bytes()).is_err());
        prop_assert!(Image::from_prefix(placed.bytes()).is_err());
    }

    #[test]
    fn sealed_nonsense_never_panics(words in prop::collection::vec(word(), 1..60)) {
        let sealed = images::rearranged(|sections| sections.clear());
        let mut words = [&sealed[..4], &words].concat();
        words[2] = words.len() as u32 * 4;
        reseal(&mut words);
        prop_assert!(Image::from_words(&words).is_err());
    }

    #[test]
    fn sealed_changes_are_refused_or_run(
        edits in prop::collection::vec((4usize..1000, word(), any::<bool>()), 1..4),
    ) {
        let words = edited(|words| {
            for (index, word, flip) in edits {
                let index = 4 + index % (words.len() - 4);
                words[index] = if flip { words[index] ^ word } else { word };
            }
        });
        if let Ok(image) = Image::from_words(&words) {
            use_up(&image);
        }
    }
}
