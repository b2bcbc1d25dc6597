//! An expert that is an ONNX model, run in this process.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tract_onnx::prelude::{
    DatumType, Framework, InferenceFact, InferenceModelExt, IntoRunnable, IntoTensor, Tensor,
    TypedRunnableModel, tract_ndarray::ArrayD, tvec,
};
use tract_onnx::tract_hir::infer::Factoid;

use crate::protocol::{AnswerDocument, Input};

/// Probabilities add up to one, within the rounding of many.
const SUM_TOLERANCE: f32 = 1e-3;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It cannot be read, or has an operator that is not known.
    #[error("{}: {reason}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// It takes or gives something else than features and an answer.
    #[error("{}: found {found}, expected {expected}", file.display())]
    Shape {
        /// The file.
        file: PathBuf,
        /// What it has.
        found: String,
        /// What it should have.
        expected: &'static str,
    },
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// As many features as the model does not take.
    #[error("found {found} features, expected {expected}")]
    Features {
        /// How many came.
        found: usize,
        /// How many it takes.
        expected: usize,
    },
    /// Bytes that are no `f32`.
    #[error("found {0} bytes, expected a multiple of 4: `f32`, little-endian")]
    Bytes(usize),
    /// The model failed, or gave something that is no answer.
    #[error("{0}")]
    Model(String),
}

/// A model with one input, the features of one row as `f32`, and as outputs either
/// - a label (integer), then perhaps the probabilities of the classes,
/// - the probabilities or logits of at least two classes, or
/// - one number, the value.
#[derive(Debug, Clone)]
pub struct Model {
    plan: Arc<TypedRunnableModel>,
    shape: Vec<usize>,
}

impl Model {
    /// Reads a model; unknown dimensions, such as that of a batch, become 1.
    ///
    /// # Errors
    /// [`ModelError`]: which file, what was found, what was expected.
    pub fn load(file: &Path) -> Result<Self, ModelError> {
        let onnx = tract_onnx::onnx();
        let read = |error: tract_onnx::prelude::TractError| ModelError::Read {
            file: file.to_owned(),
            // The whole chain: the outermost is seldom the reason.
            reason: format!("{error:#}"),
        };
        let wrong = |found, expected| ModelError::Shape { file: file.to_owned(), found, expected };
        let model = onnx.model_for_path(file).map_err(read)?;
        if model.inputs.len() != 1 {
            return Err(wrong(format!("{} inputs", model.inputs.len()), "one: the features"));
        }
        let fact = model.input_fact(0).map_err(read)?;
        if fact.shape.is_open() {
            return Err(wrong("an input of any shape".to_owned(), "one such as [1, features]"));
        }
        let known = |dimension: Option<i64>| dimension.and_then(|known| known.try_into().ok());
        let shape: Vec<usize> = fact
            .shape
            .dims()
            .map(|dimension| known(dimension.concretize().and_then(|d| d.to_i64().ok())))
            .map(|dimension| dimension.unwrap_or(1))
            .collect();
        if let Some(found) = fact.datum_type.concretize().filter(|&t| t != DatumType::F32) {
            return Err(wrong(format!("an input of {found:?}"), "32-bit floating point"));
        }
        let plan = model
            .with_input_fact(0, InferenceFact::dt_shape(DatumType::F32, shape.iter().copied()))
            .and_then(InferenceModelExt::into_optimized)
            .and_then(IntoRunnable::into_runnable)
            .map_err(read)?;
        Ok(Self { plan, shape })
    }

    /// How many features it takes.
    #[must_use]
    pub fn features(&self) -> usize {
        self.shape.iter().product()
    }

    /// Answers. Codes and readings are taken as the numbers that they are, bytes as `f32`, little-endian.
    ///
    /// # Errors
    /// [`QuestionError`]: what was found, what was expected.
    pub fn answer(&self, input: &Input) -> Result<AnswerDocument, QuestionError> {
        let features = features(input)?;
        let (found, expected) = (features.len(), self.features());
        let input = ArrayD::from_shape_vec(self.shape.clone(), features)
            .map_err(|_| QuestionError::Features { found, expected })?;
        let failed = |error: tract_onnx::prelude::TractError| {
            QuestionError::Model(format!("the model failed: {error:#}"))
        };
        let outputs = self.plan.run(tvec!(input.into_tensor().into())).map_err(failed)?;
        let mut outputs = outputs.iter().map(|output| numbers(output));
        let none = || QuestionError::Model("the model's outputs are no answer".to_owned());
        match (outputs.next().flatten(), outputs.next().flatten()) {
            (Some(Numbers::Whole(label)), second) => {
                let [label] = label[..] else { return Err(none()) };
                let label = u32::try_from(label).map_err(|_| none())?;
                let confidence = match second {
                    Some(Numbers::Real(classes)) => likeliest(&classes).map(|(_, p)| p),
                    _ => None,
                };
                Ok(AnswerDocument { label: Some(label), value: None, confidence })
            }
            (Some(Numbers::Real(values)), _) => match values[..] {
                [value] if value.is_finite() => {
                    Ok(AnswerDocument { value: Some(value), ..AnswerDocument::default() })
                }
                _ => {
                    let (label, confidence) = likeliest(&values).ok_or_else(none)?;
                    let (label, confidence) = (Some(label), Some(confidence));
                    Ok(AnswerDocument { label, value: None, confidence })
                }
            },
            (None, _) => Err(none()),
        }
    }
}

enum Numbers {
    Whole(Vec<i64>),
    Real(Vec<f32>),
}

fn numbers(tensor: &Tensor) -> Option<Numbers> {
    let to = |kind| tensor.cast_to_dt(kind).ok();
    let kind = tensor.datum_type();
    // Whole numbers may have become dimensions, which is what they mostly are in such graphs.
    if kind.is_integer() || kind == DatumType::TDim {
        let whole = to(DatumType::I64)?;
        Some(Numbers::Whole(whole.to_plain_array_view::<i64>().ok()?.iter().copied().collect()))
    } else if kind.is_float() {
        let real = to(DatumType::F32)?;
        Some(Numbers::Real(real.to_plain_array_view::<f32>().ok()?.iter().copied().collect()))
    } else {
        None
    }
}

fn features(input: &Input) -> Result<Vec<f32>, QuestionError> {
    Ok(match input {
        Input::Codes(codes) => codes.iter().map(|&code| f32::from(code)).collect(),
        Input::Raw(readings) => readings.iter().map(|&reading| f32::from(reading)).collect(),
        Input::Bytes(bytes) => match bytes.as_chunks() {
            (words, []) => words.iter().map(|&word| f32::from_le_bytes(word)).collect(),
            _ => return Err(QuestionError::Bytes(bytes.len())),
        },
    })
}

/// The likeliest class and its probability; `None` of what is not finite, or fewer than two.
fn likeliest(classes: &[f32]) -> Option<(u32, f32)> {
    if classes.len() < 2 || !classes.iter().all(|class| class.is_finite()) {
        return None;
    }
    let (label, &most) = classes
        .iter()
        .enumerate()
        .reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    let sum: f32 = classes.iter().sum();
    let probabilities =
        classes.iter().all(|&class| class >= 0.0) && (sum - 1.0).abs() <= SUM_TOLERANCE;
    let confidence = if probabilities {
        most
    } else {
        // Logits: the softmax of the greatest.
        classes.iter().map(|class| (class - most).exp()).sum::<f32>().recip()
    };
    Some((label.try_into().ok()?, confidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_stay_and_logits_become_probabilities() {
        assert_eq!(likeliest(&[0.25, 0.75]), Some((1, 0.75)));
        let (label, confidence) = likeliest(&[3.0, 1.0, 3.0]).unwrap();
        assert_eq!(label, 0, "the first of equals");
        let expected = 1.0 / (2.0 + (-2.0f32).exp());
        assert!((confidence - expected).abs() < 1e-6, "{confidence}");
        assert_eq!(likeliest(&[1.0]), None);
        assert_eq!(likeliest(&[1.0, f32::NAN]), None);
    }

    #[test]
    fn every_payload_becomes_features() {
        assert_eq!(features(&Input::Codes(vec![-128, 7])), Ok(vec![-128.0, 7.0]));
        assert_eq!(features(&Input::Raw(vec![-300, 7])), Ok(vec![-300.0, 7.0]));
        let bytes = [1.5f32.to_le_bytes(), (-2.0f32).to_le_bytes()].concat();
        assert_eq!(features(&Input::Bytes(bytes)), Ok(vec![1.5, -2.0]));
        assert_eq!(features(&Input::Bytes(vec![0; 7])), Err(QuestionError::Bytes(7)));
    }
}
