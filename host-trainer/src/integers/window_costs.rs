//! What window features take of a core: instructions, estimated from measured ones.
//!
//! `window_costs.csv` holds what windows of 64 and of 512 samples take. A statistic that looks at
//! every sample is a straight line through the two, a transform one in N log2 N, and what else a
//! feature has, such as the bins of a band, has a slope of its own. A test holds the estimates to
//! what was measured of 256 samples.

use std::collections::HashMap;
use std::sync::LazyLock;

use mild::window_features::{SpectralStatistic, Statistic, Taper};

use crate::data::window::{LogWindow, Readings, Window};
use crate::intake::config::FeatureCore;

/// Measured: `core,samples,length,feature,instructions,compiler`. It is
/// `docs/results/window-features-by-length.csv`.
const TABLE: &str = include_str!("window_costs.csv");

/// The lengths of window that were measured.
const LENGTHS: [usize; 2] = [64, 512];

/// The bins of the band that was measured beside all bins.
const BINS: f64 = 4.0;

/// Instructions by core, samples, length and feature.
static MEASURED: LazyLock<HashMap<[&str; 4], f64>> = LazyLock::new(|| {
    let cells = TABLE.lines().skip(1).filter_map(|line| {
        let mut cells = line.split(',');
        let mut next = || cells.next();
        let key = [next()?, next()?, next()?, next()?];
        Some((key, next()?.parse().ok()?))
    });
    cells.collect()
});

/// What one feature takes, and all of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WindowCosts {
    /// Of all windows of a decision, taking the samples included.
    pub(crate) total: f64,
    /// Which input, and what it saves if it alone is left out.
    pub(crate) features: Vec<(usize, f64)>,
}

/// What the features of windows take, a decision after each window.
pub(crate) fn window_costs(windows: &[LogWindow], core: FeatureCore) -> WindowCosts {
    let mut costs = WindowCosts { total: 0.0, features: Vec::new() };
    for log in windows {
        let total = instructions(&log.window, log.length, core);
        costs.total += total;
        costs.features.extend(log.inputs().map(|(input, feature)| {
            (input, total - instructions(&log.window.without(feature), log.length, core))
        }));
    }
    costs
}

/// Leaves the dearest feature out until the rest takes at most `most`, and returns those that are
/// left out, by name, with what the rest takes.
pub(crate) fn dearest_beyond(
    windows: &[LogWindow],
    core: FeatureCore,
    most: f64,
) -> (Vec<String>, f64) {
    let mut windows = windows.to_vec();
    let mut left_out = Vec::new();
    loop {
        let total: f64 =
            windows.iter().map(|log| instructions(&log.window, log.length, core)).sum();
        let savings = windows.iter().enumerate().flat_map(|(index, log)| {
            log.window.features().map(move |feature| {
                let rest = log.window.without(feature);
                let [all, rest] =
                    [&log.window, &rest].map(|window| instructions(window, log.length, core));
                (index, feature, all - rest)
            })
        });
        let dearest = savings.max_by(|a, b| a.2.total_cmp(&b.2));
        let Some((index, feature, _)) = dearest.filter(|_| total > most) else {
            return (left_out, total);
        };
        let window = &mut windows[index].window;
        left_out.push(format!("{}.{feature}", window.name));
        *window = window.without(feature);
    }
}

/// What a window of so many samples takes.
fn instructions(window: &Window, length: usize, core: FeatureCore) -> f64 {
    let readings = window.readings.name();
    // The magnitude of readings is none.
    let kind = if window.axes == 1 { readings } else { Readings::F32.name() };
    let of = Of { core: core.name(), kind, length };
    let statistics = window.statistics.iter().map(|&one| of.statistic(one));
    let changes = window.changes.iter().map(|_| of.history("change", window.windows));
    let averages = window.averages.iter().map(|_| of.history("average-of-8", window.windows));
    let remembered = window.remembered().into_iter();
    let remembered = remembered.map(|one| of.statistic(one) + of.measured(LENGTHS[0], "remember"));
    let spectral = window.spectrum.iter().map(|&one| of.spectral(one));
    let sum: f64 =
        statistics.chain(changes).chain(averages).chain(remembered).chain(spectral).sum();
    if window.features().next().is_none() {
        return 0.0;
    }
    let transform = match (window.spectrum.is_empty(), window.taper) {
        (true, _) => 0.0,
        (false, Taper::None) => of.transform("spectrum"),
        (false, Taper::Hann) => of.transform("spectrum-hann"),
    };
    let magnitude = match window.axes {
        1 => 0.0,
        axes => Of { kind: readings, ..of }.magnitude(axes),
    };
    sum + transform + length as f64 * (of.linear("push") + magnitude)
}

/// Windows of a kind of samples on a core.
#[derive(Clone, Copy)]
struct Of {
    core: &'static str,
    kind: &'static str,
    length: usize,
}

impl Of {
    fn measured(self, length: usize, feature: &str) -> f64 {
        let length = length.to_string();
        let key = [self.core, self.kind, &length, feature];
        // The test below asks for all of them.
        MEASURED.get(&key).copied().unwrap_or(f64::NAN)
    }

    /// Through what was measured of both lengths, `scale` of each.
    fn through(self, feature: &str, scale: fn(f64) -> f64) -> f64 {
        let values = LENGTHS.map(|length| self.measured(length, feature));
        let [low, high] = LENGTHS.map(|length| scale(length as f64));
        line([(low, values[0]), (high, values[1])], scale(self.length as f64))
    }

    fn linear(self, feature: &str) -> f64 {
        self.through(feature, |length| length)
    }

    fn transform(self, feature: &str) -> f64 {
        self.through(feature, |length| length * length.log2())
    }

    fn statistic(self, statistic: Statistic) -> f64 {
        match statistic {
            Statistic::Quantile(_) => self.linear(Statistic::Median.name()),
            Statistic::Autocorrelation(lag) => {
                // Each place less is a product less.
                let [near, far] = [1, 40].map(|lag| (f64::from(lag), lag)).map(|(at, lag)| {
                    (at, self.linear(&Statistic::Autocorrelation(lag).to_string()))
                });
                line([near, far], (f64::from(lag)).min(self.length as f64))
            }
            plain => self.linear(plain.name()),
        }
    }

    /// Of so many windows.
    fn history(self, short: &str, windows: usize) -> f64 {
        let long = if short == "change" { "change-of-64" } else { "average-of-64" };
        let [short, long] = [short, long].map(|feature| self.measured(LENGTHS[0], feature));
        line([(8.0, short), (64.0, long)], windows as f64)
    }

    fn magnitude(self, axes: usize) -> f64 {
        let [few, many] =
            ["magnitude-of-3", "magnitude-of-6"].map(|feature| self.measured(LENGTHS[0], feature));
        line([(3.0, few), (6.0, many)], axes as f64)
    }

    fn spectral(self, statistic: SpectralStatistic) -> f64 {
        let name = statistic.to_string();
        let Some(band) = statistic.band() else { return self.linear(&name) };
        // By the name of the same of the bins 2 to 5.
        let bins = format!("{}-{}", band.first, band.last);
        let bin = LENGTHS.map(|length| {
            let more = self.measured(length, "power-of-all") - self.measured(length, "power-2-5");
            more / (length as f64 / 2.0 - BINS)
        });
        let own = f64::from(band.last) - f64::from(band.first) + 1.0;
        self.linear(&name.replacen(&bins, "2-5", 1)) + (own - BINS) * (bin[0] + bin[1]) / 2.0
    }
}

/// Where the line through two points is at `x`, and not below 0.
fn line([a, b]: [(f64, f64); 2], x: f64) -> f64 {
    (a.1 + (b.1 - a.1) / (b.0 - a.0) * (x - a.0)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: usize = 256;

    fn documents() -> std::path::PathBuf {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/results")
    }

    #[test]
    fn the_table_is_that_of_the_documents() {
        let path = documents().join("window-features-by-length.csv");
        let documented = std::fs::read_to_string(&path).unwrap();
        assert!(
            TABLE == documented,
            "host-trainer/src/integers/window_costs.csv is another table than {0}.\nTo write it \
             anew: cp {0} host-trainer/src/integers/window_costs.csv",
            path.display()
        );
    }

    #[test]
    fn estimates_are_near_what_was_measured_of_256_samples() {
        let table = std::fs::read_to_string(documents().join("window-features.csv")).unwrap();
        let mut compared = 0;
        for line in table.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let [core, kind, feature, measured, ..] = cells[..] else { panic!("{line}") };
            let core = if core == "m0" { FeatureCore::M0 } else { FeatureCore::M4 };
            let kind = if kind == "i16" { Readings::I16 } else { Readings::F32 };
            let of = Of { core: core.name(), kind: kind.name(), length: LENGTH };
            let estimate = match feature {
                "spectrum" | "spectrum-hann" => of.transform(feature),
                "push" => of.linear(feature),
                "magnitude-of-3" => of.magnitude(3),
                "change" | "average-of-8" => of.history(feature, 8),
                _ => match (Statistic::named(feature), SpectralStatistic::named(feature)) {
                    (Some(statistic), _) => of.statistic(statistic),
                    (_, Some(statistic)) => of.spectral(statistic),
                    _ => panic!("{feature}"),
                },
            };
            let measured: f64 = measured.parse().unwrap();
            let off = (estimate / measured - 1.0).abs();
            assert!(off < 0.15, "{line}: estimated {estimate:.0}");
            compared += 1;
        }
        assert!(compared > 100, "{compared}");
    }

    fn log() -> Vec<LogWindow> {
        let window = Window {
            name: "sound".to_owned(),
            statistics: vec![Statistic::Rms, Statistic::Median],
            readings: Readings::I16,
            spectrum: vec![SpectralStatistic::Dominant],
            ..Window::default()
        };
        vec![LogWindow { window, length: LENGTH, first: 2 }]
    }

    #[test]
    fn a_feature_costs_what_leaving_it_out_saves() {
        for core in FeatureCore::ALL {
            let WindowCosts { total, features } = window_costs(&log(), *core);
            let inputs: Vec<usize> = features.iter().map(|(input, _)| *input).collect();
            assert_eq!(inputs, [2, 3, 4]);
            let of = Of { core: core.name(), kind: "i16", length: LENGTH };
            assert!((features[0].1 - of.linear("rms")).abs() < 1e-6);
            // With its only statistic the spectrum goes, too.
            assert!(features[2].1 > of.transform("spectrum-hann"));
            let rest = total - features.iter().map(|(_, saved)| saved).sum::<f64>();
            assert!((rest - 256.0 * of.linear("push")).abs() < 1e-6);
        }
    }

    #[test]
    fn the_dearest_features_go_first_until_the_rest_fits() {
        let costs = window_costs(&log(), FeatureCore::M0);
        let all = dearest_beyond(&log(), FeatureCore::M0, costs.total);
        assert_eq!(all, (vec![], costs.total));
        let (left_out, rest) = dearest_beyond(&log(), FeatureCore::M0, costs.total - 1.0);
        assert_eq!(left_out, ["sound.dominant"]);
        assert!((rest - (costs.total - costs.features[2].1)).abs() < 1e-6);
        let (left_out, rest) = dearest_beyond(&log(), FeatureCore::M0, 1.0);
        assert_eq!(left_out, ["sound.dominant", "sound.median", "sound.rms"]);
        assert!(rest.abs() < 1e-9);
    }
}
