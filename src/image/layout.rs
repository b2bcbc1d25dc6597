//! Where things stand in an image; `docs/image-format.md` is the specification.

/// The first word: the bytes `MILD`.
pub(crate) const MAGIC: u32 = u32::from_le_bytes(*b"MILD");

/// The format version that this crate reads and writes.
pub const FORMAT_VERSION: u16 = 3;

/// The largest magnitude of a bias.
pub const MAX_BIAS: i32 = 1 << 29;

/// The largest magnitude of an offset.
pub const MAX_OFFSET: i32 = 1 << 30;

/// The most bytes in an expert's name.
pub const MAX_NAME: usize = 32;

/// Words of the header.
pub(crate) const HEADER_WORDS: usize = 5;

/// The first word after a signed image: the bytes `MSIG`.
pub(crate) const FOLLOWS_SIGNED: u32 = u32::from_le_bytes(*b"MSIG");

/// The checksum covers everything after the header's first four words.
pub(crate) const CHECKSUM_FROM: usize = 4;

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
    pub(crate) const NAME_TABLE: u16 = 9;
}
