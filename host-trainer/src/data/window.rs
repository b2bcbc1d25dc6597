//! Features that a device computes from raw samples.

use std::fmt;

use mild::window_features::{
    Sample, SampleError, SpectralStatistic, Statistic, Taper, average_of, change_of, magnitude,
    of_samples, spectrum_of,
};

use crate::choice::choice;

choice! {
    /// What the samples of a window are.
    Readings:
        /// Numbers.
        F32 = "f32",
        /// Raw 16-bit readings: whole numbers of -32768 to 32767.
        I16 = "i16",
}

/// Features from columns of samples: statistics of `mild::window_features` over all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The first part of the names of its features, as in `name.mean`.
    pub name: String,
    /// Names or globs of the columns of samples, the oldest first.
    pub samples: Vec<String>,
    /// In the order of the features.
    pub statistics: Vec<Statistic>,
    /// Statistics of which the change from the window before is a feature; these come next.
    pub changes: Vec<Statistic>,
    /// Statistics of which the average over the windows is one; these come after them.
    pub averages: Vec<Statistic>,
    /// What the samples are.
    pub readings: Readings,
    /// How many of them there are in a second, if the configuration says so; > 0.
    pub rate_hz: Option<f64>,
    /// How many axes the samples have; with more than one their magnitude is what counts.
    pub axes: usize,
    /// How many windows a row holds.
    pub windows: usize,
    /// The part that each later window has in an average is 2^-`smoothing`.
    pub smoothing: u8,
    /// Statistics of the latest window's spectrum; these come last.
    pub spectrum: Vec<SpectralStatistic>,
    /// What the samples are multiplied by before that.
    pub taper: Taper,
}

/// Without a name, samples or features; one window of one axis a row.
impl Default for Window {
    fn default() -> Self {
        Self {
            name: String::new(),
            samples: Vec::new(),
            statistics: Vec::new(),
            changes: Vec::new(),
            averages: Vec::new(),
            readings: Readings::F32,
            rate_hz: None,
            axes: 1,
            windows: 1,
            smoothing: 2,
            spectrum: Vec::new(),
            taper: Taper::Hann,
        }
    }
}

impl Window {
    /// Its features, in their order.
    pub fn features(&self) -> impl Iterator<Item = WindowFeature> {
        let latest = self.statistics.iter().copied().map(WindowFeature::Latest);
        let changes = self.changes.iter().copied().map(WindowFeature::Change);
        let averages = self.averages.iter().copied().map(WindowFeature::Average);
        let spectrum = self.spectrum.iter().copied().map(WindowFeature::Spectral);
        latest.chain(changes).chain(averages).chain(spectrum)
    }

    /// Their names.
    pub fn feature_names(&self) -> impl Iterator<Item = String> {
        self.features().map(|feature| format!("{}.{feature}", self.name))
    }

    /// The same window without one of its features.
    #[must_use]
    pub fn without(&self, feature: WindowFeature) -> Self {
        let keep = |list: &[Statistic], made: fn(Statistic) -> WindowFeature| {
            list.iter().copied().filter(|&one| made(one) != feature).collect()
        };
        let spectrum = self.spectrum.iter().copied();
        Self {
            statistics: keep(&self.statistics, WindowFeature::Latest),
            changes: keep(&self.changes, WindowFeature::Change),
            averages: keep(&self.averages, WindowFeature::Average),
            spectrum: spectrum.filter(|&one| WindowFeature::Spectral(one) != feature).collect(),
            ..self.clone()
        }
    }

    /// The statistics of which more windows than the latest one count, each once.
    pub fn remembered(&self) -> Vec<Statistic> {
        let mut remembered: Vec<Statistic> = Vec::new();
        for &statistic in self.changes.iter().chain(&self.averages) {
            if !remembered.contains(&statistic) {
                remembered.push(statistic);
            }
        }
        remembered
    }

    /// The features of a row's samples, by the device's own code.
    ///
    /// # Errors
    /// If a sample is not a finite number.
    pub(crate) fn of_row<S: Sample>(
        &self,
        samples: &[S],
    ) -> std::result::Result<Vec<f32>, SampleError> {
        if self.axes == 1 {
            return self.of_windows(samples);
        }
        let length = samples.len() / self.axes;
        let magnitudes = (0..length).map(|place| {
            let axes: Vec<S> = samples.iter().skip(place).step_by(length).copied().collect();
            magnitude(&axes)
        });
        self.of_windows(&magnitudes.collect::<std::result::Result<Vec<f32>, _>>()?)
    }

    fn of_windows<S: Sample>(&self, samples: &[S]) -> std::result::Result<Vec<f32>, SampleError> {
        let length = samples.len() / self.windows;
        let latest = &samples[samples.len() - length..];
        let mut features = of_samples(latest, &self.statistics)?;
        // A list for each window, of what changes and then of what is averaged.
        let asked: Vec<Statistic> = self.changes.iter().chain(&self.averages).copied().collect();
        let windows: Vec<Vec<f32>> = if asked.is_empty() {
            Vec::new()
        } else {
            let windows = samples.chunks_exact(length);
            windows
                .map(|samples| of_samples(samples, &asked))
                .collect::<std::result::Result<_, _>>()?
        };
        features.extend((0..asked.len()).map(|one| {
            let values: Vec<f32> = windows.iter().map(|values| values[one]).collect();
            if one < self.changes.len() {
                change_of(&values)
            } else {
                average_of(&values, self.smoothing)
            }
        }));
        if !self.spectrum.is_empty() {
            // The number of samples has been checked with the header.
            let spectrum = spectrum_of(latest, self.taper, &self.spectrum).ok_or(SampleError)?;
            features.extend(spectrum);
        }
        Ok(features)
    }
}

/// What a feature of a window is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowFeature {
    /// A statistic of the latest window.
    Latest(Statistic),
    /// The change of one from the window before.
    Change(Statistic),
    /// The average of one over the windows.
    Average(Statistic),
    /// A statistic of the latest window's spectrum.
    Spectral(SpectralStatistic),
}

/// Its name, behind that of the window.
impl fmt::Display for WindowFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest(statistic) => write!(f, "{statistic}"),
            Self::Change(statistic) => write!(f, "{statistic}-change"),
            Self::Average(statistic) => write!(f, "{statistic}-average"),
            Self::Spectral(statistic) => write!(f, "{statistic}"),
        }
    }
}

/// A window as it is in a log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogWindow {
    /// What the configuration says of it.
    pub window: Window,
    /// The samples of one window, of one axis: 1 to 65,536.
    pub length: usize,
    /// Which input its first feature is. The others follow.
    pub first: usize,
}

impl LogWindow {
    /// Its inputs, each with what it is made of.
    pub fn inputs(&self) -> impl Iterator<Item = (usize, WindowFeature)> {
        (self.first..).zip(self.window.features())
    }
}
