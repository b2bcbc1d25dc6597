//! Windows of readings, and a decision on each.

use mild::window_features::{Statistic, Window};
use mild::{Decision, InputError, Reachable, Rejector};

/// Readings on which a decision is made: as many as a row of the log has.
pub const WINDOW: usize = 16;

/// The features, in the order of the configuration's `statistics`.
pub const STATISTICS: [Statistic; 4] =
    [Statistic::Mean, Statistic::Variance, Statistic::Minimum, Statistic::PeakToPeak];

/// Decides once in [`WINDOW`] readings.
///
/// `SCRATCH` is the image's `scratch_words()`.
#[derive(Debug)]
pub struct Monitor<'image, const SCRATCH: usize> {
    window: Window<i16, WINDOW>,
    rejector: Rejector<'image>,
    scratch: [u32; SCRATCH],
}

impl<'image, const SCRATCH: usize> Monitor<'image, SCRATCH> {
    /// One that has seen nothing yet.
    #[must_use]
    pub fn new(rejector: Rejector<'image>) -> Self {
        Self { window: Window::new(), rejector, scratch: [0; SCRATCH] }
    }

    /// Takes a reading; with the last one of a window, who is to answer on it. The next window
    /// begins after it.
    ///
    /// # Errors
    /// [`InputError`] if the image is not for these features, or needs more scratch.
    pub fn take(
        &mut self,
        reading: i16,
        reachable: Reachable,
    ) -> Result<Option<Decision>, InputError> {
        // Readings are numbers: nothing can be refused.
        let _ = self.window.push(reading);
        if !self.window.is_full() {
            return Ok(None);
        }
        let mut features = [0.0; STATISTICS.len()];
        self.window.features(&STATISTICS, &mut features);
        self.window.clear();
        self.rejector.decide(&features, reachable, &mut self.scratch).map(Some)
    }
}
