//! One recorded input and what the host made of it.

/// Room for so many inputs: the smallest board has 16 KiB of RAM.
pub const MAX_INPUTS: usize = 768;

/// What the rejector was given.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// The int8 codes themselves.
    Codes,
    /// Raw integer readings.
    Readings,
    /// Float features.
    Features,
}

/// A row of the file.
pub struct Row {
    /// The kind of its input.
    pub kind: Kind,
    /// The chosen expert with all experts reachable.
    pub expert: u8,
    /// The margin of that choice.
    pub margin: i32,
    /// Which experts are reachable for `masked_expert`, bit k for expert k.
    pub mask: u32,
    /// The chosen expert under `mask`.
    pub masked_expert: u8,
    inputs: usize,
    experts: usize,
    codes: [i8; MAX_INPUTS],
    readings: [i16; MAX_INPUTS],
    features: [f32; MAX_INPUTS],
    scores: [i32; mild::MAX_EXPERTS],
}

impl Row {
    /// Room for a row.
    pub const fn new() -> Self {
        Self {
            kind: Kind::Codes,
            expert: 0,
            margin: 0,
            mask: 0,
            masked_expert: 0,
            inputs: 0,
            experts: 0,
            codes: [0; MAX_INPUTS],
            readings: [0; MAX_INPUTS],
            features: [0.0; MAX_INPUTS],
            scores: [0; mild::MAX_EXPERTS],
        }
    }

    /// Sets how many inputs and experts the row has; whether there is room for them.
    pub fn set_shape(&mut self, inputs: usize, experts: usize) -> bool {
        (self.inputs, self.experts) = (inputs, experts);
        inputs <= MAX_INPUTS && experts <= mild::MAX_EXPERTS
    }

    /// The quantized input.
    pub fn codes(&self) -> &[i8] {
        self.codes.get(..self.inputs).unwrap_or_default()
    }

    /// The input of a row of this kind.
    pub fn readings(&self) -> &[i16] {
        self.readings.get(..self.inputs).unwrap_or_default()
    }

    /// The input of a row of this kind.
    pub fn features(&self) -> &[f32] {
        self.features.get(..self.inputs).unwrap_or_default()
    }

    /// One score per expert, offsets not added.
    pub fn scores(&self) -> &[i32] {
        self.scores.get(..self.experts).unwrap_or_default()
    }

    /// The codes, to be filled.
    pub fn codes_mut(&mut self) -> &mut [i8] {
        self.codes.get_mut(..self.inputs).unwrap_or_default()
    }

    /// The readings, to be filled.
    pub fn readings_mut(&mut self) -> &mut [i16] {
        self.readings.get_mut(..self.inputs).unwrap_or_default()
    }

    /// The features, to be filled.
    pub fn features_mut(&mut self) -> &mut [f32] {
        self.features.get_mut(..self.inputs).unwrap_or_default()
    }

    /// The scores, to be filled.
    pub fn scores_mut(&mut self) -> &mut [i32] {
        self.scores.get_mut(..self.experts).unwrap_or_default()
    }
}
