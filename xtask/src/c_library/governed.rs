//! What the governor of the C program must report: the same inputs, decided by the crate.

use crate::{parity, verdict::Verdict};
use anyhow::{Context, Result};
use mild::{
    Decide, Governor, Image, Reachable, Rejector, Resolution,
    governor::{GovernorSettings, Rate, Track},
};
use std::{fs, path::Path};

/// The settings of `tests/parity.c`.
const RANGE: i32 = 1 << 20;
const STEP: i32 = 1 << 14;
const BUDGET: u32 = 1 << 14;

/// The line that the program prints for the vectors in `directory`: a digest (FNV-1a) of all
/// proposals and thresholds, and the counters.
fn expected(directory: &Path) -> Result<String> {
    let words = words(directory)?;
    let image = Image::from_words(&words)?;
    let rejector = Rejector::new(&image);
    let mut scratch = vec![0; image.scratch_words()];
    let settings =
        GovernorSettings::new(-RANGE, RANGE, STEP, Rate::from_bits(BUDGET), Track::AtMost(-RANGE))
            .context("settings")?;
    let mut governor = Governor::new(&settings);
    let mut digest = 2_166_136_261_u32;
    let mut add = |number: u32| digest = (digest ^ number).wrapping_mul(16_777_619);
    for (codes, mask) in parity::codes_and_masks(directory)? {
        let mut input = governor.input(rejector.scores(&codes, &mut scratch)?);
        let mut failed = 0;
        let answered = loop {
            let decision = input.propose(Reachable::from_bits(!failed));
            add(u32::from(decision.expert));
            let bit = 1 << decision.expert;
            if decision.is_local() || mask & bit != 0 {
                break decision.expert;
            }
            failed |= bit;
        };
        input.commit(Resolution::by(answered).after_all(failed));
        add(governor.threshold() as u32);
    }
    let counters = governor.counters();
    Ok(format!(
        "governor {digest} {} {} {}",
        counters.decisions, counters.deferred, counters.withheld
    ))
}

/// Whom the crate asks if every feature is zero.
pub(super) fn expert_for_zeros(directory: &Path) -> Result<u8> {
    let words = words(directory)?;
    let features = vec![0.0_f32; Image::from_words(&words)?.inputs()];
    decide(&words, &features)
}

/// Whom the crate asks for these inputs.
pub(super) fn expert_for(directory: &Path, inputs: &[f32]) -> Result<u8> {
    decide(&words(directory)?, inputs)
}

fn decide(words: &[u32], inputs: &[f32]) -> Result<u8> {
    let image = Image::from_words(words)?;
    let mut scratch = vec![0; image.scratch_words()];
    Ok(Rejector::new(&image).decide(inputs, Reachable::ALL, &mut scratch)?.expert)
}

/// The words of the image in `directory`.
fn words(directory: &Path) -> Result<Vec<u32>> {
    let bytes = fs::read(directory.join("rejector.mild"))?;
    Ok(bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect())
}

/// Whether the output of the program has that line.
pub(super) fn judge(output: &str, directory: &Path) -> Result<Verdict> {
    let expected = expected(directory)?;
    let found = output.lines().find(|line| line.starts_with("governor ")).unwrap_or("nothing");
    Ok(Verdict {
        check: "governor",
        passed: Some(found == expected),
        detail: if found == expected {
            format!("{expected}, as on the host")
        } else {
            format!("found {found}, expected {expected}")
        },
    })
}
