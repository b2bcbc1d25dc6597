//! What an expert says.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::intake::log::is_missing_mark;

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Reply {
    /// The class.
    pub(super) label: String,
    /// How sure the expert is, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) confidence: Option<f64>,
    /// The probability of each class, under the name of the class or its number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) probabilities: Vec<(String, f64)>,
}

impl Reply {
    /// The answer in a document: at `pointer`, else under `label`. What is wrong with it otherwise.
    pub(super) fn read(text: &str, pointer: Option<&str>) -> Result<Self, String> {
        let document: Value =
            serde_json::from_str(text).map_err(|error| format!("no JSON document ({error})"))?;
        let found = document.pointer(pointer.unwrap_or("/label"));
        let label = match found {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(value)) => value.to_string(),
            _ => match document.get("error") {
                Some(Value::String(error)) => return Err(error.clone()),
                Some(error) => return Err(error.to_string()),
                None => return Err(format!("no answer at `{}`", pointer.unwrap_or("/label"))),
            },
        };
        // The log's reader would take it for an expert that was not asked.
        if is_missing_mark(&label) {
            return Err(format!("the answer `{label}`, which marks a missing cell"));
        }
        let share = |value: &Value| value.as_f64().filter(|share| (0.0..=1.0).contains(share));
        let probabilities = match document.get("probabilities") {
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(class, value)| Some((class.to_string(), share(value)?)))
                .collect(),
            Some(Value::Object(entries)) => {
                entries.iter().map(|(class, value)| Some((class.clone(), share(value)?))).collect()
            }
            _ => Some(Vec::new()),
        };
        let probabilities = probabilities.ok_or("probabilities that are not from 0 to 1")?;
        let confidence = match document.get("confidence") {
            None | Some(Value::Null) => None,
            Some(value) => Some(share(value).ok_or("a confidence that is not from 0 to 1")?),
        };
        Ok(Self { label, confidence, probabilities })
    }

    /// How sure the expert is: what it says, or its largest probability.
    pub(super) fn confidence(&self) -> Option<f64> {
        let largest = self.probabilities.iter().map(|(_, share)| *share).reduce(f64::max);
        self.confidence.or(largest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_of_many_forms_are_read() {
        let label = |text, pointer| Reply::read(text, pointer).map(|reply| reply.label);
        assert_eq!(label(r#"{"label": 3}"#, None).as_deref(), Ok("3"));
        assert_eq!(label(r#"{"label": " cat\n", "x": 1}"#, None).as_deref(), Ok("cat"));
        assert_eq!(label(r#"{"a": [{"b": true}]}"#, Some("/a/0/b")).as_deref(), Ok("true"));
        let reply = Reply::read(r#"{"label": 1, "probabilities": {"a": 0.25, "b": 0.75}}"#, None);
        assert_eq!(reply.as_ref().ok().and_then(Reply::confidence), Some(0.75));
        let reply =
            Reply::read(r#"{"label": 1, "probabilities": [1, 0], "confidence": 0.5}"#, None);
        assert_eq!(reply.as_ref().ok().and_then(Reply::confidence), Some(0.5));
        for (text, part) in [
            ("Loading...", "no JSON"),
            (r#"{"value": 3}"#, "no answer at `/label`"),
            (r#"{"error": "busy"}"#, "busy"),
            (r#"{"label": "N/A"}"#, "marks a missing cell"),
            (r#"{"label": ""}"#, "marks a missing cell"),
            (r#"{"label": 1, "confidence": 7}"#, "a confidence that"),
            (r#"{"label": 1, "probabilities": [2]}"#, "probabilities that"),
        ] {
            let error = Reply::read(text, None).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
