//! What every firmware example needs besides its own work: a console, files of the host, an exit
//! status.
//!
//! All of it goes through semihosting, so that a program runs the same under QEMU and under a debug
//! probe. A panic or a fault ends the program with a failing exit status; nothing ends in a silent
//! loop.
//!
//! Also what measures: a counter of instructions and the depth of the stack.

#![no_std]

mod counter;
mod host_file;
mod slot;
pub mod stack;
mod stop;

pub use cortex_m_rt::entry;
#[cfg(feature = "console")]
pub use cortex_m_semihosting::hprintln as println;
pub use counter::Counter;
pub use host_file::HostFile;
pub use slot::image_slot;
pub use stop::exit;
