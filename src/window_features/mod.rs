//! Features out of a sensor's samples: statistics over a sliding window (feature `feature`).
//!
//! The trainer computes the features of a log's raw samples (`[[window]]` in its configuration)
//! with this very code, so that training and firmware cannot disagree: the same samples give the
//! same bits on the host and on every core, with an FPU or without. Each sample takes the same few
//! steps however long the window is (the extremes amortized), no heap, no panic. A statistic takes a
//! few steps, too, but for slope, median, quantiles and autocorrelations, which look at every sample
//! again.
//!
//! ```
//! use mild::window_features::{Statistic, Window};
//!
//! let mut window = Window::<i16, 4>::new();
//! for sample in [3, -1, 5, -7, 9] {
//!     window.push(sample)?;
//! }
//! // The latest four.
//! assert!(window.is_full());
//! assert_eq!(window.get(Statistic::Mean), 1.5);
//! assert_eq!(window.get(Statistic::PeakToPeak), 16.0);
//! assert_eq!(window.get(Statistic::ZeroCrossings), 3.0);
//! # Ok::<(), mild::window_features::SampleError>(())
//! ```
//!
//! # Numeric error
//! From `i16` samples every sum is an exact integer, and each statistic is the correctly rounded
//! `f32` of a quotient, or a square root, of which each step is rounded to `f64` once: it is off by
//! at most one unit in the last place. (An autocorrelation is off by some 2^-53 beside, which
//! counts where it is nearly 0.)
//!
//! From `f32` samples sums are kept in `f64` (squares of `f32` are exact there) and made anew each
//! time that the window has been passed through, so that nothing drifts: with N samples of
//! magnitude at most A the sum is off by less than 2N * 2^-53 * N A, the sum of squares by less
//! than 2N * 2^-53 * N A^2. The variance inherits the latter over N; where it is smaller than that
//! beside A^2, its value is rounding noise, and never negative. Slope and autocorrelation are made of
//! the samples in the window alone: the sum in the slope is off by less than N^2 2^-53 N A before it
//! is divided by N (N^2 - 1) / 6, and an autocorrelation by less than 4N 2^-53 (1 + A^2 / variance).
//! Quantiles are interpolated between samples in `f64`.

mod axes;
mod history;
mod sample;
mod series;
#[cfg(feature = "spectrum")]
mod spectrum;
mod statistic;
mod window;

pub use axes::magnitude;
pub use history::{History, SliceHistory};
#[cfg(feature = "writer")]
pub use history::{average_of, change_of};
pub use sample::{Sample, SampleError};
#[cfg(all(feature = "spectrum", feature = "writer"))]
pub use spectrum::spectrum_of;
#[cfg(feature = "spectrum")]
pub use spectrum::{
    Band, Functions, Length, Points, SPECTRUM_LENGTHS, Sines, SpectralStatistic, Spectrum, Taper,
};
pub use statistic::Statistic;
#[cfg(feature = "writer")]
pub use window::of_samples;
pub use window::{SliceWindow, Window};
