//! The messages of `onnx.proto` that a chain of operators needs. Numbers of fields and of types are
//! those of <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.

use super::protobuf::Message;

/// The version of the format of the file.
const IR_VERSION: u64 = 8;

/// The version of the operators: from 13 on those that are used here have not changed in what
/// matters.
const OPERATORS: u64 = 13;

/// The type of elements of a tensor.
#[derive(Debug, Clone, Copy)]
pub(super) enum Element {
    F32 = 1,
    I64 = 7,
}

/// A chain of operators, each on the value of the one before.
#[derive(Debug)]
pub(super) struct Graph {
    inputs: Vec<Message>,
    outputs: Vec<Message>,
    constants: Vec<Message>,
    nodes: Vec<Message>,
    /// The value that the next operator takes.
    last: String,
}

impl Graph {
    /// A graph that takes rows of `width` numbers.
    pub(super) fn new(input: &str, width: usize) -> Self {
        Self {
            inputs: vec![value(input, Element::F32, &[width])],
            outputs: Vec::new(),
            constants: Vec::new(),
            nodes: Vec::new(),
            last: input.to_owned(),
        }
    }

    /// Appends an operator that takes the last value and some constants, each with its shape. What it
    /// gives is called `name`.
    pub(super) fn then(
        &mut self,
        name: &str,
        operator: &str,
        constants: &[(&str, &[usize], Vec<f32>)],
        attributes: &[(&str, u64)],
    ) {
        let mut node = Message::default().text(1, &self.last);
        for (what, shape, values) in constants {
            let constant = format!("{name}.{what}");
            node = node.text(1, &constant);
            self.constants.push(tensor(&constant, shape, values));
        }
        let attributes = attributes.iter().map(|&(name, value)| {
            // 2 is the type INT.
            Message::default().text(1, name).integer(3, value).integer(20, 2)
        });
        let node = node.text(2, name).text(3, name).text(4, operator).messages(5, attributes);
        self.nodes.push(node);
        name.clone_into(&mut self.last);
    }

    /// Makes the last value one of the outputs; rows x `shape`.
    pub(super) fn output(&mut self, element: Element, shape: &[usize]) {
        self.outputs.push(value(&self.last, element, shape));
    }

    /// The file. `notes` are names and texts for people and tools.
    pub(super) fn into_model(self, about: &str, notes: &[(&str, String)]) -> Vec<u8> {
        let graph = Message::default()
            .messages(1, self.nodes)
            .text(2, "rejector")
            .messages(5, self.constants)
            .messages(11, self.inputs)
            .messages(12, self.outputs);
        let notes = notes.iter().map(|(key, value)| Message::default().text(1, key).text(2, value));
        Message::default()
            .integer(1, IR_VERSION)
            .text(2, "mild")
            .text(3, env!("CARGO_PKG_VERSION"))
            .text(6, about)
            .message(7, &graph)
            .message(8, &Message::default().text(1, "").integer(2, OPERATORS))
            .messages(14, notes)
            .into_bytes()
    }
}

/// A named value: any number of rows x `shape`.
fn value(name: &str, element: Element, shape: &[usize]) -> Message {
    let rows = Message::default().text(2, "rows");
    let others = shape.iter().map(|&size| Message::default().integer(1, size as u64));
    let shape = Message::default().message(1, &rows).messages(1, others);
    let tensor = Message::default().integer(1, element as u64).message(2, &shape);
    Message::default().text(1, name).message(2, &Message::default().message(1, &tensor))
}

/// A constant.
fn tensor(name: &str, shape: &[usize], values: &[f32]) -> Message {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let message = shape.iter().fold(Message::default(), |m, &size| m.integer(1, size as u64));
    message.integer(2, Element::F32 as u64).text(8, name).bytes(9, &bytes)
}
