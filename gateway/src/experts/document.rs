//! The JSON documents between gateway and experts, the same over HTTP and MQTT.

use mild::wire::{Answer, Payload, Request};
use serde::{Deserialize, Serialize};

use crate::config::AnswerRange;

/// The longest request or answer in bytes, over every transport. The longest frame makes a request
/// of a third of this.
pub(crate) const MAX_DOCUMENT: usize = 64 * 1024;

/// A node's request, as its expert sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpertRequest {
    /// The node that asks.
    pub node: u32,
    /// The node's session, in 16 hexadecimal digits. Node, session and sequence name the request.
    pub session: String,
    /// The node's number for this request in its session.
    pub sequence: u32,
    /// The checksum of the node's image.
    pub image: u32,
    /// The index of the expert.
    pub expert: u8,
    /// The node's own answer.
    pub local: ExpertAnswer,
    /// By how much the rejector preferred the expert, in score units.
    pub margin: i32,
    /// The input.
    pub payload: Input,
}

/// An input, in the form that the node sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    /// Codes of the features.
    Codes(Vec<i8>),
    /// Raw readings.
    Raw(Vec<i16>),
    /// Bytes whose meaning node and expert agreed on.
    Bytes(Vec<u8>),
}

/// An expert's answer: a label or a value. A document with neither, or both, is not an answer.
/// Other fields are passed over, so that experts can say more to other readers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ExpertAnswer {
    /// A class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<u32>,
    /// A number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f32>,
    /// How sure the expert is, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

impl ExpertRequest {
    /// Copies a request out of its frame.
    #[must_use]
    pub fn new(request: &Request<'_>) -> Self {
        let payload = match request.payload {
            Payload::Codes(bytes) => Input::Codes(bytes.iter().map(|&byte| byte as i8).collect()),
            Payload::Raw(_) => {
                Input::Raw(request.payload.as_readings().into_iter().flatten().collect())
            }
            Payload::Bytes(bytes) => Input::Bytes(bytes.to_vec()),
        };
        Self {
            node: request.node,
            session: format!("{:016x}", request.session),
            sequence: request.sequence,
            image: request.image,
            expert: request.expert,
            local: request.local.into(),
            margin: request.margin,
            payload,
        }
    }
}

/// Why a document is not an answer that is passed on.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum AnswerError {
    /// Neither a label nor a value.
    #[error("found neither a label nor a value, expected one of them")]
    Empty,
    /// Both a label and a value.
    #[error("found a label and a value, expected one of them")]
    Both,
    /// A label that stands for no class.
    #[error("found label {found}, expected 0 to {}", classes - 1)]
    Label {
        /// The label.
        found: u32,
        /// The number of classes.
        classes: u32,
    },
    /// A value that the expert should not give.
    #[error("found value {found}, expected {min} to {max}")]
    Value {
        /// The value.
        found: f32,
        /// The smallest.
        min: f32,
        /// The largest.
        max: f32,
    },
    /// A confidence that is none.
    #[error("found confidence {found}, expected 0 to 1")]
    Confidence {
        /// The confidence.
        found: f32,
    },
}

impl ExpertAnswer {
    /// The answer and its confidence as frames have them.
    ///
    /// # Errors
    /// [`AnswerError`] if this is not an answer, or not one within `range`.
    pub fn to_wire(&self, range: &AnswerRange) -> Result<(Answer, u16), AnswerError> {
        let &AnswerRange { classes, min, max } = range;
        let answer = match (self.label, self.value) {
            (Some(found), None) if found >= classes => {
                return Err(AnswerError::Label { found, classes });
            }
            (Some(label), None) => Answer::Label(label),
            (None, Some(value)) if (min..=max).contains(&value) => Answer::Value(value),
            (None, Some(found)) => return Err(AnswerError::Value { found, min, max }),
            (None, None) => return Err(AnswerError::Empty),
            (Some(_), Some(_)) => return Err(AnswerError::Both),
        };
        // 0 means "not stated".
        let confidence = self.confidence.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&confidence) {
            return Err(AnswerError::Confidence { found: confidence });
        }
        Ok((answer, (confidence * 65_535.0).round() as u16))
    }
}

impl From<Answer> for ExpertAnswer {
    fn from(answer: Answer) -> Self {
        let (label, value) = match answer {
            Answer::None => (None, None),
            Answer::Label(label) => (Some(label), None),
            Answer::Value(value) => (None, Some(value)),
        };
        Self { label, value, confidence: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The old gateway passed label 4,000,000,000 on, cut a confidence of 7 to 1, and took an
    /// answer with one more field for none.
    #[test]
    fn an_answer_is_a_label_or_a_value_within_its_range() {
        let range = AnswerRange { classes: 10, min: -1.0, max: 40.0 };
        let read = |text| {
            let answer = serde_json::from_str::<ExpertAnswer>(text).ok()?;
            Some(answer.to_wire(&range).map_err(|error| error.to_string()))
        };
        for (text, expected) in [
            (r#"{"label": 3, "confidence": 1.0}"#, (Answer::Label(3), 65_535)),
            (r#"{"label": 9, "model": "v2", "tokens": [1, 2]}"#, (Answer::Label(9), 0)),
            (r#"{"label": 1, "value": null}"#, (Answer::Label(1), 0)),
            (r#"{"value": -0.5}"#, (Answer::Value(-0.5), 0)),
        ] {
            assert_eq!(read(text), Some(Ok(expected)), "{text}");
        }
        for (text, part) in [
            ("{}", "neither"),
            (r#"{"lable": 1}"#, "neither"),
            (r#"{"label": 1, "value": 2}"#, "a label and a value"),
            (r#"{"label": 10}"#, "found label 10, expected 0 to 9"),
            (r#"{"label": 4000000000}"#, "expected 0 to 9"),
            (r#"{"value": 41}"#, "found value 41, expected -1 to 40"),
            (r#"{"label": 1, "confidence": 7}"#, "found confidence 7"),
            (r#"{"label": 1, "confidence": -0.1}"#, "found confidence -0.1"),
        ] {
            let error = read(text).unwrap().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        for text in [r#"{"label": -1}"#, r#"{"label": 1.5}"#, "3", "none"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(!matches!(read(r#"{"value": 1e39}"#), Some(Ok(_))), "not a finite value");
        let any = AnswerRange::default();
        let answer = ExpertAnswer { label: Some(4_000_000_000), ..ExpertAnswer::default() };
        assert!(answer.to_wire(&any).is_err(), "also without a declaration");
    }
}
