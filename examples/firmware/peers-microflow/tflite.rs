//! A dense int8 network as a TensorFlow Lite file.
//!
//! Only what such a network needs of `schema.fbs` (version 3): every table below names its fields
//! by their number there.

use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, WIPOffset};

const SCHEMA_VERSION: u32 = 3;
const FULLY_CONNECTED: i8 = 9;
const FULLY_CONNECTED_OPTIONS: u8 = 8;
const RELU: i8 = 1;
const INT32: i8 = 2;
const INT8: i8 = 9;

type Table = WIPOffset<TableFinishedWIPOffset>;

/// Where a field's number stands in a table's list of offsets.
const fn slot(field: u16) -> u16 {
    4 + 2 * field
}

/// A network with these widths, inputs first; ReLU after all layers but the last. Weights are
/// arbitrary.
pub fn dense(widths: &[usize]) -> Vec<u8> {
    let mut random = 1u32;
    let mut weight = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((random >> 24) as i8).max(-127)
    };
    let mut model = Model::default();
    // Buffer 0 is the empty one of the tensors that are computed.
    let empty = model.buffer(&[]);
    let mut scale = 0.05;
    let mut from = model.tensor(&[1, widths[0]], INT8, empty, scale);
    let inputs = [from];
    for (index, pair) in widths.windows(2).enumerate() {
        let (columns, rows) = (pair[0], pair[1]);
        let weight_scale = 0.01;
        let data: Vec<u8> = (0..rows * columns).map(|_| weight() as u8).collect();
        let data = model.buffer(&data);
        let weights = model.tensor(&[rows, columns], INT8, data, weight_scale);
        let data: Vec<u8> =
            (0..rows).flat_map(|_| (i32::from(weight()) * 16).to_le_bytes()).collect();
        let data = model.buffer(&data);
        let biases = model.tensor(&[rows], INT32, data, scale * weight_scale);
        // Sums of random signs grow with the root of their number; this keeps them within the
        // codes.
        scale *= weight_scale * 64.0 * (columns as f32).sqrt();
        let to = model.tensor(&[1, rows], INT8, empty, scale);
        let activation = if index + 2 == widths.len() { 0 } else { RELU };
        model.fully_connected([from, weights, biases], to, activation);
        from = to;
    }
    model.finish(inputs, [from])
}

/// The parts of a model while it is written.
#[derive(Default)]
struct Model<'b> {
    builder: FlatBufferBuilder<'b>,
    buffers: Vec<Table>,
    tensors: Vec<Table>,
    operators: Vec<Table>,
}

impl Model<'_> {
    fn buffer(&mut self, data: &[u8]) -> u32 {
        let data = (!data.is_empty()).then(|| self.builder.create_vector(data));
        let table = self.builder.start_table();
        if let Some(data) = data {
            self.builder.push_slot_always(slot(0), data);
        }
        self.buffers.push(self.builder.end_table(table));
        self.buffers.len() as u32 - 1
    }

    fn tensor(&mut self, shape: &[usize], kind: i8, buffer: u32, scale: f32) -> i32 {
        let scale = self.builder.create_vector(&[scale]);
        let zero_point = self.builder.create_vector(&[0i64]);
        let table = self.builder.start_table();
        self.builder.push_slot_always(slot(2), scale);
        self.builder.push_slot_always(slot(3), zero_point);
        let quantization = self.builder.end_table(table);
        let shape: Vec<i32> = shape.iter().map(|&width| width as i32).collect();
        let shape = self.builder.create_vector(&shape);
        let table = self.builder.start_table();
        self.builder.push_slot_always(slot(0), shape);
        self.builder.push_slot_always(slot(1), kind);
        self.builder.push_slot_always(slot(2), buffer);
        self.builder.push_slot_always(slot(4), quantization);
        self.tensors.push(self.builder.end_table(table));
        self.tensors.len() as i32 - 1
    }

    fn fully_connected(&mut self, inputs: [i32; 3], output: i32, activation: i8) {
        let table = self.builder.start_table();
        self.builder.push_slot_always(slot(0), activation);
        let options = self.builder.end_table(table);
        let inputs = self.builder.create_vector(&inputs);
        let outputs = self.builder.create_vector(&[output]);
        let table = self.builder.start_table();
        self.builder.push_slot_always(slot(0), 0u32);
        self.builder.push_slot_always(slot(1), inputs);
        self.builder.push_slot_always(slot(2), outputs);
        self.builder.push_slot_always(slot(3), FULLY_CONNECTED_OPTIONS);
        self.builder.push_slot_always(slot(4), options);
        self.operators.push(self.builder.end_table(table));
    }

    fn finish(mut self, inputs: [i32; 1], outputs: [i32; 1]) -> Vec<u8> {
        let builder = &mut self.builder;
        let table = builder.start_table();
        builder.push_slot_always(slot(0), FULLY_CONNECTED);
        builder.push_slot_always(slot(3), i32::from(FULLY_CONNECTED));
        let code = builder.end_table(table);
        let codes = builder.create_vector(&[code]);
        let tensors = builder.create_vector(&self.tensors);
        let operators = builder.create_vector(&self.operators);
        let inputs = builder.create_vector(&inputs);
        let outputs = builder.create_vector(&outputs);
        let table = builder.start_table();
        builder.push_slot_always(slot(0), tensors);
        builder.push_slot_always(slot(1), inputs);
        builder.push_slot_always(slot(2), outputs);
        builder.push_slot_always(slot(3), operators);
        let subgraph = builder.end_table(table);
        let subgraphs = builder.create_vector(&[subgraph]);
        let buffers = builder.create_vector(&self.buffers);
        let table = builder.start_table();
        builder.push_slot_always(slot(0), SCHEMA_VERSION);
        builder.push_slot_always(slot(1), codes);
        builder.push_slot_always(slot(2), subgraphs);
        builder.push_slot_always(slot(4), buffers);
        let model = builder.end_table(table);
        builder.finish(model, Some("TFL3"));
        builder.finished_data().to_vec()
    }
}
