//! The JSON documents between gateway and experts, the same over HTTP and MQTT.

use mild::wire::{Answer, Payload, Request};
use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

impl ExpertAnswer {
    /// The answer and its confidence as frames have them; `None` if this is not an answer.
    #[must_use]
    pub fn to_wire(&self) -> Option<(Answer, u16)> {
        let answer = match (self.label, self.value) {
            (Some(label), None) => Answer::Label(label),
            (None, Some(value)) if value.is_finite() => Answer::Value(value),
            _ => return None,
        };
        // The cast saturates, and turns NaN into 0, which means "not stated".
        let confidence = (self.confidence.unwrap_or(0.0) * 65_535.0).round() as u16;
        Some((answer, confidence))
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

    #[test]
    fn an_answer_is_a_label_or_a_value() {
        let read = |text| serde_json::from_str::<ExpertAnswer>(text).ok().and_then(|a| a.to_wire());
        assert_eq!(read(r#"{"label": 3, "confidence": 1.0}"#), Some((Answer::Label(3), 65_535)));
        assert_eq!(read(r#"{"value": -0.5}"#), Some((Answer::Value(-0.5), 0)));
        for text in
            ["{}", r#"{"label": 1, "value": 2}"#, r#"{"label": -1}"#, r#"{"lable": 1}"#, "3"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
