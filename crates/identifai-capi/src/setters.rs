//! The setters of options: first the client settings, then the submit options.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use identifai::{Frames, KeyFramesMethod, RateLimit};

use crate::boundary::{call, object_mut, text};
use crate::failure::Failure;
use crate::options::{Options, Progress, ProgressCallback, Proxy};

/// `iframes`: the key frames that the video encoder chose.
pub const IDENTIFAI_KEY_FRAMES_IFRAMES: i32 = 1;
/// `flow`: key frames chosen by movement.
pub const IDENTIFAI_KEY_FRAMES_FLOW: i32 = 2;
/// `color`: key frames chosen by colour.
pub const IDENTIFAI_KEY_FRAMES_COLOR: i32 = 3;

/// Sets the option `name`, or remembers why it could not be set.
unsafe fn set<T>(
    options: *mut Options,
    name: &'static str,
    value: Result<T, Failure>,
    field: impl FnOnce(&mut Options) -> &mut Option<T>,
) -> i32 {
    let set = || {
        let options = unsafe { object_mut(options, "options")? };
        options.failures.remove(name);
        let value = value.inspect_err(|failure| drop(options.failures.insert(name, failure.clone())))?;
        *field(options) = Some(value);
        Ok(())
    };
    unsafe { call(std::ptr::null_mut(), set) }
}

unsafe fn owned(value: *const c_char, name: &str) -> Result<String, Failure> {
    unsafe { text(value, name) }.map(str::to_owned)
}

/// Sets the base URL of the service. If it has a path, the API's paths are appended to it. The scheme must be `https`,
/// or `http` if the host is this machine. `identifai_options_set_allow_http` allows `http` for other machines. Defaults
/// to `https://backend.identifai.net`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_base_url(options: *mut Options, base_url: *const c_char) -> i32 {
    unsafe { set(options, "base_url", owned(base_url, "base_url"), |options| &mut options.settings.base_url) }
}

/// Sets the deadline of a whole call: name lookup, connecting, sending, waiting for the response and for a slot of the
/// rate limit, pauses and retries. The total time of `identifai_wait` has its own setting,
/// `identifai_options_set_wait_timeout_ms`.
///
/// Defaults to 120 seconds for a submit by URL, because the service downloads the file before it responds, and to 30
/// seconds for all other calls except uploads. An upload has no deadline by default. It fails if no byte is sent for 60
/// seconds, or if the response does not arrive within 120 seconds after the last byte. A deadline replaces these two
/// limits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_timeout_ms(options: *mut Options, milliseconds: u64) -> i32 {
    unsafe {
        set(options, "timeout_ms", Ok(Duration::from_millis(milliseconds)), |options| &mut options.settings.timeout)
    }
}

/// Sets the time that name lookup, connecting and the TLS handshake may take together. It is part of the deadline.
/// Defaults to 10 seconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_connect_timeout_ms(options: *mut Options, milliseconds: u64) -> i32 {
    unsafe {
        set(options, "connect_timeout_ms", Ok(Duration::from_millis(milliseconds)), |options| {
            &mut options.settings.connect_timeout
        })
    }
}

/// If not 0, allows a base URL with plain `http` on another machine. The key is then sent unencrypted. Combined with a
/// proxy, even one from the environment, this is an error. Defaults to 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_allow_http(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "allow_http", Ok(on != 0), |options| &mut options.settings.allow_http) }
}

/// Sets a proxy: `http://user:password@host:port`, `https://...`, or `socks5h://...` if the library was built with the
/// feature `socks-proxy`. The proxy never sees the key, because only `https` requests go through it. Requests to this
/// machine use no proxy. Defaults to the environment variables `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_proxy(options: *mut Options, url: *const c_char) -> i32 {
    unsafe { set(options, "proxy", owned(url, "proxy").map(Proxy::Url), |options| &mut options.settings.proxy) }
}

/// Disables proxies, including those from the environment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_no_proxy(options: *mut Options) -> i32 {
    unsafe { set(options, "proxy", Ok(Proxy::None), |options| &mut options.settings.proxy) }
}

/// Trusts the root certificates in `pem` (one or more, in PEM format) and no others. They replace the default roots,
/// like curl's `--cacert`, and they are also used for an `https` proxy. Defaults to the roots that are bundled with the
/// library or, if it was built with the feature `platform-verifier` or `native-tls`, to those of the operating system.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_root_certificates(options: *mut Options, pem: *const c_char) -> i32 {
    unsafe {
        set(options, "root_certificates", owned(pem, "root_certificates"), |options| {
            &mut options.settings.root_certificates
        })
    }
}

/// Sets the name of your program, as `product/version`: up to 256 bytes of printable ASCII. It is added to this
/// library's own `User-Agent`. Defaults to no name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_user_agent(options: *mut Options, product: *const c_char) -> i32 {
    unsafe { set(options, "user_agent", owned(product, "user_agent"), |options| &mut options.settings.user_agent) }
}

/// Sets the maximum size of a response in bytes. A larger response is an error. Defaults to 4 MiB, and to 64 MiB for a
/// heatmap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_response_limit(options: *mut Options, bytes: u64) -> i32 {
    unsafe { set(options, "response_limit", Ok(bytes), |options| &mut options.settings.response_limit) }
}

/// Sets the maximum number of retries of a call within its deadline. A submit is only retried if it cannot be paid for
/// twice, unless `identifai_options_set_resend_if_unknown` allows it. 0 disables retries. Defaults to 2.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_retries(options: *mut Options, retries: u32) -> i32 {
    unsafe { set(options, "retries", Ok(retries), |options| &mut options.settings.retries) }
}

/// If not 0, a submit is also retried if it is not known whether the service accepted it. It may then be paid for
/// twice. Defaults to 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_resend_if_unknown(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "resend_if_unknown", Ok(on != 0), |options| &mut options.settings.resend_if_unknown) }
}

/// Limits requests to `submits` and `reads` per minute, and to 1/30 of that per second. Neither may be 0. An override
/// counts as a submit. A call waits for its slot. If the slot is after the call's deadline, the call fails with
/// `IDENTIFAI_ERROR_RATE_LIMITED`. Defaults to 30 and 60, the limits that the service documents.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_rate_limit(options: *mut Options, submits: u32, reads: u32) -> i32 {
    unsafe {
        set(options, "rate_limit", Ok(RateLimit::per_minute(submits, reads)), |options| {
            &mut options.settings.rate_limit
        })
    }
}

/// Disables the rate limit. Use it with a sandbox, or in a program that limits its own rate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_no_rate_limit(options: *mut Options) -> i32 {
    unsafe { set(options, "rate_limit", Ok(RateLimit::unlimited()), |options| &mut options.settings.rate_limit) }
}

/// Sets the total time that `identifai_wait` waits. Defaults to 5 minutes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_wait_timeout_ms(options: *mut Options, milliseconds: u64) -> i32 {
    unsafe {
        set(options, "wait_timeout_ms", Ok(Duration::from_millis(milliseconds)), |options| {
            &mut options.settings.wait.timeout
        })
    }
}

/// Sets the pause of `identifai_wait` after its first poll. Defaults to 2 seconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_wait_initial_interval_ms(
    options: *mut Options,
    milliseconds: u64,
) -> i32 {
    unsafe {
        set(options, "wait_initial_interval_ms", Ok(Duration::from_millis(milliseconds)), |options| {
            &mut options.settings.wait.initial_interval
        })
    }
}

/// Sets the maximum pause of `identifai_wait` between two polls. A longer pause that the service asks for is kept.
/// Defaults to 10 seconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_wait_max_interval_ms(options: *mut Options, milliseconds: u64) -> i32 {
    unsafe {
        set(options, "wait_max_interval_ms", Ok(Duration::from_millis(milliseconds)), |options| {
            &mut options.settings.wait.max_interval
        })
    }
}

/// Sets the factor that each pause of `identifai_wait` is multiplied by to get the next pause. It must be 1 or more.
/// Defaults to 1.5.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_wait_growth(options: *mut Options, factor: f64) -> i32 {
    unsafe { set(options, "wait_growth", Ok(factor), |options| &mut options.settings.wait.growth) }
}

/// Sets a reference of your own, which the service stores and returns with the result. Defaults to none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_ref_id(options: *mut Options, ref_id: *const c_char) -> i32 {
    unsafe { set(options, "ref_id", owned(ref_id, "ref_id"), |options| &mut options.submit.ref_id) }
}

/// Sets an `http` or `https` URL to which the service also sends the result. The service ignores it silently unless
/// webhooks are enabled for the account. It does not call the URL for a result that it has cached. Defaults to none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_webhook_url(options: *mut Options, webhook_url: *const c_char) -> i32 {
    unsafe { set(options, "webhook_url", owned(webhook_url, "webhook_url"), |options| &mut options.submit.webhook_url) }
}

/// If not 0, the service analyses a file again that was submitted before with the same options. This may cost again.
/// Defaults to the service's choice, which is not documented.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_no_cache(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "no_cache", Ok(on != 0), |options| &mut options.submit.no_cache) }
}

/// Images and videos: if not 0, the service also looks for morphing of people's faces. Defaults to the service's
/// choice, which is not documented.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_with_morphing(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "with_morphing", Ok(on != 0), |options| &mut options.submit.with_morphing) }
}

/// Images and videos: if not 0, the service also looks for manipulation without generative AI. Defaults to the
/// service's choice, which is not documented.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_with_tampering(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "with_tampering", Ok(on != 0), |options| &mut options.submit.with_tampering) }
}

/// Images: if not 0, the service also creates a heatmap of AI-generated content. `identifai_heatmap` fetches it.
/// Defaults to the service's choice, which is not documented.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_with_heatmap(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "with_heatmap", Ok(on != 0), |options| &mut options.submit.with_heatmap) }
}

/// Images and videos: if not 0, the service also detects content that is not safe for work. `identifai_report_nsfw`
/// returns the result. That videos have this option is our reading of the documentation. Defaults to the service's
/// choice, which is not documented.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_with_nsfw(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "with_nsfw", Ok(on != 0), |options| &mut options.submit.with_nsfw) }
}

/// If not 0, a C2PA signature does not force the verdict to artificial. Defaults to the service's choice, documented as
/// 0: a signature forces the verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_prevent_c2pa_forces(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "prevent_c2pa_forces", Ok(on != 0), |options| &mut options.submit.prevent_c2pa_forces) }
}

/// Videos: sets the maximum number of frames to analyse: 5, 10 or 30. More frames cost more. Defaults to the service's
/// choice, which is not documented.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_frames(options: *mut Options, frames: i32) -> i32 {
    unsafe { set(options, "frames", parse_frames(frames), |options| &mut options.submit.frames) }
}

/// Videos: if not 0, the service analyses key frames instead of evenly spaced frames. Defaults to the service's choice,
/// which is not documented.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_key_frames(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "key_frames", Ok(on != 0), |options| &mut options.submit.key_frames) }
}

/// Videos: sets the method of choosing key frames, one of `IDENTIFAI_KEY_FRAMES_...`. Defaults to the service's choice,
/// documented as `IDENTIFAI_KEY_FRAMES_IFRAMES`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_key_frames_method(options: *mut Options, method: i32) -> i32 {
    unsafe {
        set(options, "key_frames_method", parse_key_frames_method(method), |options| {
            &mut options.submit.key_frames_method
        })
    }
}

/// Uploads: sets the file name that is sent to the service and returned in the report. If its extension belongs to
/// another format than the content, the extension is corrected: a WebP file named `cat.jpg` is sent as `cat.webp`.
/// Defaults to the name of the file, or for bytes in memory to the medium with the usual extension of the format, such
/// as `image.png`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_file_name(options: *mut Options, file_name: *const c_char) -> i32 {
    unsafe { set(options, "file_name", owned(file_name, "file_name"), |options| &mut options.submit.file_name) }
}

/// Uploads: sets the maximum file size in bytes. Defaults to the limit that the service documents: 50 MB for images and
/// recordings, and 5 GB for videos. The units are read generously, as 50 MiB and 5 GiB.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_max_size(options: *mut Options, bytes: u64) -> i32 {
    unsafe { set(options, "max_size", Ok(bytes), |options| &mut options.submit.max_size) }
}

/// Uploads: if not 0, sends a file of any format, unchanged and under its own name. If 0, its content must have a
/// format that the service documents for the medium, and its name must not have the extension of another medium.
/// Defaults to 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_any_format(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "any_format", Ok(on != 0), |options| &mut options.submit.any_format) }
}

/// Uploads: sets a function that is called with the progress of an upload and can end it. `user_data` is passed to each
/// call of the function, and may be NULL. The library keeps the pointer, so the object that it points to must exist
/// while submits with these options run. If `progress` is NULL, no function is called. Defaults to NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_progress(
    options: *mut Options,
    progress: Progress,
    user_data: *mut c_void,
) -> i32 {
    let callback = progress.map(|function| ProgressCallback { function, user_data });
    unsafe {
        call(std::ptr::null_mut(), || {
            object_mut(options, "options")?.submit.progress = callback;
            Ok(())
        })
    }
}

fn parse_frames(count: i32) -> Result<Frames, Failure> {
    let known = [Frames::Five, Frames::Ten, Frames::Thirty];
    let found = known.into_iter().find(|frames| i64::from(frames.count()) == i64::from(count));
    found.ok_or_else(|| Failure::invalid("frames", "must be 5, 10 or 30"))
}

fn parse_key_frames_method(number: i32) -> Result<KeyFramesMethod, Failure> {
    match number {
        IDENTIFAI_KEY_FRAMES_IFRAMES => Ok(KeyFramesMethod::IFrames),
        IDENTIFAI_KEY_FRAMES_FLOW => Ok(KeyFramesMethod::Flow),
        IDENTIFAI_KEY_FRAMES_COLOR => Ok(KeyFramesMethod::Color),
        _ => Err(Failure::invalid("key_frames_method", "must be one of IDENTIFAI_KEY_FRAMES_...")),
    }
}
