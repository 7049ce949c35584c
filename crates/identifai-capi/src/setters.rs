//! The setters of options: first how to reach the service, then what to ask of it.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use identifai::{Frames, KeyFramesMethod, RateLimit};

use crate::boundary::{call, object_mut, text};
use crate::failure::Failure;
use crate::options::{Options, Proxy, See, Watcher};

/// `iframes`: the key frames that the video's encoder chose.
pub const IDENTIFAI_KEY_FRAMES_IFRAMES: i32 = 1;
/// `flow`: key frames by movement.
pub const IDENTIFAI_KEY_FRAMES_FLOW: i32 = 2;
/// `color`: key frames by colour.
pub const IDENTIFAI_KEY_FRAMES_COLOR: i32 = 3;

/// Sets the option `name`, or keeps in mind that it could not be set.
unsafe fn set<T>(
    options: *mut Options,
    name: &'static str,
    value: Result<T, Failure>,
    place: impl FnOnce(&mut Options) -> &mut Option<T>,
) -> i32 {
    let set = || {
        let options = unsafe { object_mut(options, "options")? };
        options.failures.remove(name);
        let value = value.inspect_err(|failure| drop(options.failures.insert(name, failure.clone())))?;
        *place(options) = Some(value);
        Ok(())
    };
    unsafe { call(std::ptr::null_mut(), set) }
}

unsafe fn owned(value: *const c_char, name: &str) -> Result<String, Failure> {
    unsafe { text(value, name) }.map(str::to_owned)
}

/// Where the service is; a path in it is put before the API's paths. `https`, or `http` if the host is this machine (or
/// see `identifai_options_set_allow_http`). Default: `https://backend.identifai.net`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_base_url(options: *mut Options, base_url: *const c_char) -> i32 {
    unsafe { set(options, "base_url", owned(base_url, "base_url"), |options| &mut options.reach.base_url) }
}

/// The deadline of a whole call: looking up, connecting, sending, waiting, pausing and retrying; not that of
/// `identifai_wait`. Default: 120 seconds for a submit by URL, as the service downloads the file before it answers; for
/// an upload none, but 60 seconds in which not a byte moves, and 120 for the answer; 30 seconds for everything else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_timeout_ms(options: *mut Options, milliseconds: u64) -> i32 {
    unsafe { set(options, "timeout_ms", Ok(Duration::from_millis(milliseconds)), |options| &mut options.reach.timeout) }
}

/// How long looking up the name, connecting and the TLS handshake may take, within the deadline. Default: 10 seconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_connect_timeout_ms(options: *mut Options, milliseconds: u64) -> i32 {
    unsafe {
        set(options, "connect_timeout_ms", Ok(Duration::from_millis(milliseconds)), |options| {
            &mut options.reach.connect_timeout
        })
    }
}

/// Whether the base URL may be plain `http` on another machine. The key is then sent in clear. Default: 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_allow_http(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "allow_http", Ok(on != 0), |options| &mut options.reach.allow_http) }
}

/// A proxy: `http://user:password@host:port` or `https://...`. It never sees the key: only `https` goes through it.
/// Default: as `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_proxy(options: *mut Options, url: *const c_char) -> i32 {
    unsafe { set(options, "proxy", owned(url, "proxy").map(Proxy::Url), |options| &mut options.reach.proxy) }
}

/// No proxy, whatever the environment says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_no_proxy(options: *mut Options) -> i32 {
    unsafe { set(options, "proxy", Ok(Proxy::None), |options| &mut options.reach.proxy) }
}

/// Trusts the root certificates in `pem` (one or more, in PEM), and no others: they replace the usual roots, as with
/// curl's `--cacert`, and count for a proxy over `https`, too. Default: the usual roots.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_root_certificates(options: *mut Options, pem: *const c_char) -> i32 {
    unsafe {
        set(options, "root_certificates", owned(pem, "root_certificates"), |options| {
            &mut options.reach.root_certificates
        })
    }
}

/// What your program calls itself, as `product/version`; added to this library's own `User-Agent`. Default: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_user_agent(options: *mut Options, product: *const c_char) -> i32 {
    unsafe { set(options, "user_agent", owned(product, "user_agent"), |options| &mut options.reach.user_agent) }
}

/// The longest answer that is read; a longer one is an error. Default: 4 MiB, and 64 MiB for a heatmap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_response_limit(options: *mut Options, bytes: u64) -> i32 {
    unsafe { set(options, "response_limit", Ok(bytes), |options| &mut options.reach.response_limit) }
}

/// How often a failed try is repeated within the deadline, where that cannot pay twice. 0 is never. Default: 2.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_retries(options: *mut Options, retries: u32) -> i32 {
    unsafe { set(options, "retries", Ok(retries), |options| &mut options.reach.retries) }
}

/// Whether to repeat a submit of unknown fate, too. It may then be paid for twice. Default: 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_resend_if_unknown(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "resend_if_unknown", Ok(on != 0), |options| &mut options.reach.resend_if_unknown) }
}

/// How many submits and reads the key may make in a minute, and a thirtieth of that in a second. Calls wait for their
/// turn. Default: 30 and 60, as the service documents.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_rate_limit(options: *mut Options, submits: u32, reads: u32) -> i32 {
    unsafe {
        set(options, "rate_limit", Ok(RateLimit::per_minute(submits, reads)), |options| &mut options.reach.rate_limit)
    }
}

/// No rate limit: for a sandbox, or a program that limits its own rate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_no_rate_limit(options: *mut Options) -> i32 {
    unsafe { set(options, "rate_limit", Ok(RateLimit::unlimited()), |options| &mut options.reach.rate_limit) }
}

/// How long `identifai_wait` waits over all. Default: 5 minutes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_wait_timeout_ms(options: *mut Options, milliseconds: u64) -> i32 {
    unsafe {
        set(options, "wait_timeout_ms", Ok(Duration::from_millis(milliseconds)), |options| {
            &mut options.reach.patience.timeout
        })
    }
}

/// The pause of `identifai_wait` after its first look. Default: 2 seconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_wait_initial_interval_ms(
    options: *mut Options,
    milliseconds: u64,
) -> i32 {
    unsafe {
        set(options, "wait_initial_interval_ms", Ok(Duration::from_millis(milliseconds)), |options| {
            &mut options.reach.patience.initial_interval
        })
    }
}

/// The longest pause of `identifai_wait` between two looks, unless the service asks for a longer one. Default: 10
/// seconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_wait_max_interval_ms(options: *mut Options, milliseconds: u64) -> i32 {
    unsafe {
        set(options, "wait_max_interval_ms", Ok(Duration::from_millis(milliseconds)), |options| {
            &mut options.reach.patience.max_interval
        })
    }
}

/// What each pause of `identifai_wait` is multiplied by to give the next one; 1 or more. Default: 1.5.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_wait_growth(options: *mut Options, factor: f64) -> i32 {
    unsafe { set(options, "wait_growth", Ok(factor), |options| &mut options.reach.patience.growth) }
}

/// Your own reference, which comes back with the result. Default: not sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_ref_id(options: *mut Options, ref_id: *const c_char) -> i32 {
    unsafe { set(options, "ref_id", owned(ref_id, "ref_id"), |options| &mut options.ask.ref_id) }
}

/// An `http` or `https` URL that the service shall send the result to as well. The service ignores it in silence unless
/// it has enabled webhooks for the account. Default: not sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_webhook_url(options: *mut Options, webhook_url: *const c_char) -> i32 {
    unsafe { set(options, "webhook_url", owned(webhook_url, "webhook_url"), |options| &mut options.ask.webhook_url) }
}

/// Whether to analyse anew what was submitted before with the same options, which may cost again. Default: not sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_no_cache(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "no_cache", Ok(on != 0), |options| &mut options.ask.no_cache) }
}

/// Images and videos: whether to look for morphing in people's faces, too. Default: not sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_with_morphing(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "with_morphing", Ok(on != 0), |options| &mut options.ask.with_morphing) }
}

/// Images and videos: whether to look for manipulation without generative AI, too. Default: not sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_with_tampering(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "with_tampering", Ok(on != 0), |options| &mut options.ask.with_tampering) }
}

/// Images: whether to make a heatmap of AI content, too. Default: not sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_with_heatmap(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "with_heatmap", Ok(on != 0), |options| &mut options.ask.with_heatmap) }
}

/// Images and videos: whether to tell if it is not safe for work, too. That videos take this is our reading of the
/// documentation. Default: not sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_with_nsfw(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "with_nsfw", Ok(on != 0), |options| &mut options.ask.with_nsfw) }
}

/// Whether to keep a C2PA signature from forcing the verdict to artificial. Default: not sent; the service documents 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_prevent_c2pa_forces(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "prevent_c2pa_forces", Ok(on != 0), |options| &mut options.ask.prevent_c2pa_forces) }
}

/// Videos: how many frames to analyse at the most, 5, 10 or 30; more cost more. Default: not sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_frames(options: *mut Options, frames: i32) -> i32 {
    unsafe { set(options, "frames", frames_of(frames), |options| &mut options.ask.frames) }
}

/// Videos: whether to analyse key frames rather than evenly spaced ones. Default: not sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_key_frames(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "key_frames", Ok(on != 0), |options| &mut options.ask.key_frames) }
}

/// Videos: how key frames are chosen, one of `IDENTIFAI_KEY_FRAMES_...`. Default: not sent; the service documents
/// `IDENTIFAI_KEY_FRAMES_IFRAMES`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_key_frames_method(options: *mut Options, method: i32) -> i32 {
    unsafe { set(options, "key_frames_method", method_of(method), |options| &mut options.ask.key_frames_method) }
}

/// Uploads: the name that the file goes by, and comes back with in the report. Default: the file's own; without one,
/// the medium and the usual extension of its format, as `image.png`. An extension that says another format than the
/// content is corrected: a WebP named `cat.jpg` goes as `cat.webp`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_file_name(options: *mut Options, file_name: *const c_char) -> i32 {
    unsafe { set(options, "file_name", owned(file_name, "file_name"), |options| &mut options.ask.file_name) }
}

/// Uploads: the largest file. Default: what the service documents, 50 MB for images and recordings and 5 GB for videos;
/// read generously, as 50 MiB and 5 GiB.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_max_size(options: *mut Options, bytes: u64) -> i32 {
    unsafe { set(options, "max_size", Ok(bytes), |options| &mut options.ask.max_size) }
}

/// Uploads: sends a file as it is, under its own name, whatever its format seems to be. By default it must be of a
/// format that the service documents for the medium, and its name must not say another medium. Default: 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_any_format(options: *mut Options, on: i32) -> i32 {
    unsafe { set(options, "any_format", Ok(on != 0), |options| &mut options.ask.any_format) }
}

/// Uploads: a function that sees how one comes along, and can end it. It is given `user_data` each time, which must be
/// valid for as long as submits are made with these options. NULL is none. Default: NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_set_progress(
    options: *mut Options,
    progress: See,
    user_data: *mut c_void,
) -> i32 {
    let watcher = progress.map(|see| Watcher { see, user_data });
    unsafe {
        call(std::ptr::null_mut(), || {
            object_mut(options, "options")?.ask.progress = watcher;
            Ok(())
        })
    }
}

fn frames_of(count: i32) -> Result<Frames, Failure> {
    let known = [Frames::Five, Frames::Ten, Frames::Thirty];
    let found = known.into_iter().find(|frames| i64::from(frames.count()) == i64::from(count));
    found.ok_or_else(|| Failure::invalid("frames", "must be 5, 10 or 30"))
}

fn method_of(number: i32) -> Result<KeyFramesMethod, Failure> {
    match number {
        IDENTIFAI_KEY_FRAMES_IFRAMES => Ok(KeyFramesMethod::IFrames),
        IDENTIFAI_KEY_FRAMES_FLOW => Ok(KeyFramesMethod::Flow),
        IDENTIFAI_KEY_FRAMES_COLOR => Ok(KeyFramesMethod::Color),
        _ => Err(Failure::invalid("key_frames_method", "must be one of IDENTIFAI_KEY_FRAMES_...")),
    }
}
