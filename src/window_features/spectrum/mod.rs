//! The power of a window's samples by frequency (cargo feature `spectrum`).
//!
//! A window of N samples, 16 to 1,024 and a power of two, has the *bins* 1 to N/2. With R samples a
//! second bin `k` is the frequency `k R / N` hertz. The mean is taken out first, so there is no bin
//! 0.
//!
//! ```
//! use mild::window_features::{Band, SpectralStatistic, Taper, Window};
//!
//! let mut window = Window::<i16, 16>::new();
//! for sample in [0, 700, 1000, 700, 0, -700, -1000, -700].into_iter().cycle().take(16) {
//!     window.push(sample)?;
//! }
//! let mut room = [0.0; 16];
//! // Nothing if the window were not full.
//! let spectrum = window.spectrum(Taper::None, &mut room).unwrap();
//! assert_eq!(spectrum.get(SpectralStatistic::Dominant), 2.0);
//! let low = Band { first: 1, last: 3 };
//! // The variance is 495,000; a little of it is in bin 6.
//! assert!((spectrum.get(SpectralStatistic::Power(low)) - 494_987.0).abs() < 2.0);
//! # Ok::<(), mild::window_features::SampleError>(())
//! ```
//!
//! # Numeric error
//! All is computed in `f32`. The transform of samples with root mean square A is off by less than
//! `A N log2(N) 2^-23` in each bin, and sums over bins by `N 2^-25` of themselves; a test holds
//! both. A bin with less than some `2^-40` of the power is rounding noise. Samples beyond 1e15 make
//! powers that are infinite, and then every statistic is; powers below 1e-38 are lost.

mod functions;
mod sine;
mod statistic;
mod transform;

pub use functions::Functions;
use sine::sealed::Sine;
pub use sine::{Length, Points, SPECTRUM_LENGTHS, Sines};
pub use statistic::{Band, SpectralStatistic};

use super::{Sample, series::Series};
use transform::Complex;

/// What the samples are multiplied by before the transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Taper {
    /// Nothing: for signals that fit the window, such as single shocks.
    None,
    /// The window of Hann, `(1 - cos(2 pi i / N)) / 2`: for signals that go on, whose frequencies
    /// would else leak into all bins. A tone is in three bins then.
    #[default]
    Hann,
}

/// The power of each bin of a window.
///
/// The bins add up to the variance of the samples; with [`Taper::Hann`] they do so in the mean over
/// signals (Parseval's theorem, and the mean square of the taper, 3/8, taken out).
#[derive(Debug)]
pub struct Spectrum<'a> {
    /// Of the bins from 1 on.
    powers: &'a [f32],
    total: f32,
}

impl<'a> Spectrum<'a> {
    /// Of samples, in the room where the transform is made, which is as long.
    pub(super) fn new<S: Sample>(
        series: Series<'_, S>,
        mean: f64,
        taper: Taper,
        sine: &[f32],
        room: &'a mut [f32],
    ) -> Self {
        let mean = mean as f32;
        for (place, sample) in room.iter_mut().zip(series.iter()) {
            // The rounding of the mean is a constant, which only bin 0 has.
            *place = sample.to_f32() - mean;
        }
        transform::real(room, sine);
        let powers = powers(room, taper);
        let total = powers.iter().fold(0.0, |sum, power| sum + power);
        Self { powers, total }
    }

    /// A statistic of the bins; infinite if a power is.
    #[must_use]
    pub fn get(&self, statistic: SpectralStatistic) -> f32 {
        if self.total.is_finite() { statistic.of(self.powers, self.total) } else { f32::INFINITY }
    }

    /// Several statistics; places beyond the shorter of the two stay as they are.
    pub fn features(&self, statistics: &[SpectralStatistic], into: &mut [f32]) {
        for (place, &statistic) in into.iter_mut().zip(statistics) {
            *place = self.get(statistic);
        }
    }

    /// The power of the bins from 1 on, in squared units of the samples.
    #[must_use]
    pub const fn powers(&self) -> &[f32] {
        self.powers
    }
}

/// Makes the powers of the bins from 1 on out of a packed transform, in its place.
///
/// In frequency the taper of Hann is a sum of three terms: half of a bin less a quarter of each of
/// its neighbours (Harris 1978, equation 27), so it needs no table.
fn powers(room: &mut [f32], taper: Taper) -> &[f32] {
    let length = room.len() as f32;
    let bins = room.len() / 2;
    // Both sides of the spectrum, over N^2.
    let unit = match taper {
        Taper::None => 2.0 / (length * length),
        Taper::Hann => 2.0 * 8.0 / 3.0 / (length * length),
    };
    let at = |room: &[f32], bin: usize| -> Complex {
        room.as_chunks::<2>().0.get(bin).copied().unwrap_or_default()
    };
    let [constant, fastest] = at(room, 0);
    let (mut before, mut bin) = ([constant, 0.0], at(room, 1));
    for index in 1..bins {
        let last = index.wrapping_add(1) == bins;
        let after = if last { [fastest, 0.0] } else { at(room, index.wrapping_add(1)) };
        let [re, im] = match taper {
            Taper::None => bin,
            Taper::Hann => [
                bin[0] * 0.5 - (before[0] + after[0]) * 0.25,
                bin[1] * 0.5 - (before[1] + after[1]) * 0.25,
            ],
        };
        // What stood here has been read: a bin is two numbers, and its power is one.
        if let Some(place) = room.get_mut(index.wrapping_sub(1)) {
            *place = (re * re + im * im) * unit;
        }
        (before, bin) = (bin, after);
    }
    // The last bin is its own mirror, and its two neighbours mirror each other.
    let last = match taper {
        Taper::None => bin[0],
        Taper::Hann => bin[0] * 0.5 - before[0] * 0.5,
    };
    if let Some(place) = room.get_mut(bins.wrapping_sub(1)) {
        *place = last * last * unit * 0.5;
    }
    room.get(..bins).unwrap_or_default()
}

/// The spectral statistics of just these samples: for hosts, by the code of
/// [`Window::spectrum`](super::Window::spectrum). Nothing if the number of samples is none of
/// [`SPECTRUM_LENGTHS`], or a sample is NaN or infinite.
#[cfg(feature = "writer")]
#[must_use]
pub fn spectrum_of<S: Sample>(
    samples: &[S],
    taper: Taper,
    statistics: &[SpectralStatistic],
) -> Option<alloc::vec::Vec<f32>> {
    let sine = sine::of_length(samples.len())?;
    if !samples.iter().all(|sample| sample.finite()) {
        return None;
    }
    let series = Series::new(samples, 0, samples.len());
    let mut room = alloc::vec![0.0; samples.len()];
    let spectrum = Spectrum::new(series, S::mean_of(series), taper, sine, &mut room);
    Some(statistics.iter().map(|&statistic| spectrum.get(statistic)).collect())
}

impl<S: Sample, const N: usize> super::Window<S, N>
where
    Points<N>: Length,
{
    /// The spectrum of the samples in it, made in `room`; nothing if there are fewer than `N`.
    ///
    /// It depends on these samples alone. The sines of the transform are a constant of `N + 4`
    /// bytes.
    #[must_use]
    pub fn spectrum<'a>(&self, taper: Taper, room: &'a mut [f32; N]) -> Option<Spectrum<'a>> {
        let series = self.series();
        self.is_full().then(|| {
            Spectrum::new(series, S::mean_of(series), taper, <Points<N> as Sine>::SINE, room)
        })
    }
}

impl<S: Sample> super::SliceWindow<'_, S> {
    /// As [`Window::spectrum`](super::Window::spectrum), with the sines for the window's length.
    ///
    /// Nothing, too, if the sines or `room` are for another number of samples than the window's.
    #[must_use]
    pub fn spectrum<'a>(
        &self,
        taper: Taper,
        sines: Sines,
        room: &'a mut [f32],
    ) -> Option<Spectrum<'a>> {
        let series = self.series();
        let fits = sines.samples() == self.capacity() && room.len() == self.capacity();
        (fits && self.is_full())
            .then(|| Spectrum::new(series, S::mean_of(series), taper, sines.values(), room))
    }
}

#[cfg(test)]
mod tests;
