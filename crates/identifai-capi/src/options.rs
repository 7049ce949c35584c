//! The options object: how to reach the service, and what to request from it.

use std::collections::BTreeMap;
use std::ffi::{c_char, c_void};
use std::ops::ControlFlow;
use std::time::Duration;

use identifai::{
    AnySubmission, ApiKey, Client, ClientBuilder, Frames, KeyFramesMethod, RateLimit, UploadProgress, UrlOptions,
    WaitOptions,
};

use crate::boundary::{call, object, text};
use crate::failure::Failure;
use crate::memory::{free_object, make};

/// Options: client settings (how to reach the service) and submit options (what to request for a file).
///
/// The client settings are the key and the setters from `identifai_options_set_base_url` to
/// `identifai_options_set_wait_growth`. `identifai_client_new` copies them. The submit options are the setters from
/// `identifai_options_set_ref_id` to `identifai_options_set_progress`. The `identifai_submit_...` functions use them.
/// `identifai_classify_from_url` uses both. You can change, reuse and free options at any time between calls, because
/// an existing client does not refer to them.
///
/// An option that was never set has its default. An option cannot be unset: create new options instead. A time of 0
/// milliseconds is an error, and does not mean unlimited.
///
/// A setter that fails returns its error code and leaves the option unchanged. From then on, each call that takes these
/// options fails with a message that names the option, until a setter of the same option succeeds. So you can ignore
/// the return values of setters. `identifai_options_check` reports the reason.
///
/// Free options with `identifai_options_free`. Any number of threads may make calls with the same options at the same
/// time. A setter must not run at the same time as another setter or a call with the same options.
pub struct Options {
    key: Key,
    pub(crate) settings: ClientSettings,
    pub(crate) submit: SubmitOptions,
    /// The failure of each option whose last setter failed, by the option's name.
    pub(crate) failures: BTreeMap<&'static str, Failure>,
}

enum Key {
    Given(ApiKey),
    Environment,
    Invalid(Failure),
}

/// The client settings. `None` means the default.
#[derive(Default)]
pub(crate) struct ClientSettings {
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
    pub(crate) wait: WaitSettings,
}

/// The settings of waiting for results. `None` means the default.
#[derive(Default)]
pub(crate) struct WaitSettings {
    pub(crate) timeout: Option<Duration>,
    pub(crate) initial_interval: Option<Duration>,
    pub(crate) max_interval: Option<Duration>,
    pub(crate) growth: Option<f64>,
}

pub(crate) enum Proxy {
    Url(String),
    None,
}

/// The submit options. `None` means the default, and such an option is not sent.
#[derive(Default)]
pub(crate) struct SubmitOptions {
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
    pub(crate) progress: Option<ProgressCallback>,
}

/// A progress function. An upload calls it after each block, with the number of bytes `sent` so far, the `total`, and
/// the `user_data` that was set together with the function.
///
/// The function returns 0 to continue. Any other value ends the upload with `IDENTIFAI_ERROR_CANCELLED`, and nothing is
/// submitted. It runs on the thread that submits. It must return normally: no `longjmp`, no C++ exception. It may make
/// other calls, but it must not set or free the options of the upload, or free the client.
pub type Progress = Option<unsafe extern "C" fn(sent: u64, total: u64, user_data: *mut c_void) -> i32>;

/// A progress function with the caller's pointer.
#[derive(Clone, Copy)]
pub(crate) struct ProgressCallback {
    pub(crate) function: unsafe extern "C" fn(u64, u64, *mut c_void) -> i32,
    pub(crate) user_data: *mut c_void,
}

// `AnySubmission::on_progress` requires `Send` and `Sync`, because a submission may move to another thread. The
// submissions of this crate never do: each is created, sent and dropped within one call.
unsafe impl Send for ProgressCallback {}
unsafe impl Sync for ProgressCallback {}

impl ProgressCallback {
    pub(crate) fn should_continue(self, progress: UploadProgress) -> bool {
        unsafe { (self.function)(progress.sent, progress.total, self.user_data) == 0 }
    }
}

/// Sets each option of `$from` that is not `None` on `$to`.
macro_rules! set {
    ($to:ident, $from:expr, copied $($option:ident),*) => {
        $(if let Some(value) = $from.$option { $to = $to.$option(value); })*
    };
    ($to:ident, $from:expr, $($option:ident),*) => {
        $(if let Some(value) = &$from.$option { $to = $to.$option(value); })*
    };
}

/// Sets all client settings on `$to`, except the ones of waiting.
macro_rules! set_client {
    ($to:ident, $settings:expr) => {
        set!($to, $settings, base_url, user_agent);
        set!($to, $settings, copied timeout, connect_timeout, allow_http, response_limit);
        set!($to, $settings, copied retries, resend_if_unknown, rate_limit);
        if let Some(pem) = &$settings.root_certificates {
            $to = $to.root_certificates(pem.as_bytes());
        }
        match &$settings.proxy {
            Some(Proxy::Url(url)) => $to = $to.proxy(url),
            Some(Proxy::None) => $to = $to.no_proxy(),
            None => {}
        }
    };
}

impl Options {
    fn new(key: Key) -> Self {
        Self { key, settings: ClientSettings::default(), submit: SubmitOptions::default(), failures: BTreeMap::new() }
    }

    /// Returns the failure of an option whose last setter failed, if there is one.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.failures.values().next().map_or(Ok(()), |failure| Err(failure.clone()))
    }

    /// Builds a client with the client settings.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        self.check()?;
        Ok(self.builder()?.build()?)
    }

    pub(crate) fn builder(&self) -> Result<ClientBuilder, Failure> {
        let mut builder = match &self.key {
            Key::Given(key) => Client::builder(key.clone()),
            Key::Environment => ClientBuilder::from_env()?,
            Key::Invalid(failure) => return Err(failure.clone()),
        };
        set_client!(builder, self.settings);
        let mut wait = WaitOptions::default();
        set!(wait, self.settings.wait, copied timeout, initial_interval, max_interval, growth);
        Ok(builder.wait(wait))
    }

    /// Returns the options for the image at a URL, with both client settings and submit options.
    pub(crate) fn url_options(&self, file_url: &str) -> Result<UrlOptions, Failure> {
        self.check()?;
        let mut options = match &self.key {
            Key::Given(key) => UrlOptions::new(key.clone(), file_url),
            Key::Environment => UrlOptions::from_env(file_url)?,
            Key::Invalid(failure) => return Err(failure.clone()),
        };
        set_client!(options, self.settings);
        set!(options, self.submit, ref_id, webhook_url);
        set!(options, self.submit, copied no_cache, prevent_c2pa_forces);
        set!(options, self.submit, copied with_morphing, with_tampering, with_heatmap, with_nsfw);
        Ok(options)
    }
}

impl SubmitOptions {
    /// Sets every option on a submission. Fails if the medium does not have an option that is set, instead of ignoring
    /// it.
    pub(crate) fn apply_to(&self, mut submission: AnySubmission) -> Result<AnySubmission, Failure> {
        set!(submission, self, ref_id, webhook_url, file_name);
        set!(submission, self, copied no_cache, max_size, any_format, prevent_c2pa_forces);
        set!(submission, self, copied with_morphing, with_tampering, with_heatmap, with_nsfw);
        set!(submission, self, copied frames, key_frames, key_frames_method);
        if let Some(callback) = self.progress {
            submission = submission.on_progress(move |progress| {
                if callback.should_continue(progress) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
        }
        match submission.unsupported_options().first() {
            Some(option) => Err(Failure::invalid(option, "not supported for this medium; use options without it")),
            None => Ok(submission),
        }
    }
}

/// Creates options with the given key, and with the defaults for everything else. The key is sent to the host of the
/// base URL and to no other host. It cannot be read back. `api_key` may be NULL: such options can be passed to a submit
/// function, but not to `identifai_client_new` or `identifai_classify_from_url`. Returns NULL only after an internal
/// error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_new(api_key: *const c_char) -> *mut Options {
    let key = unsafe { text(api_key, "api_key") };
    make(|| Options::new(key.map_or_else(Key::Invalid, |key| Key::Given(ApiKey::new(key)))))
}

/// Creates options that take the key from the environment variable `IDENTIFAI_API_KEY` and, if it is set, the base URL
/// from `IDENTIFAI_BASE_URL`. A blank variable counts as unset. `identifai_client_new` and
/// `identifai_classify_from_url` read the variables, not this function. Returns NULL only after an internal error.
#[unsafe(no_mangle)]
pub extern "C" fn identifai_options_from_env() -> *mut Options {
    make(|| Options::new(Key::Environment))
}

/// Checks that the last setter of each option succeeded. If not, it returns the code of one that failed, and `error`
/// describes it. A setter does not check every value: `identifai_client_new` and the calls report an invalid setting.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_check(options: *const Options, error: *mut *mut Failure) -> i32 {
    unsafe { call(error, || object(options, "options")?.check()) }
}

/// Frees options. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_options_free(options: *mut Options) {
    unsafe { free_object(options) }
}
