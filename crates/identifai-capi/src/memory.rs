//! Objects and strings in memory that C owns or reads: creating, reading and freeing them. No panic leaves these
//! functions.

use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Moves an object to the heap. C owns it until [`free_object`].
pub(crate) fn into_raw<T>(object: T) -> *mut T {
    Box::into_raw(Box::new(object))
}

/// Creates an object that C owns. Returns NULL after a panic.
pub(crate) fn make<T>(make: impl FnOnce() -> T) -> *mut T {
    catch_unwind(AssertUnwindSafe(|| into_raw(make()))).unwrap_or(std::ptr::null_mut())
}

/// Reads an object with `get`. Returns `otherwise` for NULL and after a panic.
pub(crate) unsafe fn read<T, R: Copy>(object: *const T, otherwise: R, get: impl FnOnce(&T) -> R) -> R {
    let Some(object) = (unsafe { object.as_ref() }) else { return otherwise };
    catch_unwind(AssertUnwindSafe(|| get(object))).unwrap_or(otherwise)
}

/// Frees an object that [`into_raw`] created. Does nothing for NULL.
pub(crate) unsafe fn free_object<T>(object: *mut T) {
    unsafe { free(object, |object| drop(Box::from_raw(object))) }
}

/// Calls `free` with `pointer` unless it is NULL.
pub(crate) unsafe fn free<T>(pointer: *mut T, free: impl FnOnce(*mut T)) {
    if !pointer.is_null() {
        // No destructor that runs here panics. If one did, leaking the object would be better than unwinding into C.
        let _ = catch_unwind(AssertUnwindSafe(|| free(pointer)));
    }
}

/// Copies a string for C. NUL, which would end it early, becomes U+FFFD.
pub(crate) fn c_text(text: &str) -> CString {
    let text = if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() };
    CString::new(text).unwrap_or_default()
}

/// Returns a pointer that is valid as long as the object that owns the string, or NULL for `None`.
pub(crate) fn ptr_or_null(text: Option<&CString>) -> *const c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}
