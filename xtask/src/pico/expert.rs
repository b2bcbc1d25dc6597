//! An expert whose answer names the question.

use mild_test_support::onnx;

/// The image of the boards.
mod rejector {
    #![allow(dead_code, reason = "written for firmware")]
    include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/wine/rejector.rs"));
}
pub(super) use rejector::IMAGE;

/// The weight of each code in the answer: no two inputs have the same sum, and all sums are exact
/// as floats.
const WEIGHTS: [f32; IMAGE.inputs()] = [1.0, 256.0, 65_536.0];

/// The answer to an input.
pub(super) fn answer(codes: &[i8]) -> f32 {
    codes.iter().zip(WEIGHTS).map(|(&code, weight)| f32::from(code) * weight).sum()
}

/// The expert as an ONNX model.
pub(super) fn model() -> Vec<u8> {
    let width = WEIGHTS.len() as u64;
    onnx::model(
        &[onnx::node("MatMul", &["codes", "weights"], "answer")],
        &[onnx::tensor("weights", &[width, 1], &WEIGHTS)],
        &onnx::value("codes", onnx::FLOAT, Some(width)),
        &[onnx::value("answer", onnx::FLOAT, Some(1))],
    )
}
