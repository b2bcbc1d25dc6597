//! Any image that the writer takes, on any input, against plain 64-bit integers.

#![no_main]

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mild::{FeatureValue, Image, Reachable, Rejector, image::ImageParts};
use mild_fuzz::{generate, hold, reference};

fuzz_target!(|data: &[u8]| {
    // Bytes that do not suffice for a case are no finding.
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let parts = generate::parts(u)?;
    let words = parts.to_words().expect("parts within the bounds of the format");
    let image = Image::from_words(&words).expect("the writer has read it back");
    let inputs = image.inputs();
    let mask = generate::mask(u)?;

    let codes = generate::list(u, inputs, generate::code)?;
    let wide: Vec<i64> = codes.iter().map(|&code| i64::from(code)).collect();
    compare(&image, &parts, &codes, &wide, mask);

    if let Some(raw) = &parts.raw {
        let readings = generate::list(u, inputs, generate::reading)?;
        let codes: Vec<i64> =
            readings.iter().zip(raw).map(|(&x, &by)| reference::code_of_reading(x, by)).collect();
        compare(&image, &parts, &readings, &codes, mask);
    }

    let mut features = generate::list(u, inputs, generate::feature)?;
    for feature in &mut features {
        if feature.is_nan() {
            *feature = 0.0;
        }
    }
    let quantizers = &parts.quantizers;
    let codes: Vec<i64> = features
        .iter()
        .zip(quantizers)
        .map(|(&x, &by)| reference::code_of_feature(x, by))
        .collect();
    compare(&image, &parts, &features, &codes, mask);
    Ok(())
}

fn compare<F: FeatureValue>(
    image: &Image<'_>,
    parts: &ImageParts,
    features: &[F],
    codes: &[i64],
    mask: u32,
) {
    let rejector = Rejector::new(image);
    let mut found = vec![0i8; codes.len()];
    rejector.quantize(features, &mut found).expect("features that fit the image");
    assert!(found.iter().map(|&code| i64::from(code)).eq(codes.iter().copied()));

    let expected = reference::scores(parts, codes);
    let mut scratch = vec![u32::MAX; image.scratch_words()];
    let found = rejector.scores(features, &mut scratch).expect("features that fit the image");
    assert!(found.iter().map(|&score| i64::from(score)).eq(expected.iter().copied()));

    let reachable = Reachable::from_bits(mask);
    let found = rejector.decide(features, reachable, &mut scratch);
    assert_eq!(found, Ok(reference::decision(&expected, &parts.offsets, mask)));
    hold::decisions(image, features, reachable, Ok(()));
}
