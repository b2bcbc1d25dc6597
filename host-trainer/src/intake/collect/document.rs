//! What an expert is sent: the document of the gateway with the row in it, or one by a template.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::collection::{Asked, Source};
use super::samples::Samples;
use crate::error::{Error, Result, list};

/// The columns of a row by name.
struct Row<'a> {
    samples: &'a Samples,
    row: usize,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { samples, row } = self;
        let mut map = serializer.serialize_map(Some(samples.sent.len()))?;
        for &column in &samples.sent {
            map.serialize_entry(&samples.names[column], &samples.value(*row, column))?;
        }
        map.end()
    }
}

/// The request of docs/gateway.md, from no node, with the row by name beside its payload. The own
/// answer of the node is left open, so that what an expert says does not depend on it.
#[derive(Serialize)]
struct Request<'a> {
    node: u32,
    session: &'static str,
    sequence: usize,
    image: u32,
    expert: usize,
    local: Local,
    margin: i32,
    payload: Payload,
    row: Row<'a>,
}

#[derive(Serialize)]
struct Local {}

#[derive(Serialize)]
struct Payload {
    bytes: Vec<u8>,
}

/// The document about a row for an expert, as one line.
pub(super) fn document(
    samples: &Samples,
    row: usize,
    expert: usize,
    template: Option<&Template>,
) -> String {
    let request = || Request {
        node: 0,
        session: "0000000000000000",
        sequence: row + 1,
        image: 0,
        expert,
        local: Local {},
        margin: 0,
        payload: Payload { bytes: samples.bytes(row) },
        row: Row { samples, row },
    };
    match template {
        Some(template) => template.filled(samples, row).to_string(),
        // Numbers and texts in maps with texts as keys are always JSON.
        None => serde_json::to_string(&request()).unwrap_or_default(),
    }
}

/// A digest of what an expert is asked about a row: of the expert and of the content, not of the
/// row's place. `None` if the table has the answer.
pub(super) fn key(
    samples: &Samples,
    row: usize,
    expert: &Asked,
    template: Option<&Template>,
) -> Option<String> {
    let source = match &expert.source {
        Source::Column(_) => return None,
        Source::Http(url) => vec![url.clone()],
        Source::Program(words) => words.clone(),
    };
    let content = match template {
        Some(template) => template.filled(samples, row).to_string(),
        None => serde_json::to_string(&Row { samples, row }).unwrap_or_default(),
    };
    let mut hash = Sha256::new();
    for part in source.iter().chain([&expert.name, &content]).chain(&expert.answer) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    Some(digest[..16].iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A document of another form, in which `{{column}}` stands for a cell.
pub(super) struct Template {
    document: Value,
}

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

impl Template {
    /// Reads a template. Only columns of the table may stand in it, and not the right answer.
    pub(super) fn read(path: &Path, names: &[String], label: &str) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Error::io(path))?;
        let wrong = |found: String, expected: String| Error::Template {
            path: PathBuf::from(path),
            found,
            expected,
        };
        let document: Value = serde_json::from_str(&text)
            .map_err(|error| wrong(error.to_string(), "one JSON document".to_owned()))?;
        let mut columns = Vec::new();
        each_text(&document, &mut |text| columns.extend(places(text).map(str::to_owned)));
        if columns.is_empty() {
            let expected = "one at least, such as `{{text}}`: without them each row is the same";
            return Err(wrong("no column".to_owned(), expected.to_owned()));
        }
        for column in columns {
            let known = names.iter().map(String::as_str).filter(|name| *name != label);
            if column == label || !names.contains(&column) {
                return Err(wrong(
                    format!("`{{{{{column}}}}}`"),
                    format!("one of {}", list(known)),
                ));
            }
        }
        Ok(Self { document })
    }

    /// The document about a row.
    fn filled(&self, samples: &Samples, row: usize) -> Value {
        let column = |name: &str| samples.names.iter().position(|known| known == name);
        let mut document = self.document.clone();
        fill(&mut document, &|name| {
            column(name)
                .map(|column| (samples.rows[row][column].clone(), samples.value(row, column)))
        });
        document
    }
}

/// The columns that a text names.
fn places(text: &str) -> impl Iterator<Item = &str> {
    text.split(OPEN).skip(1).filter_map(|rest| rest.split_once(CLOSE)).map(|(name, _)| name.trim())
}

fn each_text(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, take)),
        Value::Object(entries) => entries.values().for_each(|entry| each_text(entry, take)),
        _ => {}
    }
}

type Cell = (String, Box<RawValue>);

/// Puts cells in their places. A text that is a place and nothing else becomes what the cell is, such
/// as a number.
fn fill(value: &mut Value, cell: &impl Fn(&str) -> Option<Cell>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, cell)),
        Value::Object(entries) => entries.values_mut().for_each(|entry| fill(entry, cell)),
        Value::String(text) => {
            let whole = text.strip_prefix(OPEN).and_then(|rest| rest.strip_suffix(CLOSE));
            if let Some((_, raw)) = whole.and_then(|name| cell(name.trim())) {
                *value = serde_json::from_str(raw.get()).unwrap_or_default();
                return;
            }
            let mut filled = String::new();
            let mut rest = text.as_str();
            while let Some((before, behind)) = rest.split_once(OPEN) {
                filled += before;
                match behind
                    .split_once(CLOSE)
                    .and_then(|(name, after)| Some((cell(name.trim())?, after)))
                {
                    Some(((text, _), after)) => {
                        filled += &text;
                        rest = after;
                    }
                    None => {
                        filled += OPEN;
                        rest = behind;
                    }
                }
            }
            *text = filled + rest;
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Samples {
        let names = ["id", "x", "text", "y"].map(str::to_owned).to_vec();
        let row = ["7", "0.25", "say \"{{y}}\"", "1"].map(str::to_owned).to_vec();
        Samples { names, rows: vec![row], sent: vec![1, 2], confidence: None }
    }

    fn asked(answer: Option<&str>) -> Asked {
        Asked {
            name: "cloud".to_owned(),
            source: Source::Http("http://localhost".to_owned()),
            price: None,
            rate: None,
            parallel: 1,
            token: None,
            template: None,
            answer: answer.map(str::to_owned),
        }
    }

    #[test]
    fn a_request_is_that_of_the_gateway_with_the_row() {
        let text = document(&samples(), 0, 2, None);
        let found: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(found["row"], serde_json::json!({"x": 0.25, "text": "say \"{{y}}\""}));
        assert_eq!((&found["expert"], &found["sequence"]), (&2.into(), &1.into()));
        assert_eq!(found["payload"], serde_json::json!({"bytes": []}));
        assert!(text.contains("\"x\":0.25") && !text.contains('\n'), "{text}");
        let numbers = Samples { sent: vec![1], ..samples() };
        let found: Value = serde_json::from_str(&document(&numbers, 0, 1, None)).unwrap();
        assert_eq!(found["payload"]["bytes"], serde_json::json!([0, 0, 128, 62]));
    }

    #[test]
    fn templates_are_filled_and_checked() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let read = |text: &str| {
            fs::write(file.path(), text).unwrap();
            Template::read(file.path(), &samples().names, "y").map_err(|error| error.to_string())
        };
        let template =
            read(r#"{"m": [{"content": "Is {{x}} or {{ text }}?"}], "x": "{{x}}", "n": 1}"#);
        assert_eq!(
            document(&samples(), 0, 1, template.ok().as_ref()),
            r#"{"m":[{"content":"Is 0.25 or say \"{{y}}\"?"}],"n":1,"x":0.25}"#
        );
        for (text, part) in [
            (r#"{"a": "{{y}}"}"#, "found `{{y}}`, expected one of `id`, `x`, `text`"),
            (r#"{"a": "{{z}}"}"#, "found `{{z}}`"),
            (r#"{"a": "x"}"#, "found no column"),
            ("{", "expected one JSON document"),
        ] {
            let error = read(text).err().unwrap();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_key_is_that_of_the_content() {
        let mut twice = samples();
        twice.rows.push(twice.rows[0].clone());
        twice.rows[1][0] = "8".to_owned();
        let key = |row, expert: &Asked| key(&twice, row, expert, None);
        assert_eq!(key(0, &asked(None)), key(1, &asked(None)), "the id is not sent");
        assert_ne!(key(0, &asked(None)), key(0, &asked(Some("/class"))));
        let other = Asked { source: Source::Program(vec!["a".to_owned()]), ..asked(None) };
        assert_ne!(key(0, &asked(None)), key(0, &other));
        let column = Asked { source: Source::Column("y".to_owned()), ..asked(None) };
        assert_eq!(key(0, &column), None);
    }
}
