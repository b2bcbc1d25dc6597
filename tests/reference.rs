//! The crate against a plain reference: 64-bit and 128-bit integers, written from
//! `docs/image-format.md`, no code shared.

use mild::fixed::{PlattMap, RawQuantizer, Requantizer};
use mild::image::{ExpertParts, ImageParts, InputQuantizer, LayerParts};
use mild::{Image, InputError, Price, Reachable, Rejector, Scores};
use mild_test_support::images;
use mild_test_support::reference::{
    ACCUMULATOR, code_of_feature, code_of_reading, compare, decision, probability, requantized,
    scores, scratch_words, wide,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn platt_scaling() -> impl Strategy<Value = PlattMap> {
    let shift = || prop_oneof![Just(1u32), 1u32..=31, 8u32..=16];
    let multiplier = prop_oneof![0u32..=0x7fff, Just(0x7fff)];
    let intercept = prop_oneof![-(1i32 << 20)..=1 << 20, -40_000..=40_000];
    (multiplier, shift(), 0u32..=31, intercept).prop_map(|(multiplier, shift, drop, intercept)| {
        PlattMap::from_words([multiplier | shift << 16 | drop << 24, intercept as u32]).unwrap()
    })
}

fn price() -> impl Strategy<Value = Price> {
    prop_oneof![0u32..=1 << 30, 0u32..=1 << 16].prop_map(Price::from_bits)
}

fn weight() -> impl Strategy<Value = i8> {
    prop_oneof![-127i8..=127, Just(-127), Just(127)]
}

fn code() -> impl Strategy<Value = i8> {
    prop_oneof![any::<i8>(), Just(i8::MIN), Just(i8::MAX)]
}

fn bias() -> impl Strategy<Value = i32> {
    const LIMIT: i32 = 1 << 29;
    prop_oneof![
        4 => -100_000..=100_000,
        1 => -LIMIT..=LIMIT,
        1 => Just(-LIMIT),
        1 => Just(LIMIT),
    ]
}

fn offset() -> impl Strategy<Value = i32> {
    const LIMIT: i32 = 1 << 30;
    prop_oneof![-100_000..=100_000, -LIMIT..=LIMIT, Just(-LIMIT), Just(LIMIT)]
}

/// Every word that is a requantizer, those that suit narrow layers more often.
fn requantizer() -> impl Strategy<Value = Requantizer> {
    let shift = prop_oneof![4u32..=14, 1u32..=31];
    let high = prop_oneof![0u32..1 << 22, Just(0), Just((1 << 22) - 1)];
    (shift, high)
        .prop_map(|(shift, high)| Requantizer::from_word(1 << 30 | high << 8 | shift).unwrap())
}

fn raw_quantizer() -> impl Strategy<Value = RawQuantizer> {
    let multiplier = prop_oneof![0i16..=i16::MAX, Just(0), Just(i16::MAX)];
    let addend = prop_oneof![any::<i32>(), -1000i32..1000, Just(i32::MIN), Just(i32::MAX)];
    (multiplier, 0u8..=22, addend).prop_map(|(multiplier, shift, addend)| {
        RawQuantizer::new(multiplier, shift, addend).unwrap()
    })
}

fn finite() -> impl Strategy<Value = f32> {
    use prop::num::f32::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO, -300f32..300.0]
}

fn input_quantizer() -> impl Strategy<Value = InputQuantizer> {
    let bias = prop_oneof![finite(), 0f32..256.0, Just(128.5)];
    // `abs` also makes a scale of -0 into one of 0.
    (finite(), bias).prop_map(|(scale, bias)| InputQuantizer { scale: scale.abs(), bias })
}

/// Any number but a NaN.
fn feature() -> impl Strategy<Value = f32> {
    prop_oneof![8 => finite(), 1 => Just(f32::INFINITY), 1 => Just(f32::NEG_INFINITY)]
}

fn layer(inputs: usize, outputs: usize, last: bool) -> impl Strategy<Value = LayerParts> {
    let requantizers = if last { 0 } else { outputs };
    (vec(bias(), outputs), vec(requantizer(), requantizers), vec(weight(), inputs * outputs))
        .prop_map(move |(biases, requantizers, weights)| LayerParts {
            inputs,
            biases,
            requantizers,
            weights,
        })
}

fn parts() -> impl Strategy<Value = ImageParts> {
    (1usize..=40, vec(1usize..=20, 0..=3), 2usize..=12).prop_flat_map(
        |(inputs, mut widths, experts)| {
            widths.insert(0, inputs);
            widths.push(experts);
            let count = widths.len() - 1;
            let layers: Vec<_> = widths
                .windows(2)
                .enumerate()
                .map(|(index, pair)| layer(pair[0], pair[1], index + 1 == count))
                .collect();
            let quantizers = vec(input_quantizer(), inputs);
            let platt_scaling = prop::option::of(vec(platt_scaling(), experts));
            let raw = vec(raw_quantizer(), inputs);
            let prices = vec(price(), experts);
            (quantizers, raw, layers, vec(offset(), experts), prices, platt_scaling).prop_map(
                |(quantizers, raw, layers, offsets, prices, platt_scaling)| {
                    let expert =
                        |(index, price)| ExpertParts { name: format!("expert {index}"), price };
                    ImageParts {
                        quantizers,
                        raw: Some(raw),
                        layers,
                        score_scale: 1.0,
                        experts: prices.into_iter().enumerate().map(expert).collect(),
                        offsets,
                        provenance: images::provenance(),
                        platt_scaling,
                        operating_points: None,
                        name_table: None,
                    }
                },
            )
        },
    )
}

/// What one input of an image looks like, in each of its three kinds.
fn case() -> impl Strategy<Value = (ImageParts, Vec<i8>, Vec<i16>, Vec<f32>, u32)> {
    parts().prop_flat_map(|parts| {
        let n = parts.quantizers.len();
        let mask = prop_oneof![any::<u32>(), Just(0), Just(u32::MAX)];
        (Just(parts), vec(code(), n), vec(any::<i16>(), n), vec(feature(), n), mask)
    })
}

/// Other prices, and the probabilities that the scores hold.
fn compare_prices(
    image: &Image<'_>,
    parts: &ImageParts,
    codes: &[i8],
    prices: &[Price],
    mask: u32,
) {
    let rejector = Rejector::new(image);
    let mut scratch = vec![0xa5a5_a5a5; image.scratch_words()];
    let reachable = Reachable::from_bits(mask);
    let found = rejector
        .scores_with_prices(codes, prices, &mut scratch)
        .map(|scores| scores.decide(reachable));
    let Some(platt_scaling) = &parts.platt_scaling else {
        assert_eq!(found, Err(InputError::NoPlattScaling));
        return;
    };
    let raw = ImageParts { platt_scaling: None, ..parts.clone() };
    let outputs = scores(&raw, &wide(codes));
    let entries = outputs.iter().zip(platt_scaling);
    let expected: Vec<i64> = entries.map(|(&output, &map)| probability(output, map)).collect();
    let probabilities = rejector.probabilities(codes, &mut scratch).unwrap();
    assert_eq!(probabilities.iter().copied().map(i64::from).collect::<Vec<_>>(), expected);
    // Sums saturate only beyond what prices and offsets can be at the same time, if they are usual
    // ones.
    let usual = |limit: i64, value: i64| value.abs() <= limit;
    if parts.offsets.iter().all(|&offset| usual(1 << 28, offset.into()))
        && parts.experts.iter().zip(prices).all(|(expert, price)| {
            usual(1 << 28, expert.price.bits().into()) && usual(1 << 28, price.bits().into())
        })
    {
        let scores: Vec<i64> =
            expected.iter().zip(prices).map(|(q, price)| q - i64::from(price.bits())).collect();
        assert_eq!(found, Ok(decision(&scores, &parts.offsets, mask)));
    }
    let experts = image.experts();
    let found = rejector.scores_with_prices(codes, &prices[1..], &mut scratch);
    assert_eq!(found, Err(InputError::Prices { found: experts - 1, expected: experts }));
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn random_images_do_as_specified((parts, codes, readings, features, mask) in case()) {
        let words = parts.to_words().unwrap();
        let image = Image::from_words(&words).unwrap();
        prop_assert_eq!(image.scratch_words(), scratch_words(&parts));
        compare(&image, &parts, &codes, &wide(&codes), mask);
        let codes_round = codes.iter().cycle().take(image.experts());
        let prices: Vec<Price> =
            codes_round.map(|&code| Price::from_bits(77 * u32::from(code as u8))).collect();
        compare_prices(&image, &parts, &codes, &prices, mask);
        let raw = parts.raw.as_ref().unwrap();
        let expected: Vec<i64> =
            readings.iter().zip(raw).map(|(&reading, &by)| code_of_reading(reading, by)).collect();
        compare(&image, &parts, &readings, &expected, mask);
        let expected: Vec<i64> =
            features.iter().zip(&parts.quantizers).map(|(&x, &by)| code_of_feature(x, by)).collect();
        compare(&image, &parts, &features, &expected, mask);
    }

    #[test]
    fn a_nan_is_an_error_and_says_where(
        (parts, _, _, mut features, _) in case(),
        place in any::<prop::sample::Index>(),
        payload in 1u32..1 << 23,
        sign in 0u32..2,
    ) {
        let feature = place.index(features.len());
        features[feature] = f32::from_bits(sign << 31 | 0x7f80_0000 | payload);
        let words = parts.to_words().unwrap();
        let image = Image::from_words(&words).unwrap();
        let mut scratch = vec![0; image.scratch_words()];
        let found = Rejector::new(&image).decide(&features, Reachable::ALL, &mut scratch);
        prop_assert_eq!(found, Err(InputError::NotANumber { feature }));
    }
}

/// One input, so that many quantizers are tried quickly.
fn single(quantizer: InputQuantizer, raw: RawQuantizer) -> Vec<u32> {
    let layer =
        LayerParts { inputs: 1, biases: vec![0, 0], requantizers: vec![], weights: vec![1, -1] };
    let parts = ImageParts {
        quantizers: vec![quantizer],
        raw: Some(vec![raw]),
        layers: vec![layer],
        score_scale: 1.0,
        offsets: vec![0, 0],
        experts: images::experts(&["local", "cloud"], Price::from_bits(3277)),
        provenance: images::provenance(),
        platt_scaling: None,
        operating_points: None,
        name_table: None,
    };
    parts.to_words().unwrap()
}

fn quantized<F: mild::FeatureValue>(words: &[u32], feature: F) -> i64 {
    let image = Image::from_words(words).unwrap();
    let mut code = [0];
    Rejector::new(&image).quantize(&[feature], &mut code).unwrap();
    code[0].into()
}

const UNIT: RawQuantizer = RawQuantizer::new(1, 0, 0).unwrap();

proptest! {
    #![proptest_config(config(4000))]

    #[test]
    fn features_at_the_edge_of_a_code(
        scale in prop_oneof![1.0e-3f32..1.0e3, 1.0e-38f32..1.0e-36, 1.0e36f32..1.0e38],
        bias in prop_oneof![-300f32..300.0, -1.0f32..1.0],
        code in -2i32..=258,
        ulps in -3i32..=3,
    ) {
        let x = ((f64::from(code) - f64::from(bias)) / f64::from(scale)) as f32;
        let x = f32::from_bits(x.to_bits().wrapping_add_signed(ulps));
        prop_assume!(!x.is_nan());
        let quantizer = InputQuantizer { scale, bias };
        let words = single(quantizer, UNIT);
        prop_assert_eq!(quantized(&words, x), code_of_feature(x, quantizer));
    }

    #[test]
    fn readings_are_exact(raw in raw_quantizer(), readings in vec(any::<i16>(), 50)) {
        prop_assert_eq!(RawQuantizer::from_words(raw.to_words()), Some(raw));
        for reading in readings.into_iter().chain([i16::MIN, -1, 0, 1, i16::MAX]) {
            prop_assert_eq!(i64::from(raw.code(reading)), code_of_reading(reading, raw));
        }
    }

    #[test]
    fn requantizers_are_exact(
        requantizer in requantizer(),
        accumulators in vec(-ACCUMULATOR..=ACCUMULATOR, 50),
    ) {
        for accumulator in accumulators.into_iter().chain([-ACCUMULATOR, -1, 0, 1, ACCUMULATOR]) {
            let found = i64::from(requantizer.apply(accumulator as i32));
            prop_assert_eq!(found, requantized(accumulator, requantizer));
        }
    }

    /// The first accumulator at or above half a code rounds up, the one before it down.
    #[test]
    fn requantizers_round_half_up(requantizer in requantizer(), code in 0i64..127) {
        let word = i128::from(requantizer.to_word());
        let half = (2 * i128::from(code) + 1) << (31 + word % 32);
        let first = half.div_euclid(word) + i128::from(half % word != 0);
        prop_assume!(first <= i128::from(ACCUMULATOR));
        prop_assert_eq!(i64::from(requantizer.apply(first as i32)), code + 1);
        prop_assert_eq!(i64::from(requantizer.apply(first as i32 - 1)), code);
    }

    #[test]
    fn a_factor_becomes_the_nearest_requantizer(
        bits in Requantizer::MAX_FACTOR.to_bits().wrapping_sub(31 << 52)
            ..=Requantizer::MAX_FACTOR.to_bits(),
        power in any::<bool>(),
    ) {
        // Powers of two are where the exponent of the requantizer changes.
        let factor = f64::from_bits(if power { bits & 0x7ff0_0000_0000_0000 } else { bits });
        prop_assume!(factor >= 2f64.powi(-32));
        let found = Requantizer::from_factor(factor).unwrap();
        let error = (found.factor() - factor).abs() / factor;
        prop_assert!(error <= 2f64.powi(-23), "{factor:e} is off by 2^{}", error.log2());
        prop_assert_eq!(Requantizer::from_word(found.to_word()), Some(found));
    }

    #[test]
    fn an_affine_map_becomes_the_nearest_raw_quantizer(
        factor in prop_oneof![0f64..=32767.0, 0f64..2.0, 0f64..1.0e-3],
        zero in -300f64..300.0,
    ) {
        let raw = RawQuantizer::from_affine(factor, zero).unwrap();
        let [scale, addend] = raw.to_words();
        let unit = 2f64.powi((scale >> 16) as i32);
        prop_assert!((f64::from(scale & 0xffff) - factor * unit).abs() <= 0.5);
        let sum = zero * unit + unit / 2.0;
        prop_assert!((0.0..=1.0).contains(&(sum - f64::from(addend as i32))), "{sum} {addend}");
    }

    #[test]
    fn any_number_is_refused_or_made_a_quantizer(factor in any::<f64>(), zero in any::<f64>()) {
        let valid = (0.0..=32767.0).contains(&factor) && zero.is_finite();
        prop_assert_eq!(RawQuantizer::from_affine(factor, zero).is_some(), valid);
        let found = RawQuantizer::from_affine(1.0, zero);
        prop_assert_eq!(found.is_some(), zero.is_finite());
        let valid = (0.0..=Requantizer::MAX_FACTOR).contains(&factor);
        prop_assert_eq!(Requantizer::from_factor(factor).is_some(), valid);
    }

    #[test]
    fn decisions_do_as_specified(
        pairs in vec((prop_oneof![-3i32..=3, any::<i32>()], -3i32..=3), 1..=32),
        mask in any::<u32>(),
    ) {
        let (scores, offsets): (Vec<i32>, Vec<i32>) = pairs.into_iter().unzip();
        // Beyond a checked image's range the sums saturate.
        let scores: Vec<i32> =
            scores.into_iter().map(|score| score.clamp(-ACCUMULATOR as i32, ACCUMULATOR as i32)).collect();
        let wide: Vec<i64> = scores.iter().copied().map(i64::from).collect();
        let found = Scores::new(&scores, &offsets).decide(Reachable::from_bits(mask));
        prop_assert_eq!(found, decision(&wide, &offsets, mask));
    }
}

#[test]
fn all_masks() {
    // Ties in plenty, and the best expert unreachable in half of the masks.
    let scores = [0, 3, -1, 3, 2, 2, 0, 3, -5, 1, 3, 2];
    let wide: Vec<i64> = scores.iter().copied().map(i64::from).collect();
    for experts in 2..=scores.len() {
        let offsets = &[0; 12][..experts];
        for mask in 0..1 << experts {
            let found = Scores::new(&scores[..experts], offsets).decide(Reachable::from_bits(mask));
            assert_eq!(found, decision(&wide[..experts], offsets, mask), "{experts} {mask:#b}");
        }
    }
}

#[test]
fn halves_round_up() {
    // One code per unit; the half is in the bias.
    let words = single(InputQuantizer { scale: 1.0, bias: 128.5 }, UNIT);
    for (x, code) in [(0.5, 1), (1.5, 2), (-0.5, 0), (-1.5, -1), (-2.5, -2), (0.49, 0), (-0.51, -1)]
    {
        assert_eq!(quantized(&words, x), code, "{x}");
    }
    // Half a code per count.
    let raw = RawQuantizer::from_affine(0.5, 0.0).unwrap();
    for (reading, code) in [(1, 1), (3, 2), (-1, 0), (-3, -1), (-5, -2), (2, 1), (-2, -1)] {
        assert_eq!(raw.code(reading), code, "{reading}");
    }
    // A quarter, with a shift so small that the addend is a small number.
    let raw = RawQuantizer::new(1, 2, 2).unwrap();
    for (reading, code) in [(1, 0), (2, 1), (6, 2), (-1, 0), (-2, 0), (-3, -1), (-6, -1)] {
        assert_eq!(raw.code(reading), code, "{reading}");
    }
}

#[test]
fn codes_saturate() {
    let words = single(InputQuantizer { scale: 1.0, bias: 128.5 }, UNIT);
    for (x, code) in [
        (126.4, 126),
        (127.0, 127),
        (127.6, 127),
        (1.0e30, 127),
        (f32::INFINITY, 127),
        (-128.4, -128),
        (-129.0, -128),
        (-1.0e30, -128),
        (f32::NEG_INFINITY, -128),
    ] {
        assert_eq!(quantized(&words, x), code, "{x}");
    }
    // The sum saturates at 32 bits on both sides without changing the code.
    for (addend, reading, code) in
        [(i32::MAX, i16::MAX, 127), (i32::MIN, i16::MIN, -128), (i32::MIN, i16::MAX, -128)]
    {
        let raw = RawQuantizer::new(i16::MAX, 22, addend).unwrap();
        assert_eq!(raw.code(reading), code, "{addend} {reading}");
    }
    let largest = Requantizer::from_word(0x7fff_ff01).unwrap();
    let smallest = Requantizer::from_word(0x4000_001f).unwrap();
    assert_eq!((largest.apply(1 << 30), largest.apply(-(1 << 30))), (127, 0));
    assert_eq!((smallest.apply(1 << 30), smallest.apply(-(1 << 30))), (0, 0));
}

/// Infinity times a scale of 0 is no number; it becomes the lowest code.
#[test]
fn infinity_without_a_scale_is_the_lowest_code() {
    let words = single(InputQuantizer { scale: 0.0, bias: 200.0 }, UNIT);
    assert_eq!(quantized(&words, 1.0e38f32), 72);
    assert_eq!(quantized(&words, f32::INFINITY), -128);
    assert_eq!(quantized(&words, f32::NEG_INFINITY), -128);
}

/// A fused multiply-add rounds once, and would give another code.
#[test]
fn the_input_quantizer_rounds_twice() {
    for (x, scale, bias) in [
        (0x4201_b3bf, 0x3f27_4157, 0xc172_f572),
        (0x42ac_44f8, 0x3ffe_917e, 0xc30c_4e56),
        (0x42af_5b14, 0x3ff9_d662, 0xc2b8_44e0),
    ] {
        let [x, scale, bias] = [x, scale, bias].map(f32::from_bits);
        let words = single(InputQuantizer { scale, bias }, UNIT);
        let fused = x.mul_add(scale, bias) as u8;
        let found = quantized(&words, x);
        assert_eq!(found, code_of_feature(x, InputQuantizer { scale, bias }));
        assert_ne!(found, i64::from(fused) - 128);
    }
}

/// Subnormal numbers count: flushing them to zero would give another code.
#[test]
fn subnormal_numbers_are_numbers() {
    // 2^127 times 2^-130 makes an eighth.
    let scale = f32::from_bits((127 + 127) << 23);
    let words = single(InputQuantizer { scale, bias: 0.875 }, UNIT);
    assert_eq!(quantized(&words, f32::from_bits(1 << 19)), -127);
    assert_eq!(quantized(&words, f32::from_bits((1 << 19) - 1)), -128);
    let words = single(InputQuantizer { scale: f32::MAX, bias: 0.75 }, UNIT);
    assert_eq!(quantized(&words, 1.0e-39f32), -127);
}

/// The widest layer there is, with everything at its limit.
#[test]
fn the_widest_layer_stays_inside_its_bound() {
    const WIDTH: usize = 32_767;
    let row = |weight: i8| vec![weight; WIDTH];
    let hidden = LayerParts {
        inputs: WIDTH,
        biases: vec![1 << 29, -(1 << 29), 1 << 29, 0, 1 << 29],
        requantizers: vec![
            Requantizer::from_word((1 << 30) | 21).unwrap(),
            Requantizer::from_word((1 << 31) - 255).unwrap(),
            Requantizer::from_word((1 << 30) | 31).unwrap(),
            Requantizer::from_word((1 << 30) | 20).unwrap(),
            Requantizer::from_word((1 << 31) - 225).unwrap(),
        ],
        weights: [row(127), row(127), row(-127), row(-127), row(127)].concat(),
    };
    let last = LayerParts {
        inputs: WIDTH,
        biases: vec![1 << 29, -(1 << 29)],
        requantizers: vec![],
        weights: [row(127), row(-127)].concat(),
    };
    let second = LayerParts {
        inputs: 5,
        biases: vec![-(1 << 29), 1 << 29],
        requantizers: vec![],
        weights: vec![127, -127, 127, -127, 127, 1, 2, 3, 4, 5],
    };
    for layers in [vec![last], vec![hidden, second]] {
        let parts = ImageParts {
            quantizers: vec![InputQuantizer { scale: 1.0, bias: 0.0 }; WIDTH],
            raw: None,
            layers,
            score_scale: 1.0,
            offsets: vec![1 << 30, -(1 << 30)],
            experts: images::experts(&["local", "cloud"], Price::from_bits(3277)),
            provenance: images::provenance(),
            platt_scaling: None,
            operating_points: None,
            name_table: None,
        };
        let words = parts.to_words().unwrap();
        let image = Image::from_words(&words).unwrap();
        for code in [-128, 127] {
            let codes = vec![code; WIDTH];
            compare(&image, &parts, &codes, &wide(&codes), u32::MAX);
        }
    }
}
