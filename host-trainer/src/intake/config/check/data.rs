//! Section `[data]`.

use std::path::Path;

use super::super::document::Document;
use super::super::keys::Data;
use super::pattern::patterns;
use crate::error::Result;

/// `windows`: whether there are features from windows.
pub(super) fn check(
    keys: Option<Data>,
    windows: bool,
    document: &Document<'_>,
    path: &Path,
) -> Result<Data> {
    let missing = |key: &str, expected: &str| document.error(key, "nothing", expected);
    let data = keys.ok_or_else(|| missing("data", "a section `[data]`"))?;
    if data.log.as_os_str().is_empty() {
        return Err(missing("data.log", "the path of the deferral log"));
    }
    if data.features.is_empty() && data.categorical.is_empty() && !windows {
        return Err(missing("data.features", "at least one name or glob of feature columns"));
    }
    patterns(&data.features, "data.features", document)?;
    for (index, name) in data.categorical.iter().enumerate() {
        if data.categorical[..index].contains(name) {
            let key = format!("data.categorical[{index}]");
            return Err(document.error(&key, format!("`{name}` again"), "each column once"));
        }
    }
    Ok(Data { log: path.parent().unwrap_or(Path::new("")).join(&data.log), ..data })
}
