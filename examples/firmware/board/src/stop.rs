//! The ways in which a program ends. All of them reach the host as an exit status.

#[cfg(feature = "console")]
use crate::println;
use core::panic::PanicInfo;
use cortex_m_rt::{ExceptionFrame, exception};
use cortex_m_semihosting::debug;

/// Ends the program: exit status 0 on the host if `success`, else 1.
pub fn exit(success: bool) -> ! {
    debug::exit(if success { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    // Without a host to listen there is nothing left to do.
    loop {
        cortex_m::asm::wfi();
    }
}

#[cfg_attr(not(feature = "console"), allow(unused_variables))]
#[panic_handler]
fn panicked(info: &PanicInfo) -> ! {
    #[cfg(feature = "console")]
    println!("{}", info);
    exit_after_panic()
}

/// Ends a program that panicked. Its name in a linked program says that something in there can
/// panic, whatever the optimizer made of the code that does.
#[inline(never)]
fn exit_after_panic() -> ! {
    exit(false)
}

// Unsafe by cortex-m-rt's rule for HardFault: it may interrupt anything. It only prints and never
// returns.
#[allow(unsafe_code)]
#[cfg_attr(not(feature = "console"), allow(unused_variables))]
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    #[cfg(feature = "console")]
    println!("HardFault at {:#010x}", frame.pc());
    exit(false)
}
