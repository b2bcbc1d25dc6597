//! Answering line by line, as `mild log collect` asks a program.

use std::io::{self, BufRead, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::experts::ExpertRequest;
use crate::experts::onnx::{Answered, Model};

/// An answer with all that the model says, or why there is none.
#[derive(Serialize)]
#[serde(untagged)]
enum Line {
    Class { label: Value, confidence: f32, probabilities: Value },
    Label { label: Value },
    Value { value: f32 },
    Error { error: String },
}

/// Answers each request of `input`, a document on one line, with a document on one line, until the input
/// ends. A request that cannot be answered gets `{"error": …}`. `classes` are the names of the classes by
/// number; without them a label is its number.
///
/// # Errors
/// If reading or writing fails.
pub fn answer_lines(
    model: &Model,
    classes: &[String],
    input: impl BufRead,
    mut output: impl Write,
) -> io::Result<()> {
    for line in input.lines() {
        let answer = answer(model, classes, &line?).unwrap_or_else(|error| Line::Error { error });
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

fn answer(model: &Model, classes: &[String], line: &str) -> Result<Line, String> {
    let request: ExpertRequest =
        serde_json::from_str(line).map_err(|error| format!("no request: {error}"))?;
    let answered = model.answer_fully(&request.payload).map_err(|error| error.to_string())?;
    let name = |class: u32| match classes.get(class as usize) {
        Some(name) => Ok(json!(name)),
        None if classes.is_empty() => Ok(json!(class)),
        None => Err(format!("found class {class}, expected 0 to {}", classes.len() - 1)),
    };
    Ok(match answered {
        Answered::Value(value) => Line::Value { value },
        Answered::Class { label, probabilities } if probabilities.is_empty() => {
            Line::Label { label: name(label)? }
        }
        Answered::Class { label, probabilities } => {
            let found = probabilities.len();
            if !classes.is_empty() && found != classes.len() {
                return Err(format!("found {found} classes, expected {}", classes.len()));
            }
            let confidence = probabilities.iter().copied().fold(0.0, f32::max);
            let probabilities = if classes.is_empty() {
                json!(probabilities)
            } else {
                let entries = classes.iter().zip(probabilities);
                let named = entries.map(|(name, p)| (name.clone(), json!(p)));
                Value::Object(named.collect::<Map<_, _>>())
            };
            Line::Class { label: name(label)?, confidence, probabilities }
        }
    })
}
