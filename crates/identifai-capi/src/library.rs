//! The library itself: its version, and the memory that it hands over.

use std::ffi::{CString, c_char};

use crate::memory::free;

/// The version of the library: what `IDENTIFAI_VERSION` was when it was built. Static, never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn identifai_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Frees a string that a function handed over.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_string_free(string: *mut c_char) {
    unsafe { free(string, |string| drop(CString::from_raw(string))) }
}

/// Frees bytes that a function handed over, with the `len` that it gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_bytes_free(bytes: *mut u8, len: usize) {
    unsafe { free(bytes, |bytes| drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(bytes, len)))) }
}
