//! The float network of a training as an ONNX model, for the tools of others.

mod graph;
mod protobuf;

use crate::data::dataset::Dataset;
use crate::learn::batch::Standardizer;
use crate::learn::fit::Fit;
use crate::learn::platt_scaling::Affine;
use crate::pipeline::FloatNetwork;
use graph::{Element, Graph};

/// What the file says of itself.
const ABOUT: &str = "A rejector: whom to ask, from features. This is the float network that the integers of the \
                     image were made from, not the image itself: a device may decide otherwise on some rows.";

/// The float network of a training as an ONNX model (operators of version 13, all in single
/// precision). It holds everything between features and choice: the rounding of features by the input
/// quantizers, which the network was trained behind, standardization, dense layers, Platt scaling and
/// prices where scores are probabilities, and offsets.
///
/// - `features`: rows x inputs, as in the log; where it has categories or windows, their features.
/// - `scores`: rows x experts, without offsets.
/// - `expert`: rows, the index of the expert to ask, ties to the lower one; 0 is the device itself.
///
/// It decides as [`Trained::float_choices`](crate::Trained::float_choices) does, but for the order in
/// which a runtime adds: where two scores are equal to the last bits, it may choose the other one.
/// The names of features and experts are in the properties `features` and `experts` (JSON).
#[must_use]
pub fn onnx(network: FloatNetwork<'_>, data: &Dataset) -> Vec<u8> {
    let FloatNetwork { fit, offsets } = network;
    let experts = data.experts.len();
    let mut graph = Graph::new("features", data.inputs());
    round_and_standardize(&mut graph, fit);
    layers(&mut graph, fit);
    if let Some(scaling) = &fit.platt_scaling {
        let column = |value: fn(&Affine) -> f64| {
            scaling.affine.iter().map(|affine| value(affine) as f32).collect()
        };
        let width = &[experts][..];
        graph.then("slopes", "Mul", &[("slope", width, column(|affine| affine.slope))], &[]);
        let intercepts = column(|affine| affine.intercept);
        graph.then("log_odds", "Add", &[("intercept", width, intercepts)], &[]);
        graph.then("probabilities", "Sigmoid", &[], &[]);
        graph.then("scores", "Sub", &[("price", width, singles(&scaling.prices))], &[]);
    } else {
        graph.then("scores", "Identity", &[], &[]);
    }
    graph.output(Element::F32, &[experts]);
    graph.then("sums", "Add", &[("offset", &[experts], singles(offsets))], &[]);
    graph.then("expert", "ArgMax", &[], &[("axis", 1), ("keepdims", 0)]);
    graph.output(Element::I64, &[]);
    let names = data.experts.iter().map(|expert| expert.name.as_str()).collect::<Vec<_>>();
    let digest: String = data.log_digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let notes = [
        ("experts", serde_json::json!(names).to_string()),
        ("features", serde_json::json!(data.feature_names).to_string()),
        ("log_digest", digest),
    ];
    graph.into_model(ABOUT, &notes)
}

/// What the network sees of the features.
fn round_and_standardize(graph: &mut Graph, fit: &Fit) {
    let standardizer = &fit.standardizer;
    let inputs = &standardizer.inputs;
    let width = &[inputs.len()][..];
    let column = |value: &dyn Fn(usize) -> f32| (0..inputs.len()).map(value).collect::<Vec<f32>>();
    let scale = column(&|j| inputs[j].quantizer.scale);
    let bias = column(&|j| inputs[j].quantizer.bias);
    // From a code to standard deviations; codes of an input quantizer begin at -128, these at 0.
    let per_code = column(&|j| (inputs[j].step / standardizer.deviations[j]) as f32);
    let of_first = column(&|j| standardized(inputs[j].value(-128.0), standardizer, j));
    graph.then("scaled", "Mul", &[("scale", width, scale)], &[]);
    graph.then("shifted", "Add", &[("bias", width, bias)], &[]);
    graph.then("clipped", "Clip", &[("least", &[], vec![0.0]), ("most", &[], vec![255.0])], &[]);
    graph.then("codes", "Floor", &[], &[]);
    graph.then("deviations", "Mul", &[("per_code", width, per_code)], &[]);
    graph.then("standardized", "Add", &[("of_first", width, of_first)], &[]);
}

fn standardized(value: f64, standardizer: &Standardizer, feature: usize) -> f32 {
    ((value - standardizer.means[feature]) / standardizer.deviations[feature]) as f32
}

/// The dense layers, with a ReLU behind each but the last.
fn layers(graph: &mut Graph, fit: &Fit) {
    let last = fit.shape.layers().len() - 1;
    for (index, span) in fit.shape.layers().enumerate() {
        let weights = singles(&fit.parameters[span.weights..span.biases]);
        let biases = singles(&fit.parameters[span.biases..][..span.outputs]);
        let constants: &[(&str, &[usize], Vec<f32>)] = &[
            ("weights", &[span.outputs, span.inputs], weights),
            ("biases", &[span.outputs], biases),
        ];
        graph.then(&format!("dense{index}"), "Gemm", constants, &[("transB", 1)]);
        if index < last {
            graph.then(&format!("relu{index}"), "Relu", &[], &[]);
        }
    }
}

fn singles(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}
