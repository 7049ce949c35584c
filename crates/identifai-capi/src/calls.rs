//! Clients and the calls that they make.

use std::ffi::c_char;

use identifai::{AnyReport, AnySubmitted, Client, HealthStatus, Identifier, MediaType};

use crate::boundary::{Out, bytes, call, object, submit, text};
use crate::failure::Failure;
use crate::memory::{c_text, free_object, into_raw};
use crate::options::{Options, SubmitOptions};
use crate::report::{self, Report};
use crate::submission::{Source, media_type};

/// All parts of the service work.
pub const IDENTIFAI_HEALTH_OK: i32 = 1;
/// The service can be reached, and some parts of it are degraded.
pub const IDENTIFAI_HEALTH_DEGRADED: i32 = 2;
/// Any other status of the service.
pub const IDENTIFAI_HEALTH_OTHER: i32 = 3;

/// A client. It holds settings and connections, and is used for any number of calls.
///
/// Any number of threads may use a client at the same time. After a `fork`, parent and child may both continue to use
/// it: each process opens connections of its own. Free it with `identifai_client_free` when no call is running.
pub struct Handle(pub(crate) Client);

/// Submits the image at `file_url` without a client. It spends credits.
///
/// It behaves like `identifai_submit_url` with `IDENTIFAI_IMAGE`, except that `options` must not be NULL and supplies
/// both the client settings and the submit options. Free `identifier` with `identifai_string_free`.
///
/// Calls share connections if they have the same base URL, `http` permission, connect timeout, proxy, root
/// certificates, user agent and response limit, even if they use different options objects or keys. The process keeps
/// the connections of the 8 combinations of these settings that were used last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_classify_from_url(
    options: *const Options,
    file_url: *const c_char,
    identifier: *mut *mut c_char,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        submit(error, || {
            let options = object(options, "options")?;
            let (file_url, out) = (text(file_url, "file_url")?, Out::new(identifier, "identifier")?);
            // Fails if an option of another medium is set, like the other submits.
            drop(Source::Url(file_url).submission(MediaType::Image, &options.submit)?);
            out.put(owned(&identifai::classify_from_url(&options.url_options(file_url)?)?));
            Ok(())
        })
    }
}

/// Creates a client with the client settings of `options`. Nothing is sent, and no connection is opened. Free `client`
/// with `identifai_client_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_client_new(
    options: *const Options,
    client: *mut *mut Handle,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        call(error, || {
            let (options, out) = (object(options, "options")?, Out::new(client, "client")?);
            out.put(into_raw(Handle(options.client()?)));
            Ok(())
        })
    }
}

/// Frees a client. No call with the client may be running. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_client_free(client: *mut Handle) {
    unsafe { free_object(client) }
}

/// Submits the file at a URL, which the service downloads. It spends credits.
///
/// `medium` is one of `IDENTIFAI_IMAGE`, `IDENTIFAI_VIDEO` and `IDENTIFAI_AUDIO`. The call uses the submit options in
/// `options` and ignores its client settings. `options` may be NULL: then the defaults apply.
///
/// `identifier` receives the identifier of the submission. Store it: `identifai_wait` and `identifai_result` need it to
/// read the result that you paid for. Free it with `identifai_string_free`.
///
/// The call takes at most 120 seconds by default. If it fails, `identifai_error_may_have_been_sent` reports if the
/// submit may have been accepted and paid for. The library never repeats a submit that could then be paid for twice,
/// unless `identifai_options_set_resend_if_unknown` allows it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_submit_url(
    client: *const Handle,
    medium: i32,
    file_url: *const c_char,
    options: *const Options,
    identifier: *mut *mut c_char,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        submit(error, || {
            let client = object(client, "client")?;
            let source = Source::Url(text(file_url, "file_url")?);
            client.submit(medium, source, options, identifier)
        })
    }
}

/// Submits a file, which is uploaded in blocks of 64 KiB. The size of the file does not affect memory use. Apart from
/// that, it behaves like `identifai_submit_url`.
///
/// `path` is UTF-8. The file is checked before anything is sent. It must be a regular file, not empty, in a format of
/// the medium, and not larger than the service accepts.
///
/// An upload has no deadline by default. It fails if no byte is sent for 60 seconds, or if the response does not arrive
/// within 120 seconds after the last byte. `identifai_options_set_timeout_ms` sets a deadline instead.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_submit_file(
    client: *const Handle,
    medium: i32,
    path: *const c_char,
    options: *const Options,
    identifier: *mut *mut c_char,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        submit(error, || {
            let client = object(client, "client")?;
            let source = Source::Path(text(path, "path")?);
            client.submit(medium, source, options, identifier)
        })
    }
}

/// Submits a file in memory: `len` bytes at `file`, which are copied. Apart from that, it behaves like
/// `identifai_submit_file`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_submit_bytes(
    client: *const Handle,
    medium: i32,
    file: *const u8,
    len: usize,
    options: *const Options,
    identifier: *mut *mut c_char,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        submit(error, || {
            let client = object(client, "client")?;
            let source = Source::Bytes(bytes(file, len, "file")?);
            client.submit(medium, source, options, identifier)
        })
    }
}

/// Reads the current report of a submission with one request. The analysis may be pending, done or failed. The call
/// succeeds in all three cases. `identifai_report_state` tells them apart.
///
/// `medium` is the medium that was submitted. Free `report` with `identifai_report_free`. The call takes at most 30
/// seconds by default.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_result(
    client: *const Handle,
    medium: i32,
    identifier: *const c_char,
    report: *mut *mut Report,
    error: *mut *mut Failure,
) -> i32 {
    unsafe { call(error, || object(client, "client")?.report(Client::result_any, medium, identifier, report)) }
}

/// Waits until the analysis of a submission has finished, and reads its report. It waits for 5 minutes by default. It
/// polls immediately, and then with pauses that become longer. Lost connections and temporary failures of the service
/// do not end the wait.
///
/// It fails with `IDENTIFAI_ERROR_ANALYSIS_FAILED` and the service's reason if the service could not analyse the file,
/// and with `IDENTIFAI_ERROR_WAIT_TIMED_OUT` when the time has passed. The arguments are those of `identifai_result`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_wait(
    client: *const Handle,
    medium: i32,
    identifier: *const c_char,
    report: *mut *mut Report,
    error: *mut *mut Failure,
) -> i32 {
    unsafe { call(error, || object(client, "client")?.report(Client::wait_any, medium, identifier, report)) }
}

/// Fetches the heatmap of an image: a PNG of `len` bytes. The image must have been submitted with
/// `identifai_options_set_with_heatmap`, and its analysis must be done. Free `png` with `identifai_bytes_free`.
///
/// It fails with `IDENTIFAI_ERROR_NOT_FOUND` if there is no heatmap, and with `IDENTIFAI_ERROR_UNEXPECTED_RESPONSE` if
/// the response is not a complete PNG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_heatmap(
    client: *const Handle,
    identifier: *const c_char,
    png: *mut *mut u8,
    len: *mut usize,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        call(error, || {
            let Handle(client) = object(client, "client")?;
            let identifier: Identifier = text(identifier, "identifier")?.parse()?;
            let (png, len) = (Out::new(png, "png")?, Out::new(len, "len")?);
            let bytes = client.heatmap(&identifier.into())?.into_bytes().into_boxed_slice();
            len.put(bytes.len());
            png.put(Box::into_raw(bytes).cast());
            Ok(())
        })
    }
}

/// Overrides the verdict on a file. This applies to every submission of the file, including future ones.
///
/// `hash` is the SHA-256 of the file, as `identifai_report_hash` returns it. It is not the identifier. `classification`
/// is `IDENTIFAI_HUMAN` or `IDENTIFAI_ARTIFICIAL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_override(
    client: *const Handle,
    medium: i32,
    hash: *const c_char,
    classification: i32,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        call(error, || {
            let Handle(client) = object(client, "client")?;
            let (medium, hash) = (media_type(medium)?, text(hash, "hash")?);
            Ok(client.override_verdict(medium, hash, &report::classification(classification)?)?)
        })
    }
}

/// Reads the number of credits that the account has left, and the number that it has spent so far. `spent` receives -1
/// if the service does not report it. Either pointer may be NULL. The call itself costs no credits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_credits(
    client: *const Handle,
    available: *mut f64,
    spent: *mut f64,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        call(error, || {
            let credits = object(client, "client")?.0.credits()?;
            Out::put_unless_null(available, credits.available());
            Out::put_unless_null(spent, credits.spent().unwrap_or(-1.0));
            Ok(())
        })
    }
}

/// Reads the health of the service: one of `IDENTIFAI_HEALTH_...`. The request does not contain the key, and does not
/// count towards the rate limit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_health(client: *const Handle, health: *mut i32, error: *mut *mut Failure) -> i32 {
    unsafe {
        call(error, || {
            let (Handle(client), out) = (object(client, "client")?, Out::new(health, "health")?);
            out.put(match client.health()?.status() {
                HealthStatus::Ok => IDENTIFAI_HEALTH_OK,
                HealthStatus::Degraded => IDENTIFAI_HEALTH_DEGRADED,
                _ => IDENTIFAI_HEALTH_OTHER,
            });
            Ok(())
        })
    }
}

/// Ends the running calls of this client, and all later ones, with `IDENTIFAI_ERROR_CANCELLED`. This cannot be undone.
/// It may be called from any thread and from a progress function, but not from a signal handler.
///
/// Calls that are pausing, or that have a connection, end at once. A call that is looking up a name or connecting ends
/// by its connect timeout. A call whose response has already arrived still returns it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_cancel(client: *const Handle) -> i32 {
    unsafe {
        call(std::ptr::null_mut(), || {
            object(client, "client")?.0.cancel_handle().cancel();
            Ok(())
        })
    }
}

impl Handle {
    unsafe fn submit(
        &self,
        medium: i32,
        source: Source<'_>,
        options: *const Options,
        identifier: *mut *mut c_char,
    ) -> Result<(), Failure> {
        let (medium, out) = (media_type(medium)?, unsafe { Out::new(identifier, "identifier")? });
        let defaults = SubmitOptions::default();
        let submit_options = match unsafe { options.as_ref() } {
            Some(options) => options.check().map(|()| &options.submit)?,
            None => &defaults,
        };
        out.put(owned(self.0.submit_any(&source.submission(medium, submit_options)?)?.identifier()));
        Ok(())
    }

    unsafe fn report(
        &self,
        read: fn(&Client, &AnySubmitted) -> identifai::Result<AnyReport>,
        medium: i32,
        identifier: *const c_char,
        report: *mut *mut Report,
    ) -> Result<(), Failure> {
        let (medium, identifier) = (media_type(medium)?, unsafe { text(identifier, "identifier")? });
        let out = unsafe { Out::new(report, "report")? };
        let submitted = AnySubmitted::new(medium, identifier.parse()?);
        out.put(into_raw(Report::from_any(&read(&self.0, &submitted)?)));
        Ok(())
    }
}

fn owned(identifier: &Identifier) -> *mut c_char {
    c_text(identifier.as_str()).into_raw()
}
