//! The small public types: sets of experts, messages of errors, what `serde` makes of a decision.

use mild::image::{ImageParts, WriteError};
use mild::{Decision, Image, InputError, LOCAL, Price, Reachable, Rejector};
use mild_test_support::images;

#[test]
fn a_set_of_experts_always_has_the_device() {
    assert_eq!(Reachable::default(), Reachable::ALL);
    for bits in [0, 1, 2, 0xff00, u32::MAX, u32::MAX - 1] {
        let set = Reachable::from_bits(bits);
        assert_eq!(set.bits(), bits | 1);
        for expert in 0..=u8::MAX {
            let inside = expert == LOCAL || (expert < 32 && bits >> expert & 1 == 1);
            assert_eq!(set.contains(expert), inside, "{bits:#x}, expert {expert}");
            assert_eq!(set.with(expert).contains(expert), expert < 32);
            assert_eq!(set.without(expert).contains(expert), expert == LOCAL);
            // The others stay as they are.
            for other in (0..32).filter(|&other| other != expert) {
                assert_eq!(set.with(expert).contains(other), set.contains(other));
                assert_eq!(set.without(expert).contains(other), set.contains(other));
            }
        }
    }
    assert_eq!(Reachable::LOCAL_ONLY.bits(), 1);
}

#[test]
fn a_decision_says_whom_to_ask() {
    let local = Decision { expert: LOCAL, margin: 3 };
    assert!(local.is_local());
    assert_eq!(local.deferred_to(), None);
    let away = Decision { expert: 2, margin: 0 };
    assert!(!away.is_local());
    assert_eq!(away.deferred_to(), Some(2));
}

/// The numbers in the text of a value's `Debug`.
fn numbers(debug: &str) -> Vec<u64> {
    debug.split(|letter: char| !letter.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}

/// A message has every number that the error carries, in decimal or in hexadecimal.
fn assert_complete(error: &(impl std::error::Error + ?Sized)) {
    let message = error.to_string();
    for number in numbers(&format!("{error:?}")) {
        let decimal = number.to_string();
        let hexadecimal = format!("{number:#010x}");
        assert!(
            message.contains(&decimal) || message.contains(&hexadecimal),
            "{error:?}: {message}"
        );
    }
}

#[test]
fn image_errors_say_what_was_found_and_expected() {
    for case in images::invalid() {
        assert_complete(&case.error);
        assert!(case.error.to_string().starts_with(case.error.message()), "{}", case.what);
    }
}

#[test]
fn wrong_arguments_are_errors_that_say_what_was_found_and_expected() {
    let words = images::small().to_words().unwrap();
    let image = Image::from_words(&words).unwrap();
    let rejector = Rejector::new(&image);
    let needed = image.scratch_words();
    let mut scratch = vec![0; needed];
    for found in [0, 2, 4] {
        let error =
            rejector.decide(&vec![0i8; found], Reachable::ALL, &mut scratch).expect_err("length");
        assert_eq!(error, InputError::Features { found, expected: 3 });
        assert_complete(&error);
        let error = rejector.quantize(&[0i8; 3], &mut vec![0; found]).expect_err("length");
        assert_eq!(error, InputError::Codes { found, expected: 3 });
        assert_complete(&error);
    }
    for found in 0..needed {
        let scratch = &mut scratch[..found];
        let error = rejector.decide(&[0i8; 3], Reachable::ALL, scratch).expect_err("scratch");
        assert_eq!(error, InputError::Scratch { found, expected: needed });
        assert_complete(&error);
    }
    let error = rejector.scores(&[0.0, f32::NAN, 0.0], &mut scratch).expect_err("NaN");
    assert_eq!(error, InputError::NotANumber { feature: 1 });
    assert_complete(&error);
    let without = ImageParts { raw: None, ..images::small() }.to_words().unwrap();
    let image = Image::from_words(&without).unwrap();
    let error = Rejector::new(&image).scores(&[0i16; 3], &mut scratch).expect_err("raw");
    assert_eq!(error, InputError::NoRawQuantizer);
}

#[test]
fn parts_that_do_not_fit_are_errors_that_say_what_was_found_and_expected() {
    type Edit = fn(&mut ImageParts);
    let edits: [Edit; 11] = [
        |parts| parts.offsets.truncate(2),
        |parts| parts.raw.as_mut().unwrap().truncate(2),
        |parts| parts.layers[0].requantizers.truncate(4),
        |parts| parts.layers[1].weights.truncate(9),
        |parts| parts.layers[2].biases.truncate(2),
        |parts| parts.experts[1].name = "x".repeat(33),
        |parts| parts.quantizers = vec![parts.quantizers[0]; 40_000],
        |parts| parts.layers = vec![parts.layers[0].clone(); 256],
        |parts| parts.experts = vec![parts.experts[0].clone(); 33],
        |parts| parts.experts[2].name.clear(),
        |parts| parts.layers[0].weights[0] = -128,
    ];
    for (index, edit) in edits.into_iter().enumerate() {
        let mut parts = images::small();
        edit(&mut parts);
        let error = parts.to_bytes().expect_err("parts that do not fit");
        assert_complete(&error);
        assert_eq!(matches!(error, WriteError::Image(_)), index > 8, "{error:?}");
    }
}

#[test]
fn an_image_gives_back_its_parts() {
    let parts = images::small();
    let words = parts.to_words().unwrap();
    let image = Image::from_words(&words).unwrap();
    assert_eq!(image.bytes(), parts.to_bytes().unwrap());
    assert_eq!((image.inputs(), image.experts(), image.layers()), (3, 3, 3));
    assert_eq!(image.shapes().collect::<Vec<_>>(), [(3, 5), (5, 2), (2, 3)]);
    assert_eq!(image.macs(), 15 + 10 + 6);
    assert_eq!(image.parameters(), 15 + 10 + 6 + 5 + 2 + 3);
    assert!(image.takes_raw());
    assert_eq!(image.offsets(), parts.offsets);
    assert_eq!(image.quantizers().collect::<Vec<_>>(), parts.quantizers);
    assert_eq!(image.score_scale(), 0.002);
    assert_eq!(image.prices().map(Price::bits).collect::<Vec<_>>(), [0, 3277, 6554]);
    assert_eq!(image.names().collect::<Vec<_>>(), ["local", "cloud", "clinic"]);
    assert_eq!(image.provenance(), parts.provenance);
}

#[test]
fn decision_and_provenance_are_serialized_by_name() {
    let decision = serde_json::to_value(Decision { expert: 2, margin: 7 }).unwrap();
    assert_eq!(decision, serde_json::json!({ "expert": 2, "margin": 7 }));
    let provenance = serde_json::to_value(images::provenance()).unwrap();
    assert_eq!(provenance["seed"], 0x1122_3344_5566_7788u64);
    assert_eq!(provenance["trainer"], serde_json::json!([0, 1, 2]));
    assert_eq!(provenance["log_digest"], serde_json::json!([1, 2, 3, 4, 5, 6, 7, 8]));
    assert_eq!(serde_json::to_value(Reachable::from_bits(4)).unwrap(), 5);
}
