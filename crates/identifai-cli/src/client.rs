//! Creation of a client from the common options and environment variables.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use identifai::{ApiKey, Client, Error, RateLimit, WaitOptions};
use identifai_sandbox::Sandbox;

use crate::args::Global;
use crate::cli_error::CliError;
use crate::ledger::Ledger;
use crate::output::{self, Fallback};
use crate::{error_text, signals};

/// A client, and the sandbox that it sends requests to, with `--sandbox`.
pub(crate) struct Connected {
    pub(crate) client: Client,
    pub(crate) key: ApiKey,
    /// The items that the command submits, shared with the thread that handles signals.
    pub(crate) ledger: Ledger,
    _sandbox: Option<Sandbox>,
}

/// Creates a client like [`connect_without_signals`], and makes signals such as Ctrl-C cancel its calls.
pub(crate) fn connect(global: &Global, wait_timeout: Option<Duration>) -> Result<Connected, CliError> {
    let connected = connect_without_signals(global, wait_timeout)?;
    cancel_on_signal(&connected, Fallback::results(global.json));
    Ok(connected)
}

/// Creates a client for calls that send no API key, without reading a key. Its placeholder key is a text that does not
/// occur in output, so redaction of the key changes nothing.
pub(crate) fn connect_without_key(global: &Global) -> Result<Connected, CliError> {
    let connected =
        connect_with(global, None, || Ok(ApiKey::new("no-key-is-sent-with-this"))).map_err(CliError::Usage)?;
    cancel_on_signal(&connected, Fallback::results(global.json));
    Ok(connected)
}

/// Creates a client from the common options. It waits for verdicts at most `wait_timeout`.
pub(crate) fn connect_without_signals(global: &Global, wait_timeout: Option<Duration>) -> Result<Connected, CliError> {
    connect_with(global, wait_timeout, || api_key(global)).map_err(CliError::Usage)
}

fn connect_with(
    global: &Global,
    wait_timeout: Option<Duration>,
    key: impl FnOnce() -> Result<ApiKey, String>,
) -> Result<Connected, String> {
    let mut wait = WaitOptions::default();
    let (sandbox, key) = if global.sandbox {
        // clap cannot check this: it sees only the options on one side of the command's name.
        if global.base_url.is_some() || global.api_key_file.is_some() {
            return Err(
                "--sandbox: cannot be used with --base-url or --api-key-file, as the sandbox has its own".into()
            );
        }
        let sandbox = Sandbox::start().map_err(|error| format!("cannot start the sandbox: {error}"))?;
        output::note(
            "sandbox: all responses are made up; it ends with this command (`identifai sandbox` keeps running)",
        );
        // Made-up results are not worth waiting for. The analysis time is just long enough that the first poll finds
        // the analysis pending.
        sandbox.set_limits(RateLimit::unlimited());
        sandbox.set_credits(1_000_000_000);
        sandbox.set_analysis_time(Duration::from_millis(60));
        wait = wait.initial_interval(Duration::from_millis(40)).max_interval(Duration::from_millis(100));
        let key = ApiKey::new(sandbox.api_key());
        (Some(sandbox), key)
    } else {
        (None, key()?)
    };
    if let Some(timeout) = wait_timeout {
        wait = wait.timeout(timeout);
    }
    let mut builder = Client::builder(key.clone()).allow_http(global.allow_http).wait(wait);
    let base_url = match &sandbox {
        Some(sandbox) => Some(sandbox.base_url().to_owned()),
        None => global.base_url.clone().or_else(|| env("IDENTIFAI_BASE_URL")),
    };
    let roots = root_certificates(global, base_url.as_deref())?;
    let roots_origin = roots.as_ref().map(|(origin, _)| *origin);
    if let Some((_, pem)) = roots {
        builder = builder.root_certificates(pem);
    }
    if let Some(base_url) = base_url {
        builder = builder.base_url(base_url);
    }
    if let Some(timeout) = global.timeout {
        builder = builder.timeout(timeout);
    }
    if global.no_rate_limit || sandbox.is_some() {
        builder = builder.rate_limit(RateLimit::unlimited());
    } else if let Some((submits, reads)) = global.rate_limit {
        builder = builder.rate_limit(RateLimit::per_minute(submits, reads));
    }
    let client = builder.build().map_err(|error| with_origin(&error, global, roots_origin))?;
    Ok(Connected { client, key, ledger: Ledger::default(), _sandbox: sandbox })
}

/// Returns the text of an error about a setting, which names the option or variable that the setting comes from.
fn with_origin(error: &Error, global: &Global, roots_origin: Option<&'static str>) -> String {
    error_text::with_field(error, |field| match field {
        "base_url" if global.base_url.is_none() => "IDENTIFAI_BASE_URL",
        "api_key" if global.api_key_file.is_none() => "IDENTIFAI_API_KEY",
        "root_certificates" => roots_origin.unwrap_or(CA_FILE),
        field => error_text::flag(field),
    })
}

const CA_FILE: &str = "--ca-file";

/// Reads the root certificates, if any are given. Returns them together with the name of the option or variable that
/// names their file.
///
/// The environment variable is ignored if the base URL is plain `http`, because it is not meant for this program alone:
/// some build systems, for example, set it to a file that does not exist.
fn root_certificates(global: &Global, base_url: Option<&str>) -> Result<Option<(&'static str, Vec<u8>)>, String> {
    const VARIABLE: &str = "SSL_CERT_FILE";
    let is_plain = base_url.and_then(|url| url.get(..7)).is_some_and(|start| start.eq_ignore_ascii_case("http://"));
    let (origin, path) = match &global.ca_file {
        Some(path) => (CA_FILE, path.clone()),
        None if is_plain => return Ok(None),
        None => match std::env::var_os(VARIABLE).filter(|path| !path.to_string_lossy().trim().is_empty()) {
            Some(path) => (VARIABLE, path.into()),
            None => return Ok(None),
        },
    };
    match read_certificates(&path) {
        Ok(pem) => Ok(Some((origin, pem))),
        Err(error) => Err(format!("{origin}: cannot read {}: {error}", path.display())),
    }
}

/// Reads a file of at most 16 MiB. The limit keeps a file such as `/dev/zero` from filling the memory.
fn read_certificates(path: &Path) -> io::Result<Vec<u8>> {
    const MAX: u64 = 16 << 20;
    let mut pem = Vec::new();
    File::open(path)?.take(MAX + 1).read_to_end(&mut pem)?;
    if pem.len() as u64 > MAX {
        return Err(io::Error::other("longer than 16 MiB"));
    }
    Ok(pem)
}

fn api_key(global: &Global) -> Result<ApiKey, String> {
    let Some(path) = &global.api_key_file else {
        let hint = "no API key; set IDENTIFAI_API_KEY or pass --api-key-file FILE (find your key on the dashboard, in \
                    the profile menu under \"API Key\"), or use --sandbox, which needs no key";
        return ApiKey::from_env().map_err(|_| hint.to_owned());
    };
    let text = std::fs::read_to_string(path);
    // The file name is not printed, because it may be the API key, given by mistake.
    let mut text = text.map_err(|error| format!("--api-key-file: cannot read the file: {error}"))?;
    // The key is trimmed in place, because a copy of it would stay in memory.
    text.truncate(text.trim_end().len());
    Ok(ApiKey::new(if text.starts_with(char::is_whitespace) { text.trim_start().to_owned() } else { text }))
}

/// Returns a trimmed environment variable. A blank variable counts as unset.
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Makes Ctrl-C and other signals cancel the calls. A submit in progress is finished first, because its identifier may
/// have been paid for. A second signal reports the items that may have been paid for, and ends the program.
fn cancel_on_signal(connected: &Connected, fallback: Fallback) {
    let (cancel_handle, ledger) = (connected.client.cancel_handle(), connected.ledger.clone());
    let submits = ledger.clone();
    let first = move |_| {
        if submits.has_open_submit() {
            cancel_handle.drain();
            output::note("finishing the current submit; a second signal exits immediately");
        } else {
            cancel_handle.cancel();
        }
    };
    // If no handler can be installed, a signal ends the program at once, which is acceptable.
    let _ = signals::listen(first, move || output::report_unprinted(&ledger, fallback));
}
