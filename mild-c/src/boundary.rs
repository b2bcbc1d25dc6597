//! The only module that turns pointers into references: every `unsafe` block of the library but the
//! calls of these functions.
//!
//! An opaque C type is a plain array of words; the Rust type that belongs to it is written into the
//! array and read from there. Compile-time checks compare sizes and alignments.

use crate::status::Status;

/// A C type with room for a Rust value.
///
/// # Safety
/// `Self` is as large as [`Opaque::Value`] or larger, and aligned as strictly or more; [`opaque!`]
/// checks both.
pub(crate) unsafe trait Opaque {
    /// What is kept in the room. It is written over without being dropped: without an allocator
    /// there is nothing that a drop could give back.
    type Value;
}

/// Implements [`Opaque`], checked by the compiler.
macro_rules! opaque {
    ($c:ty, $value:ty) => {
        const _: () = assert!(size_of::<$c>() >= size_of::<$value>());
        const _: () = assert!(align_of::<$c>() >= align_of::<$value>());
        // SAFETY: the lines above.
        unsafe impl $crate::boundary::Opaque for $c {
            type Value = $value;
        }
    };
}
pub(crate) use opaque;

/// A pointer that the caller vouches for, unless it is null or misaligned.
#[inline(always)]
fn check<T>(pointer: *const T) -> Result<(), Status> {
    if pointer.is_null() {
        return Err(Status::NullPointer);
    }
    if !pointer.is_aligned() {
        return Err(Status::Misaligned);
    }
    Ok(())
}

/// The array at `pointer`; null is allowed if it has no elements.
///
/// # Safety
/// If it is neither null nor misaligned, `pointer` is valid for reads of `length` elements, which
/// nobody changes for `'a`.
#[inline(always)]
pub(crate) unsafe fn array<'a, T: Copy>(
    pointer: *const T,
    length: usize,
) -> Result<&'a [T], Status> {
    if length == 0 {
        return Ok(&[]);
    }
    check(pointer)?;
    // SAFETY: the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(pointer, length) })
}

/// The array at `pointer`, to be written; null is allowed if it has no elements.
///
/// # Safety
/// If it is neither null nor misaligned, `pointer` is valid for reads and writes of `length`
/// initialized elements, to which nobody else has access for `'a`.
#[inline(always)]
pub(crate) unsafe fn array_mut<'a, T: Copy>(
    pointer: *mut T,
    length: usize,
) -> Result<&'a mut [T], Status> {
    if length == 0 {
        return Ok(&mut []);
    }
    check(pointer)?;
    // SAFETY: the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts_mut(pointer, length) })
}

/// Writes a result.
///
/// # Safety
/// If it is neither null nor misaligned, `pointer` is valid for a write.
#[inline(always)]
pub(crate) unsafe fn write<T: Copy>(pointer: *mut T, value: T) -> Result<(), Status> {
    check(pointer)?;
    // SAFETY: the caller's promise.
    unsafe { pointer.write(value) };
    Ok(())
}

/// Puts a value into its room.
///
/// # Safety
/// If it is neither null nor misaligned, `room` is valid for writes.
#[inline(always)]
pub(crate) unsafe fn put<C: Opaque>(room: *mut C, value: C::Value) -> Result<(), Status> {
    check(room)?;
    // SAFETY: the caller's promise; the room is large and aligned enough by the trait's.
    unsafe { room.cast::<C::Value>().write(value) };
    Ok(())
}

/// The value in a room.
///
/// # Safety
/// If it is neither null nor misaligned, `room` holds what [`put`] wrote, and nobody changes it for
/// `'a`.
#[inline(always)]
pub(crate) unsafe fn get<'a, C: Opaque>(room: *const C) -> Result<&'a C::Value, Status> {
    check(room)?;
    // SAFETY: the caller's promise.
    Ok(unsafe { &*room.cast::<C::Value>() })
}

/// The value in a room, to be changed.
///
/// # Safety
/// If it is neither null nor misaligned, `room` holds what [`put`] wrote, and nobody else has access
/// to it for `'a`.
#[inline(always)]
pub(crate) unsafe fn get_mut<'a, C: Opaque>(room: *mut C) -> Result<&'a mut C::Value, Status> {
    check(room)?;
    // SAFETY: the caller's promise.
    Ok(unsafe { &mut *room.cast::<C::Value>() })
}

/// Takes the value out of a room, which is not to be used again until something is [`put`] there.
///
/// # Safety
/// If it is neither null nor misaligned, `room` holds what [`put`] wrote, and the value in it is not
/// used after this.
#[inline(always)]
pub(crate) unsafe fn take<C: Opaque>(room: *mut C) -> Result<C::Value, Status> {
    check(room)?;
    // SAFETY: the caller's promise.
    Ok(unsafe { room.cast::<C::Value>().read() })
}
