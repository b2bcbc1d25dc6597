//! Statistics for which the order of the samples counts: the samples are looked at again, the
//! oldest first. What comes out depends on the samples alone, and not on where they are in the
//! ring.

use core::num::NonZeroU32;

/// The samples of a window, the oldest first: the end of the ring, then its start.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a, S> {
    older: &'a [S],
    newer: &'a [S],
}

impl<'a, S: Copy> Series<'a, S> {
    /// The latest `number` samples of a ring whose next place is `next`. A ring that is not full
    /// has been filled from its start.
    pub(super) fn new(ring: &'a [S], next: usize, number: usize) -> Self {
        let (newer, older) = ring.split_at_checked(next).unwrap_or((ring, &[]));
        Self { older: if number == ring.len() { older } else { &[] }, newer }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = S> + Clone + 'a {
        self.older.iter().chain(self.newer).copied()
    }

    /// The samples from the `lag`th on, each with the one that is `lag` before it.
    fn pairs(self, lag: usize) -> impl Iterator<Item = (S, S)> + 'a {
        self.iter().skip(lag).zip(self.iter())
    }

    /// Number of samples, at most 65,536; nothing if there is none.
    fn number(self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.older.len().wrapping_add(self.newer.len()) as u32)
    }
}

/// `n (n^2 - 1)`, which is exact.
fn cube(number: NonZeroU32) -> f64 {
    let number = u64::from(number.get());
    number.wrapping_mul(number.wrapping_mul(number).wrapping_sub(1)) as f64
}

fn over(dividend: f64, divisor: f64) -> f64 {
    if divisor > 0.0 { dividend / divisor } else { 0.0 }
}

#[cfg(feature = "spectrum")]
pub(super) fn mean_of_integers(series: Series<'_, i16>) -> f64 {
    let Some(number) = series.number() else { return 0.0 };
    let sum = series.iter().fold(0_i32, |sum, sample| sum.wrapping_add(i32::from(sample)));
    f64::from(sum) / f64::from(number.get())
}

pub(super) fn mean_of_numbers(series: Series<'_, f32>) -> f64 {
    let Some(number) = series.number() else { return 0.0 };
    let sum = series.iter().fold(0.0, |sum, sample| sum + f64::from(sample));
    sum / f64::from(number.get())
}

/// The sum of `(2i - n + 1) x_i` is below 2^46, and exact.
pub(super) fn slope_of_integers(series: Series<'_, i16>) -> f64 {
    let Some(number) = series.number() else { return 0.0 };
    let mut weight = 1_i64.wrapping_sub(i64::from(number.get()));
    let mut sum = 0_i64;
    for sample in series.iter() {
        sum = sum.wrapping_add(weight.wrapping_mul(i64::from(sample)));
        weight = weight.wrapping_add(2);
    }
    over(sum.wrapping_mul(6) as f64, cube(number))
}

pub(super) fn slope_of_numbers(series: Series<'_, f32>) -> f64 {
    let Some(number) = series.number() else { return 0.0 };
    let mut weight = 1.0 - f64::from(number.get());
    let mut sum = 0.0;
    for sample in series.iter() {
        sum += weight * f64::from(sample);
        weight += 2.0;
    }
    over(sum * 6.0, cube(number))
}

/// All in integers but for the last steps. With S the sum of the samples, C that of the products,
/// and A and B the sums of the later and of the earlier factors, the autocovariance times n^2 is
/// `n C - S (A + B) + S^2 - lag S^2 / n`. The first three terms come to less than 2^63, so it does
/// not matter that one of them alone may wrap around.
pub(super) fn autocorrelation_of_integers(series: Series<'_, i16>, lag: u16) -> f64 {
    let Some(number) = series.number() else { return 0.0 };
    let (mut sum, mut squares) = (0_i64, 0_i64);
    for sample in series.iter().map(i64::from) {
        sum = sum.wrapping_add(sample);
        squares = squares.wrapping_add(sample.wrapping_mul(sample));
    }
    let (mut products, mut factors) = (0_i64, 0_i64);
    for (later, earlier) in series.pairs(lag.into()) {
        let (later, earlier) = (i64::from(later), i64::from(earlier));
        products = products.wrapping_add(later.wrapping_mul(earlier));
        factors = factors.wrapping_add(later).wrapping_add(earlier);
    }
    if u32::from(lag) >= number.get() {
        return 0.0;
    }
    let (n, lag) = (i64::from(number.get()), i64::from(lag));
    let square = sum.wrapping_mul(sum);
    let spread = n.wrapping_mul(squares).wrapping_sub(square);
    // lag S^2 / n, as an integer and a fraction: S^2 is at most 2^62 and n divides it with a
    // remainder.
    let divisor = core::num::NonZeroU64::from(number);
    let (quotient, remainder) = (square as u64 / divisor, square as u64 % divisor);
    let whole = n
        .wrapping_mul(products)
        .wrapping_sub(sum.wrapping_mul(factors))
        .wrapping_add(square)
        .wrapping_sub(lag.wrapping_mul(quotient as i64));
    let fraction = lag.wrapping_mul(remainder as i64) as f64 / f64::from(number.get());
    over(whole as f64 - fraction, spread as f64)
}

/// In two passes: the mean, then the products of the distances from it.
pub(super) fn autocorrelation_of_numbers(series: Series<'_, f32>, lag: u16) -> f64 {
    let mut samples = series.iter();
    if samples.next().is_some_and(|first| samples.all(|sample| sample == first)) {
        // Their distances from the mean are what rounding leaves.
        return 0.0;
    }
    let mean = mean_of_numbers(series);
    let from_mean = |sample: f32| f64::from(sample) - mean;
    let spread = series.iter().map(from_mean).fold(0.0, |sum, one| sum + one * one);
    let products = series
        .pairs(lag.into())
        .fold(0.0, |sum, (later, earlier)| sum + from_mean(later) * from_mean(earlier));
    over(products, spread)
}

/// Samples as integers in the order of their size.
pub trait Ordered: Copy {
    /// How many bits an integer has.
    const BITS: u32;
    fn key(self) -> u32;
    fn of_key(key: u32) -> f64;
}

const SIGN: u32 = 1 << 31;

impl Ordered for i16 {
    const BITS: u32 = 16;

    fn key(self) -> u32 {
        u32::from(self as u16 ^ 0x8000)
    }

    fn of_key(key: u32) -> f64 {
        f64::from((key as u16 ^ 0x8000) as i16)
    }
}

impl Ordered for f32 {
    const BITS: u32 = 32;

    fn key(self) -> u32 {
        // There is one zero.
        let bits = (self + 0.0).to_bits();
        if bits & SIGN == 0 { bits | SIGN } else { !bits }
    }

    fn of_key(key: u32) -> f64 {
        f64::from(f32::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN }))
    }
}

/// The quantile of so many percent, by bisection of the samples' values.
pub(super) fn quantile<S: Ordered>(series: Series<'_, S>, percent: u8) -> f64 {
    let Some(number) = series.number() else { return 0.0 };
    let place = number.get().wrapping_sub(1).wrapping_mul(u32::from(percent.min(100)));
    let (rank, hundredths) = (place / 100, place % 100);
    let keys = || series.iter().map(S::key);
    // The largest number below which there are at most `rank` samples is the one of that rank.
    let mut key = 0_u32;
    for bit in (0..S::BITS).rev() {
        let larger = key | 1_u32.wrapping_shl(bit);
        let below = keys().fold(0_u32, |sum, one| sum.wrapping_add(u32::from(one < larger)));
        if below <= rank {
            key = larger;
        }
    }
    let up_to = keys().fold(0_u32, |sum, one| sum.wrapping_add(u32::from(one <= key)));
    let above = keys().filter(|&one| one > key).min().unwrap_or(key);
    let next = if up_to > rank.wrapping_add(1) { key } else { above };
    let (low, high) = (S::of_key(key), S::of_key(next));
    low + (high - low) * f64::from(hundredths) / 100.0
}
