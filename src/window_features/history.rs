//! What a statistic was in the windows before.

/// The most values.
const MOST: usize = 1 << 16;

/// The latest `K` values of a statistic, 2 to 65,536: one for each window.
///
/// What comes out depends on these values alone. A rejector was trained on rows that hold `K`
/// windows, so a device gives the same bits as soon as it is [full](Self::is_full), whenever it was
/// switched on.
///
/// RAM: `4 K` bytes, and 8.
///
/// ```
/// use mild::window_features::History;
///
/// let mut loudness = History::<3>::new();
/// for rms in [1.0, 3.0, 2.0, 6.0] {
///     loudness.push(rms);
/// }
/// assert_eq!(loudness.change(), 4.0);
/// // 3, then half of the way to 2, then half of the way to 6.
/// assert_eq!(loudness.average(1), 4.25);
/// ```
#[derive(Debug, Clone)]
pub struct History<const K: usize> {
    values: [f32; K],
    filled: Filled,
}

impl<const K: usize> History<K> {
    /// Without values.
    ///
    /// Does not compile with `K` below 2 or above 65,536.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(K > 1 && K <= MOST, "a history has 2 to 65,536 values") };
        Self { values: [0.0; K], filled: Filled::EMPTY }
    }

    /// Takes the value of a window; the oldest one goes if there are `K`.
    pub fn push(&mut self, value: f32) {
        self.filled.push(&mut self.values, value);
    }

    /// Number of values in it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.filled.number as usize
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there are `K`.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.len() == K
    }

    /// Forgets all values, as after a gap between windows.
    pub const fn clear(&mut self) {
        self.filled = Filled::EMPTY;
    }

    /// The latest value minus the one before; 0 if there are less than two.
    #[must_use]
    pub fn change(&self) -> f32 {
        change(self.filled.iter(&self.values))
    }

    /// The exponential average of the values: the oldest, and from there for each later one a part
    /// of 2^-`smoothing` of the way to it; 0 without values. A `smoothing` of 0 gives the latest.
    #[must_use]
    pub fn average(&self, smoothing: u8) -> f32 {
        average(self.filled.iter(&self.values), smoothing)
    }
}

impl<const K: usize> Default for History<K> {
    fn default() -> Self {
        Self::new()
    }
}

/// A [`History`] in memory of the caller's, whose length is known only when the program runs: for
/// bindings to other languages.
#[derive(Debug)]
pub struct SliceHistory<'a> {
    values: &'a mut [f32],
    filled: Filled,
}

impl<'a> SliceHistory<'a> {
    /// Without values. What is in the slice does not matter.
    ///
    /// Nothing if it has fewer than 2 or more than 65,536 places.
    #[must_use]
    pub fn new(values: &'a mut [f32]) -> Option<Self> {
        let fits = values.len() > 1 && values.len() <= MOST;
        fits.then_some(Self { values, filled: Filled::EMPTY })
    }

    /// As [`History::push`].
    pub fn push(&mut self, value: f32) {
        self.filled.push(self.values, value);
    }

    /// As [`History::is_full`].
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.filled.number as usize == self.values.len()
    }

    /// As [`History::clear`].
    pub const fn clear(&mut self) {
        self.filled = Filled::EMPTY;
    }

    /// As [`History::change`].
    #[must_use]
    pub fn change(&self) -> f32 {
        change(self.filled.iter(self.values))
    }

    /// As [`History::average`].
    #[must_use]
    pub fn average(&self, smoothing: u8) -> f32 {
        average(self.filled.iter(self.values), smoothing)
    }
}

/// How far a ring of values is filled.
#[derive(Debug, Clone, Copy)]
struct Filled {
    /// Where the next value goes.
    next: u32,
    number: u32,
}

impl Filled {
    const EMPTY: Self = Self { next: 0, number: 0 };

    fn push(&mut self, values: &mut [f32], value: f32) {
        if let Some(place) = values.get_mut(self.next as usize) {
            *place = value;
        }
        self.next = self.next.wrapping_add(1);
        if self.next as usize >= values.len() {
            self.next = 0;
        }
        self.number = self.number.saturating_add(1).min(values.len() as u32);
    }

    /// The oldest first.
    fn iter(self, values: &[f32]) -> impl Iterator<Item = f32> {
        super::series::Series::new(values, self.next as usize, self.number as usize).iter()
    }
}

/// [`History::change`] of these values, the oldest first: for hosts.
#[cfg(feature = "writer")]
#[must_use]
pub fn change_of(values: &[f32]) -> f32 {
    change(values.iter().copied())
}

/// [`History::average`] of these values, the oldest first: for hosts.
#[cfg(feature = "writer")]
#[must_use]
pub fn average_of(values: &[f32], smoothing: u8) -> f32 {
    average(values.iter().copied(), smoothing)
}

fn change(values: impl Iterator<Item = f32>) -> f32 {
    let (mut before, mut latest) = (None, None);
    for value in values {
        (before, latest) = (latest, Some(value));
    }
    match (before, latest) {
        (Some(before), Some(latest)) => narrow(f64::from(latest) - f64::from(before)),
        _ => 0.0,
    }
}

fn average(mut values: impl Iterator<Item = f32>, smoothing: u8) -> f32 {
    let Some(oldest) = values.next() else { return 0.0 };
    // A power of two: the product is exact.
    let part = f64::from_bits(1023_u64.wrapping_sub(smoothing.into()).wrapping_shl(52));
    let average = values
        .fold(f64::from(oldest), |average, value| average + (f64::from(value) - average) * part);
    narrow(average)
}

/// The bits of what is not a number differ between cores, so that is infinite.
pub(super) fn narrow(value: f64) -> f32 {
    if value.is_nan() { f32::INFINITY } else { value as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn only_the_latest_values_count() {
        let mut history = History::<4>::new();
        // What is in the slice does not matter.
        let mut places = [f32::NAN; 4];
        let mut of_slice = SliceHistory::new(&mut places).unwrap();
        assert_eq!((history.change(), history.average(2)), (0.0, 0.0));
        assert_eq!((of_slice.change(), of_slice.average(2)), (0.0, 0.0));
        let values: Vec<f32> = (0..23u16).map(|k| f32::from(k * 37 % 23) - 7.0).collect();
        for (index, &value) in values.iter().enumerate() {
            history.push(value);
            of_slice.push(value);
            assert_eq!(of_slice.is_full(), history.is_full());
            assert_eq!(of_slice.change(), history.change());
            assert_eq!(of_slice.average(3), history.average(3));
            let inside = &values[(index + 1).saturating_sub(4)..=index];
            assert_eq!((history.len(), history.is_full()), (inside.len(), index > 2));
            for smoothing in 0..5u8 {
                let part = 0.5f64.powi(smoothing.into());
                let mut average = f64::from(inside[0]);
                for &one in &inside[1..] {
                    average = (1.0 - part) * average + part * f64::from(one);
                }
                assert!((f64::from(history.average(smoothing)) - average).abs() < 1e-6);
            }
            assert_eq!(history.average(0), value);
            if let [.., before, latest] = inside {
                assert_eq!(history.change(), latest - before);
            }
            #[cfg(feature = "writer")]
            {
                assert_eq!(history.change(), change_of(inside));
                assert_eq!(history.average(3), average_of(inside, 3));
            }
        }
        history.clear();
        assert!(history.is_empty());
        of_slice.clear();
        assert_eq!((of_slice.is_full(), of_slice.average(2)), (false, 0.0));
        assert!(SliceHistory::new(&mut [0.0]).is_none());
    }

    #[test]
    fn what_is_infinite_is_never_not_a_number() {
        let mut history = History::<2>::new();
        history.push(f32::INFINITY);
        history.push(f32::INFINITY);
        assert_eq!([history.change(), history.average(1)], [f32::INFINITY; 2]);
        assert!(history.average(u8::MAX).is_infinite());
    }
}
