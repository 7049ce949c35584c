//! The environment as a source of settings: what counts as set.

/// The value of `name` in `env`, trimmed; blank counts as unset.
pub(crate) fn value(env: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    let mut value = env(name)?;
    // In place, as a copy of the key would stay behind in memory.
    value.truncate(value.trim_end().len());
    let value = if value.starts_with(char::is_whitespace) { value.trim_start().to_owned() } else { value };
    Some(value).filter(|value| !value.is_empty())
}

/// The environment of this process; what is not Unicode counts as unset.
pub(crate) fn of_process(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
