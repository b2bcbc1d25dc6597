//! What ties an answer to the frame that it answers.

use super::layout::MAC_BYTES;

/// The end of a frame, MAC and checksum: what the answer to this frame is bound to.
///
/// The answer names the checksum, and its MAC covers the MAC. So it cannot be taken for the answer
/// to another frame, whatever both say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Binding {
    pub(super) checksum: u32,
    pub(super) mac: Option<[u8; MAC_BYTES]>,
}

impl Binding {
    /// The bytes that the MAC of the answer covers besides the answer's own; none if the frame was
    /// not signed.
    pub(super) fn covered(&self) -> &[u8] {
        self.mac.as_ref().map_or(&[], |mac| mac)
    }
}
