//! The numbers that sensors give.

use core::fmt;

/// Why a sample was not taken: it is not a finite number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SampleError;

impl fmt::Display for SampleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sample is not a finite number")
    }
}

impl core::error::Error for SampleError {}

/// A kind of sample: `i16`, as most sensors give them, or `f32`. Sealed.
pub trait Sample: Copy + PartialOrd + sealed::Sums {}

impl Sample for i16 {}
impl Sample for f32 {}

pub(super) mod sealed {
    use crate::window_features::series::{self, Ordered, Series};

    /// Sums over a window, and what follows from them.
    pub trait Sums: Ordered {
        /// 0.
        const ZERO: Self;
        /// The sum, and the sum of squares.
        type Sums: Copy + core::fmt::Debug;
        /// Nothing summed up yet.
        const NOTHING: Self::Sums;

        /// Whether it is a number.
        fn finite(self) -> bool;
        fn below_zero(self) -> bool;
        fn to_f64(self) -> f64;
        #[cfg(feature = "spectrum")]
        fn to_f32(self) -> f32;
        /// The mean of just these samples.
        #[cfg(feature = "spectrum")]
        fn mean_of(series: Series<'_, Self>) -> f64;
        fn add(sums: &mut Self::Sums, sample: Self);
        /// Takes a sample out again.
        fn remove(sums: &mut Self::Sums, sample: Self);
        /// Whether taking out is exact, so that sums need not be made anew.
        const EXACT: bool;
        /// The sum, of so many samples.
        fn mean(sums: &Self::Sums, number: u32) -> f64;
        fn mean_square(sums: &Self::Sums, number: u32) -> f64;
        fn variance(sums: &Self::Sums, number: u32) -> f64;
        fn slope(series: Series<'_, Self>) -> f64;
        fn autocorrelation(series: Series<'_, Self>, lag: u16) -> f64;
    }

    /// With at most 2^16 samples: |sum| <= 2^31, squares <= 2^46, and number * squares <= 2^62.
    impl Sums for i16 {
        type Sums = (i64, i64);
        const ZERO: Self = 0;
        const NOTHING: (i64, i64) = (0, 0);
        const EXACT: bool = true;

        fn finite(self) -> bool {
            true
        }

        fn below_zero(self) -> bool {
            self < 0
        }

        fn to_f64(self) -> f64 {
            f64::from(self)
        }

        #[cfg(feature = "spectrum")]
        fn to_f32(self) -> f32 {
            f32::from(self)
        }

        #[cfg(feature = "spectrum")]
        fn mean_of(series: Series<'_, Self>) -> f64 {
            series::mean_of_integers(series)
        }

        fn add((sum, squares): &mut (i64, i64), sample: Self) {
            let sample = i64::from(sample);
            *sum = sum.wrapping_add(sample);
            *squares = squares.wrapping_add(sample.wrapping_mul(sample));
        }

        fn remove((sum, squares): &mut (i64, i64), sample: Self) {
            let sample = i64::from(sample);
            *sum = sum.wrapping_sub(sample);
            *squares = squares.wrapping_sub(sample.wrapping_mul(sample));
        }

        fn mean((sum, _): &(i64, i64), number: u32) -> f64 {
            *sum as f64 / f64::from(number)
        }

        fn mean_square((_, squares): &(i64, i64), number: u32) -> f64 {
            *squares as f64 / f64::from(number)
        }

        fn variance((sum, squares): &(i64, i64), number: u32) -> f64 {
            let number = i64::from(number);
            let exact = number.wrapping_mul(*squares).wrapping_sub(sum.wrapping_mul(*sum));
            exact as f64 / number.wrapping_mul(number) as f64
        }

        fn slope(series: Series<'_, Self>) -> f64 {
            series::slope_of_integers(series)
        }

        fn autocorrelation(series: Series<'_, Self>, lag: u16) -> f64 {
            series::autocorrelation_of_integers(series, lag)
        }
    }

    impl Sums for f32 {
        type Sums = (f64, f64);
        const ZERO: Self = 0.0;
        const NOTHING: (f64, f64) = (0.0, 0.0);
        const EXACT: bool = false;

        fn finite(self) -> bool {
            self.is_finite()
        }

        fn below_zero(self) -> bool {
            self < 0.0
        }

        fn to_f64(self) -> f64 {
            f64::from(self)
        }

        #[cfg(feature = "spectrum")]
        fn to_f32(self) -> f32 {
            self
        }

        #[cfg(feature = "spectrum")]
        fn mean_of(series: Series<'_, Self>) -> f64 {
            series::mean_of_numbers(series)
        }

        fn add((sum, squares): &mut (f64, f64), sample: Self) {
            let sample = f64::from(sample);
            *sum += sample;
            *squares += sample * sample;
        }

        fn remove((sum, squares): &mut (f64, f64), sample: Self) {
            let sample = f64::from(sample);
            *sum -= sample;
            *squares -= sample * sample;
        }

        fn mean((sum, _): &(f64, f64), number: u32) -> f64 {
            sum / f64::from(number)
        }

        fn mean_square((_, squares): &(f64, f64), number: u32) -> f64 {
            positive(squares / f64::from(number))
        }

        fn variance((sum, squares): &(f64, f64), number: u32) -> f64 {
            let number = f64::from(number);
            let mean = sum / number;
            positive(squares / number - mean * mean)
        }

        fn slope(series: Series<'_, Self>) -> f64 {
            series::slope_of_numbers(series)
        }

        fn autocorrelation(series: Series<'_, Self>, lag: u16) -> f64 {
            series::autocorrelation_of_numbers(series, lag)
        }
    }

    /// What rounding has made negative is 0.
    fn positive(number: f64) -> f64 {
        if number > 0.0 { number } else { 0.0 }
    }
}
