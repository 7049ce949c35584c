//! What a call is told: how to reach the service, and what to ask of it.

use std::collections::BTreeMap;
use std::ffi::{c_char, c_void};
use std::time::Duration;

use identifai::{
    AnySubmission, ApiKey, Client, ClientBuilder, Frames, KeyFramesMethod, RateLimit, UploadProgress, UrlOptions,
    WaitOptions,
};

use crate::boundary::{call, object, text};
use crate::failure::Failure;
use crate::memory::{free_object, make};

/// Options: how to reach the service, and what to ask of it. A client copies the first half, a submit the second, and
/// `identifai_classify_from_url` both, so they may be changed, used again and freed afterwards, in any order.
///
/// An option that is not set keeps its default; one that is set cannot be unset, but options are soon made anew. A
/// setter that fails returns its code and leaves the option as it was; until that is set well, each call that takes
/// these options fails, too, with a message that names it. So the results of setters need not be looked at;
/// `identifai_options_check` tells why one failed.
///
/// Yours once made, to be freed with `identifai_options_free`. One thread at a time may set, while no call
/// with them is under way; any number may make calls.
pub struct Options {
    key: Key,
    pub(crate) reach: Reach,
    pub(crate) ask: Ask,
    /// Of the setters, by option: the last one's, if it failed.
    pub(crate) failures: BTreeMap<&'static str, Failure>,
}

enum Key {
    Given(ApiKey),
    Environment,
    None(Failure),
}

/// How to reach the service, and how patiently. `None` is the default.
#[derive(Default)]
pub(crate) struct Reach {
    pub(crate) base_url: Option<String>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) allow_http: Option<bool>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) root_certificates: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) response_limit: Option<u64>,
    pub(crate) retries: Option<u32>,
    pub(crate) resend_if_unknown: Option<bool>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) patience: Patience,
}

/// How patiently to wait for results.
#[derive(Default)]
pub(crate) struct Patience {
    pub(crate) timeout: Option<Duration>,
    pub(crate) initial_interval: Option<Duration>,
    pub(crate) max_interval: Option<Duration>,
    pub(crate) growth: Option<f64>,
}

pub(crate) enum Proxy {
    Url(String),
    None,
}

/// What to ask of the service. `None` is not sent.
#[derive(Default)]
pub(crate) struct Ask {
    pub(crate) ref_id: Option<String>,
    pub(crate) webhook_url: Option<String>,
    pub(crate) no_cache: Option<bool>,
    pub(crate) with_morphing: Option<bool>,
    pub(crate) with_tampering: Option<bool>,
    pub(crate) with_heatmap: Option<bool>,
    pub(crate) with_nsfw: Option<bool>,
    pub(crate) prevent_c2pa_forces: Option<bool>,
    pub(crate) frames: Option<Frames>,
    pub(crate) key_frames: Option<bool>,
    pub(crate) key_frames_method: Option<KeyFramesMethod>,
    pub(crate) file_name: Option<String>,
    pub(crate) max_size: Option<u64>,
    pub(crate) any_format: Option<bool>,
    pub(crate) progress: Option<Watcher>,
}

/// Sees how an upload comes along: `sent` of `total` bytes, after each block. It returns 0 to go on; anything else ends
/// the upload as `IDENTIFAI_ERROR_CANCELLED`, and nothing is submitted. It runs on the calling thread, and must return:
/// no `longjmp`, no exception. It may make calls, but neither set nor free the options that it was called by, nor free
/// the client.
pub type See = Option<unsafe extern "C" fn(sent: u64, total: u64, user_data: *mut c_void) -> i32>;

/// The caller's function with the caller's pointer.
#[derive(Clone, Copy)]
pub(crate) struct Watcher {
    pub(crate) see: unsafe extern "C" fn(u64, u64, *mut c_void) -> i32,
    pub(crate) user_data: *mut c_void,
}

// A submission may go to another thread. This one never does: it is made, sent and dropped within one call.
unsafe impl Send for Watcher {}
unsafe impl Sync for Watcher {}

impl Watcher {
    pub(crate) fn goes_on(self, progress: UploadProgress) -> bool {
        unsafe { (self.see)(progress.sent, progress.total, self.user_data) == 0 }
    }
}

/// Sets on `$to` what is set in `$from`.
macro_rules! set {
    ($to:ident, $from:expr, copied $($option:ident),*) => {
        $(if let Some(value) = $from.$option { $to = $to.$option(value); })*
    };
    ($to:ident, $from:expr, $($option:ident),*) => {
        $(if let Some(value) = &$from.$option { $to = $to.$option(value); })*
    };
}

/// The same for all of a `Reach` but the patience.
macro_rules! reach {
    ($to:ident, $reach:expr) => {
        set!($to, $reach, base_url, user_agent);
        set!($to, $reach, copied timeout, connect_timeout, allow_http, response_limit, retries, resend_if_unknown, rate_limit);
        if let Some(pem) = &$reach.root_certificates {
            $to = $to.root_certificates(pem.as_bytes());
        }
        match &$reach.proxy {
            Some(Proxy::Url(url)) => $to = $to.proxy(url),
            Some(Proxy::None) => $to = $to.no_proxy(),
            None => {}
        }
    };
}

impl Options {
    fn new(key: Key) -> Self {
        Self { key, reach: Reach::default(), ask: Ask::default(), failures: BTreeMap::new() }
    }

    /// That every setter succeeded in the end.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.failures.values().next().map_or(Ok(()), |failure| Err(failure.clone()))
    }

    /// A client by the first half.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        self.check()?;
        Ok(self.builder()?.build()?)
    }

    pub(crate) fn builder(&self) -> Result<ClientBuilder, Failure> {
        let mut builder = match &self.key {
            Key::Given(key) => Client::builder(key.clone()),
            Key::Environment => ClientBuilder::from_env()?,
            Key::None(failure) => return Err(failure.clone()),
        };
        reach!(builder, self.reach);
        let mut wait = WaitOptions::default();
        set!(wait, self.reach.patience, copied timeout, initial_interval, max_interval, growth);
        Ok(builder.wait(wait))
    }

    /// Both halves, for the image at a URL.
    pub(crate) fn of_url(&self, file_url: &str) -> Result<UrlOptions, Failure> {
        self.check()?;
        let mut options = match &self.key {
            Key::Given(key) => UrlOptions::new(key.clone(), file_url),
            Key::Environment => UrlOptions::from_env(file_url)?,
            Key::None(failure) => return Err(failure.clone()),
        };
        reach!(options, self.reach);
        set!(options, self.ask, ref_id, webhook_url);
        set!(options, self.ask, copied no_cache, prevent_c2pa_forces);
        set!(options, self.ask, copied with_morphing, with_tampering, with_heatmap, with_nsfw);
        Ok(options)
    }
}

impl Ask {
    /// Sets every option on a submission. An option that its medium does not have is an error, not left out silently.
    pub(crate) fn set_on(&self, mut job: AnySubmission) -> Result<AnySubmission, Failure> {
        set!(job, self, ref_id, webhook_url, file_name);
        set!(job, self, copied no_cache, max_size, any_format, prevent_c2pa_forces);
        set!(job, self, copied with_morphing, with_tampering, with_heatmap, with_nsfw);
        set!(job, self, copied frames, key_frames, key_frames_method);
        if let Some(watcher) = self.progress {
            job = job.on_progress(move |progress| match watcher.goes_on(progress) {
                true => std::ops::ControlFlow::Continue(()),
                false => std::ops::ControlFlow::Break(()),
            });
        }
        match job.unsupported_options().first() {
            Some(option) => {
                Err(Failure::invalid(option, "is no option of this medium; submit with options without it"))
            }
            None => Ok(job),
        }
    }
}

/// Makes options with the key, and with defaults for everything else. The key goes out to the host of the base URL and
/// no other, and cannot be read back. With NULL they do for what is asked of a submit, but not to make a client.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_new(api_key: *const c_char) -> *mut Options {
    let key = unsafe { text(api_key, "api_key") };
    make(|| Options::new(key.map_or_else(Key::None, |key| Key::Given(ApiKey::new(key)))))
}

/// Makes options with the key from the environment variable `IDENTIFAI_API_KEY` and, if it is set, the base URL from
/// `IDENTIFAI_BASE_URL`. Blank counts as unset. They are read by the call that needs them.
#[unsafe(no_mangle)]
pub extern "C" fn identifai_options_from_env() -> *mut Options {
    make(|| Options::new(Key::Environment))
}

/// Whether every setter succeeded in the end; if not, the error is that of one which did not. Whether the service can
/// be reached with these options, `identifai_client_new` and the calls find out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_check(options: *const Options, error: *mut *mut Failure) -> i32 {
    unsafe { call(error, || object(options, "options")?.check()) }
}

/// Frees options.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_free(options: *mut Options) {
    unsafe { free_object(options) }
}
