//! What can be wrong with a log, or with another table.

use std::fmt;
use std::path::PathBuf;

use super::excerpt::Excerpt;
use super::words::hint;

/// What is wrong with a table, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The log is an empty file.
    #[error("{}:1: found an empty file, expected a header with the names of the columns", file.display())]
    Empty {
        /// The log.
        file: PathBuf,
    },
    /// The log ends after its header.
    #[error("{}:2: found no rows after the header, expected at least one row per split", file.display())]
    WithoutRows {
        /// The log.
        file: PathBuf,
    },
    /// A table of an expert's answers ends after its header.
    #[error("{}:2: found no rows after the header, expected at least one answer", file.display())]
    NoAnswers {
        /// The table.
        file: PathBuf,
    },
    /// The compressed log is truncated or damaged.
    #[error("{}:{line}: found damaged compressed data ({found}), expected a complete {format} file", file.display())]
    Damaged {
        /// The log.
        file: PathBuf,
        /// The first line of the text that could not be read.
        line: u64,
        /// How it is compressed.
        format: &'static str,
        /// What the decoder said.
        found: String,
    },
    /// The file is no table as text.
    #[error("{}: found {found}, expected a table as text; {change}", file.display())]
    NoText {
        /// The log.
        file: PathBuf,
        /// What the file is.
        found: String,
        /// How it becomes one.
        change: String,
    },
    /// The text is not in its encoding.
    #[error("{}:{line}: found bytes that are not {encoding}, expected {encoding} text; {change}", file.display())]
    Encoding {
        /// The log.
        file: PathBuf,
        /// The line of the bytes.
        line: u64,
        /// The name of the encoding.
        encoding: &'static str,
        /// What to change.
        change: String,
    },
    /// A line of JSON Lines is no object, or has a key twice.
    #[error("{}:{line}: found {found}, expected one JSON object with each key once; {change}", file.display())]
    Json {
        /// The log.
        file: PathBuf,
        /// The line.
        line: u64,
        /// What is there.
        found: String,
        /// What to change.
        change: String,
        /// The line, or the part of it around the mark.
        excerpt: Option<Excerpt>,
    },
    /// An array of an NPZ file is no column.
    #[error("{}: array `{array}`: found {found}, expected {expected}; {change}", file.display())]
    Array {
        /// The log.
        file: PathBuf,
        /// The name of the array.
        array: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
        /// What to change.
        change: String,
    },
    /// A pattern names no file.
    #[error("{}: found no file, expected at least one that matches this pattern", pattern.display())]
    NoFile {
        /// The pattern.
        pattern: PathBuf,
    },
    /// A file that a log names twice.
    #[error("{}: found it twice among the files of the log, expected each file once", file.display())]
    FileTwice {
        /// The file.
        file: PathBuf,
    },
    /// The first line is a row.
    #[error(
        "{}:{line}: found {found}, expected the names of the columns; add a line with the names before it", file.display()
    )]
    NoHeader {
        /// The log.
        file: PathBuf,
        /// The line.
        line: u64,
        /// Its cells.
        found: String,
        /// The line.
        excerpt: Option<Excerpt>,
    },
    /// One of several files of a log has other columns than the first.
    #[error("{}:1: found {found}, expected the columns of {}: {expected}", file.display(), first.display())]
    OtherHeader {
        /// The file.
        file: PathBuf,
        /// The first file.
        first: PathBuf,
        /// The columns of the file.
        found: String,
        /// Those of the first one.
        expected: String,
    },
    /// The log has rows on which some experts were not asked, and every answer is needed.
    #[error(
        "{}:{line}: column `{column}`: found no answer (of {rows} rows, {complete} have every answer), expected one: \
         every answer is needed here; `complete_only = true` in `[data]` leaves the other rows out", file.display()
    )]
    NotAsked {
        /// The log.
        file: PathBuf,
        /// The first row without an answer.
        line: u64,
        /// The column of the answer.
        column: String,
        /// The rows of the log.
        rows: usize,
        /// Those with every answer.
        complete: usize,
    },
    /// No row has every answer.
    #[error(
        "{}: found no row with every answer among {rows}, expected some: with `complete_only = true` the others are \
         left out", file.display()
    )]
    NoneComplete {
        /// The log.
        file: PathBuf,
        /// The rows of the log.
        rows: usize,
    },
    /// Two columns of the log have the same name.
    #[error("{}:{line}: found column `{column}` twice (columns {first} and {second}), expected every name once; rename one of them, or leave it out", file.display())]
    DuplicateColumn {
        /// The log.
        file: PathBuf,
        /// The line of the header.
        line: u64,
        /// The name.
        column: String,
        /// The first column of that name, counted from 1.
        first: usize,
        /// The second column of that name, counted from 1.
        second: usize,
        /// The header.
        excerpt: Option<Excerpt>,
    },
    /// The configuration names a column that the log lacks.
    #[error("{}:{line}: found no column `{column}`{}, expected it because of `{key}`; found {found}", file.display(), hint(suggestion))]
    MissingColumn {
        /// The log.
        file: PathBuf,
        /// The line of the header.
        line: u64,
        /// The name in the configuration.
        column: String,
        /// The key in the configuration.
        key: String,
        /// The column that has nearly this name.
        suggestion: Option<String>,
        /// The columns that are there.
        found: String,
    },
    /// A pattern in the configuration matches no column of the log.
    #[error("{}:{line}: `{key}`: found no column that matches `{pattern}`, expected at least one; found {found}", file.display())]
    NoMatch {
        /// The log.
        file: PathBuf,
        /// The line of the header.
        line: u64,
        /// The key in the configuration.
        key: String,
        /// The pattern.
        pattern: String,
        /// The columns that were looked at.
        found: String,
    },
    /// No two experts can be guessed from the names and the values of the columns.
    #[error(
        "{}:1: found {found} columns that look like experts, expected at least two, such as `pred_local` and \
         `pred_cloud` (or `loss_…`, `score_…`), or answers with the values of a `label`; found {columns}; \
         rename the column of right answers to `label`, and those of answers to `pred_NAME`",
        file.display()
    )]
    NoExperts {
        /// The log.
        file: PathBuf,
        /// The number of experts.
        found: usize,
        /// The columns.
        columns: String,
    },
    /// A key of a table that is joined stands on two rows.
    #[error("{}:{line}: column `{column}`: found {found} again, as on line {first_line}, expected each key once", file.display())]
    DuplicateKey {
        /// The table.
        file: PathBuf,
        /// The line of the second row.
        line: u64,
        /// The key column, or columns.
        column: String,
        /// The key.
        found: String,
        /// The line of the first row.
        first_line: u64,
    },
    /// Tables that are joined row by row have different numbers of rows.
    #[error(
        "{}: found {found} rows, expected {expected} as in {}: without `--key` tables are joined row by row",
        file.display(), other.display()
    )]
    RowCount {
        /// The table.
        file: PathBuf,
        /// Its rows.
        found: u64,
        /// The first table.
        other: PathBuf,
        /// The rows of that one.
        expected: u64,
    },
    /// No row of a table has the key of a row of the first one.
    #[error("{}: found no key that also occurs in {}, expected the same keys in {key}", file.display(), other.display())]
    NoKeyMatches {
        /// The table.
        file: PathBuf,
        /// The first table.
        other: PathBuf,
        /// The key columns.
        key: String,
    },
    /// A column is an input of the rejector and something else too. If that is the truth (the
    /// label, an answer, a price), the rejector would see at training what no device knows at run
    /// time.
    #[error(
        "{}:{line}: found column `{column}` used both as `{first}` and as `{second}`, expected one use only{}",
        file.display(), if *leaks { " (the rejector must not see the answers: leakage)" } else { "" }
    )]
    ColumnUsedTwice {
        /// The log.
        file: PathBuf,
        /// The line of the header.
        line: u64,
        /// The column.
        column: String,
        /// The key of its use as an input.
        first: String,
        /// The key of its other use.
        second: String,
        /// Whether the other use is something that a device does not know.
        leaks: bool,
    },
    /// No scale, or more than one, is given for a feature.
    #[error("{}:{line}: column `{column}`: found {found}, expected exactly one value for it in `{key}`", file.display())]
    Scale {
        /// The log.
        file: PathBuf,
        /// The line of the header.
        line: u64,
        /// The feature.
        column: String,
        /// `raw.scale` or `raw.offset`.
        key: String,
        /// The entries that match.
        found: String,
    },
    /// A row has more or fewer cells than the header.
    #[error("{}:{line}: found {found} cells, expected {expected} as in the header{}", file.display(), then(change))]
    RaggedRow {
        /// The log.
        file: PathBuf,
        /// The line on which the row begins.
        line: u64,
        /// Its number of cells.
        found: usize,
        /// The number of columns.
        expected: usize,
        /// What to change.
        change: Option<String>,
        /// The row.
        excerpt: Option<Excerpt>,
    },
    /// A cell of the log is not what its column needs.
    #[error("{}:{line}: column `{column}`: found {found}, expected {expected}{}", file.display(), then(change))]
    Cell {
        /// The log.
        file: PathBuf,
        /// The line on which the row begins.
        line: u64,
        /// The column.
        column: String,
        /// The cell.
        found: String,
        /// What the cell should be.
        expected: String,
        /// What to change.
        change: Option<String>,
        /// The row, the cell marked.
        excerpt: Option<Excerpt>,
    },
    /// A group has rows in two splits, so that what is learnt from it would be tested on itself.
    #[error(
        "{}:{line}: column `{column}`: found group `{group}` in split `{split}` but in split `{first_split}` on line {first_line}, \
         expected all rows of a group in one split", file.display()
    )]
    GroupSplit {
        /// The log.
        file: PathBuf,
        /// The group column.
        column: String,
        /// The name of the group.
        group: String,
        /// The line of the group's first row.
        first_line: u64,
        /// The split of that row.
        first_split: &'static str,
        /// The line of the row that contradicts it.
        line: u64,
        /// The split of this row.
        split: &'static str,
    },
    /// A split has no rows.
    #[error(
        "{}: {}found no rows for split `{split}` (train {}, calibration {}, test {}), expected at least one",
        file.display(), place(column), found[0], found[1], found[2]
    )]
    EmptySplit {
        /// The log.
        file: PathBuf,
        /// The split column, or the group column when the split is drawn by group.
        column: Option<String>,
        /// The split without rows.
        split: &'static str,
        /// Rows of train, calibration and test.
        found: [usize; 3],
    },
    /// A window is longer than the longest one of a device.
    #[error("{}:{line}: `{key}`: found {found} columns, expected at most {most}, the longest window of a device", file.display())]
    WindowTooLong {
        /// The log.
        file: PathBuf,
        /// The line of the header.
        line: u64,
        /// The key that names the samples.
        key: String,
        /// The number of columns of samples.
        found: usize,
        /// The largest number.
        most: usize,
    },
    /// A window cannot be made of the columns of samples.
    #[error("{}:{line}: `{key}`: found {found}, expected {expected}", file.display())]
    WindowShape {
        /// The log.
        file: PathBuf,
        /// The line of the header.
        line: u64,
        /// The key that does not fit the samples.
        key: String,
        /// What the columns are.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// The statistics of a window are not numbers.
    #[error("{}:{line}: window `{window}`: found {found}, expected finite numbers", file.display())]
    Window {
        /// The log.
        file: PathBuf,
        /// The line on which the row begins.
        line: u64,
        /// The name of the window.
        window: String,
        /// What the device's code found.
        found: String,
    },
    /// Only one column has probabilities.
    #[error(
        "{}:{line}: `expert[0].probabilities`: found {found} column, expected one column per class, at least two \
         (for the largest probability alone there is `confidence`)", file.display()
    )]
    OneProbability {
        /// The log.
        file: PathBuf,
        /// The line of the header.
        line: u64,
        /// The number of columns.
        found: usize,
    },
    /// The probabilities of a row do not add up to 1.
    #[error(
        "{}:{line}: `expert[0].probabilities`: found a sum of {found:.4}, expected 1, within {tolerance}",
        file.display()
    )]
    ProbabilitySum {
        /// The log.
        file: PathBuf,
        /// The line on which the row begins.
        line: u64,
        /// The sum.
        found: f64,
        /// How far from 1 it may be.
        tolerance: f64,
    },
}

fn place(column: &Option<String>) -> impl fmt::Display {
    column.as_ref().map_or_else(String::new, |name| format!("column `{name}`: "))
}

/// The change to make, behind what was expected.
fn then(change: &Option<String>) -> impl fmt::Display {
    change.as_ref().map_or_else(String::new, |change| format!("; {change}"))
}
