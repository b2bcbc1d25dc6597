//! The rejector of the examples, and what they must print.

use crate::{flipped, process::run};
use anyhow::{Context, Result};
use mild::{Image, Reachable, Rejector};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

#[path = "../../../examples/wine/rejector.rs"]
mod rejector;

/// What the probes of every example give.
const READINGS: [[i16; rejector::IMAGE.inputs()]; 4] =
    [[-220, 351, 940], [-150, 330, 1050], [50, 316, 980], [-400, 338, 1280]];

/// The words of the image.
pub(super) fn words() -> Vec<u32> {
    let (words, _) = rejector::IMAGE.bytes().as_chunks();
    words.iter().map(|&word| u32::from_le_bytes(word)).collect()
}

/// What an example prints, by the crate.
pub(super) fn expected(words: &[u32]) -> Result<String> {
    let image = Image::from_words(words)?;
    let names: Vec<&str> = image.names().collect();
    let mut scratch = vec![0; image.scratch_words()];
    let mut lines = String::new();
    for reading in &READINGS {
        let rejector = Rejector::new(&image);
        let decision = rejector.decide(&reading[..], Reachable::ALL, &mut scratch)?;
        let name = names.get(usize::from(decision.expert)).context("no such expert")?;
        lines.push_str(&format!("ask {name}, margin {}\n", decision.margin));
    }
    Ok(lines)
}

/// A valid image that has one weight with a bit flipped, and decides otherwise.
pub(super) fn flipped() -> Result<Vec<u32>> {
    let words = words();
    let right = expected(&words)?;
    let differs = |other: &Vec<u32>| expected(other).is_ok_and(|lines| lines != right);
    flipped::weights(&words)?.find(differs).context("no weight changes a decision")
}

/// Writes the image and what `mild export --format c` makes of it into `directory`, and returns the
/// two files.
pub(super) fn export(mild: &Path, words: &[u32], directory: &Path) -> Result<[PathBuf; 2]> {
    fs::create_dir_all(directory)?;
    let image = directory.join("rejector.mild");
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    fs::write(&image, bytes).with_context(|| format!("cannot write {}", image.display()))?;
    let mut export = Command::new(mild);
    export.arg("export").arg(&image).args(["--format", "c", "--out"]);
    run(export.arg(directory.join("rejector")))?;
    Ok(["rejector.h", "rejector.c"].map(|name| directory.join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flipped_image_differs_in_one_bit_and_in_what_is_printed() {
        let (right, other) = (words(), flipped().unwrap());
        // The checksum differs, too.
        let bits = right.iter().zip(&other).enumerate().filter(|(index, _)| *index != 3);
        assert_eq!(bits.map(|(_, (a, b))| (a ^ b).count_ones()).sum::<u32>(), 1);
        assert_ne!(expected(&right).unwrap(), expected(&other).unwrap());
        assert!(expected(&right).unwrap().starts_with("ask cloud, margin "));
    }
}
