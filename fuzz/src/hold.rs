//! What must hold of every image that is accepted, whoever made it, on every input.

use crate::generate;
use arbitrary::{Result, Unstructured};
use mild::{FeatureValue, Image, InputError, PlattScaling, Price, Reachable, Rejector};
use mild_test_support::reference::ACCUMULATOR;

/// Behind the scratch, to see that nothing is written there.
const CANARY: u32 = 0xc0de_5eed;

/// Tries an image on extreme and on arbitrary inputs.
pub fn on_every_input(image: &Image<'_>, u: &mut Unstructured<'_>) -> Result<()> {
    description(image);
    let inputs = image.inputs();
    let masks = [generate::mask(u)?, 0, u32::MAX];
    // A large image takes its time; then one mask must do.
    let masks = if image.macs() < 10_000 { &masks[..] } else { &masks[..1] };
    for &bits in masks {
        let reachable = Reachable::from_bits(bits);
        for pattern in [[-128, -128], [127, 127], [-128, 127]] {
            let codes: Vec<i8> = pattern.into_iter().cycle().take(inputs).collect();
            decisions(image, &codes, reachable, Ok(()));
        }
        let codes = generate::list(u, inputs, generate::code)?;
        decisions(image, &codes, reachable, Ok(()));

        let raw = if image.takes_raw() { Ok(()) } else { Err(InputError::NoRawQuantizer) };
        for extreme in [i16::MIN, 0, i16::MAX] {
            decisions(image, &vec![extreme; inputs], reachable, raw);
        }
        decisions(image, &generate::list(u, inputs, generate::reading)?, reachable, raw);

        for extreme in [f32::NEG_INFINITY, f32::MIN, -0.0, f32::from_bits(1), f32::MAX] {
            decisions(image, &vec![extreme; inputs], reachable, Ok(()));
        }
        let features = generate::list(u, inputs, generate::feature)?;
        let expected = match features.iter().position(|x| x.is_nan()) {
            Some(feature) => Err(InputError::NotANumber { feature }),
            None => Ok(()),
        };
        decisions(image, &features, reachable, expected);
    }
    wrong_lengths(image);
    Ok(())
}

/// The same decision whatever was in the scratch, the same from features and from their codes, and
/// within all bounds.
pub fn decisions<F: FeatureValue>(
    image: &Image<'_>,
    features: &[F],
    reachable: Reachable,
    expected: core::result::Result<(), InputError>,
) {
    let rejector = Rejector::new(image);
    let needed = image.scratch_words();
    let mut scratch = vec![0; needed];
    let clean = rejector.decide(features, reachable, &mut scratch);
    let mut scratch: Vec<u32> = (0..needed as u32).map(|i| i.wrapping_mul(0x9e37_79b9)).collect();
    scratch.extend([CANARY; 4]);
    let dirty = rejector.decide(features, reachable, &mut scratch);
    assert_eq!(clean, dirty, "the decision depends on what was in the scratch");
    assert_eq!(scratch[needed..], [CANARY; 4], "written beyond the stated scratch");

    let mut codes = vec![0; image.inputs()];
    assert_eq!(rejector.quantize(features, &mut codes), expected);
    assert_eq!(clean.map(|_| ()), expected);
    let Ok(decision) = clean else { return };

    let scores = rejector.scores(features, &mut scratch).expect("decided on before");
    assert_eq!(scores.decide(reachable), decision);
    assert_eq!((scores.offsets(), scores.image()), (image.offsets(), image.checksum()));
    let scores = scores.values().to_vec();
    assert_eq!(scores.len(), image.experts());
    for &score in &scores {
        assert!(i64::from(score).abs() <= ACCUMULATOR, "a score of {score}");
    }
    assert!(usize::from(decision.expert) < image.experts() && decision.margin >= 0);
    assert!(reachable.contains(decision.expert), "an unreachable expert was chosen");
    assert_eq!(rejector.decide(&codes, reachable, &mut scratch), Ok(decision));

    if image.platt_scaling().is_none() {
        return;
    }
    let prices: Vec<Price> = image.prices().collect();
    let same = rejector.scores_with_prices(features, &prices, &mut scratch);
    assert_eq!(
        same.map(|scores| scores.decide(reachable)),
        Ok(decision),
        "the image's own prices change the decision"
    );
    let probabilities =
        rejector.probabilities(features, &mut scratch).expect("it has Platt scaling");
    for (&probability, (score, price)) in probabilities.iter().zip(scores.iter().zip(prices)) {
        assert!((0..=PlattScaling::ONE).contains(&probability), "a probability of {probability}");
        assert_eq!(i64::from(*score), i64::from(probability) - i64::from(price.bits()));
    }
}

/// What an image says of itself agrees with itself.
fn description(image: &Image<'_>) {
    assert_eq!(image.names().count(), image.experts());
    assert_eq!((image.offsets().len(), image.prices().len()), (image.experts(), image.experts()));
    let shapes: Vec<(usize, usize)> = image.shapes().collect();
    assert_eq!(shapes.len(), image.layers());
    assert_eq!(shapes.first().map(|shape| shape.0), Some(image.inputs()));
    assert_eq!(shapes.last().map(|shape| shape.1), Some(image.experts()));
    let macs: usize = shapes.iter().map(|(inputs, outputs)| inputs * outputs).sum();
    let parameters: usize = shapes.iter().map(|(inputs, outputs)| (inputs + 1) * outputs).sum();
    assert_eq!((image.macs() as usize, image.parameters() as usize), (macs, parameters));
    assert!(image.score_scale() > 0.0 && image.score_scale().is_finite());
    if let Some(table) = image.name_table()
        && let (Some(inputs), Some(classes)) = (table.inputs(), table.classes())
    {
        // Whatever is there was counted and read when the table was.
        assert_eq!(inputs.count(), image.inputs());
        let _ = classes.map(str::len).sum::<usize>();
    }
    let _ = image.provenance();
    let _ = format!("{image:?}");
}

fn wrong_lengths(image: &Image<'_>) {
    let rejector = Rejector::new(image);
    let expected = image.scratch_words();
    let codes = vec![0i8; image.inputs()];
    let mut scratch = vec![0; expected];
    for found in [0, expected - 1] {
        assert_eq!(
            rejector.decide(&codes, Reachable::ALL, &mut scratch[..found]),
            Err(InputError::Scratch { found, expected })
        );
    }
    let expected = image.inputs();
    for found in [0, expected - 1, expected + 1] {
        let codes = vec![0i8; found];
        assert_eq!(
            rejector.decide(&codes, Reachable::ALL, &mut scratch),
            Err(InputError::Features { found, expected })
        );
        let mut room = vec![0; found];
        assert_eq!(
            rejector.quantize(&vec![0i8; expected], &mut room),
            Err(InputError::Codes { found, expected })
        );
    }
}
