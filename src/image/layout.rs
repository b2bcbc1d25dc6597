//! Where things stand in an image; `docs/image-format.md` is the specification.

/// The first word: the bytes `MILD`.
pub(crate) const MAGIC: u32 = u32::from_le_bytes(*b"MILD");

/// The format version that this crate reads and writes.
pub const FORMAT_VERSION: u16 = 1;

/// The largest width of a layer, inputs and outputs alike. With it, weights within ±127, codes
/// within ±128 and biases within ±2^29, no accumulator leaves ±2^30.
pub const MAX_WIDTH: u16 = 32_767;

/// The largest magnitude of a bias.
pub const MAX_BIAS: i32 = 1 << 29;

/// The largest magnitude of an offset.
pub const MAX_OFFSET: i32 = 1 << 30;

/// The most bytes in an expert's name.
pub const MAX_NAME: usize = 32;

/// Words of the header.
pub(crate) const HEADER_WORDS: usize = 5;

/// The checksum covers everything after the header's first four words.
pub(crate) const CHECKSUM_FROM: usize = 4;

/// Words in front of each section: its kind and flags, its length.
pub(crate) const SECTION_HEADER_WORDS: usize = 2;

/// Section flag: a reader that does not know this kind may skip it.
pub(crate) const SKIPPABLE: u16 = 1;

/// Kinds of sections; sections stand in ascending order of kind.
pub(crate) mod section {
    pub(crate) const QUANTIZER: u16 = 1;
    pub(crate) const RAW: u16 = 2;
    pub(crate) const NETWORK: u16 = 3;
    pub(crate) const POLICY: u16 = 4;
    pub(crate) const EXPERTS: u16 = 5;
    pub(crate) const PROVENANCE: u16 = 6;
    pub(crate) const PLATT_SCALING: u16 = 7;
    pub(crate) const OPERATING_POINTS: u16 = 8;
}

/// Words of the provenance section.
pub(crate) const PROVENANCE_WORDS: usize = 8;

/// Words in front of each layer: its shape, its activation.
pub(crate) const LAYER_HEADER_WORDS: usize = 2;

/// Activation codes of a layer.
pub(crate) mod activation {
    pub(crate) const SCORES: u32 = 0;
    pub(crate) const RELU: u32 = 1;
}

/// Weights lie in blocks of this many rows (output channels); the last block may have fewer.
pub(crate) const BLOCK_ROWS: usize = 4;

/// A word holds this many consecutive weights of one row.
pub(crate) const GROUP: usize = 4;

/// Within a word of four weights a, b, c, d the bytes are a+128, b, c+128, d (modulo 256): this is
/// the difference to plain two's complement.
pub(crate) const WEIGHT_BIAS: u32 = 0x0080_0080;

/// The word of a group of four zero weights.
#[cfg(feature = "writer")]
pub(crate) const ZERO_WEIGHTS: u32 = WEIGHT_BIAS;

/// Groups of four that a row of `width` weights or activations fills.
pub(crate) const fn groups(width: usize) -> usize {
    width.div_ceil(GROUP)
}

/// Checksum over words: CRC-32/ISO-HDLC (the one of zip and Ethernet) of their little-endian bytes.
pub(crate) const fn checksum(words: &[u32]) -> u32 {
    // Without a table: 1 KiB of flash is more than the time at boot is worth.
    const CRC: crc::Crc<u32, crc::NoTable> =
        crc::Crc::<u32, crc::NoTable>::new(&crc::CRC_32_ISO_HDLC);
    CRC.checksum(bytemuck::must_cast_slice(words))
}
