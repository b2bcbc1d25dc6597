//! Single instructions, which the compiler must not see through.

/// The result of instructions on numbers in registers.
macro_rules! in_registers {
    ($($code:expr),+; $($name:ident),+) => {{
        let result;
        // SAFETY: arithmetic in registers.
        unsafe {
            core::arch::asm!($($code,)+ $($name = in(reg) $name,)+ result = lateout(reg) result,
                options(pure, nomem, nostack));
        }
        result
    }};
}
pub(in super::super) use in_registers;
