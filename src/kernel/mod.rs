//! Dense int8 kernels: same results whichever is chosen.
//!
//! A kernel works on *groups* of four activations, which it packs into [`WORDS_PER_GROUP`] words in
//! a form of its own choosing, and on *blocks* of one to four rows of weights, laid out in the image
//! so that the words of one group stand side by side for the rows of a block.

mod portable;

/// Words that four packed activations take, whatever the kernel: scratch sizes do not depend on it.
pub(crate) const WORDS_PER_GROUP: usize = 2;

/// The kernel that this build uses.
pub(crate) type Active = portable::Portable;

/// What a kernel does.
pub(crate) trait Kernel {
    /// Packs four activation codes, first to last.
    fn pack(codes: [i8; 4]) -> [u32; WORDS_PER_GROUP];

    /// Adds the dot products of `R` rows (1 to 4) with the activations to `sums`. Each element of
    /// `weights` is one group: a word of four weights for each row.
    fn accumulate<const R: usize>(
        weights: &[[u32; R]],
        activations: &[[u32; WORDS_PER_GROUP]],
        sums: [i32; R],
    ) -> [i32; R];
}
