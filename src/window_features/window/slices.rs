//! A window whose length is known only when the program runs.

use super::{MOST, State};
use crate::window_features::{Sample, SampleError, Statistic};

/// A [`Window`](super::Window) in memory of the caller's, whose length is known only when the
/// program runs: for bindings to other languages. Rust firmware takes a `Window`.
///
/// ```
/// use mild::window_features::{SliceWindow, Statistic};
///
/// let (mut samples, mut places) = ([0i16; 4], [0; 8]);
/// let mut window = SliceWindow::new(&mut samples, &mut places).unwrap();
/// for sample in [3, -1, 5, -7, 9] {
///     window.push(sample)?;
/// }
/// assert_eq!(window.get(Statistic::Mean), 1.5);
/// # Ok::<(), mild::window_features::SampleError>(())
/// ```
#[derive(Debug)]
pub struct SliceWindow<'a, S: Sample> {
    ring: &'a mut [S],
    minima: &'a mut [u32],
    maxima: &'a mut [u32],
    state: State<S>,
}

impl<'a, S: Sample> SliceWindow<'a, S> {
    /// An empty window of as many samples as `samples` has; `places` has twice as many. What is in
    /// the two does not matter.
    ///
    /// Nothing with no samples, with more than 65,536, or with another number of places.
    #[must_use]
    pub fn new(samples: &'a mut [S], places: &'a mut [u32]) -> Option<Self> {
        let length = samples.len();
        if length == 0 || length > MOST || places.len() != length.wrapping_mul(2) {
            return None;
        }
        let (minima, maxima) = places.split_at_mut_checked(length)?;
        Some(Self { ring: samples, minima, maxima, state: State::new() })
    }

    /// As [`Window::push`](super::Window::push).
    ///
    /// # Errors
    /// [`SampleError`] if it is NaN or infinite; the window is then as before.
    pub fn push(&mut self, sample: S) -> Result<(), SampleError> {
        self.state.push(self.ring, self.minima, self.maxima, sample)
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

    /// The most samples in it.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.ring.len()
    }

    /// Whether it has as many.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }

    /// Forgets all samples, for windows that do not overlap.
    pub const fn clear(&mut self) {
        self.state = State::new();
    }

    /// A statistic of the samples in it.
    #[must_use]
    pub fn get(&self, statistic: Statistic) -> f32 {
        self.state.get(self.ring, self.minima, self.maxima, statistic)
    }

    /// The samples in it.
    #[cfg(feature = "spectrum")]
    pub(in crate::window_features) fn series(
        &self,
    ) -> crate::window_features::series::Series<'_, S> {
        self.state.series(self.ring)
    }
}
