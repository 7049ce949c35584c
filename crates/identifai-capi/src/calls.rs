//! The calls: what a client does.

use std::ffi::c_char;

use identifai::{AnyReport, AnySubmitted, Client, HealthStatus, Identifier, MediaType};

use crate::boundary::{Out, bytes, call, object, submit, text};
use crate::failure::Failure;
use crate::memory::{c_text, free_object, hand_over};
use crate::options::{Ask, Options};
use crate::report::{self, Report};
use crate::submission::{Source, media_type};

/// All of the service works.
pub const IDENTIFAI_HEALTH_OK: i32 = 1;
/// The service can be reached, and some of it works less well.
pub const IDENTIFAI_HEALTH_DEGRADED: i32 = 2;
/// The service says something else.
pub const IDENTIFAI_HEALTH_OTHER: i32 = 3;

/// A client: settings and connections, for any number of calls.
///
/// Yours once made, to be freed with `identifai_client_free` when no call is under way. Any number of threads may use
/// it at the same time. After a `fork` parent and child may both go on with it: each has connections of its own.
pub struct Handle(pub(crate) Client);

/// Submits the image at `file_url`, which spends credits, without a client. Calls with the same settings share
/// connections, whatever options they come from; the process keeps those of 8 settings. `identifier` is to be freed
/// with `identifai_string_free`. It does what `identifai_submit_url` does for an image.
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
            // Refuses options of other media, as the other submits do.
            drop(Source::Url(file_url).submission(MediaType::Image, &options.ask)?);
            out.put(owned(&identifai::classify_from_url(&options.of_url(file_url)?)?));
            Ok(())
        })
    }
}

/// Makes a client by the settings in `options`: the key and the setters down to `..._set_wait_growth`. Nothing is sent
/// or connected yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_client_new(
    options: *const Options,
    client: *mut *mut Handle,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        call(error, || {
            let (options, out) = (object(options, "options")?, Out::new(client, "client")?);
            out.put(hand_over(Handle(options.client()?)));
            Ok(())
        })
    }
}

/// Frees a client.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_client_free(client: *mut Handle) {
    unsafe { free_object(client) }
}

/// Submits the medium at a URL, which the service downloads. It spends credits.
///
/// `medium` is one of `IDENTIFAI_IMAGE`, `..._VIDEO` and `..._AUDIO`. `options` say what to ask of it, by the setters
/// from `..._set_ref_id` on, and are NULL for the service's defaults; the setters before that are the client's
/// business. `identifier` is what to ask for the result with: keep it, it is what was paid for. It is to be freed with
/// `identifai_string_free`.
///
/// By default it takes 120 seconds at the most. Where it fails, `identifai_error_may_have_been_sent` tells whether it
/// may have been paid for all the same; it is never sent again by itself where that could pay twice.
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

/// Submits a file, which is uploaded in blocks of 64 KiB, whatever its size. Otherwise it does what
/// `identifai_submit_url` does.
///
/// `path` is UTF-8. The file is checked before anything is sent: a regular one, not empty, of the medium's formats and
/// not larger than the service takes. An upload has no deadline by default, but ends after 60 seconds in which not a
/// byte moves, or 120 without an answer.
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

/// Submits a file in memory, `len` bytes at `file`, which are copied. Otherwise it does what `identifai_submit_file`
/// does.
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

/// Reads how a submission stands, whatever that is: pending, done or failed. It asks once.
///
/// `medium` is that of the submission. `report` is to be freed with `identifai_report_free`. By default it takes 30
/// seconds at the most.
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

/// Waits until the analysis of a submission is finished, by default for 5 minutes, and reads its result. The first look
/// comes at once, the others ever more rarely; lost connections and passing failures of the service do not end it.
///
/// It fails with `IDENTIFAI_ERROR_ANALYSIS_FAILED`, in the service's words, if the service could not analyse it, and
/// with `IDENTIFAI_ERROR_WAIT_TIMED_OUT` when the time is over. Otherwise it does what `identifai_result` does.
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

/// Fetches the heatmap of an image that was submitted with `with_heatmap` and is analysed: a PNG of `len` bytes, to be
/// freed with `identifai_bytes_free`.
///
/// It fails with `IDENTIFAI_ERROR_NOT_FOUND` if there is none. What is no whole PNG is an
/// `IDENTIFAI_ERROR_UNEXPECTED_RESPONSE`.
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

/// Overrides the verdict on a file, for every submission of it, those to come included.
///
/// `hash` is the SHA-256 of the file, which `identifai_report_hash` has; it is not the identifier. `classification` is
/// `IDENTIFAI_HUMAN` or `IDENTIFAI_ARTIFICIAL`.
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

/// Reads how many credits the account has left, and how many it has spent so far: -1 if the service does not say.
/// Either may be NULL if you do not want to know. It costs none.
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
            Out::if_wanted(available, credits.available());
            Out::if_wanted(spent, credits.spent().unwrap_or(-1.0));
            Ok(())
        })
    }
}

/// Reads how the service is: one of `IDENTIFAI_HEALTH_...`. The key is not sent, and it counts for no rate.
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

/// Ends the calls of this client that are under way and all later ones with `IDENTIFAI_ERROR_CANCELLED`, for good. It
/// may be called from any thread, and from the progress function, but not from a signal handler.
///
/// Pauses and connections that stand end at once. A call that is still looking up a name or connecting ends with its
/// connect timeout. An answer that was already there is still returned.
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
        let defaults = Ask::default();
        let ask = match unsafe { options.as_ref() } {
            Some(options) => options.check().map(|()| &options.ask)?,
            None => &defaults,
        };
        out.put(owned(self.0.submit_any(&source.submission(medium, ask)?)?.identifier()));
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
        out.put(hand_over(Report::from_any(&read(&self.0, &submitted)?)));
        Ok(())
    }
}

fn owned(identifier: &Identifier) -> *mut c_char {
    c_text(identifier.as_str()).into_raw()
}
