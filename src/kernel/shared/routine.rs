//! Running layers in one routine of assembly.

use crate::kernel::interface::Kernel;
use crate::kernel::{GROUP, Group};

/// Runs layers. Takes the first word of the first one, the packed activations and where results go,
/// between which the layers go to and fro, and the end of the last layer's words. Returns where the
/// last layer's results are, one of the two.
///
/// # Safety
/// From the first word to the end there must be a chain of layers, at least one, and the two others
/// must be its sides.
pub(in super::super) type Routine =
    unsafe extern "C" fn(*const u32, *mut Group, *mut u32, *const u32) -> *const u32;

/// A kernel that is one routine.
pub(in super::super) trait Assembly {
    /// The routine.
    const LAYERS: Routine;

    /// The routine for two inputs, if it has one: it needs sides of twice the length.
    const LAYERS_OF_TWO: Option<Routine> = None;

    /// Packs four codes of an input, first to last.
    fn pack_input(codes: [i8; GROUP]) -> Group;
}

impl<K: Assembly> Kernel for K {
    #[inline(always)]
    fn pack_input(codes: [i8; GROUP]) -> Group {
        K::pack_input(codes)
    }

    #[inline(always)]
    unsafe fn layers<'s>(words: &[u32], from: &'s mut [u32], to: &'s mut [u32]) -> &'s mut [u32] {
        let words = words.as_ptr_range();
        // SAFETY: the chain found all layers complete, each with an input at least and as many
        // inputs as the one before has outputs; the sides are long enough for them.
        let results = unsafe {
            (K::LAYERS)(words.start, from.as_mut_ptr().cast(), to.as_mut_ptr(), words.end)
        };
        if core::ptr::eq(results, from.as_ptr()) { from } else { to }
    }

    const TWO: bool = K::LAYERS_OF_TWO.is_some();

    #[inline(always)]
    unsafe fn layers_of_two<'s>(
        words: &[u32],
        from: &'s mut [u32],
        to: &'s mut [u32],
    ) -> &'s mut [u32] {
        let Some(routine) = K::LAYERS_OF_TWO else { return to };
        let words = words.as_ptr_range();
        // SAFETY: as above.
        let results =
            unsafe { routine(words.start, from.as_mut_ptr().cast(), to.as_mut_ptr(), words.end) };
        if core::ptr::eq(results, from.as_ptr()) { from } else { to }
    }
}
