//! The ways in which a program ends. All of them reach the host as an exit status.

use crate::machine::semihosting::debug;
#[cfg(feature = "console")]
use crate::println;
use core::panic::PanicInfo;

/// Ends the program: exit status 0 on the host if `success`, else 1.
pub fn exit(success: bool) -> ! {
    debug::exit(if success { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    // Without a host to listen there is nothing left to do.
    loop {
        core::hint::spin_loop();
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
