//! Variables that are too large for the stack.

use core::cell::{Cell, UnsafeCell};

/// Room for a variable outside of the stack, which can be taken once.
#[derive(Debug)]
pub struct Room<T> {
    value: UnsafeCell<T>,
    taken: Cell<bool>,
}

// SAFETY: every core here is a single one, and nothing runs in interrupts.
#[allow(unsafe_code)]
unsafe impl<T> Sync for Room<T> {}

impl<T> Room<T> {
    /// Room with this in it.
    pub const fn new(value: T) -> Self {
        Self { value: UnsafeCell::new(value), taken: Cell::new(false) }
    }

    /// What is in it; `None` if it has been taken before.
    #[allow(clippy::mut_from_ref, unsafe_code)]
    pub fn take(&'static self) -> Option<&'static mut T> {
        // SAFETY: the first one who asks gets the only reference that there ever is.
        (!self.taken.replace(true)).then(|| unsafe { &mut *self.value.get() })
    }
}
