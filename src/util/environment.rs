//! Reads settings from the environment.

/// Returns the value of the variable `name` in `env`, without surrounding white space. A blank value counts as unset.
pub(crate) fn value(env: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    let mut value = env(name)?;
    // Trimmed in place: the value may be the API key, and a copy would leave the original behind in memory.
    value.truncate(value.trim_end().len());
    value.drain(..value.len().saturating_sub(value.trim_start().len()));
    Some(value).filter(|value| !value.is_empty())
}

/// Returns the value of a variable in the environment of this process. A value that is not Unicode counts as unset.
pub(crate) fn process_value(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn value_with_blanks_is_trimmed_in_place() {
        let text = String::from(" \tkey\n");
        let (address, text) = (text.as_ptr(), Cell::new(text));
        let value = value(|_| Some(text.take()), "X").unwrap();
        assert_eq!((value.as_str(), value.as_ptr()), ("key", address));
        for blank in ["", " \n"] {
            assert_eq!(super::value(|_| Some(blank.to_owned()), "X"), None);
        }
    }
}
