//! Images with one weight flipped: valid, and of another network. A test that does not notice them
//! tests nothing.

use anyhow::{Context, Result};
use mild::Image;
use mild_test_support::checksum::reseal;

/// The section of the network, and the words before the first section.
const NETWORK: u32 = 3;
const HEADER: usize = 5;

/// The image with one bit of each weight of its last layers flipped in turn, from the last one on.
/// Those that are no image, as where a bit of padding was flipped, are left out.
pub(crate) fn weights(words: &[u32]) -> Result<impl Iterator<Item = Vec<u32>>> {
    let mut start = HEADER;
    // A section: its kind, the number of its words, these.
    while words.get(start).context("the image has no network")? & 0xffff != NETWORK {
        start += 2 + *words.get(start + 1).context("half a section")? as usize;
    }
    let end = start + 2 + *words.get(start + 1).context("half a section")? as usize;
    let words = words.to_vec();
    // The section ends with the weights of the last layer, four in a word.
    let places = (start + 2..end).rev().flat_map(|word| [5, 13, 21, 29].map(|bit| (word, bit)));
    Ok(places.filter_map(move |(word, bit)| {
        let mut other = words.clone();
        *other.get_mut(word)? ^= 1 << bit;
        reseal(&mut other);
        Image::from_words(&other).is_ok().then_some(other)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mild_test_support::images::Synthetic;

    #[test]
    fn every_flipped_image_is_valid_and_differs_in_one_bit_beside_the_checksum() {
        for (seed, synthetic) in Synthetic::all().take(3) {
            let words = synthetic.parts(seed).to_words().unwrap();
            let mut seen = 0;
            for other in weights(&words).unwrap().take(8) {
                assert!(Image::from_words(&other).is_ok());
                let both = words.iter().zip(&other).enumerate();
                let bits =
                    both.filter(|(index, _)| *index != 3).map(|(_, (a, b))| (a ^ b).count_ones());
                assert_eq!(bits.sum::<u32>(), 1);
                seen += 1;
            }
            assert_eq!(seen, 8, "{}", synthetic.name);
        }
    }
}
