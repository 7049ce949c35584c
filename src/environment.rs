//! The environment as a source of settings: what counts as set.

/// The value of `name` in `env`, trimmed; blank counts as unset.
pub(crate) fn value(env: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The environment of this process; what is not Unicode counts as unset.
pub(crate) fn of_process(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
