//! An error as a program reads it and as a terminal shows it. One line of text is its `Display`.

use std::path::Path;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::config::ConfigError;
use super::excerpt::Excerpt;
use super::log::LogError;

/// What is wrong, and where: what `--json` prints of an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ErrorReport {
    /// All of it in one line.
    pub message: String,
    /// The file.
    pub file: Option<String>,
    /// The line in it, counted from 1.
    pub line: Option<u64>,
    /// The column of the table.
    pub column: Option<String>,
    /// The key of the configuration.
    pub key: Option<String>,
    /// What is there.
    pub found: Option<String>,
    /// What should be there.
    pub expected: Option<String>,
    /// What to change.
    pub change: Option<String>,
    /// The line, with a mark under what is wrong.
    pub excerpt: Option<Excerpt>,
    /// The key of the configuration that the log does not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<KeyReport>,
}

/// Where a configuration says what a log does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyReport {
    /// The configuration.
    pub file: String,
    /// The line of the key.
    pub line: u64,
    /// That line, with a mark under the key and its value.
    pub excerpt: Excerpt,
}

impl ErrorReport {
    /// For a terminal of `width` columns.
    pub(super) fn shown(&self, width: usize, colours: bool) -> String {
        let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.term_width(width);
        let found = self.found.as_deref().unwrap_or("this");
        let places = [
            self.file.as_ref().zip(self.line).zip(self.excerpt.as_ref()),
            self.configuration.as_ref().map(|key| ((&key.file, key.line), &key.excerpt)),
        ];
        let snippets: Vec<Snippet<'_, Annotation<'_>>> = places
            .into_iter()
            .flatten()
            .map(|((file, line), excerpt)| {
                // A mark under nothing is still one character wide.
                let Excerpt { text, mark } = excerpt;
                let end = mark.end.max((mark.start + 1).min(text.len()));
                let label =
                    if self.excerpt.as_ref() == Some(excerpt) { found } else { "expected here" };
                Snippet::source(text.as_str())
                    .line_start(usize::try_from(line).unwrap_or(usize::MAX))
                    .path(file.as_str())
                    .annotation(AnnotationKind::Primary.span(mark.start..end).label(label))
            })
            .collect();
        let place = match (&self.column, &self.key) {
            (Some(column), _) => format!("column `{column}`"),
            (None, Some(key)) => format!("`{key}`"),
            (None, None) => "this line".to_owned(),
        };
        // Without a line of the log only the whole message says what was found there.
        let title = match &self.expected {
            Some(expected) if self.excerpt.is_some() => format!("{place}: expected {expected}"),
            _ => self.message.clone(),
        };
        let mut group = Group::with_title(Level::ERROR.primary_title(title)).elements(snippets);
        if let (Some(change), true) = (&self.change, self.excerpt.is_some()) {
            group = group.element(Level::HELP.message(change.as_str()));
        }
        renderer.render(&[group])
    }
}

pub(super) fn at(file: &Path) -> ErrorReport {
    ErrorReport { file: Some(file.display().to_string()), ..ErrorReport::default() }
}

fn on(file: &Path, line: u64) -> ErrorReport {
    ErrorReport { line: Some(line), ..at(file) }
}

impl ConfigError {
    pub(super) fn report(&self) -> ErrorReport {
        let text = |text: &String| Some(text.clone());
        match self {
            Self::Syntax { file, line, excerpt, found } => ErrorReport {
                found: text(found),
                expected: Some("`key = value` or `[section]`".to_owned()),
                excerpt: excerpt.clone(),
                ..on(file, *line as u64)
            },
            Self::UnknownKey { file, line, excerpt, key, suggestion, expected } => ErrorReport {
                key: text(key),
                found: Some("an unknown key".to_owned()),
                expected: Some(format!("one of {expected}")),
                change: suggestion.as_ref().map(|name| format!("write `{name}`")),
                excerpt: excerpt.clone(),
                ..on(file, *line as u64)
            },
            Self::TwoSpellings { file, line, excerpt, key, older } => ErrorReport {
                key: text(key),
                found: Some(format!("its older spelling `{older}` beside it")),
                expected: Some("one of them".to_owned()),
                excerpt: excerpt.clone(),
                ..on(file, *line as u64)
            },
            Self::Value { file, line, excerpt, key, found, expected } => ErrorReport {
                key: text(key),
                found: text(found),
                expected: text(expected),
                excerpt: excerpt.clone(),
                ..on(file, *line as u64)
            },
        }
    }
}

impl LogError {
    /// The key of the configuration that the log does not fit.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::MissingColumn { key, .. }
            | Self::NoMatch { key, .. }
            | Self::Scale { key, .. }
            | Self::WindowTooLong { key, .. }
            | Self::WindowShape { key, .. }
            | Self::ColumnUsedTwice { first: key, .. } => Some(key),
            Self::OneProbability { .. } => Some("expert[0].probabilities"),
            _ => None,
        }
    }

    pub(super) fn report(&self) -> ErrorReport {
        let text = |text: &String| Some(text.clone());
        match self {
            Self::Cell { file, line, column, found, expected, change, excerpt } => ErrorReport {
                column: text(column),
                found: text(found),
                expected: text(expected),
                change: change.clone(),
                excerpt: excerpt.clone(),
                ..on(file, *line)
            },
            Self::RaggedRow { file, line, found, expected, change, excerpt } => ErrorReport {
                found: Some(format!("{found} cells")),
                expected: Some(format!("{expected} cells as in the header")),
                change: change.clone(),
                excerpt: excerpt.clone(),
                ..on(file, *line)
            },
            Self::NoHeader { file, line, found, excerpt } => ErrorReport {
                found: text(found),
                expected: Some("the names of the columns".to_owned()),
                change: Some("add a line with the names before it".to_owned()),
                excerpt: excerpt.clone(),
                ..on(file, *line)
            },
            Self::DuplicateColumn { file, line, column, first, excerpt, .. } => ErrorReport {
                column: text(column),
                found: Some(format!("the name of column {first} again")),
                expected: Some("every name once".to_owned()),
                change: Some("rename one of them, or leave it out".to_owned()),
                excerpt: excerpt.clone(),
                ..on(file, *line)
            },
            Self::MissingColumn { file, line, column, key, suggestion, found } => ErrorReport {
                column: text(column),
                key: text(key),
                found: text(found),
                expected: Some(format!("a column `{column}`")),
                change: suggestion.as_ref().map(|name| format!("write `{name}`")),
                ..on(file, *line)
            },
            Self::NoMatch { file, line, key, pattern, found } => ErrorReport {
                key: text(key),
                found: text(found),
                expected: Some(format!("a column that matches `{pattern}`")),
                ..on(file, *line)
            },
            Self::NoText { file, found, change } => ErrorReport {
                found: text(found),
                expected: Some("a table as text".to_owned()),
                change: text(change),
                ..at(file)
            },
            Self::Json { file, line, found, change, excerpt } => ErrorReport {
                found: text(found),
                expected: Some("one JSON object with each key once".to_owned()),
                change: text(change),
                excerpt: excerpt.clone(),
                ..on(file, *line)
            },
            Self::Array { file, array, found, expected, change } => ErrorReport {
                column: text(array),
                found: text(found),
                expected: text(expected),
                change: text(change),
                ..at(file)
            },
            Self::Encoding { file, line, encoding, change } => ErrorReport {
                found: Some(format!("bytes that are not {encoding}")),
                expected: Some(format!("{encoding} text")),
                change: text(change),
                ..on(file, *line)
            },
            Self::NotAsked { file, line, column, .. } => ErrorReport {
                column: text(column),
                found: Some("no answer".to_owned()),
                expected: Some("every answer".to_owned()),
                change: Some("set `complete_only = true` in `[data]`".to_owned()),
                ..on(file, *line)
            },
            Self::NoExperts { file, columns, .. } => ErrorReport {
                found: text(columns),
                expected: Some("at least two columns that look like experts".to_owned()),
                change: Some(
                    "rename the column of right answers to `label`, and those of answers to \
                     `pred_NAME`"
                        .to_owned(),
                ),
                ..on(file, 1)
            },
            Self::DuplicateKey { file, line, column, found, first_line } => ErrorReport {
                column: text(column),
                found: Some(format!("{found} again, as on line {first_line}")),
                expected: Some("each key once".to_owned()),
                ..on(file, *line)
            },
            Self::RowCount { file, found, expected, .. } => ErrorReport {
                found: Some(format!("{found} rows")),
                expected: Some(format!("{expected} rows")),
                change: Some("join by key, with `--key`".to_owned()),
                ..at(file)
            },
            Self::WindowShape { file, line, found, expected, .. } => {
                ErrorReport { found: text(found), expected: text(expected), ..on(file, *line) }
            }
            Self::NoKeyMatches { file, .. } => at(file),
            Self::Empty { file } | Self::OtherHeader { file, .. } => on(file, 1),
            Self::ColumnUsedTwice { file, line, .. }
            | Self::Scale { file, line, .. }
            | Self::WindowTooLong { file, line, .. }
            | Self::OneProbability { file, line, .. } => on(file, *line),
            Self::WithoutRows { file } | Self::NoAnswers { file } => on(file, 2),
            Self::Damaged { file, line, .. }
            | Self::GroupSplit { file, line, .. }
            | Self::Window { file, line, .. }
            | Self::ProbabilitySum { file, line, .. } => on(file, *line),
            Self::EmptySplit { file, .. }
            | Self::NoFile { pattern: file }
            | Self::FileTwice { file }
            | Self::NoneComplete { file, .. } => at(file),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::error::Error;

    #[test]
    fn a_cell_is_marked_on_a_terminal() {
        let error = Error::from(LogError::Cell {
            file: PathBuf::from("log.csv"),
            line: 3,
            column: "x1".to_owned(),
            found: "`four`".to_owned(),
            expected: "a finite number".to_owned(),
            change: Some("write `4`".to_owned()),
            excerpt: Some(Excerpt::of_cells(["3", "four", "1"].into_iter(), 1, ',')),
        });
        let expected = "error: column `x1`: expected a finite number
 --> log.csv:3:3
  |
3 | 3,four,1
  |   ^^^^ `four`
  |
  = help: write `4`";
        assert_eq!(error.shown(100, false), expected);
        let line = "log.csv:3: column `x1`: found `four`, expected a finite number; write `4`";
        assert_eq!(error.to_string(), line);
        assert_eq!(error.report().message, line);
    }

    #[test]
    fn an_error_without_a_place_is_one_line() {
        let error = Error::UnknownName {
            kind: "method".to_owned(),
            found: "milt".to_owned(),
            expected: "one of `mild`".to_owned(),
        };
        let text = "method: found `milt`, expected one of `mild`";
        assert_eq!(error.shown(100, false), format!("error: {text}"));
        assert_eq!(error.report().file, None);
    }
}
