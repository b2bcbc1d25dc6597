//! What gateway and experts say to each other, over HTTP and MQTT alike: JSON.

use mild::wire::{Answer, Payload, Request};
use serde::{Deserialize, Serialize};

/// A question to an expert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Who asks.
    pub node: u32,
    /// The number of the node's question.
    pub sequence: u32,
    /// The checksum of the node's image.
    pub image: u32,
    /// The index of the expert.
    pub expert: u8,
    /// What the node would say.
    pub local: AnswerDocument,
    /// By how much the expert was preferred, in score units.
    pub margin: i32,
    /// The input.
    pub payload: Input,
}

/// An input in the form that the node sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    /// Codes of the features.
    Codes(Vec<i8>),
    /// Raw readings.
    Raw(Vec<i16>),
    /// Whatever node and expert agreed on.
    Bytes(Vec<u8>),
}

/// An answer; one of `label` and `value`, or neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerDocument {
    /// A class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<u32>,
    /// A number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f32>,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

impl Question {
    /// The question of a node.
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
            sequence: request.sequence,
            image: request.image,
            expert: request.expert,
            local: AnswerDocument::new(request.local, None),
            margin: request.margin,
            payload,
        }
    }
}

impl AnswerDocument {
    /// An answer, with how sure it is.
    #[must_use]
    pub fn new(answer: Answer, confidence: Option<f32>) -> Self {
        let (label, value) = match answer {
            Answer::None => (None, None),
            Answer::Label(label) => (Some(label), None),
            Answer::Value(value) => (None, Some(value)),
        };
        Self { label, value, confidence }
    }

    /// The answer and its confidence as frames have them; `None` if there is no answer in it.
    #[must_use]
    pub fn answer(&self) -> Option<(Answer, u16)> {
        let answer = match (self.label, self.value) {
            (Some(label), None) => Answer::Label(label),
            (None, Some(value)) if value.is_finite() => Answer::Value(value),
            _ => return None,
        };
        // Casting saturates; what is not a number becomes 0, "not said".
        let confidence = (self.confidence.unwrap_or(0.0) * 65_535.0).round() as u16;
        Some((answer, confidence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_they_are_meant() {
        let read =
            |text| serde_json::from_str::<AnswerDocument>(text).ok().and_then(|a| a.answer());
        assert_eq!(read(r#"{"label": 3, "confidence": 1.0}"#), Some((Answer::Label(3), 65_535)));
        assert_eq!(read(r#"{"value": -0.5}"#), Some((Answer::Value(-0.5), 0)));
        for none in
            ["{}", r#"{"label": 1, "value": 2}"#, r#"{"label": -1}"#, r#"{"lable": 1}"#, "3"]
        {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
