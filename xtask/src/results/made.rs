//! What a part makes: files under `docs/results/`.

use crate::table::Table;
use anyhow::Result;

/// What a part makes.
pub(super) enum Made {
    Table(Table),
    /// What a command printed.
    Text(String),
}

impl Made {
    /// The ending of its file.
    pub(super) fn extension(&self) -> &'static str {
        match self {
            Self::Table(_) => "csv",
            Self::Text(_) => "txt",
        }
    }

    /// The content of its file.
    pub(super) fn text(&self) -> Result<String> {
        match self {
            Self::Table(table) => table.to_csv(),
            Self::Text(text) => Ok(format!("{}\n", text.trim_end())),
        }
    }
}

/// Each with the name of its file.
pub(super) type Files = Vec<(&'static str, Made)>;
