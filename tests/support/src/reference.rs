//! Decisions in plain 64-bit and 128-bit integers, written from `docs/image-format.md`; no code of
//! the crate.

use mild::{
    Decision, FeatureValue, Image, Reachable, Rejector,
    fixed::{PlattMap, RawQuantizer, Requantizer},
    image::{ImageParts, InputQuantizer},
};

/// The magnitude that no accumulator of an image leaves.
pub const ACCUMULATOR: i64 = 1 << 30;

/// `trunc(fl(fl(x * scale) + bias))`, saturated to 0..255, minus 128.
///
/// In `f64` the product of two `f32` is exact, and an `f64` sum of two `f32` rounded to `f32` is
/// the `f32` sum: 53 bits are more than twice 24 plus two.
#[must_use]
pub fn code_of_feature(x: f32, quantizer: InputQuantizer) -> i64 {
    let product = (f64::from(x) * f64::from(quantizer.scale)) as f32;
    let sum = (f64::from(product) + f64::from(quantizer.bias)) as f32;
    if sum.is_nan() { -128 } else { f64::from(sum).trunc().clamp(0.0, 255.0) as i64 - 128 }
}

/// `floor((reading * multiplier + addend) / 2^shift)`, saturated to -128..127.
#[must_use]
pub fn code_of_reading(reading: i16, quantizer: RawQuantizer) -> i64 {
    let [scale, addend] = quantizer.to_words();
    let (multiplier, shift) = (i128::from(scale % 65536), scale / 65536);
    let numerator = i128::from(reading) * multiplier + i128::from(addend as i32);
    numerator.div_euclid(1 << shift).clamp(-128, 127) as i64
}

/// `floor(accumulator * word / 2^(32 + shift) + 1/2)`, saturated to 0..127.
#[must_use]
pub fn requantized(accumulator: i64, requantizer: Requantizer) -> i64 {
    let word = requantizer.to_word();
    let divisor = 1i128 << (32 + word % 256);
    let product = i128::from(accumulator) * i128::from(word);
    (2 * product + divisor).div_euclid(2 * divisor).clamp(0, 127) as i64
}

/// The scores of these input codes.
#[must_use]
pub fn scores(parts: &ImageParts, codes: &[i64]) -> Vec<i64> {
    let mut activations = codes.to_vec();
    for layer in &parts.layers {
        let rows = layer.weights.chunks(layer.inputs).zip(&layer.biases).enumerate();
        let outputs = rows.map(|(index, (weights, &bias))| {
            let products = weights.iter().zip(&activations).map(|(&w, &x)| i64::from(w) * x);
            let reach = i64::from(bias).abs() + products.clone().map(i64::abs).sum::<i64>();
            assert!(reach <= ACCUMULATOR, "the bound of the format does not hold: {reach}");
            let sum = i64::from(bias) + products.sum::<i64>();
            layer.requantizers.get(index).map_or(sum, |&by| requantized(sum, by))
        });
        activations = outputs.collect();
    }
    let Some(platt_scaling) = &parts.platt_scaling else { return activations };
    let entries = activations.iter().zip(platt_scaling).zip(&parts.experts);
    entries
        .map(|((&output, &map), expert)| probability(output, map) - i64::from(expert.price.bits()))
        .collect()
}

/// The probability of an output by Platt scaling, in units of 2^-16.
#[must_use]
pub fn probability(output: i64, map: PlattMap) -> i64 {
    let [scale, intercept] = map.to_words();
    let kept = (output >> (scale >> 24)).clamp(-65_535, 65_535);
    let product = (kept * i64::from(scale & 0xffff)) >> (scale >> 16 & 255);
    let logit = (product + i64::from(intercept as i32)).clamp(-32_767, 32_767);
    let horner = |start: i64, coefficients: &[i64], by: i64, shift: u32| {
        let half = 1 << (shift - 1);
        coefficients.iter().fold(start, |sum, &next| ((sum * by + half) >> shift) + next)
    };
    let (whole, rest) = (logit.abs() / 2048, logit.abs() % 2048);
    let power = horner(448, &[-2591, 11_132, -32_120, 46_341], rest - 1024, 11);
    // Rounding half up.
    let e = (2 * power + (1 << whole)) >> (whole + 1);
    let inverse = [-7049, 8518, -12_776, 19_422, -29_132, 43_691];
    let inverse = horner(4699, &inverse, e - 32_768, 16);
    if logit < 0 { 65_536 - inverse } else { inverse }
}

/// The best reachable expert, and by how much it leads the second.
#[must_use]
pub fn decision(scores: &[i64], offsets: &[i32], mask: u32) -> Decision {
    let mut ranking: Vec<(i64, usize)> = scores
        .iter()
        .zip(offsets)
        .map(|(score, &offset)| score + i64::from(offset))
        .zip(0..)
        .filter(|&(_, expert)| expert == 0 || mask >> expert & 1 == 1)
        .collect();
    ranking.sort_by_key(|&(sum, expert)| (-sum, expert));
    let (best, expert) = ranking[0];
    let lead = ranking.get(1).map_or(i64::MAX, |&(second, _)| best - second);
    Decision { expert: expert as u8, margin: lead.min(i64::from(i32::MAX)) as i32 }
}

/// The formula of the format's page, from the shapes.
#[must_use]
pub fn scratch_words(parts: &ImageParts) -> usize {
    let mut sides = [2 * parts.quantizers.len().div_ceil(4), 0];
    for (index, layer) in parts.layers.iter().enumerate() {
        let outputs = layer.biases.len();
        let last = index + 1 == parts.layers.len();
        let words = if last { outputs } else { 2 * outputs.div_ceil(4) };
        let side = &mut sides[(index + 1) % 2];
        *side = words.max(*side);
    }
    sides[0] + sides[1]
}

/// Decides with the crate and with the reference from the reference's own codes.
///
/// # Panics
///
/// If they differ.
pub fn compare<F: FeatureValue>(
    image: &Image<'_>,
    parts: &ImageParts,
    features: &[F],
    codes: &[i64],
    mask: u32,
) {
    let rejector = Rejector::new(image);
    let mut found = vec![0i8; image.inputs()];
    rejector.quantize(features, &mut found).expect("features that fit the image");
    assert_eq!(found.into_iter().map(i64::from).collect::<Vec<_>>(), codes);
    // No more scratch than stated, and what is in it does not matter.
    let mut scratch = vec![0xa5a5_a5a5; image.scratch_words()];
    let expected = scores(parts, codes);
    let found = rejector.scores(features, &mut scratch).expect("features that fit the image");
    assert_eq!((found.offsets(), found.image()), (&parts.offsets[..], image.checksum()));
    assert_eq!(found.values().iter().copied().map(i64::from).collect::<Vec<_>>(), expected);
    let reachable = Reachable::from_bits(mask);
    let found =
        rejector.decide(features, reachable, &mut scratch).expect("features that fit the image");
    assert_eq!(found, decision(&expected, &parts.offsets, mask));
}

/// The codes as wider integers.
#[must_use]
pub fn wide(codes: &[i8]) -> Vec<i64> {
    codes.iter().copied().map(i64::from).collect()
}
