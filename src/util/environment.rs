//! The environment as a source of settings: what counts as set.

/// The value of `name` in `env`, trimmed; blank counts as unset.
pub(crate) fn value(env: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    let mut value = env(name)?;
    // In place, as a copy of the key would stay behind in memory.
    value.truncate(value.trim_end().len());
    value.drain(..value.len().saturating_sub(value.trim_start().len()));
    Some(value).filter(|value| !value.is_empty())
}

/// The environment of this process; what is not Unicode counts as unset.
pub(crate) fn of_process(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn blanks_are_removed_without_a_copy() {
        let text = String::from(" \tkey\n");
        let (place, text) = (text.as_ptr(), Cell::new(text));
        let value = value(|_| Some(text.take()), "X").unwrap();
        assert_eq!((value.as_str(), value.as_ptr()), ("key", place));
        for blank in ["", " \n"] {
            assert_eq!(super::value(|_| Some(blank.to_owned()), "X"), None);
        }
    }
}
