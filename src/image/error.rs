//! Everything that can be wrong with the bytes of an image.

use core::fmt;

/// Why some bytes are not an image that this version of the crate can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ImageError {
    /// The bytes do not start at an address that is a multiple of four.
    Misaligned,
    /// Fewer bytes than the shortest image, or than the image's own length.
    Truncated {
        /// Bytes at hand.
        found: usize,
        /// Bytes needed.
        expected: usize,
    },
    /// More bytes than the image's own length.
    TrailingBytes {
        /// Bytes at hand.
        found: usize,
        /// Bytes of the image.
        expected: usize,
    },
    /// The number of bytes, at hand or stated in the header, is not a multiple of four.
    NotWords {
        /// The number of bytes.
        found: usize,
    },
    /// The first four bytes are not `MILD`.
    Magic {
        /// The first four bytes, read as a little-endian word.
        found: u32,
    },
    /// A format version that this crate does not read.
    Version {
        /// The version in the header.
        found: u16,
        /// The version that this crate reads.
        expected: u16,
    },
    /// The checksum in the header is not that of the bytes.
    Checksum {
        /// Computed over the bytes.
        found: u32,
        /// Stated in the header.
        expected: u32,
    },
    /// A bit that must be zero in this version is not.
    Reserved,
    /// No inputs, or more than [`MAX_WIDTH`](super::MAX_WIDTH).
    Inputs {
        /// Inputs stated in the header.
        found: u16,
    },
    /// Fewer than 2 experts, or more than [`MAX_EXPERTS`](crate::MAX_EXPERTS).
    Experts {
        /// Experts stated in the header.
        found: u16,
    },
    /// A section runs beyond the end of the image, or its length is not what its content needs.
    SectionLength {
        /// The section's kind.
        kind: u16,
    },
    /// A section of a kind that must be understood, and is not.
    UnknownSection {
        /// The section's kind.
        kind: u16,
    },
    /// A section that stands more than once or after a section of a higher kind.
    SectionOrder {
        /// The section's kind.
        kind: u16,
    },
    /// A section that every image has is absent.
    MissingSection {
        /// The section's kind.
        kind: u16,
    },
    /// An input quantizer whose numbers are out of range.
    Quantizer {
        /// Index of the input.
        input: u16,
    },
    /// A quantizer of raw readings whose numbers are out of range.
    RawQuantizer {
        /// Index of the input.
        input: u16,
    },
    /// The number of layers stated in the header is zero or not the number in the network section.
    LayerCount {
        /// Layers in the network section, or one more than stated if there are more.
        found: u16,
        /// Layers stated in the header.
        expected: u8,
    },
    /// A layer that does not fit: its width is 0 or too large, its inputs are not the outputs of
    /// the layer before it, or the last layer does not end in one score per expert.
    LayerShape {
        /// Index of the layer.
        layer: u8,
    },
    /// A layer whose flags are not those of its place.
    LayerFlags {
        /// Index of the layer.
        layer: u8,
    },
    /// A bias outside ±2^29.
    Bias {
        /// Index of the layer.
        layer: u8,
    },
    /// A rebased bias of the first layer that does not follow from its bias and weights.
    RebasedBias,
    /// A requantizer whose numbers are out of range.
    Requantizer {
        /// Index of the layer.
        layer: u8,
    },
    /// A weight of -128 (weights are symmetric: -127 to 127), or a padding weight that is not 0.
    Weight {
        /// Index of the layer.
        layer: u8,
    },
    /// The scale of the scores is not a positive finite number.
    ScoreScale,
    /// An offset outside ±2^30.
    Offset {
        /// Index of the expert.
        expert: u8,
    },
    /// A number of the operating points is out of range, or its tables are not in order.
    OperatingPoints {
        /// Index of the word in the section.
        word: u16,
    },
    /// An expert's name is empty, too long, not UTF-8 or runs beyond its section.
    Name {
        /// Index of the expert.
        expert: u8,
    },
    /// An expert's price is above [`Price::MAX`](crate::Price::MAX).
    Price {
        /// Index of the expert.
        expert: u8,
    },
    /// An expert's Platt scaling is out of range.
    PlattScaling {
        /// Index of the expert.
        expert: u8,
    },
}

impl ImageError {
    /// One line that says what is wrong, without the numbers: usable in constant evaluation.
    #[must_use]
    pub const fn message(&self) -> &'static str {
        match self {
            Self::Misaligned => "the image does not start at a multiple of four bytes",
            Self::Truncated { .. } => "the image is truncated",
            Self::TrailingBytes { .. } => "there are bytes after the end of the image",
            Self::NotWords { .. } => "the image is not a whole number of 32-bit words",
            Self::Magic { .. } => "this is not an image: it does not begin with `MILD`",
            Self::Version { .. } => "the image has a format version that this crate does not read",
            Self::Checksum { .. } => "the image is damaged: its checksum does not match",
            Self::Reserved => "a reserved bit of the image is set",
            Self::Inputs { .. } => "the image's number of inputs is out of range",
            Self::Experts { .. } => "the image's number of experts is out of range",
            Self::SectionLength { .. } => "a section of the image has the wrong length",
            Self::UnknownSection { .. } => {
                "the image has a section that this crate must know and does not"
            }
            Self::SectionOrder { .. } => "a section of the image is repeated or out of order",
            Self::MissingSection { .. } => "a section of the image is missing",
            Self::Quantizer { .. } => "an input quantizer of the image is out of range",
            Self::RawQuantizer { .. } => "a raw-reading quantizer of the image is out of range",
            Self::LayerCount { .. } => "the image's number of layers is not the one in its header",
            Self::LayerShape { .. } => "a layer of the image does not fit its neighbours",
            Self::LayerFlags { .. } => "a layer of the image has the wrong flags for its place",
            Self::Bias { .. } => "a bias of the image is out of range",
            Self::RebasedBias => "a rebased bias of the image does not follow from its weights",
            Self::Requantizer { .. } => "a requantizer of the image is out of range",
            Self::Weight { .. } => "a weight of the image is out of range",
            Self::ScoreScale => "the score scale of the image is not a positive finite number",
            Self::Offset { .. } => "an offset of the image is out of range",
            Self::OperatingPoints { .. } => {
                "a number of the image's operating points is out of range"
            }
            Self::Name { .. } => "an expert's name in the image is malformed",
            Self::PlattScaling { .. } => "an expert's Platt scaling in the image is out of range",
            Self::Price { .. } => "an expert's price in the image is out of range",
        }
    }
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())?;
        match *self {
            Self::Truncated { found, expected } | Self::TrailingBytes { found, expected } => {
                write!(f, ": found {found} bytes, expected {expected}")
            }
            Self::NotWords { found } => write!(f, ": found {found} bytes"),
            Self::Magic { found } => write!(f, " (found {found:#010x})"),
            Self::Version { found, expected } => write!(f, ": found {found}, expected {expected}"),
            Self::Checksum { found, expected } => {
                write!(f, ": found {found:#010x}, expected {expected:#010x}")
            }
            Self::Inputs { found } => {
                write!(f, ": found {found}, expected 1 to {}", super::MAX_WIDTH)
            }
            Self::Experts { found } => {
                write!(f, ": found {found}, expected 2 to {}", crate::MAX_EXPERTS)
            }
            Self::SectionLength { kind }
            | Self::UnknownSection { kind }
            | Self::SectionOrder { kind }
            | Self::MissingSection { kind } => write!(f, ": section kind {kind}"),
            Self::Quantizer { input } | Self::RawQuantizer { input } => {
                write!(f, ": input {input}")
            }
            Self::LayerCount { found, expected } => {
                write!(f, ": found {found}, expected {expected}")
            }
            Self::LayerShape { layer }
            | Self::LayerFlags { layer }
            | Self::Bias { layer }
            | Self::Requantizer { layer }
            | Self::Weight { layer } => write!(f, ": layer {layer}"),
            Self::Offset { expert }
            | Self::Name { expert }
            | Self::Price { expert }
            | Self::PlattScaling { expert } => {
                write!(f, ": expert {expert}")
            }
            Self::OperatingPoints { word } => write!(f, ": word {word}"),
            Self::Misaligned | Self::Reserved | Self::RebasedBias | Self::ScoreScale => Ok(()),
        }
    }
}

impl core::error::Error for ImageError {}
