//! Functions about the library itself: its version, and freeing the memory that it returns.

use std::ffi::{CString, c_char};

use crate::memory::free;

/// Returns the version of the library: the value of `IDENTIFAI_VERSION` when the library was built. The string is
/// static and never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn identifai_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Frees a string that a function of this library returned as `char *`. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_string_free(string: *mut c_char) {
    unsafe { free(string, |string| drop(CString::from_raw(string))) }
}

/// Frees bytes that a function of this library returned. `len` is the length that the function returned with them.
/// NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_bytes_free(bytes: *mut u8, len: usize) {
    unsafe { free(bytes, |bytes| drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(bytes, len)))) }
}
