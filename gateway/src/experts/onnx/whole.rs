//! Softmax between quantized numbers: kept whole, and found at the end of a model.
//!
//! `tract` replaces what stands between a dequantization and a quantization by a table of the 256 codes,
//! if each number depends on one number alone. It takes a softmax for such (tract 0.23), and then all
//! classes of an int8 model are equally likely, whatever the input. An operator that does not say how
//! its axes belong together is left as it is.

use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::cast::Cast;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::nn::{Softmax, SoftmaxKind};
use tract_onnx::tract_core::ops::quant::{DequantizeLinearF32, QuantizeLinearI8, QuantizeLinearU8};

/// A softmax of floats.
#[derive(Debug, Clone, PartialEq, Eq)]
struct WholeSoftmax(Softmax);

impl Op for WholeSoftmax {
    fn name(&self) -> StaticName {
        "WholeSoftmax".into()
    }

    op_as_typed_op!();
}

impl EvalOp for WholeSoftmax {
    op_out_of_plan!();

    fn eval(&self, context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        self.0.eval(context, inputs)
    }
}

impl TypedOp for WholeSoftmax {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        self.0.output_facts(inputs)
    }

    as_op!();
}

/// The model with every softmax of floats kept whole; before it is optimised.
pub(super) fn keep_softmax_whole(mut model: TypedModel) -> TypedModel {
    for node in &mut model.nodes {
        if let Some(softmax) = node.op_as::<Softmax>().filter(|op| op.quant_output_dt.is_none()) {
            node.op = Box::new(WholeSoftmax(softmax.clone()));
        }
    }
    model
}

/// For each output, whether it is a softmax, rounded to integers or not: then its numbers are
/// probabilities, even where rounding keeps their sum from being one. Of a model as it was read.
pub(super) fn softmax_outputs(model: &TypedModel) -> Vec<bool> {
    model.outputs.iter().map(|output| is_softmax(model, output.node)).collect()
}

fn is_softmax(model: &TypedModel, mut node: usize) -> bool {
    loop {
        let here = model.node(node);
        if let Some(softmax) = here.op_as::<Softmax>() {
            return softmax.kind == SoftmaxKind::Softmax;
        }
        match here.inputs[..] {
            [input] if rounds(here) => node = input.node,
            _ => return false,
        }
    }
}

/// Whether a node writes numbers in another way, and that is all.
fn rounds(node: &TypedNode) -> bool {
    let to_integers = node.op_as::<ElementWiseOp>().is_some_and(|op| {
        op.0.downcast_ref::<QuantizeLinearI8>().is_some()
            || op.0.downcast_ref::<QuantizeLinearU8>().is_some()
    });
    to_integers || node.op_is::<DequantizeLinearF32>() || node.op_is::<Cast>()
}
