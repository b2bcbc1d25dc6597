//! Calling a routine in assembly that computes the blocks of a layer.

use crate::kernel::rows::Blocks;
use crate::kernel::{Activations, BLOCK_ROWS, Group, WORDS_PER_GROUP};

/// What a routine is given; the offsets are part of its code.
#[repr(C)]
pub(super) struct Frame {
    /// 0: moves on as blocks are done.
    weights: *const [u32; BLOCK_ROWS],
    /// 4
    activations: *const Group,
    /// 8
    activations_end: *const Group,
    /// 12
    start: i32,
    /// 16: moves on as blocks are done.
    biases: *const [u32; BLOCK_ROWS],
    /// 20
    biases_end: *const [u32; BLOCK_ROWS],
    /// 24: moves on as blocks are done; null if the sums are the result.
    requantizers: *const [u32; BLOCK_ROWS],
    /// 28: moves on as blocks are done.
    to: *mut u32,
    /// 32: whether the activations are the codes of an input; then free for the routine.
    input: usize,
}

/// Computes at least one block over at least one group.
///
/// # Safety
/// All that [`Frame`] points to must be there: from `biases` to `biases_end` a number of blocks, as many requantizers
/// unless null, for each block as many groups of weights as from `activations` to `activations_end`, and room for a group
/// or for four sums, in this order.
pub(super) type Routine = unsafe extern "C" fn(&mut Frame);

/// Calls a routine after checking that all is there.
#[inline(always)]
pub(super) fn call(routine: Routine, kind: Activations, blocks: Blocks<'_>) {
    let Blocks { weights, activations, start, biases, requantizers, to } = blocks;
    let is_last = requantizers.is_empty();
    let words = if is_last { BLOCK_ROWS } else { WORDS_PER_GROUP };
    // Widths have 15 bits: no product overflows.
    if biases.is_empty()
        || activations.is_empty()
        || weights.len() < biases.len().wrapping_mul(activations.len())
        || (!is_last && requantizers.len() < biases.len())
        || to.len() < biases.len().wrapping_mul(words)
    {
        return;
    }
    let mut frame = Frame {
        weights: weights.as_ptr(),
        activations: activations.as_ptr_range().start,
        activations_end: activations.as_ptr_range().end,
        start,
        biases: biases.as_ptr_range().start,
        biases_end: biases.as_ptr_range().end,
        requantizers: if is_last { core::ptr::null() } else { requantizers.as_ptr() },
        to: to.as_mut_ptr(),
        input: usize::from(kind == Activations::Input),
    };
    // SAFETY: all lengths have just been checked.
    unsafe { routine(&mut frame) }
}

/// The dot product of a row: its first word, the first activations and their end, bytes from word to word.
///
/// # Safety
/// From the first to the end of the activations there must be at least one group, and for each of them a word.
pub(super) type RowRoutine =
    unsafe extern "C" fn(*const u32, *const Group, *const Group, usize) -> i32;

/// Calls the routine for the kind of activations after checking that all is there.
#[inline(always)]
pub(super) fn call_row(
    [input, hidden]: [RowRoutine; 2],
    kind: Activations,
    weights: &[u32],
    stride: usize,
    activations: &[Group],
) -> i32 {
    // Widths have 15 bits: no product overflows.
    let last = activations.len().wrapping_sub(1).wrapping_mul(stride);
    if activations.is_empty() || last >= weights.len() {
        return 0;
    }
    let (word, ends, step) = (weights.as_ptr(), activations.as_ptr_range(), stride.wrapping_mul(4));
    // SAFETY: there is a group, and the last word that is read is in `weights`.
    unsafe {
        match kind {
            Activations::Input => input(word, ends.start, ends.end, step),
            Activations::Hidden => hidden(word, ends.start, ends.end, step),
        }
    }
}
