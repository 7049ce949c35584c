//! Helpers of the exported functions: they check pointers and strings, turn errors into codes and catch panics.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use crate::failure::{Failure, IDENTIFAI_OK};
use crate::memory::into_raw;

type Result<T> = std::result::Result<T, Failure>;

/// Runs a call and returns its result as a code. Writes the failure to `error` unless that is NULL.
pub(crate) unsafe fn call(error: *mut *mut Failure, run: impl FnOnce() -> Result<()>) -> i32 {
    unsafe { finish(error, catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(Failure::panic()))) }
}

/// Runs a submit like [`call`]. A panic is reported as possibly sent, because it is not known if the submit arrived.
pub(crate) unsafe fn submit(error: *mut *mut Failure, run: impl FnOnce() -> Result<()>) -> i32 {
    let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(Failure::panic().indeterminate()));
    unsafe { finish(error, outcome) }
}

unsafe fn finish(error: *mut *mut Failure, outcome: Result<()>) -> i32 {
    let Err(failure) = outcome else { return IDENTIFAI_OK };
    let code = failure.code;
    if let Some(error) = NonNull::new(error) {
        unsafe { error.write(into_raw(failure)) };
    }
    code
}

/// Returns a reference to an object that is only read.
pub(crate) unsafe fn object<'a, T>(pointer: *const T, name: &str) -> Result<&'a T> {
    unsafe { pointer.as_ref() }.ok_or_else(|| Failure::null(name))
}

/// Returns a reference to an object that is changed.
pub(crate) unsafe fn object_mut<'a, T>(pointer: *mut T, name: &str) -> Result<&'a mut T> {
    unsafe { pointer.as_mut() }.ok_or_else(|| Failure::null(name))
}

pub(crate) unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    if pointer.is_null() {
        return Err(Failure::null(name));
    }
    unsafe { CStr::from_ptr(pointer) }.to_str().map_err(|_| Failure::invalid(name, "must be UTF-8"))
}

pub(crate) unsafe fn bytes<'a>(pointer: *const u8, len: usize, name: &str) -> Result<&'a [u8]> {
    if pointer.is_null() {
        return Err(Failure::null(name));
    }
    if isize::try_from(len).is_err() {
        return Err(Failure::invalid(name, "must not exceed the address space"));
    }
    Ok(unsafe { std::slice::from_raw_parts(pointer, len) })
}

/// An output argument. It is written once, at the end, so a failing call leaves it unchanged.
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    pub(crate) unsafe fn new(pointer: *mut T, name: &str) -> Result<Self> {
        NonNull::new(pointer).map(Self).ok_or_else(|| Failure::null(name))
    }

    /// Writes a result unless the caller passed NULL for it.
    pub(crate) unsafe fn put_unless_null(pointer: *mut T, value: T) {
        if let Some(out) = NonNull::new(pointer).map(Self) {
            out.put(value);
        }
    }

    pub(crate) fn put(self, value: T) {
        // The caller of `new` promised that it is writable. It may be uninitialized, so the old value is not dropped.
        unsafe { self.0.write(value) }
    }
}
