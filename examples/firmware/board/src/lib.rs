//! What every firmware example needs besides its own work: a console, files of the host, an exit
//! status.
//!
//! All of it goes through semihosting, so that a program runs the same under QEMU and under a debug
//! probe. A panic or a fault ends the program with a failing exit status; nothing ends in a silent
//! loop.
//!
//! Also what measures: a counter of instructions and the depth of the stack.

#![no_std]

mod host_file;
#[cfg_attr(target_arch = "arm", path = "cortex_m/mod.rs")]
#[cfg_attr(target_arch = "riscv32", path = "riscv/mod.rs")]
mod machine;
mod plain;
mod room;
mod slot;
pub mod stack;
mod stop;

pub use host_file::HostFile;
pub use machine::semihosting::hio;
#[cfg(feature = "console")]
pub use machine::semihosting::hprintln as println;
pub use machine::{Counter, entry};
pub use plain::write_line;
pub use room::Room;
pub use slot::image_slot;
pub use stop::exit;
