//! Running the layers of a checked network: in one routine of assembly where there is one, else
//! layer by layer.
//!
//! This stands among the kernels because calling the routine is `unsafe`, which is for this folder
//! alone.

use super::Range;
use crate::network::{Network, Sides};

impl Network<'_> {
    /// Runs the layers from the packed inputs in `sides.even`, which [`Network::sides`] of this
    /// network made; the scores are the first words of the returned side.
    // Not forced inline: on Armv6-M that takes the stack of a decision past its bound.
    pub(crate) fn run<'s>(&self, sides: Sides<'s>) -> &'s mut [u32] {
        let Sides { even, odd } = sides;
        // SAFETY: all layers of a checked network, and the sides are for it.
        #[cfg_attr(not(mild_kernel_layers), allow(unused_unsafe))]
        unsafe {
            run(self.words, Range::Input, even, odd)
        }
    }

    /// Runs one layer on the activations that are there.
    #[cfg(feature = "measure")]
    pub(crate) fn run_layer(&self, index: usize, sides: Sides<'_>) {
        let Sides { even, odd } = sides;
        let (from, to) = if index.is_multiple_of(2) { (even, odd) } else { (odd, even) };
        let range = if index == 0 { Range::Input } else { Range::Hidden };
        if let Some(layer) = self.layers().nth(index) {
            // SAFETY: a layer of a checked network, and the sides are for it.
            #[cfg_attr(not(mild_kernel_layers), allow(unused_unsafe))]
            unsafe {
                run(layer.words, range, from, to);
            }
        }
    }
}

/// Runs layers to and fro between two sides, the first one on activations of this range in `from`;
/// returns the side that has the results of the last one.
///
/// # Safety
/// The words must be at least one layer of a checked network, and the sides as long as that network
/// needs them.
#[cfg(mild_kernel_layers)]
#[inline(always)]
unsafe fn run<'s>(
    words: &[u32],
    range: Range,
    from: &'s mut [u32],
    to: &'s mut [u32],
) -> &'s mut [u32] {
    let words = words.as_ptr_range();
    let input = usize::from(range == Range::Input);
    // SAFETY: the check of the network found all layers complete, each with an input at least and as
    // many inputs as the one before has outputs, and made the sides long enough for them.
    let results = unsafe {
        super::LAYERS(words.start, from.as_mut_ptr().cast(), to.as_mut_ptr(), words.end, input)
    };
    if core::ptr::eq(results, from.as_ptr()) { from } else { to }
}

/// Runs layers to and fro between two sides, the first one on activations of this range in `from`;
/// returns the side that has the results of the last one.
#[cfg(not(mild_kernel_layers))]
#[inline(always)]
fn run<'s>(
    mut words: &[u32],
    mut range: Range,
    mut from: &'s mut [u32],
    mut to: &'s mut [u32],
) -> &'s mut [u32] {
    while let Some((layer, rest)) = crate::network::Layer::split_first(words) {
        layer.run::<super::Active>(range, from, to);
        core::mem::swap(&mut from, &mut to);
        range = Range::Hidden;
        words = rest;
    }
    from
}
