//! A firmware that does nothing but use parts of `mild`, one for each cargo feature.
//!
//! It is linked and never run: `cargo xtask results make flash` reads the sizes of its sections.
//! What it reads and writes goes through `black_box`, so that no part is optimized away.

#![no_std]
#![no_main]

#[cfg(feature = "client")]
mod line;

use board::entry;
use core::hint::black_box;

#[cfg(feature = "rejector")]
mod decision {
    use core::hint::black_box;
    use mild::{Image, Rejector, Scores};

    pub const IMAGE: Image<'static> =
        mild::include_image!(concat!(env!("MILD_IMAGE"), "/rejector.mild"));

    pub type Scratch = [u32; IMAGE.scratch_words()];

    /// The scores of one input of raw readings.
    pub fn scores<'a>(rejector: &Rejector<'a>, scratch: &'a mut Scratch) -> Scores<'a> {
        let readings = black_box([0_i16; IMAGE.inputs()]);
        match rejector.scores(&readings, scratch) {
            Ok(scores) => scores,
            Err(_) => board::exit(false),
        }
    }
}

#[entry]
fn main() -> ! {
    loop {
        #[cfg(feature = "windows")]
        windows();
        step();
        #[cfg(feature = "spectrum")]
        spectrum();
        black_box(());
    }
}

#[cfg(not(feature = "rejector"))]
fn step() {}

#[cfg(feature = "windows")]
fn windows() {
    use mild::window_features::{Statistic, Window};
    const STATISTICS: [Statistic; 4] =
        [Statistic::Mean, Statistic::Variance, Statistic::Minimum, Statistic::PeakToPeak];
    let mut window = Window::<i16, 16>::new();
    for sample in black_box([0; 16]) {
        // Samples are numbers: nothing can be refused.
        let _ = window.push(sample);
    }
    let mut features = [0.0; STATISTICS.len()];
    window.features(&STATISTICS, &mut features);
    black_box(features);
}

#[cfg(feature = "spectrum")]
fn spectrum() {
    use mild::window_features::{Band, Functions, SpectralStatistic, Taper, Window};
    #[cfg(not(feature = "micromath"))]
    const FUNCTIONS: Functions = Functions::Libm;
    #[cfg(feature = "micromath")]
    const FUNCTIONS: Functions = Functions::Micromath;
    const BAND: Band = Band { first: 2, last: 5 };
    const STATISTICS: [SpectralStatistic; 4] = [
        SpectralStatistic::Decibels(BAND, FUNCTIONS),
        SpectralStatistic::Dominant,
        SpectralStatistic::Centroid,
        SpectralStatistic::Entropy(FUNCTIONS),
    ];
    let mut window = Window::<i16, 256>::new();
    for sample in black_box([0; 256]) {
        let _ = window.push(sample);
    }
    let (mut room, mut features) = ([0.0; 256], [0.0; STATISTICS.len()]);
    if let Some(spectrum) = window.spectrum(Taper::Hann, &mut room) {
        spectrum.features(&STATISTICS, &mut features);
    }
    black_box(features);
}

#[cfg(all(feature = "rejector", not(feature = "governor"), not(feature = "client")))]
fn step() {
    use mild::{Reachable, Rejector};
    let mut scratch = [0; decision::IMAGE.scratch_words()];
    let rejector = Rejector::new(&decision::IMAGE);
    let scores = decision::scores(&rejector, &mut scratch);
    black_box(scores.decide(black_box(Reachable::ALL)));
}

#[cfg(all(feature = "governor", not(feature = "client")))]
fn step() {
    use mild::governor::{GovernorSettings, Rate, Track};
    use mild::{Governor, Reachable, Rejector};
    const SETTINGS: GovernorSettings =
        match GovernorSettings::new(-20_000, 20_000, 400, Rate::ONE, Track::AtMost(0)) {
            Some(settings) => settings,
            None => panic!("the settings are in range"),
        };
    let mut governor = Governor::new(&SETTINGS);
    let mut scratch = [0; decision::IMAGE.scratch_words()];
    let rejector = Rejector::new(&decision::IMAGE);
    loop {
        let scores = decision::scores(&rejector, &mut scratch);
        black_box(governor.input(scores).decide(black_box(Reachable::ALL)));
    }
}

#[cfg(feature = "client")]
fn step() {
    use mild::Rejector;
    use mild::client::{Client, Identity, Input, Nonce, RetryPolicy};
    use mild::wire::{self, Answer, Payload};
    const POLICY: RetryPolicy = RetryPolicy {
        deadline_ms: 600,
        attempt_ms: 250,
        attempts: 2,
        backoff_ms: 10,
        failures: 2,
        hold_off_ms: 300,
        longest_hold_off_ms: 1_200,
    };
    let identity = Identity { node: 1, key: line::key() };
    let mut client = Client::<_, _, { decision::IMAGE.experts() }, { wire::max_frame(64) }>::new(
        line::Line,
        line::Time,
        &POLICY,
        identity,
        Nonce::counted(black_box(1)),
    );
    let mut scratch = [0; decision::IMAGE.scratch_words()];
    let rejector = Rejector::new(&decision::IMAGE);
    loop {
        let scores = decision::scores(&rejector, &mut scratch);
        let payload = black_box([0; 64]);
        let input = Input { local: Answer::Label(0), payload: Payload::Bytes(&payload) };
        black_box(client.resolve(&input, scores));
    }
}
