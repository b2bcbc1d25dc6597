//! Any image that the writer takes, on any input, against plain 64-bit integers.

#![no_main]

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mild::{FeatureValue, Image, Reachable, image::ImageParts};
use mild_fuzz::{generate, hold};
use mild_test_support::reference;

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
    compare(&image, &parts, &codes, &reference::wide(&codes), mask);

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
    reference::compare(image, parts, features, codes, mask);
    hold::decisions(image, features, Reachable::from_bits(mask), Ok(()));
}
