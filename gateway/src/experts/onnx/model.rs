//! A model file, and what it makes of an input.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tract_onnx::prelude::{
    DatumType, Framework, InferenceFact, InferenceModelExt, IntoRunnable, IntoTensor, Tensor,
    TractError, TypedRunnableModel, tract_ndarray::ArrayD, tvec,
};
use tract_onnx::tract_hir::infer::Factoid;

use crate::experts::document::{ExpertAnswer, Input};

/// How far the sum of probabilities may be from one, because many are rounded.
const SUM_TOLERANCE: f32 = 1e-3;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file cannot be read, or has an unknown operator.
    #[error("{}: {reason}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The chain of errors, from the outermost.
        reason: String,
    },
    /// The model does not take the features of one row.
    #[error("{}: found {found}, expected {expected}", file.display())]
    Input {
        /// The file.
        file: PathBuf,
        /// What the model takes.
        found: String,
        /// What it should take.
        expected: &'static str,
    },
}

/// Why a model gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InferenceError {
    /// The input has another number of features than the model takes.
    #[error("found {found} features, expected {expected}")]
    FeatureCount {
        /// Features in the input.
        found: usize,
        /// Features that the model takes.
        expected: usize,
    },
    /// The input's bytes are not whole `f32`s.
    #[error("found {found} bytes, expected a multiple of 4: little-endian `f32`")]
    ByteCount {
        /// Bytes in the input.
        found: usize,
    },
    /// The model cannot be run on the input.
    #[error("the model failed: {reason}")]
    Failed {
        /// The chain of errors, from the outermost.
        reason: String,
    },
    /// The model's outputs are neither a label nor classes nor a finite value.
    #[error("the model's outputs are not an answer")]
    InvalidOutput,
}

/// A model with one input, the features of one row as `f32`. Its outputs are one of
/// - a label (an integer), optionally followed by the probabilities of the classes,
/// - the probabilities or logits of two classes or more,
/// - one number, the value.
#[derive(Debug, Clone)]
pub struct Model {
    plan: Arc<TypedRunnableModel>,
    shape: Vec<usize>,
}

impl Model {
    /// Reads a model. Unknown dimensions, such as that of a batch, become 1.
    ///
    /// # Errors
    /// [`ModelError`]: the file, what was found and what was expected.
    pub fn load(file: &Path) -> Result<Self, ModelError> {
        let read = |error: TractError| ModelError::Read {
            file: file.to_owned(),
            // The whole chain, because the outermost error is seldom the cause.
            reason: format!("{error:#}"),
        };
        let wrong = |found, expected| ModelError::Input { file: file.to_owned(), found, expected };
        let model = tract_onnx::onnx().model_for_path(file).map_err(read)?;
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

    /// The number of features that the model takes.
    #[must_use]
    pub fn features(&self) -> usize {
        self.shape.iter().product()
    }

    /// Runs the model. Codes and readings become floats of the same value; bytes are read as
    /// little-endian `f32`.
    ///
    /// # Errors
    /// [`InferenceError`]: what was found and what was expected.
    pub fn answer(&self, input: &Input) -> Result<ExpertAnswer, InferenceError> {
        let features = features(input)?;
        let (found, expected) = (features.len(), self.features());
        let input = ArrayD::from_shape_vec(self.shape.clone(), features)
            .map_err(|_| InferenceError::FeatureCount { found, expected })?;
        let outputs = self
            .plan
            .run(tvec!(input.into_tensor().into()))
            .map_err(|error| InferenceError::Failed { reason: format!("{error:#}") })?;
        let mut outputs = outputs.iter().map(|output| Output::read(output));
        let first = outputs.next().flatten().ok_or(InferenceError::InvalidOutput)?;
        first.answer(outputs.next().flatten().as_ref()).ok_or(InferenceError::InvalidOutput)
    }
}

/// The numbers of an output.
enum Output {
    Integers(Vec<i64>),
    Floats(Vec<f32>),
}

impl Output {
    fn read(tensor: &Tensor) -> Option<Self> {
        let cast = |kind| tensor.cast_to_dt(kind).ok();
        let kind = tensor.datum_type();
        // `tract` turns integers into dimensions, because in most graphs that is what they are.
        if kind.is_integer() || kind == DatumType::TDim {
            let cast = cast(DatumType::I64)?;
            Some(Self::Integers(cast.to_plain_array_view::<i64>().ok()?.iter().copied().collect()))
        } else if kind.is_float() {
            let cast = cast(DatumType::F32)?;
            Some(Self::Floats(cast.to_plain_array_view::<f32>().ok()?.iter().copied().collect()))
        } else {
            None
        }
    }

    /// The answer in this output, given the one after it.
    fn answer(&self, second: Option<&Self>) -> Option<ExpertAnswer> {
        match self {
            Self::Integers(labels) => {
                let [label] = labels[..] else { return None };
                let label = Some(u32::try_from(label).ok()?);
                let confidence = match second {
                    Some(Self::Floats(classes)) => most_likely(classes).map(|(_, p)| p),
                    _ => None,
                };
                Some(ExpertAnswer { label, value: None, confidence })
            }
            Self::Floats(values) => match values[..] {
                [value] if value.is_finite() => {
                    Some(ExpertAnswer { value: Some(value), ..ExpertAnswer::default() })
                }
                _ => {
                    let (label, confidence) = most_likely(values)?;
                    let (label, confidence) = (Some(label), Some(confidence));
                    Some(ExpertAnswer { label, value: None, confidence })
                }
            },
        }
    }
}

fn features(input: &Input) -> Result<Vec<f32>, InferenceError> {
    Ok(match input {
        Input::Codes(codes) => codes.iter().map(|&code| f32::from(code)).collect(),
        Input::Raw(readings) => readings.iter().map(|&reading| f32::from(reading)).collect(),
        Input::Bytes(bytes) => match bytes.as_chunks() {
            (words, []) => words.iter().map(|&word| f32::from_le_bytes(word)).collect(),
            _ => return Err(InferenceError::ByteCount { found: bytes.len() }),
        },
    })
}

/// The most likely class and its probability, from probabilities or logits; `None` if there are
/// fewer than two classes, or one is not finite.
fn most_likely(classes: &[f32]) -> Option<(u32, f32)> {
    if classes.len() < 2 || !classes.iter().all(|class| class.is_finite()) {
        return None;
    }
    let (label, &largest) = classes
        .iter()
        .enumerate()
        .reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    let sum: f32 = classes.iter().sum();
    let are_probabilities =
        classes.iter().all(|&class| class >= 0.0) && (sum - 1.0).abs() <= SUM_TOLERANCE;
    let confidence = if are_probabilities {
        largest
    } else {
        // The softmax of the largest logit.
        classes.iter().map(|class| (class - largest).exp()).sum::<f32>().recip()
    };
    Some((label.try_into().ok()?, confidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_kept_and_logits_converted() {
        assert_eq!(most_likely(&[0.25, 0.75]), Some((1, 0.75)));
        let (label, confidence) = most_likely(&[3.0, 1.0, 3.0]).unwrap();
        assert_eq!(label, 0, "the first of equal logits");
        let expected = 1.0 / (2.0 + (-2.0f32).exp());
        assert!((confidence - expected).abs() < 1e-6, "{confidence}");
        assert_eq!(most_likely(&[1.0]), None);
        assert_eq!(most_likely(&[1.0, f32::NAN]), None);
    }

    #[test]
    fn every_payload_gives_features() {
        assert_eq!(features(&Input::Codes(vec![-128, 7])), Ok(vec![-128.0, 7.0]));
        assert_eq!(features(&Input::Raw(vec![-300, 7])), Ok(vec![-300.0, 7.0]));
        let bytes = [1.5f32.to_le_bytes(), (-2.0f32).to_le_bytes()].concat();
        assert_eq!(features(&Input::Bytes(bytes)), Ok(vec![1.5, -2.0]));
        assert_eq!(
            features(&Input::Bytes(vec![0; 7])),
            Err(InferenceError::ByteCount { found: 7 })
        );
    }
}
