//! A table as JSON Lines: an object on each line, whose keys are the columns.
//!
//! Objects and lists inside it become columns with dotted names: `{"room": {"temp": 21}, "x": [1, 2]}`
//! has the columns `room.temp`, `x.0` and `x.1`. A number keeps its digits, so that it is read as the
//! same number in a CSV file is.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use csv::StringRecord;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::cell::quote;
use super::unreadable::{not_utf8, reading};
use crate::error::{Error, Excerpt, LogError, Result, list};

/// Whether a text is JSON Lines. No header of a CSV file begins as an object does.
pub(super) fn is_json_lines(text: &[u8]) -> bool {
    let inside = text.trim_ascii_start().strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    inside.is_some_and(|inside| inside.starts_with(b"\"") || inside.starts_with(b"}"))
}

/// Reads the objects of a text.
pub(super) struct JsonLines<R> {
    source: BufReader<R>,
    columns: Columns,
    /// The line that is being read, and its number.
    line: Vec<u8>,
    number: u64,
    /// Keys that are no column, because they stand on a later line for the first time.
    late: Vec<(String, u64)>,
}

/// The columns, and the cells of a row.
struct Columns {
    names: Vec<String>,
    places: HashMap<String, usize>,
    cells: Vec<String>,
    /// The row that last had the cell.
    filled: Vec<u64>,
}

/// So many late keys are named.
const MOST_LATE: usize = 5;

impl<R: Read> JsonLines<R> {
    /// `names`: the columns, if they are known; otherwise the keys of the lines of `sample`, in the
    /// order of their first appearance. `source` has the sample as well.
    pub(super) fn new(
        source: R,
        sample: &[u8],
        names: Option<&[String]>,
        file: &Path,
    ) -> Result<Self> {
        let mut columns = Columns {
            names: Vec::new(),
            places: HashMap::new(),
            cells: Vec::new(),
            filled: Vec::new(),
        };
        match names {
            Some(names) => names.iter().for_each(|name| columns.add(name)),
            None => {
                for (index, line) in sample.split(|&byte| byte == b'\n').enumerate() {
                    let number = index as u64 + 1;
                    if let Some(text) = object(line, number, file)? {
                        flatten(text, &mut String::new(), &mut |name, _| {
                            if !columns.places.contains_key(name) {
                                columns.add(name);
                            }
                            Ok(())
                        })
                        .map_err(|problem| problem.at(file, number, text))?;
                    }
                }
            }
        }
        let source = BufReader::with_capacity(1 << 16, source);
        Ok(Self { source, columns, line: Vec::new(), number: 0, late: Vec::new() })
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> StringRecord {
        self.columns.names.iter().collect()
    }

    /// As [`Records::next`](super::records::Records::next).
    pub(super) fn next(
        &mut self,
        record: &mut StringRecord,
        file: &Path,
        compression: Option<&'static str>,
    ) -> Result<Option<u64>> {
        loop {
            self.line.clear();
            let read = self.source.read_until(b'\n', &mut self.line);
            self.number += 1;
            let number = self.number;
            if read.map_err(|error| reading(file, compression, number, error))? == 0 {
                return Ok(None);
            }
            let Some(text) = object(&self.line, number, file)? else { continue };
            let (columns, late) = (&mut self.columns, &mut self.late);
            columns.cells.iter_mut().for_each(String::clear);
            let mut expected = 0;
            flatten(text, &mut String::new(), &mut |name, value| {
                // Most rows have their keys in the same order.
                let usual = columns.names.get(expected).is_some_and(|next| next == name);
                let place = if usual { Some(expected) } else { columns.places.get(name).copied() };
                let Some(place) = place else {
                    if late.len() < MOST_LATE && late.iter().all(|(known, _)| known != name) {
                        late.push((name.to_owned(), number));
                    }
                    return Ok(());
                };
                expected = place + 1;
                if columns.filled[place] == number {
                    return Err(Problem::Twice(name.to_owned()));
                }
                columns.filled[place] = number;
                columns.cells[place].push_str(&value);
                Ok(())
            })
            .map_err(|problem| problem.at(file, number, text))?;
            record.clear();
            columns.cells.iter().for_each(|cell| record.push_field(cell));
            return Ok(Some(number));
        }
    }

    /// What is said of keys that come too late to be columns.
    pub(super) fn warning(&self) -> Option<String> {
        let (_, line) = self.late.first()?;
        let names = list(self.late.iter().map(|(name, _)| name.as_str()));
        Some(format!(
            "keys that come too late to be columns are not read ({names}, from line {line} on): give the first line \
             each key that is to be a column, with `null` where it has no value"
        ))
    }
}

impl Columns {
    fn add(&mut self, name: &str) {
        self.places.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.cells.push(String::new());
        self.filled.push(0);
    }
}

/// What is wrong with a line.
enum Problem {
    /// It is no JSON.
    Syntax(serde_json::Error),
    /// A column stands twice.
    Twice(String),
}

impl Problem {
    fn at(self, file: &Path, line: u64, text: &str) -> Error {
        let file = file.to_path_buf();
        let (found, change, at) = match self {
            Self::Twice(name) => (format!("`{name}` twice"), "give each key once".to_owned(), 0),
            Self::Syntax(error) => {
                let column =
                    if error.is_eof() { text.len() } else { error.column().saturating_sub(1) };
                let at = column.min(text.len());
                let rest = text.get(at..).unwrap_or_default();
                let change = if ["NaN", "Infinity", "-Infinity"].iter().any(|n| rest.starts_with(n))
                {
                    "write `null` for a value that is missing: JSON has no such number"
                } else if error.is_eof() {
                    "write the whole object on one line"
                } else {
                    "write a JSON object on each line"
                };
                let found =
                    if rest.is_empty() { "the end of the line".to_owned() } else { quote(rest) };
                (format!("{found} ({})", reason(&error)), change.to_owned(), at)
            }
        };
        let end = text.len().min(at + 1);
        let excerpt = Some(around(text, at, end));
        LogError::Json { file, line, found, change, excerpt }.into()
    }
}

/// What `serde_json` says, without the place, which is said already.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// The part of a line around a mark.
fn around(text: &str, at: usize, end: usize) -> Excerpt {
    const SHOWN: usize = 60;
    let floor = |at: usize| (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let from = floor(at.saturating_sub(SHOWN));
    let to = floor((end + SHOWN).min(text.len()));
    let shown = Excerpt::of_text(&text[from..to], at - from, end - from);
    let (before, behind) =
        (if from > 0 { "…" } else { "" }, if to < text.len() { "…" } else { "" });
    let mark = shown.mark.start + before.len()..shown.mark.end + before.len();
    Excerpt { text: format!("{before}{}{behind}", shown.text), mark }
}

/// The text of a line, unless it is empty.
fn object<'a>(line: &'a [u8], number: u64, file: &Path) -> Result<Option<&'a str>> {
    let text = std::str::from_utf8(line.trim_ascii()).map_err(|_| not_utf8(file, number))?;
    Ok((!text.is_empty()).then_some(text))
}

/// An object with the text of each of its values.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

type Taken = std::result::Result<(), Problem>;

/// Hands over each value of an object with its dotted name, as a cell.
fn flatten<'a>(
    text: &'a str,
    name: &mut String,
    take: &mut impl FnMut(&str, std::borrow::Cow<'a, str>) -> Taken,
) -> Taken {
    let Object(entries) = serde_json::from_str(text).map_err(Problem::Syntax)?;
    for (key, value) in entries {
        within(&key, value.get(), name, take)?;
    }
    Ok(())
}

/// The same for a value called `key` in something called `name`.
fn within<'a>(
    key: &str,
    text: &'a str,
    name: &mut String,
    take: &mut impl FnMut(&str, std::borrow::Cow<'a, str>) -> Taken,
) -> Taken {
    let outside = name.len();
    if outside > 0 {
        name.push('.');
    }
    name.push_str(key);
    let done = match text.as_bytes().first() {
        Some(b'{') => flatten(text, name, take),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(Problem::Syntax)?;
            let mut items = items.into_iter().enumerate();
            items.try_for_each(|(index, item)| within(&index.to_string(), item.get(), name, take))
        }
        Some(b'"') => {
            let text: String = serde_json::from_str(text).map_err(Problem::Syntax)?;
            take(name, text.into())
        }
        Some(b'n') => take(name, "".into()),
        _ => take(name, text.into()),
    };
    name.truncate(outside);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, rows with their lines, and the warning.
    type Found = (Vec<String>, Vec<(u64, Vec<String>)>, Option<String>);

    fn read(text: &str) -> Result<Found> {
        // The sample is the first two lines.
        let end = text.match_indices('\n').nth(1).map_or(text.len(), |(end, _)| end);
        let file = Path::new("log.jsonl");
        let mut lines = JsonLines::new(text.as_bytes(), &text.as_bytes()[..end], None, file)?;
        let texts = |record: &StringRecord| record.iter().map(str::to_owned).collect();
        let names = texts(&lines.names());
        let (mut record, mut rows) = (StringRecord::new(), Vec::new());
        while let Some(line) = lines.next(&mut record, file, None)? {
            rows.push((line, texts(&record)));
        }
        Ok((names, rows, lines.warning()))
    }

    #[test]
    fn nested_values_have_dotted_names_and_numbers_their_digits() {
        let (names, rows, warning) = read(
            "{\"a\": 0.10000000000000000001, \"room\": {\"t\": [1, -2e3]}}\n\n\
             {\"room\": {\"t\": [3, 4, 5], \"door\": true}, \"b\": \"x \\u00e9\", \"a\": null}\n\
             {\"late\": 1, \"b\": \"y\"}\n",
        )
        .unwrap();
        // The empty line is one of the two of the sample.
        assert_eq!(names, ["a", "room.t.0", "room.t.1"]);
        assert_eq!(rows[0], (1, vec!["0.10000000000000000001".into(), "1".into(), "-2e3".into()]));
        assert_eq!(rows[1], (3, vec![String::new(), "3".into(), "4".into()]));
        assert_eq!(rows[2], (4, vec![String::new(); 3]));
        let warning = warning.unwrap();
        assert!(
            warning.contains("(`room.t.2`, `room.door`, `b`, `late`, from line 3 on)"),
            "{warning}"
        );
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_place() {
        for (text, parts) in [
            ("{\"a\": 1}\n{\"a\": NaN}\n", ["log.jsonl:2", "found `NaN}`", "write `null`"]),
            ("{\"a\": 1,\n\"b\": 2}\n", ["log.jsonl:1", "the end of the line", "on one line"]),
            ("{\"a\": 1}\n\n[1, 2]\n", ["log.jsonl:3", "`[1, 2]`", "a JSON object on each line"]),
            ("{\"a\": 1}\n{\"a\": 1, \"a\": 2}\n", ["log.jsonl:2", "`a` twice", "each key once"]),
            ("{\"a.b\": 1, \"a\": {\"b\": 2}}\n", ["log.jsonl:1", "`a.b` twice", "each key once"]),
        ] {
            let error = read(text).unwrap_err().to_string();
            for part in parts {
                assert!(error.contains(part), "`{part}` is not in: {error}");
            }
        }
    }

    #[test]
    fn objects_are_told_from_headers() {
        for text in ["{\"a\": 1}", " { \"a\": 1}", "{}\n"] {
            assert!(is_json_lines(text.as_bytes()), "{text}");
        }
        for text in ["{a},b\n", "\"{\",b\n", "a,b\n", ""] {
            assert!(!is_json_lines(text.as_bytes()), "{text}");
        }
    }
}
