//! What is particular to Cortex-M.

mod counter;

pub use cortex_m_rt::entry;
pub(crate) use cortex_m_semihosting as semihosting;
pub use counter::Counter;

#[cfg(feature = "console")]
use crate::println;
use cortex_m_rt::{ExceptionFrame, exception};

/// Where the stack ends.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    cortex_m::register::msp::read() as usize
}

// Unsafe by cortex-m-rt's rule for HardFault: it may interrupt anything. It only prints and never
// returns.
#[allow(unsafe_code)]
#[cfg_attr(not(feature = "console"), allow(unused_variables))]
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    #[cfg(feature = "console")]
    println!("HardFault at {:#010x}", frame.pc());
    crate::exit(false)
}
