//! The checksum of images and frames, from its published parameters and not from the crate that is
//! tested.

/// The word of an image that has its length in bytes.
pub const LENGTH: usize = 2;
/// The word of an image that has its checksum.
pub const CHECKSUM: usize = 3;
/// The first word that the checksum covers.
pub const COVERED: usize = 4;

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// CRC-32/ISO-HDLC of these bytes.
#[must_use]
pub fn crc32(bytes: impl IntoIterator<Item = u8>) -> u32 {
    !bytes.into_iter().fold(u32::MAX, |crc, byte| TABLE[usize::from(crc as u8 ^ byte)] ^ crc >> 8)
}

/// Makes the checksum of an image right. A slice shorter than its header stays as it is.
pub fn reseal(words: &mut [u32]) {
    if let Some((header, covered)) = words.split_first_chunk_mut::<COVERED>() {
        header[CHECKSUM] = crc32(covered.iter().flat_map(|word| word.to_le_bytes()));
    }
}

/// Makes the length and the checksum of an image right.
pub fn seal(words: &mut [u32]) {
    let length = words.len() * 4;
    if let Some(word) = words.get_mut(LENGTH) {
        *word = length as u32;
    }
    reseal(words);
}
