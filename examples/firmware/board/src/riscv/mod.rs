//! What is particular to RISC-V.

mod counter;

pub use counter::Counter;
pub use riscv_rt::entry;
pub(crate) use riscv_semihosting as semihosting;

#[cfg(feature = "console")]
use crate::println;
use core::arch::asm;
use riscv_rt::TrapFrame;

/// Where the stack ends.
#[inline(always)]
#[allow(unsafe_code)]
pub(crate) fn stack_pointer() -> usize {
    let pointer;
    // SAFETY: reads a register.
    unsafe { asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack)) };
    pointer
}

// By its name riscv-rt calls it for every exception.
#[allow(unsafe_code)]
#[unsafe(export_name = "ExceptionHandler")]
fn exception(_: &TrapFrame) -> ! {
    trapped()
}

// By its name riscv-rt calls it for every interrupt. None is enabled.
#[allow(unsafe_code)]
#[unsafe(export_name = "DefaultHandler")]
fn interrupt() -> ! {
    trapped()
}

fn trapped() -> ! {
    #[cfg(feature = "console")]
    println!(
        "trap {:#x} at {:#010x}",
        riscv::register::mcause::read().bits(),
        riscv::register::mepc::read()
    );
    crate::exit(false)
}
