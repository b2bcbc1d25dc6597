//! From the sum of a row to the activation that the next layer reads.

use super::constant_time;

/// Multiplies by the word, divides by 2^(32 + s), where s is the word's low byte, rounds half
/// up, and saturates to `0..=127`. [`Requantizer`](crate::fixed::Requantizer) explains the word.
///
/// For sums of magnitude at most 2^30 and words with an s of 1 at least, which a checked image
/// guarantees.
#[inline(always)]
pub(crate) fn requantize(word: u32, sum: i32) -> i8 {
    // Dropping the low 32 bits first does not change the rounded result: the nested floor identity
    // floor(floor(x / 2^32) / 2^s + 1/2) = floor(x / 2^(32+s) + 1/2) holds as s >= 1.
    let high = ((sum as i64 * word as i32 as i64) >> 32) as i32;
    // In two steps, floor((floor(high / 2^(s-1)) + 1) / 2), so that no power of two is needed.
    let code = ((high >> (word.wrapping_sub(1) & 31)) + 1) >> 1;
    constant_time::clamp_activation(code) as i8
}
