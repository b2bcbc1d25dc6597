//! The sections `[[window]]`: features from raw samples.

use mild::window_features::{SpectralStatistic, Statistic, Taper};

use super::super::choice::TaperRule;
use super::super::document::Document;
use super::super::keys::WindowKeys;
use super::pattern::patterns;
use crate::data::window::Window;
use crate::error::Result;

pub(super) fn check(keys: Vec<WindowKeys>, document: &Document<'_>) -> Result<Vec<Window>> {
    let mut windows: Vec<Window> = Vec::with_capacity(keys.len());
    for (index, keys) in keys.into_iter().enumerate() {
        let key = |name: &str| format!("window[{index}].{name}");
        let missing = |name: &str, expected: &str| document.error(&key(name), "nothing", expected);
        let name = keys.name.ok_or_else(|| missing("name", "a name for its features"))?;
        if windows.iter().any(|window| window.name == name) {
            let found = format!("`{name}` again");
            return Err(document.error(&key("name"), found, "a unique name"));
        }
        if keys.samples.is_empty() {
            return Err(missing("samples", "at least one name or glob of columns of samples"));
        }
        patterns(&keys.samples, &key("samples"), document)?;
        if keys.statistics.is_empty()
            && keys.changes.is_empty()
            && keys.averages.is_empty()
            && keys.spectrum.is_empty()
        {
            return Err(missing("statistics", "at least one statistic"));
        }
        let named =
            |names: &[String], of: &str| statistics(Statistic::named, names, &key(of), document);
        let spectrum =
            statistics(SpectralStatistic::named, &keys.spectrum, &key("spectrum"), document)?;
        let window = Window {
            statistics: named(&keys.statistics, "statistics")?,
            changes: named(&keys.changes, "changes")?,
            averages: named(&keys.averages, "averages")?,
            name,
            samples: keys.samples,
            readings: keys.readings,
            rate_hz: keys.rate_hz,
            axes: keys.axes.into(),
            windows: keys.windows.into(),
            smoothing: keys.smoothing,
            spectrum,
            taper: match keys.taper {
                TaperRule::Hann => Taper::Hann,
                TaperRule::None => Taper::None,
            },
        };
        if window.windows == 1 {
            for (names, of) in [(&window.changes, "changes"), (&window.averages, "averages")] {
                if !names.is_empty() {
                    let expected = "`windows`, how many windows a row holds, of 2 or more";
                    return Err(document.error(&key(of), "one window a row", expected));
                }
            }
        }
        windows.push(window);
    }
    Ok(windows)
}

/// The statistics of these names, each once.
fn statistics<T: PartialEq>(
    named: fn(&str) -> Option<T>,
    names: &[String],
    key: &str,
    document: &Document<'_>,
) -> Result<Vec<T>> {
    let mut statistics = Vec::with_capacity(names.len());
    for (place, name) in names.iter().enumerate() {
        match named(name).filter(|known| !statistics.contains(known)) {
            Some(statistic) => statistics.push(statistic),
            None => {
                let key = format!("{key}[{place}]");
                return Err(document.error(&key, format!("`{name}` again"), "each one once"));
            }
        }
    }
    Ok(statistics)
}
