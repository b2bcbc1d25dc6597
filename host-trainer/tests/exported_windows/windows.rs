//! What `mild export` writes of windows; a test compares it.

/// The features of the window `sound`: 2 samples, each the magnitude of 2 axes.
///
/// Needs the cargo feature `window-features` of `mild`.
#[allow(dead_code, unreachable_pub)]
#[derive(Debug, Clone)]
pub struct SoundWindow {
    samples: ::mild::window_features::Window<f32, 2>,
    histories: [::mild::window_features::History<3>; 2],
}

#[allow(dead_code, unreachable_pub)]
impl SoundWindow {
    /// Samples of a window.
    pub const LENGTH: usize = 2;
    /// Axes of a sample.
    pub const AXES: usize = 2;
    /// Windows that the features look at.
    pub const WINDOWS: usize = 3;
    /// Samples a second, as the configuration says.
    pub const RATE_HZ: f64 = 50.0;

    /// The names of its features, in their order.
    pub const FEATURES: [&'static str; 5] = [
        "sound.slope",
        "sound.quantile-90",
        "sound.rms-change",
        "sound.median-average",
        "sound.rms-average",
    ];

    /// Without samples.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            samples: ::mild::window_features::Window::new(),
            histories: [const { ::mild::window_features::History::new() }; 2],
        }
    }

    /// Forgets all samples, as after a gap between them.
    pub const fn clear(&mut self) {
        *self = Self::new();
    }

    /// Takes a sample, of all axes. With the last one of a window come its features, from window 3 on.
    ///
    /// Windows follow each other without overlap, from the first sample after `new` or
    /// `clear` on. The features are those of the trainer, bit for bit.
    ///
    /// # Errors
    /// If the sample is not a finite number. It is not taken then.
    pub fn push(
        &mut self,
        sample: [i16; 2],
    ) -> Result<Option<[f32; 5]>, ::mild::window_features::SampleError> {
        use ::mild::window_features as w;
        self.samples.push(w::magnitude(&sample)?)?;
        if !self.samples.is_full() {
            return Ok(None);
        }
        let [rms, median] = &mut self.histories;
        rms.push(self.samples.get(w::Statistic::Rms));
        median.push(self.samples.get(w::Statistic::Median));
        let features = [
            self.samples.get(w::Statistic::Slope),
            self.samples.get(w::Statistic::Quantile(90)),
            rms.change(),
            median.average(1),
            rms.average(1),
        ];
        let features = rms.is_full().then_some(features);
        self.samples.clear();
        Ok(features)
    }
}

impl Default for SoundWindow {
    fn default() -> Self {
        Self::new()
    }
}

/// The features of the window `steady hum`: 16 samples.
///
/// Needs the cargo feature `micromath` of `mild`.
#[allow(dead_code, unreachable_pub)]
#[derive(Debug, Clone)]
pub struct SteadyHumWindow {
    samples: ::mild::window_features::Window<f32, 16>,
    room: [f32; 16],
}

#[allow(dead_code, unreachable_pub)]
impl SteadyHumWindow {
    /// Samples of a window.
    pub const LENGTH: usize = 16;
    /// Axes of a sample.
    pub const AXES: usize = 1;
    /// Windows that the features look at.
    pub const WINDOWS: usize = 1;

    /// The names of its features, in their order.
    pub const FEATURES: [&'static str; 5] = [
        "steady hum.crest-factor",
        "steady hum.decibels-2-8-micromath",
        "steady hum.power-1-3",
        "steady hum.dominant",
        "steady hum.entropy",
    ];

    /// Without samples.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            samples: ::mild::window_features::Window::new(),
            room: [0.0; 16],
        }
    }

    /// Forgets all samples, as after a gap between them.
    pub const fn clear(&mut self) {
        *self = Self::new();
    }

    /// Takes a sample. With the last one of a window come its features.
    ///
    /// Windows follow each other without overlap, from the first sample after `new` or
    /// `clear` on. The features are those of the trainer, bit for bit.
    ///
    /// # Errors
    /// If the sample is not a finite number. It is not taken then.
    pub fn push(
        &mut self,
        sample: f32,
    ) -> Result<Option<[f32; 5]>, ::mild::window_features::SampleError> {
        use ::mild::window_features as w;
        self.samples.push(sample)?;
        if !self.samples.is_full() {
            return Ok(None);
        }
        let Some(spectrum) = self.samples.spectrum(w::Taper::Hann, &mut self.room) else {
            return Ok(None);
        };
        let features = [
            self.samples.get(w::Statistic::CrestFactor),
            spectrum.get(w::SpectralStatistic::Decibels(w::Band { first: 2, last: 8 }, w::Functions::Micromath)),
            spectrum.get(w::SpectralStatistic::Power(w::Band { first: 1, last: 3 })),
            spectrum.get(w::SpectralStatistic::Dominant),
            spectrum.get(w::SpectralStatistic::Entropy(w::Functions::Libm)),
        ];
        let features = Some(features);
        self.samples.clear();
        Ok(features)
    }
}

impl Default for SteadyHumWindow {
    fn default() -> Self {
        Self::new()
    }
}

/// The inputs that are columns of the log, in its units.
#[allow(dead_code, unreachable_pub)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Columns {
    /// Input 0.
    pub t: f32,
    /// Input 11.
    pub kind_0: f32,
    /// Input 12.
    pub kind_1: f32,
    /// Input 13.
    pub kind_2: f32,
}

/// All inputs, in the order that the image takes.
#[allow(clippy::too_many_arguments, dead_code, unreachable_pub)]
#[must_use]
pub const fn inputs(
    columns: Columns,
    sound: [f32; 5],
    steady_hum: [f32; 5],
) -> [f32; 14] {
    [
        columns.t,
        sound[0],
        sound[1],
        sound[2],
        sound[3],
        sound[4],
        steady_hum[0],
        steady_hum[1],
        steady_hum[2],
        steady_hum[3],
        steady_hum[4],
        columns.kind_0,
        columns.kind_1,
        columns.kind_2,
    ]
}
