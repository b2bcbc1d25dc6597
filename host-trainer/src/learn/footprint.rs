//! What an image takes of a device, as far as learning must know it.

use crate::error::Result;

/// What an image takes of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Footprint {
    /// Bytes of flash.
    pub image_bytes: usize,
    /// Multiply-accumulates of a decision.
    pub macs: usize,
    /// Bytes of RAM that a decision needs.
    pub scratch_bytes: usize,
}

/// Foretells the footprint of a network by the widths of its hidden layers.
pub(crate) type Foretell<'a> = dyn Fn(&[usize]) -> Result<Footprint> + 'a;
