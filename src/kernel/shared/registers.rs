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

/// Signs on cores with the Thumb-2 instructions; `cpu` is what makes the assembler accept `add` and
/// `subtract`.
macro_rules! thumb2_signs {
    (cpu: $cpu:expr, add: $add:literal, subtract: $subtract:literal $(,)?) => {
        /// The compiler does not see that it is: where it knows a sign it makes a comparison of it,
        /// which takes more instructions.
        #[inline(always)]
        fn negate(number: i32) -> i32 {
            in_registers!("rsbs {result}, {number}, #0"; number)
        }

        #[inline(always)]
        fn add(a: i32, b: i32) -> i32 {
            in_registers!($cpu, $add; a, b)
        }

        #[inline(always)]
        fn subtract(a: i32, b: i32) -> i32 {
            in_registers!($cpu, $subtract; a, b)
        }

        /// The compiler would copy what it keeps.
        #[inline(always)]
        fn top_two(top: TopTwo, at: i32, sum: i32, mut bits: u32) -> (TopTwo, u32) {
            let TopTwo { mut best, mut second, mut index } = top;
            // SAFETY: arithmetic in registers.
            unsafe {
                core::arch::asm!(
                    "lsls {bits}, {bits}, #1",
                    "it pl",
                    "movpl {sum}, #0x80000000",
                    "cmp {second}, {sum}",
                    "it lt",
                    "movlt {second}, {sum}",
                    "cmp {best}, {sum}",
                    "ittt lt",
                    "movlt {second}, {best}",
                    "movlt {best}, {sum}",
                    "movlt {index}, {at}",
                    second = inout(reg) second,
                    best = inout(reg) best,
                    index = inout(reg) index,
                    bits = inout(reg) bits,
                    sum = inout(reg) sum => _,
                    at = in(reg) at,
                    options(pure, nomem, nostack),
                );
            }
            (TopTwo { best, second, index }, bits)
        }
    };
}
pub(in super::super) use thumb2_signs;
