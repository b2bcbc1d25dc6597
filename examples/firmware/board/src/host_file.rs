//! Reading a file of the host through semihosting.

use crate::machine::semihosting::{nr, syscall};
use core::ffi::CStr;

/// A file of the host, open for reading.
///
/// The name is taken relative to the working directory of the debugger or emulator.
#[derive(Debug)]
pub struct HostFile {
    handle: usize,
}

impl HostFile {
    /// Opens `name`; `None` when the host cannot.
    #[allow(unsafe_code)]
    pub fn open(name: &CStr) -> Option<Self> {
        let length = name.count_bytes();
        // SAFETY: SYS_OPEN takes a NUL-terminated string, a mode and the length without the NUL;
        // `name` outlives the call.
        let handle = unsafe { syscall!(OPEN, name.as_ptr(), nr::open::R_BINARY, length) };
        (handle as isize != -1).then_some(Self { handle })
    }

    /// Reads up to `buffer.len()` bytes and returns how many; fewer only at the end of the file.
    #[allow(unsafe_code)]
    pub fn read(&mut self, buffer: &mut [u8]) -> usize {
        // SAFETY: SYS_READ writes at most the given number of bytes at the given address, and
        // `buffer` is ours to write.
        let missing = unsafe { syscall!(READ, self.handle, buffer.as_mut_ptr(), buffer.len()) };
        // The host answers with how much it did *not* deliver; anything larger than asked for is an
        // error code.
        buffer.len().saturating_sub(missing)
    }
}

impl Drop for HostFile {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: SYS_CLOSE takes a handle that SYS_OPEN gave, and this one is not used again.
        unsafe { syscall!(CLOSE, self.handle) };
    }
}
