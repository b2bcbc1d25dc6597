//! Running layers in one routine of assembly.

use super::{Activations, Group};

/// Runs layers. Takes the first word of the first one, the packed activations and where results go,
/// between which the layers go to and fro, the end of the last layer's words, and whether the first
/// layer takes the codes of an input. Returns where the last layer's results are, one of the two.
///
/// # Safety
/// From the first word to the end there must be a chain of layers, at least one, and the two others
/// must be its sides.
pub(super) type Routine =
    unsafe extern "C" fn(*const u32, *mut Group, *mut u32, *const u32, usize) -> *const u32;

/// Runs layers by a routine, the first one on activations of this kind in `from`; returns the side
/// that has the results of the last one.
///
/// # Safety
/// The words must be those of a [`Chain`](super::Chain) or of one layer of it, and the sides as
/// long as that chain needs them.
#[inline(always)]
pub(super) unsafe fn run<'s>(
    routine: Routine,
    words: &[u32],
    kind: Activations,
    from: &'s mut [u32],
    to: &'s mut [u32],
) -> &'s mut [u32] {
    let words = words.as_ptr_range();
    let input = usize::from(kind == Activations::Input);
    // SAFETY: the chain found all layers complete, each with an input at least and as many inputs
    // as the one before has outputs; the sides are long enough for them.
    let results = unsafe {
        routine(words.start, from.as_mut_ptr().cast(), to.as_mut_ptr(), words.end, input)
    };
    if core::ptr::eq(results, from.as_ptr()) { from } else { to }
}
