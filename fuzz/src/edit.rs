//! Damaging images on purpose, and putting the seal on again so that the checks behind it are
//! reached.

use arbitrary::{Result, Unstructured};
use mild_test_support::checksum::seal;

/// An image of everything behind the checksum, with a header that is right.
#[must_use]
pub fn sealed(body: &[u8]) -> Vec<u32> {
    let mut words =
        vec![u32::from_le_bytes(*b"MILD"), u32::from(mild::image::FORMAT_VERSION), 0, 0];
    words.extend(body.as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes)));
    seal(&mut words);
    words
}

/// Up to eight changes of single words or runs of words, the header among them.
pub fn edit(u: &mut Unstructured<'_>, words: &mut Vec<u32>) -> Result<()> {
    for _ in 0..u.int_in_range(1..=8)? {
        if words.is_empty() {
            break;
        }
        let at = u.choose_index(words.len())?;
        match u.int_in_range(0..=8u8)? {
            0 => words[at] = u.arbitrary()?,
            1 => words[at] ^= 1 << u.int_in_range(0..=31u32)?,
            2 => words[at] = words[at].wrapping_add_signed(u.int_in_range(-4..=4)?),
            3 => words[at] = *u.choose(&[0, 1, u32::MAX, 1 << 31, 0x8080_8080, 0x7fc0_0000])?,
            4 => words.insert(at, u.arbitrary()?),
            5 => drop(words.remove(at)),
            6 => words.truncate(at),
            7 => {
                let other = u.choose_index(words.len())?;
                words.swap(at, other);
            }
            // A run of words again, elsewhere: whole sections may come out of place.
            _ => {
                let end = at + u.int_in_range(0..=(words.len() - at).min(32))?;
                let run = words[at..end].to_vec();
                let to = u.choose_index(words.len())?;
                words.splice(to..to, run);
            }
        }
    }
    Ok(())
}

/// Flips up to 32 neighbouring bits, at least one: what a CRC of 32 bits always notices.
pub fn burst(u: &mut Unstructured<'_>, words: &mut [u32]) -> Result<()> {
    let at = u.choose_index(words.len() * 32)?;
    // The first bit is always flipped.
    let pattern = u64::from(u.arbitrary::<u32>()? | 1) << (at % 32);
    words[at / 32] ^= pattern as u32;
    if let Some(next) = words.get_mut(at / 32 + 1) {
        *next ^= (pattern >> 32) as u32;
    }
    Ok(())
}
