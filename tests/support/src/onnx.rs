//! ONNX models, written field by field as the protocol buffers of ONNX.

/// The type of 32-bit floats.
pub const FLOAT: u64 = 1;
/// The type of 8-bit integers.
const INT8: u64 = 3;
/// The type of 64-bit integers.
pub const INT64: u64 = 7;

fn varint(mut value: u64, to: &mut Vec<u8>) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// A field that is a number.
#[must_use]
pub fn number(field: u64, value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    varint(field << 3, &mut bytes);
    varint(value, &mut bytes);
    bytes
}

/// A field that is a text or a message.
pub fn bytes(field: u64, content: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    varint(field << 3 | 2, &mut bytes);
    varint(content.as_ref().len() as u64, &mut bytes);
    bytes.extend(content.as_ref());
    bytes
}

/// A `NodeProto`.
#[must_use]
pub fn node(operator: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs = inputs.iter().flat_map(|name| bytes(1, name));
    inputs.chain(bytes(2, output)).chain(bytes(3, output)).chain(bytes(4, operator)).collect()
}

/// A `TensorProto` of floats.
#[must_use]
pub fn tensor(name: &str, dimensions: &[u64], values: &[f32]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let dimensions = dimensions.iter().flat_map(|&dimension| number(1, dimension));
    dimensions.chain(number(2, FLOAT)).chain(bytes(8, name)).chain(bytes(9, raw)).collect()
}

/// A `TensorProto` of one 8-bit integer.
#[must_use]
pub fn code(name: &str, value: i8) -> Vec<u8> {
    [number(2, INT8), bytes(8, name), bytes(9, value.to_le_bytes())].concat()
}

/// A `ValueInfoProto` of a batch of unknown size.
#[must_use]
pub fn value(name: &str, kind: u64, width: Option<u64>) -> Vec<u8> {
    let batch = bytes(1, bytes(2, "batch"));
    let width = width.map(|width| bytes(1, number(1, width))).unwrap_or_default();
    let tensor = [number(1, kind), bytes(2, [batch, width].concat())].concat();
    [bytes(1, name), bytes(2, bytes(1, tensor))].concat()
}

/// A `ModelProto` of these nodes, tensors, input and outputs.
#[must_use]
pub fn model(nodes: &[Vec<u8>], tensors: &[Vec<u8>], input: &[u8], outputs: &[Vec<u8>]) -> Vec<u8> {
    let fields =
        |field, parts: &[Vec<u8>]| parts.iter().flat_map(|part| bytes(field, part)).collect();
    let graph: [Vec<u8>; 5] = [
        fields(1, nodes),
        bytes(2, "expert"),
        fields(5, tensors),
        bytes(11, input),
        fields(12, outputs),
    ];
    let operators = [bytes(1, ""), number(2, 13)].concat();
    [number(1, 8), bytes(7, graph.concat()), bytes(8, operators)].concat()
}
