//! Names that nobody can guess, and that do not recur.

use std::fmt::Write as _;

/// The operating system has no random numbers to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system has no random numbers to give")]
pub struct NoRandomness;

/// 128 random bits.
pub(crate) fn bits() -> Result<[u8; 16], NoRandomness> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// 128 random bits in hexadecimal.
pub(crate) fn name() -> Result<String, NoRandomness> {
    let mut text = String::with_capacity(32);
    for byte in bits()? {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}
