//! What every function does at the boundary: follows pointers, checks texts, hands over, and lets no panic through.

use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use super::failure::{Failure, IDENTIFAI_OK};

type Result<T> = std::result::Result<T, Failure>;

/// Runs a call and makes its result a code; a failure goes to `error`, if that is asked for.
pub(super) unsafe fn call(error: *mut *mut Failure, run: impl FnOnce() -> Result<()>) -> i32 {
    unsafe { finish(error, catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(Failure::panic()))) }
}

/// The same for a submit, of which nobody knows after a panic whether it arrived.
pub(super) unsafe fn submit(error: *mut *mut Failure, run: impl FnOnce() -> Result<()>) -> i32 {
    let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(Failure::panic().of_unknown_fate()));
    unsafe { finish(error, outcome) }
}

unsafe fn finish(error: *mut *mut Failure, outcome: Result<()>) -> i32 {
    let Err(failure) = outcome else { return IDENTIFAI_OK };
    let code = failure.code;
    if let Some(error) = NonNull::new(error) {
        unsafe { error.write(hand_over(failure)) };
    }
    code
}

/// What `get` reads of an object; `otherwise` if there is none, or after a panic.
pub(super) unsafe fn read<T, R: Copy>(object: *const T, otherwise: R, get: impl FnOnce(&T) -> R) -> R {
    let Some(object) = (unsafe { object.as_ref() }) else { return otherwise };
    catch_unwind(AssertUnwindSafe(|| get(object))).unwrap_or(otherwise)
}

/// Makes an object, or gives NULL after a panic.
pub(super) fn make<T>(make: impl FnOnce() -> T) -> *mut T {
    catch_unwind(AssertUnwindSafe(|| hand_over(make()))).unwrap_or(std::ptr::null_mut())
}

/// Frees what was handed over, if it is anything.
pub(super) unsafe fn free<T>(pointer: *mut T, free: impl FnOnce(*mut T)) {
    if !pointer.is_null() {
        // Nothing that is dropped here panics. If it did, a leak would be the lesser evil.
        let _ = catch_unwind(AssertUnwindSafe(|| free(pointer)));
    }
}

/// Frees an object that was handed over, if it is any.
pub(super) unsafe fn free_object<T>(object: *mut T) {
    unsafe { free(object, |object| drop(Box::from_raw(object))) }
}

pub(super) fn hand_over<T>(object: T) -> *mut T {
    Box::into_raw(Box::new(object))
}

/// An object that is only read.
pub(super) unsafe fn object<'a, T>(pointer: *const T, name: &str) -> Result<&'a T> {
    unsafe { pointer.as_ref() }.ok_or_else(|| Failure::null(name))
}

/// An object that is changed.
pub(super) unsafe fn object_mut<'a, T>(pointer: *mut T, name: &str) -> Result<&'a mut T> {
    unsafe { pointer.as_mut() }.ok_or_else(|| Failure::null(name))
}

pub(super) unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    if pointer.is_null() {
        return Err(Failure::null(name));
    }
    unsafe { CStr::from_ptr(pointer) }.to_str().map_err(|_| Failure::invalid(name, "is not UTF-8"))
}

pub(super) unsafe fn bytes<'a>(pointer: *const u8, len: usize, name: &str) -> Result<&'a [u8]> {
    if pointer.is_null() {
        return Err(Failure::null(name));
    }
    if isize::try_from(len).is_err() {
        return Err(Failure::invalid(name, "is longer than memory can be"));
    }
    Ok(unsafe { std::slice::from_raw_parts(pointer, len) })
}

/// Where a result goes. It is written once, at the end, so a call that fails leaves it as it was.
pub(super) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    pub(super) unsafe fn new(pointer: *mut T, name: &str) -> Result<Self> {
        NonNull::new(pointer).map(Self).ok_or_else(|| Failure::null(name))
    }

    /// Writes a result that nobody needs to want.
    pub(super) unsafe fn if_wanted(pointer: *mut T, value: T) {
        if let Some(out) = NonNull::new(pointer).map(Self) {
            out.put(value);
        }
    }

    pub(super) fn put(self, value: T) {
        // It was promised at `new` to be writable, and may be uninitialised.
        unsafe { self.0.write(value) }
    }
}

/// A text as C has it. A NUL within would cut it off; what shows that there was one stands for it.
pub(super) fn c_text(text: &str) -> CString {
    let text = if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() };
    CString::new(text).unwrap_or_default()
}

/// A text that is lent for as long as its object lives; NULL if there is none.
pub(super) fn lent(text: Option<&CString>) -> *const c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}
