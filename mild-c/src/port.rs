//! What a client needs of its board: a serial line and a clock.

use core::ffi::c_void;

/// The most experts that a client knows, the device itself included. Those beyond are never asked.
pub const CLIENT_EXPERTS: usize = 8;

/// The longest input that a client sends, in bytes.
pub const CLIENT_PAYLOAD: usize = 256;

/// A serial line and a clock: your functions. `context` is handed to each of them.
///
/// The functions and what `context` points to stay valid as long as a client uses them.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Port {
    /// Yours.
    pub context: *mut c_void,
    /// Takes up to `size` bytes that have arrived, and returns how many, at once: 0 if there are none.
    pub read:
        Option<unsafe extern "C" fn(context: *mut c_void, into: *mut u8, size: usize) -> usize>,
    /// Sends `size` bytes; false if the line is down.
    pub write:
        Option<unsafe extern "C" fn(context: *mut c_void, bytes: *const u8, size: usize) -> bool>,
    /// Milliseconds since some moment. Must not wrap around: it has 64 bits.
    pub now_ms: Option<unsafe extern "C" fn(context: *mut c_void) -> u64>,
    /// Called again and again while the client waits for bytes; may sleep until the next interrupt. It
    /// may be null.
    pub idle: Option<unsafe extern "C" fn(context: *mut c_void)>,
}
