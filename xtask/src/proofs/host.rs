//! The same decisions on the host.

use super::cases::{CASES, Case};
use anyhow::Result;
use mild::{Decision, FeatureValue, Governor, Image, Reachable, Rejector, Scores};
use mild_test_support::{
    inputs::{CAPPED, GOVERNED, INPUTS, Inputs, UNWATCHED, add_decision},
    random::Digest,
};
use std::{fs, path::Path};

/// The digest of the host's decisions in each case, on the inputs of the runs.
pub(crate) fn expected(image: &Path) -> Result<Vec<u32>> {
    let bytes = fs::read(image.join("rejector.mild"))?;
    let words: Vec<u32> =
        bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
    let image = Image::from_words(&words)?;
    let high = |reading: i16| (reading >> 8) as i8;
    let plain = |scores: Scores<'_>, set| scores.decide(set);
    let (mut free, mut unwatched, mut capped) =
        (Governor::new(&GOVERNED), Governor::new(&UNWATCHED), Governor::new(&CAPPED));
    CASES
        .iter()
        .map(|(_, case)| match case {
            Case::Codes => digest(&image, high, plain),
            Case::Raw => digest(&image, |reading| reading, plain),
            Case::Governed => digest(&image, high, |scores, set| free.input(scores).decide(set)),
            Case::Unwatched => {
                digest(&image, high, |scores, set| unwatched.input(scores).decide(set))
            }
            Case::Capped => digest(&image, high, |scores, set| capped.input(scores).decide(set)),
        })
        .collect()
}

fn digest<F: FeatureValue>(
    image: &Image<'_>,
    convert: impl Fn(i16) -> F,
    mut decide: impl FnMut(Scores<'_>, Reachable) -> Decision,
) -> Result<u32> {
    let rejector = Rejector::new(image);
    let mut scratch = vec![0; image.scratch_words()];
    let (mut inputs, mut digest) = (Inputs::new(), Digest::EMPTY);
    for _ in 0..INPUTS {
        let mut readings = vec![0; image.inputs()];
        let reachable = Reachable::from_bits(inputs.next(&mut readings));
        let features: Vec<F> = readings.into_iter().map(&convert).collect();
        let scores = rejector.scores(&features, &mut scratch)?;
        let decision = decide(scores, reachable);
        add_decision(&mut digest, decision.expert, decision.margin);
        // The firmware decides again, to measure the stack; that moves a governor.
        decide(scores, reachable);
    }
    Ok(digest.0)
}
