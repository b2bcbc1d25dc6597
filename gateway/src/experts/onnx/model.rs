//! A model file, and what it makes of an input.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tract_onnx::prelude::{
    DatumType, Framework, InferenceFact, InferenceModelExt, IntoRunnable, IntoTensor, Tensor,
    TractError, TractResult, TypedModel, TypedRunnableModel, tract_ndarray::ArrayD, tvec,
};
use tract_onnx::tract_hir::infer::Factoid;

use super::whole::{keep_softmax_whole, softmax_outputs};
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

/// All that a model says of an input.
#[derive(Debug, Clone, PartialEq)]
pub enum Answered {
    /// A class, and the probability of each class if the model says it.
    Class {
        /// The most likely class, or the one that the model names.
        label: u32,
        /// From 0 to 1, in the order of the classes; empty if the model has none.
        probabilities: Vec<f32>,
    },
    /// A number.
    Value(f32),
}

/// A model with one input, the features of one row: an ONNX model that takes `f32`, or a TensorFlow Lite
/// model that takes `f32` or quantized integers, to which the features are quantized as it says. Its
/// outputs are one of
/// - a label (an integer), optionally followed by the probabilities of the classes,
/// - the probabilities or logits of two classes or more,
/// - one number, the value.
#[derive(Debug, Clone)]
pub struct Model {
    plan: Arc<TypedRunnableModel>,
    shape: Vec<usize>,
    /// What the model takes.
    kind: DatumType,
    /// Of each output: whether it is a softmax.
    softmax: Vec<bool>,
}

/// What stands behind the first four bytes of a TensorFlow Lite model.
const TFLITE: &[u8] = b"TFL3";

impl Model {
    /// Reads a model, which its first bytes tell to be of ONNX or of TensorFlow Lite. Unknown dimensions,
    /// such as that of a batch, become 1.
    ///
    /// # Errors
    /// [`ModelError`]: the file, what was found and what was expected.
    pub fn load(file: &Path) -> Result<Self, ModelError> {
        let mut start = [0; 8];
        let begins = File::open(file).and_then(|mut model| model.read_exact(&mut start));
        // A file that is missing or shorter has its error below.
        match begins {
            Ok(()) if start.ends_with(TFLITE) => Self::load_tflite(file),
            _ => Self::load_onnx(file),
        }
    }

    fn load_tflite(file: &Path) -> Result<Self, ModelError> {
        let read = |error: TractError| ModelError::Read {
            file: file.to_owned(),
            reason: format!("{error:#}"),
        };
        let model = tract_tflite::tflite().model_for_path(file).map_err(read)?;
        let wrong = |found, expected| ModelError::Input { file: file.to_owned(), found, expected };
        if model.inputs.len() != 1 {
            return Err(wrong(format!("{} inputs", model.inputs.len()), "one: the features"));
        }
        let fact = model.input_fact(0).map_err(read)?;
        let kind = fact.datum_type;
        let Some(shape) = fact.shape.as_concrete().map(<[usize]>::to_vec) else {
            return Err(wrong("an input of any shape".to_owned(), "one such as [1, features]"));
        };
        if kind != DatumType::F32 && !kind.is_quantized() {
            let expected = "32-bit floating point, or integers with a scale";
            return Err(wrong(format!("an input of {kind:?}"), expected));
        }
        let (plan, softmax) = runnable(model).map_err(read)?;
        Ok(Self { plan, shape, kind, softmax })
    }

    fn load_onnx(file: &Path) -> Result<Self, ModelError> {
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
        let (plan, softmax) = model
            .with_input_fact(0, InferenceFact::dt_shape(DatumType::F32, shape.iter().copied()))
            .and_then(InferenceModelExt::into_typed)
            .and_then(runnable)
            .map_err(read)?;
        Ok(Self { plan, shape, kind: DatumType::F32, softmax })
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
        Ok(match self.answer_fully(input)? {
            Answered::Value(value) => {
                ExpertAnswer { value: Some(value), ..ExpertAnswer::default() }
            }
            Answered::Class { label, probabilities } => ExpertAnswer {
                label: Some(label),
                value: None,
                confidence: probabilities.into_iter().reduce(f32::max),
            },
        })
    }

    /// As [`answer`](Self::answer), with the probability of each class.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn answer_fully(&self, input: &Input) -> Result<Answered, InferenceError> {
        let features = features(input)?;
        let (found, expected) = (features.len(), self.features());
        let input = ArrayD::from_shape_vec(self.shape.clone(), features)
            .map_err(|_| InferenceError::FeatureCount { found, expected })?;
        let failed = |error: TractError| InferenceError::Failed { reason: format!("{error:#}") };
        let input = input.into_tensor();
        let input = input.cast_to_dt(self.kind).map_err(failed)?.into_owned();
        let outputs = self.plan.run(tvec!(input.into())).map_err(failed)?;
        let outputs = outputs.iter().zip(&self.softmax);
        let mut outputs = outputs.map(|(output, &softmax)| Output::read(output, softmax));
        let first = outputs.next().flatten().ok_or(InferenceError::InvalidOutput)?;
        first.answer(outputs.next().flatten().as_ref()).ok_or(InferenceError::InvalidOutput)
    }
}

/// A model that runs, and which of its outputs are a softmax.
fn runnable(model: TypedModel) -> TractResult<(Arc<TypedRunnableModel>, Vec<bool>)> {
    let softmax = softmax_outputs(&model);
    let plan = keep_softmax_whole(model).into_optimized()?.into_runnable()?;
    Ok((plan, softmax))
}

/// The numbers of an output.
enum Output {
    Integers(Vec<i64>),
    Floats { values: Vec<f32>, softmax: bool },
}

impl Output {
    fn read(tensor: &Tensor, softmax: bool) -> Option<Self> {
        let cast = |kind| tensor.cast_to_dt(kind).ok();
        let kind = tensor.datum_type();
        // Quantized integers are numbers. `tract` turns integers into dimensions, because in most graphs that
        // is what they are.
        if kind.is_quantized() || kind.is_float() {
            let cast = cast(DatumType::F32)?;
            let values = cast.to_plain_array_view::<f32>().ok()?.iter().copied().collect();
            Some(Self::Floats { values, softmax })
        } else if kind.is_integer() || kind == DatumType::TDim {
            let cast = cast(DatumType::I64)?;
            Some(Self::Integers(cast.to_plain_array_view::<i64>().ok()?.iter().copied().collect()))
        } else {
            None
        }
    }

    /// The answer in this output, given the one after it.
    fn answer(&self, second: Option<&Self>) -> Option<Answered> {
        match self {
            Self::Integers(labels) => {
                let [label] = labels[..] else { return None };
                let label = u32::try_from(label).ok()?;
                let probabilities = match second {
                    Some(Self::Floats { values, softmax }) => {
                        probabilities(values, *softmax).unwrap_or_default()
                    }
                    _ => Vec::new(),
                };
                Some(Answered::Class { label, probabilities })
            }
            Self::Floats { values, softmax } => match values[..] {
                [value] if value.is_finite() => Some(Answered::Value(value)),
                _ => {
                    let probabilities = probabilities(values, *softmax)?;
                    let label = most_likely(values)?;
                    Some(Answered::Class { label, probabilities })
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

/// The class with the largest number, the first of equal ones.
fn most_likely(classes: &[f32]) -> Option<u32> {
    let (label, _) = classes
        .iter()
        .enumerate()
        .reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    label.try_into().ok()
}

/// The probabilities of the classes, from probabilities or logits; `None` if there are fewer than two
/// classes, one is not finite, or all are rounded to nothing. `softmax`: they are probabilities, though
/// their sum may be another one than one after rounding.
fn probabilities(classes: &[f32], softmax: bool) -> Option<Vec<f32>> {
    if classes.len() < 2 || !classes.iter().all(|class| class.is_finite()) {
        return None;
    }
    let sum: f32 = classes.iter().sum();
    let none_is_negative = classes.iter().all(|&class| class >= 0.0);
    if none_is_negative && (sum - 1.0).abs() <= SUM_TOLERANCE {
        return Some(classes.to_vec());
    }
    if softmax && none_is_negative {
        return (sum > 0.0).then(|| classes.iter().map(|class| class / sum).collect());
    }
    // The softmax.
    let largest = classes.iter().copied().fold(f32::MIN, f32::max);
    let sum = classes.iter().map(|class| (class - largest).exp()).sum::<f32>();
    Some(classes.iter().map(|class| (class - largest).exp() / sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_kept_and_logits_converted() {
        assert_eq!(probabilities(&[0.25, 0.75], false), Some(vec![0.25, 0.75]));
        assert_eq!(probabilities(&[0.25, 0.25], true), Some(vec![0.5, 0.5]));
        assert_eq!(probabilities(&[0.0, 0.0], true), None);
        assert_eq!(most_likely(&[3.0, 1.0, 3.0]), Some(0), "the first of equal logits");
        let found = probabilities(&[3.0, 1.0, 3.0], false).unwrap();
        let expected = 1.0 / (2.0 + (-2.0f32).exp());
        assert!((found[0] - expected).abs() < 1e-6, "{found:?}");
        assert!((found.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{found:?}");
        assert_eq!(probabilities(&[1.0], false), None);
        assert_eq!(probabilities(&[1.0, f32::NAN], true), None);
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
