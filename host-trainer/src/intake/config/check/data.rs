//! Section `[data]`.

use std::path::Path;

use encoding_rs::Encoding;

use super::super::checked::{AnswerColumns, ExpertConfig};
use super::super::choice::NotAsked;
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
    if data.log.paths().is_empty() {
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
    if let Some(label) = &data.encoding
        && Encoding::for_label(label.as_bytes()).is_none()
    {
        let expected = "the name of an encoding, such as `utf-8`, `utf-16le` or `windows-1252`";
        return Err(document.error("data.encoding", format!("`{label}`"), expected));
    }
    if data.complete_only && data.not_asked == NotAsked::Refused {
        let expected = "`not_asked = \"allowed\"` beside it: without that no row is incomplete";
        return Err(document.error("data.complete_only", "`true`", expected));
    }
    Ok(data.beside(path))
}

impl Data {
    /// With the path of the log relative to where the program runs, not to the configuration.
    fn beside(self, path: &Path) -> Self {
        let directory = path.parent().unwrap_or(Path::new(""));
        Self { log: self.log.clone().beside(directory), ..self }
    }
}

/// A range of losses concerns columns of losses or scores.
pub(super) fn check_loss_range(
    data: &Data,
    experts: &[ExpertConfig],
    document: &Document<'_>,
) -> Result<()> {
    let has_loss = |expert: &ExpertConfig| {
        matches!(expert.answer, AnswerColumns::Loss(_) | AnswerColumns::Score(_))
    };
    match data.loss_range {
        Some([low, high]) if !experts.iter().any(has_loss) => {
            let expected = "a `loss_column` or a `score_column` of an expert beside it";
            Err(document.error("data.loss_range", format!("[{low}, {high}]"), expected))
        }
        _ => Ok(()),
    }
}
