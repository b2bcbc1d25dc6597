//! Opening an image and asking what it is.

use core::ffi::c_void;

use mild::Image as Checked;

use crate::boundary::{self, opaque};
use crate::status::Status;

/// The version of the image format that this library reads.
pub const IMAGE_FORMAT_VERSION: u16 = 3;

const _: () = assert!(IMAGE_FORMAT_VERSION == mild::image::FORMAT_VERSION);

/// Words of a `mild_image`, each as wide as a pointer.
pub const IMAGE_WORDS: usize = 40;

/// A checked image: a view of bytes that stay where they are.
///
/// `mild_image_open()` fills it; its content is private. It never changes after that, so threads and
/// interrupts may share it. It may be copied and moved.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Image {
    private_words: [usize; IMAGE_WORDS],
}

opaque!(Image, Checked<'static>);

/// Checks the bytes of a whole image, and opens it.
///
/// `bytes` start at a multiple of four, and neither change nor move as long as `image` is in use:
/// usually they are in flash. All checks are made here: running an opened image cannot fail.
///
/// Status: `NULL_POINTER`, `MISALIGNED`, and those that begin with `IMAGE`. Thread-safe.
///
/// # Safety
/// `image` is writable; `bytes` has `length` readable bytes as above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_image_open(
    image: *mut Image,
    bytes: *const c_void,
    length: usize,
) -> Status {
    let open = || {
        // SAFETY: the caller's promise.
        let bytes = unsafe { boundary::array(bytes.cast::<u8>(), length)? };
        let opened = Checked::from_bytes(bytes)?;
        // SAFETY: the caller's promise.
        unsafe { boundary::put(image, opened) }
    };
    open().into()
}

/// Checks the image at the start of a flash slot that may be longer, and opens it.
///
/// As `mild_image_open()`. `image_length` gets the length of the image in bytes; it may be null.
///
/// # Safety
/// As `mild_image_open()`; `image_length` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_image_open_slot(
    image: *mut Image,
    slot: *const c_void,
    slot_length: usize,
    image_length: *mut usize,
) -> Status {
    let open = || {
        // SAFETY: the caller's promise.
        let slot = unsafe { boundary::array(slot.cast::<u8>(), slot_length)? };
        let (opened, length) = Checked::from_prefix(slot)?;
        // SAFETY: the caller's promise.
        unsafe { boundary::put(image, opened)? };
        if image_length.is_null() {
            return Ok(());
        }
        // SAFETY: the caller's promise.
        unsafe { boundary::write(image_length, length) }
    };
    open().into()
}

/// A number of the image, or 0 if `image` is null.
///
/// # Safety
/// `image` is null or was opened.
unsafe fn number<T: Default>(image: *const Image, of: impl Fn(&Checked<'static>) -> T) -> T {
    // SAFETY: the caller's promise.
    unsafe { boundary::get(image) }.map(of).unwrap_or_default()
}

/// Number of features of an input; 0 if `image` is null.
///
/// # Safety
/// `image` is null or was opened.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_image_inputs(image: *const Image) -> usize {
    // SAFETY: the caller's promise.
    unsafe { number(image, Checked::inputs) }
}

/// Number of experts, the device itself (index 0) included; 0 if `image` is null.
///
/// # Safety
/// `image` is null or was opened.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_image_experts(image: *const Image) -> usize {
    // SAFETY: the caller's promise.
    unsafe { number(image, Checked::experts) }
}

/// The 32-bit words of scratch that a decision needs; 0 if `image` is null.
///
/// # Safety
/// `image` is null or was opened.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_image_scratch_words(image: *const Image) -> usize {
    // SAFETY: the caller's promise.
    unsafe { number(image, Checked::scratch_words) }
}

/// The image's checksum (CRC-32), by which a fleet can tell images apart; 0 if `image` is null.
///
/// # Safety
/// `image` is null or was opened.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_image_checksum(image: *const Image) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { number(image, Checked::checksum) }
}

/// Whether the image takes raw 16-bit readings; false if `image` is null.
///
/// # Safety
/// `image` is null or was opened.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_image_takes_raw(image: *const Image) -> bool {
    // SAFETY: the caller's promise.
    unsafe { number(image, Checked::takes_raw) }
}

/// The mean price of one use of an expert, in 2^-16 of one error.
///
/// Status: `NULL_POINTER`, `OUT_OF_RANGE`.
///
/// # Safety
/// `image` was opened; `price` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_image_price(
    image: *const Image,
    expert: u8,
    price: *mut u32,
) -> Status {
    let find = || {
        // SAFETY: the caller's promise.
        let image = unsafe { boundary::get(image)? };
        let found = image.prices().nth(expert.into()).ok_or(Status::OutOfRange)?;
        // SAFETY: the caller's promise.
        unsafe { boundary::write(price, found.bits()) }
    };
    find().into()
}

/// Whether the image has these names of inputs and classes: `inputs` and `classes` are digests of 8 bytes,
/// as `mild export --format c --config` writes them. False if a pointer is null or the image has no digests
/// (`[image] names` in the configuration it was trained with).
///
/// # Safety
/// `image` is null or was opened; `inputs` and `classes` are null or have 8 readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_image_has_names(
    image: *const Image,
    inputs: *const u8,
    classes: *const u8,
) -> bool {
    let compare = || {
        // SAFETY: the caller's promise.
        let table = unsafe { boundary::get(image)? }.name_table();
        // SAFETY: the caller's promise.
        let (inputs, classes) =
            unsafe { (boundary::array(inputs, 8)?, boundary::array(classes, 8)?) };
        Ok::<_, Status>(table.is_some_and(|table| {
            table.inputs_digest() == inputs && table.classes_digest() == classes
        }))
    };
    compare().unwrap_or(false)
}

/// Hands out a name as a pointer and a length.
///
/// # Safety
/// `name` and `length` are writable, null or misaligned.
unsafe fn hand_out(
    found: Option<&'static str>,
    name: *mut *const core::ffi::c_char,
    length: *mut usize,
) -> Result<(), Status> {
    let found = found.ok_or(Status::OutOfRange)?;
    // SAFETY: the caller's promise.
    unsafe {
        boundary::write(name, found.as_ptr().cast())?;
        boundary::write(length, found.len())
    }
}

/// The name of an input: `length` bytes of UTF-8 in the image, **without** a final NUL.
///
/// Only images trained with `names = "all"` have them. It takes as long as the names before it are many.
/// Status: `NULL_POINTER`, `OUT_OF_RANGE`, also if the image has no such names.
///
/// # Safety
/// `image` was opened; `name` and `length` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_image_input_name(
    image: *const Image,
    input: usize,
    name: *mut *const core::ffi::c_char,
    length: *mut usize,
) -> Status {
    let find = || {
        // SAFETY: the caller's promise.
        let table = unsafe { boundary::get(image)? }.name_table();
        let found = table.and_then(|table| table.inputs()?.nth(input));
        // SAFETY: the caller's promise.
        unsafe { hand_out(found, name, length) }
    };
    find().into()
}

/// The name of a class, as `mild_image_input_name()` that of an input.
///
/// # Safety
/// `image` was opened; `name` and `length` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_image_class_name(
    image: *const Image,
    class_number: usize,
    name: *mut *const core::ffi::c_char,
    length: *mut usize,
) -> Status {
    let find = || {
        // SAFETY: the caller's promise.
        let table = unsafe { boundary::get(image)? }.name_table();
        let found = table.and_then(|table| table.classes()?.nth(class_number));
        // SAFETY: the caller's promise.
        unsafe { hand_out(found, name, length) }
    };
    find().into()
}

/// The name of an expert: `length` bytes of UTF-8 in the image, **without** a final NUL.
///
/// Print it with `"%.*s"`. Status: `NULL_POINTER`, `OUT_OF_RANGE`.
///
/// # Safety
/// `image` was opened; `name` and `length` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_image_expert_name(
    image: *const Image,
    expert: u8,
    name: *mut *const core::ffi::c_char,
    length: *mut usize,
) -> Status {
    let find = || {
        // SAFETY: the caller's promise.
        let image = unsafe { boundary::get(image)? };
        // SAFETY: the caller's promise.
        unsafe { hand_out(image.names().nth(expert.into()), name, length) }
    };
    find().into()
}
