//! The window itself.

mod slices;

pub use slices::SliceWindow;

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
mod tests;
