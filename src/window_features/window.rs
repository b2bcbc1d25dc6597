//! The window itself.

use super::{Sample, SampleError, Statistic, series};

/// The longest window.
const MOST: usize = 1 << 16;

/// The latest `N` samples, 1 to 65,536.
///
/// RAM: `N` samples and `8 N` bytes for the extremes, and some 64 bytes.
#[derive(Debug, Clone)]
pub struct Window<S: Sample, const N: usize> {
    ring: [S; N],
    minima: [u32; N],
    maxima: [u32; N],
    state: State<S>,
}

impl<S: Sample, const N: usize> Window<S, N> {
    /// An empty window.
    ///
    /// Does not compile with `N` of 0 or above 65,536.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N > 0 && N <= MOST, "a window has 1 to 65,536 samples") };
        Self { ring: [S::ZERO; N], minima: [0; N], maxima: [0; N], state: State::new() }
    }

    /// Takes a sample; the oldest one goes if there are `N`.
    ///
    /// # Errors
    /// [`SampleError`] if it is NaN or infinite; the window is then as before.
    pub fn push(&mut self, sample: S) -> Result<(), SampleError> {
        self.state.push(&mut self.ring, &mut self.minima, &mut self.maxima, sample)
    }

    /// Number of samples in it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.state.number as usize
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there are `N`.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.len() == N
    }

    /// Forgets all samples, for windows that do not overlap.
    pub const fn clear(&mut self) {
        self.state = State::new();
    }

    /// A statistic of the samples in it.
    #[must_use]
    pub fn get(&self, statistic: Statistic) -> f32 {
        self.state.get(&self.ring, &self.minima, &self.maxima, statistic)
    }

    /// The samples in it.
    #[cfg(feature = "spectrum")]
    pub(super) fn series(&self) -> series::Series<'_, S> {
        self.state.series(&self.ring)
    }

    /// Several statistics; places beyond the shorter of the two stay as they are.
    pub fn features(&self, statistics: &[Statistic], into: &mut [f32]) {
        for (place, &statistic) in into.iter_mut().zip(statistics) {
            *place = self.get(statistic);
        }
    }
}

impl<S: Sample, const N: usize> Default for Window<S, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The statistics of a window of just these samples: for hosts, by the code of [`Window`].
///
/// # Errors
/// [`SampleError`] if a sample is NaN or infinite.
///
/// # Panics
/// With more than 65,536 samples.
#[cfg(feature = "writer")]
pub fn of_samples<S: Sample>(
    samples: &[S],
    statistics: &[Statistic],
) -> Result<alloc::vec::Vec<f32>, SampleError> {
    assert!(samples.len() <= MOST, "a window has at most 65,536 samples");
    let mut ring = alloc::vec![S::ZERO; samples.len()];
    let (mut minima, mut maxima) = (alloc::vec![0; samples.len()], alloc::vec![0; samples.len()]);
    let mut state = State::<S>::new();
    for &sample in samples {
        state.push(&mut ring, &mut minima, &mut maxima, sample)?;
    }
    let of = |&statistic| state.get(&ring, &minima, &maxima, statistic);
    Ok(statistics.iter().map(of).collect())
}

/// A queue of places in the ring, in a ring of its own.
#[derive(Debug, Clone, Copy)]
struct Queue {
    first: u32,
    length: u32,
}

impl Queue {
    const EMPTY: Self = Self { first: 0, length: 0 };

    /// Where the `index`th of it is.
    fn place(self, index: u32, room: usize) -> usize {
        let place = (self.first as usize).wrapping_add(index as usize);
        if place >= room { place.wrapping_sub(room) } else { place }
    }

    fn first(self, places: &[u32]) -> Option<u32> {
        if self.length == 0 { None } else { places.get(self.first as usize).copied() }
    }

    fn last(self, places: &[u32]) -> Option<u32> {
        let index = self.length.checked_sub(1)?;
        places.get(self.place(index, places.len())).copied()
    }

    fn pop_first(&mut self, room: usize) {
        self.first = self.place(1, room) as u32;
        self.length = self.length.saturating_sub(1);
    }

    fn push(&mut self, places: &mut [u32], place: u32) {
        let at = self.place(self.length, places.len());
        if let Some(slot) = places.get_mut(at) {
            *slot = place;
            self.length = self.length.wrapping_add(1);
        }
    }
}

/// All but the samples.
#[derive(Debug, Clone, Copy)]
struct State<S: Sample> {
    /// Where the next sample goes.
    next: u32,
    number: u32,
    sums: S::Sums,
    /// The sums of the samples since the ring was at its start: those that the sums become there.
    fresh: S::Sums,
    crossings: u32,
    /// Places of samples, each smaller than all that came after it.
    rising: Queue,
    /// Each larger.
    falling: Queue,
}

impl<S: Sample> State<S> {
    const fn new() -> Self {
        Self {
            next: 0,
            number: 0,
            sums: S::NOTHING,
            fresh: S::NOTHING,
            crossings: 0,
            rising: Queue::EMPTY,
            falling: Queue::EMPTY,
        }
    }

    fn push(
        &mut self,
        ring: &mut [S],
        minima: &mut [u32],
        maxima: &mut [u32],
        sample: S,
    ) -> Result<(), SampleError> {
        if !sample.finite() {
            return Err(SampleError);
        }
        let room = ring.len();
        let at = |ring: &[S], place: usize| ring.get(place).copied().unwrap_or(S::ZERO);
        let next = self.next as usize;
        let before = if next == 0 { room.wrapping_sub(1) } else { next.wrapping_sub(1) };
        let after = if next.wrapping_add(1) == room { 0 } else { next.wrapping_add(1) };
        if self.number as usize == room {
            let oldest = at(ring, next);
            S::remove(&mut self.sums, oldest);
            // With one place the oldest is also the one before.
            let crossed = room > 1 && oldest.below_zero() != at(ring, after).below_zero();
            self.crossings = self.crossings.wrapping_sub(u32::from(crossed));
            for (queue, places) in [(&mut self.rising, &*minima), (&mut self.falling, &*maxima)] {
                if queue.first(places) == Some(self.next) {
                    queue.pop_first(room);
                }
            }
            self.number = self.number.wrapping_sub(1);
        }
        if self.number > 0 {
            let crossed = at(ring, before).below_zero() != sample.below_zero();
            self.crossings = self.crossings.wrapping_add(u32::from(crossed));
        }
        while self.rising.last(minima).is_some_and(|place| at(ring, place as usize) >= sample) {
            self.rising.length = self.rising.length.wrapping_sub(1);
        }
        self.rising.push(minima, self.next);
        while self.falling.last(maxima).is_some_and(|place| at(ring, place as usize) <= sample) {
            self.falling.length = self.falling.length.wrapping_sub(1);
        }
        self.falling.push(maxima, self.next);
        if let Some(place) = ring.get_mut(next) {
            *place = sample;
        }
        self.number = self.number.wrapping_add(1);
        S::add(&mut self.sums, sample);
        if !S::EXACT {
            S::add(&mut self.fresh, sample);
            if after == 0 {
                // All samples in the window have come since the ring was at its start, and nothing
                // was taken out.
                self.sums = self.fresh;
                self.fresh = S::NOTHING;
            }
        }
        self.next = after as u32;
        Ok(())
    }

    fn series(self, ring: &[S]) -> series::Series<'_, S> {
        series::Series::new(ring, self.next as usize, self.number as usize)
    }

    fn get(&self, ring: &[S], minima: &[u32], maxima: &[u32], statistic: Statistic) -> f32 {
        let of = |place: Option<u32>| {
            let sample = place.and_then(|place| ring.get(place as usize));
            sample.map_or(0.0, |sample| sample.to_f64())
        };
        if self.number == 0 {
            return 0.0;
        }
        let minimum = || of(self.rising.first(minima));
        let maximum = || of(self.falling.first(maxima));
        let rms = || libm::sqrt(S::mean_square(&self.sums, self.number));
        let series = || self.series(ring);
        let value = match statistic {
            Statistic::Mean => S::mean(&self.sums, self.number),
            Statistic::Variance => S::variance(&self.sums, self.number),
            Statistic::Minimum => minimum(),
            Statistic::Maximum => maximum(),
            Statistic::PeakToPeak => maximum() - minimum(),
            Statistic::Rms => rms(),
            Statistic::ZeroCrossings => f64::from(self.crossings),
            Statistic::CrestFactor => {
                let (low, high, rms) = (-minimum(), maximum(), rms());
                let peak = if low > high { low } else { high };
                if rms > 0.0 { peak / rms } else { 0.0 }
            }
            Statistic::Slope => S::slope(series()),
            Statistic::Median => series::quantile(series(), 50),
            Statistic::Quantile(percent) => series::quantile(series(), percent),
            Statistic::Autocorrelation(lag) => S::autocorrelation(series(), lag),
        };
        value as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// By the definitions, over the samples themselves.
    fn plain(samples: &[f64], statistic: Statistic) -> f64 {
        let number = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / number;
        let rms = (samples.iter().map(|x| x * x).sum::<f64>() / number).sqrt();
        let (low, high) = samples
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
        match statistic {
            Statistic::Mean => mean,
            Statistic::Variance => {
                samples.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / number
            }
            Statistic::Minimum => low,
            Statistic::Maximum => high,
            Statistic::PeakToPeak => high - low,
            Statistic::Rms => rms,
            Statistic::ZeroCrossings => {
                samples.windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count() as f64
            }
            Statistic::CrestFactor => {
                if rms > 0.0 {
                    high.max(-low) / rms
                } else {
                    0.0
                }
            }
            Statistic::Slope => {
                let middle = (number - 1.0) / 2.0;
                let places = || (0..samples.len()).map(|place| place as f64 - middle);
                let squares: f64 = places().map(|place| place * place).sum();
                let products: f64 = places().zip(samples).map(|(p, x)| p * (x - mean)).sum();
                if squares > 0.0 { products / squares } else { 0.0 }
            }
            Statistic::Median => plain(samples, Statistic::Quantile(50)),
            Statistic::Quantile(percent) => {
                let mut sorted = samples.to_vec();
                sorted.sort_by(f64::total_cmp);
                let place = (number - 1.0) * f64::from(percent) / 100.0;
                let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
                low + (high - low) * place.fract()
            }
            Statistic::Autocorrelation(lag) => {
                let of = |lag: usize| -> f64 {
                    let later = samples.iter().skip(lag).zip(samples);
                    later.map(|(a, b)| (a - mean) * (b - mean)).sum()
                };
                let spread = if low == high { 0.0 } else { of(0) };
                if spread > 0.0 { of(lag.into()) / spread } else { 0.0 }
            }
        }
    }

    /// Those without a number, and some with one.
    fn asked() -> Vec<Statistic> {
        let quantiles = [0, 1, 25, 90, 100].map(Statistic::Quantile);
        let lags = [0, 1, 2, 5, 16, 99].map(Statistic::Autocorrelation);
        Statistic::PLAIN.into_iter().chain(quantiles).chain(lags).collect()
    }

    fn check<S: Sample + core::fmt::Debug, const N: usize>(
        samples: &[S],
        tolerance: impl Fn(&[f64], Statistic) -> f64,
    ) -> Result<(), TestCaseError> {
        let mut window = Window::<S, N>::new();
        for (index, &sample) in samples.iter().enumerate() {
            window.push(sample).unwrap();
            let from = (index + 1).saturating_sub(N);
            let inside: Vec<f64> = samples[from..=index].iter().map(|x| x.to_f64()).collect();
            prop_assert_eq!(window.len(), inside.len());
            for statistic in asked() {
                let (found, expected) = (window.get(statistic), plain(&inside, statistic));
                let off = (f64::from(found) - expected).abs();
                let allowed = tolerance(&inside, statistic) + expected.abs() * 2e-7;
                prop_assert!(off <= allowed, "{statistic:?} of {inside:?}: {found}, {expected}");
            }
            #[cfg(feature = "writer")]
            if from == 0 || N == 1 {
                let own = of_samples(&samples[from..=index], &asked()).unwrap();
                let mut found = std::vec![0.0; own.len()];
                window.features(&asked(), &mut found);
                prop_assert_eq!(own, found);
            }
        }
        Ok(())
    }

    fn reading() -> impl Strategy<Value = i16> {
        prop_oneof![any::<i16>(), Just(i16::MIN), Just(i16::MAX), -3..=3i16]
    }

    fn number() -> impl Strategy<Value = f32> {
        prop_oneof![-1e3..1e3f32, Just(1e4f32), Just(-1e4f32), Just(0.0f32), Just(-0.0f32)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn statistics_of_readings_are_exact(samples in prop::collection::vec(reading(), 1..80)) {
            // The plain variance in f64 is itself off by some roundings of the mean square.
            let tolerance = |inside: &[f64], statistic| match statistic {
                Statistic::Variance => plain(inside, Statistic::Rms).powi(2) * 1e-14,
                Statistic::Mean => 1e-9,
                // So is the plain mean, and with it the distances from it.
                Statistic::Slope | Statistic::Quantile(_) => 1e-9,
                Statistic::Autocorrelation(_) => {
                    let variance = plain(inside, Statistic::Variance);
                    1e-12 + 1e-12 * (32_768.0f64.powi(2) / variance).min(1e12)
                }
                _ => 0.0,
            };
            check::<i16, 1>(&samples, tolerance)?;
            check::<i16, 2>(&samples, tolerance)?;
            check::<i16, 16>(&samples, tolerance)?;
            check::<i16, 100>(&samples, tolerance)?;
        }

        #[test]
        fn statistics_of_numbers_are_within_their_bound(samples in prop::collection::vec(number(), 1..80)) {
            let tolerance = |inside: &[f64], statistic| {
                // A sample that has left the window was at most this large.
                let (most, n) = (1e4, 2.0 * inside.len() as f64);
                let unit = n * f64::EPSILON;
                match statistic {
                    Statistic::Mean => unit * most,
                    Statistic::Variance => 4.0 * unit * most * most,
                    // A root is steep near 0.
                    Statistic::Rms => (unit * most * most).sqrt(),
                    Statistic::CrestFactor if plain(inside, Statistic::Rms) < 1.0 => f64::INFINITY,
                    Statistic::CrestFactor => 1e-4,
                    // Of the samples inside alone, and the plain ones are no better.
                    Statistic::Slope => n * unit * most,
                    Statistic::Median | Statistic::Quantile(_) => unit * most,
                    Statistic::Autocorrelation(_) => {
                        let largest = inside.iter().fold(0.0f64, |most, x| most.max(x.abs()));
                        let variance = plain(inside, Statistic::Variance);
                        let ratio = if variance > 0.0 { largest.powi(2) / variance } else { 0.0 };
                        4.0 * unit * (1.0 + ratio)
                    }
                    _ => 0.0,
                }
            };
            check::<f32, 1>(&samples, tolerance)?;
            check::<f32, 2>(&samples, tolerance)?;
            check::<f32, 16>(&samples, tolerance)?;
            check::<f32, 100>(&samples, tolerance)?;
        }
    }

    #[test]
    fn nothing_drifts() {
        let mut window = Window::<f32, 8>::new();
        for index in 0..1_000_000u32 {
            window.push(if index % 1000 == 0 { 1e7 } else { 0.1 }).unwrap();
        }
        assert_eq!(window.get(Statistic::Mean), 0.1);
    }

    #[test]
    fn what_is_not_a_number_is_refused_and_changes_nothing() {
        let mut window = Window::<f32, 4>::new();
        window.push(2.0).unwrap();
        for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(window.push(wrong), Err(SampleError));
        }
        assert_eq!((window.len(), window.get(Statistic::Maximum)), (1, 2.0));
        window.clear();
        assert!(window.is_empty());
        assert!(asked().iter().all(|&statistic| window.get(statistic) == 0.0));
    }

    #[test]
    fn the_longest_window_of_the_largest_readings_does_not_overflow() {
        let mut window = std::boxed::Box::new(Window::<i16, 65_536>::new());
        for _ in 0..70_000 {
            window.push(i16::MIN).unwrap();
        }
        assert_eq!(window.get(Statistic::Mean), -32_768.0);
        assert_eq!(window.get(Statistic::Variance), 0.0);
        assert_eq!(window.get(Statistic::Rms), 32_768.0);
        assert_eq!(window.get(Statistic::Slope), 0.0);
        assert_eq!(window.get(Statistic::Autocorrelation(1)), 0.0);
        assert_eq!(window.get(Statistic::Quantile(99)), -32_768.0);
        // As far apart as can be, and in turn.
        for index in 0..65_536 {
            window.push(if index % 2 == 0 { i16::MIN } else { i16::MAX }).unwrap();
        }
        let near = |lag, expected: f32| {
            let found = window.get(Statistic::Autocorrelation(lag));
            assert!((found - expected).abs() < 1e-6, "{lag}: {found}, expected {expected}");
        };
        near(1, -65_535.0 / 65_536.0);
        near(32_768, 0.5);
        near(65_535, -1.0 / 65_536.0);
        for index in 0..65_536 {
            window.push((index - 32_768) as i16).unwrap();
        }
        assert_eq!(window.get(Statistic::Slope), 1.0);
        assert_eq!(window.get(Statistic::Median), -0.5);
    }

    #[test]
    fn what_is_made_of_the_order_does_not_depend_on_the_place_in_the_ring() {
        let samples: Vec<f32> = (0..9u8).map(|k| 1e4 / f32::from(k * 5 % 9 + 1)).collect();
        let (mut cleared, mut sliding) = (Window::<f32, 9>::new(), Window::<f32, 9>::new());
        for shift in 0..9 {
            cleared.clear();
            for _ in 0..=shift {
                sliding.push(1e8).unwrap();
            }
            for &sample in &samples {
                cleared.push(sample).unwrap();
                sliding.push(sample).unwrap();
            }
            for statistic in [Statistic::Slope, Statistic::Median, Statistic::Autocorrelation(2)] {
                let found = [cleared.get(statistic), sliding.get(statistic)].map(f32::to_bits);
                assert_eq!(found[0], found[1], "{statistic:?}");
            }
        }
    }
}
