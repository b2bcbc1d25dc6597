//! The sections `[[window]]`: features from raw samples.

use mild::window_features::Statistic;

use super::super::checked::Window;
use super::super::document::Document;
use super::super::keys::WindowKeys;
use super::pattern::patterns;
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
        if keys.statistics.is_empty() {
            return Err(missing("statistics", "at least one statistic"));
        }
        let mut statistics = Vec::new();
        for (place, name) in keys.statistics.iter().enumerate() {
            let known = Statistic::ALL.into_iter().find(|known| known.name() == name);
            match known.filter(|known| !statistics.contains(known)) {
                Some(statistic) => statistics.push(statistic),
                None => {
                    let key = key(&format!("statistics[{place}]"));
                    return Err(document.error(&key, format!("`{name}` again"), "each one once"));
                }
            }
        }
        windows.push(Window { name, samples: keys.samples, statistics, readings: keys.readings });
    }
    Ok(windows)
}
