//! What the features `break-…` add to a decision. Nothing without them.

/// Breaks what is to be broken.
#[inline(always)]
pub fn work(value: i16) {
    #[cfg(feature = "break-panic")]
    panic(value);
    #[cfg(feature = "break-alloc")]
    heap::allocate(value);
    #[cfg(feature = "break-float")]
    float(value);
    #[cfg(feature = "break-time")]
    time(value);
    #[cfg(feature = "break-stack")]
    stack(value);
    let _ = value;
}

/// An index that is not checked before.
#[cfg(feature = "break-panic")]
fn panic(value: i16) {
    use core::hint::black_box;
    let table = black_box([0u8; 4]);
    black_box(table[usize::from(black_box(value as u8 & 3))]);
}

#[cfg(feature = "break-alloc")]
mod heap {
    extern crate alloc;
    use core::{alloc::GlobalAlloc, alloc::Layout, hint::black_box, ptr};

    /// An allocator that has nothing to give.
    struct Empty;

    // SAFETY: it never hands anything out.
    #[allow(unsafe_code)]
    unsafe impl GlobalAlloc for Empty {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            black_box(ptr::null_mut())
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }

    #[global_allocator]
    static HEAP: Empty = Empty;

    pub(super) fn allocate(value: i16) {
        // Never so much: the program still runs.
        if black_box(value) == 12345 {
            black_box(alloc::vec![value; 4]);
        }
    }
}

#[cfg(feature = "break-float")]
fn float(value: i16) {
    use core::hint::black_box;
    black_box(black_box(f32::from(value)) * 0.1);
}

#[cfg(feature = "break-time")]
fn time(value: i16) {
    for step in 0..value & 1 {
        core::hint::black_box(step);
    }
}

#[cfg(feature = "break-stack")]
#[inline(never)]
fn stack(value: i16) {
    core::hint::black_box([value; 160]);
}
