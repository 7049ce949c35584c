//! Words of the service as types: the documented ones, and any other word as it is.

/// Defines an enum of the documented words, in any case of letters, and of any other word.
macro_rules! open_enum {
    (
        $(#[$about:meta])*
        $name:ident { $($(#[$of_word:meta])* $variant:ident = $word:literal),+; $(#[$of_other:meta])* Other }
    ) => {
        $(#[$about])*
        ///
        /// It serialises as the service's word.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$of_word])* $variant,)+
            $(#[$of_other])* Other(String),
        }

        impl $name {
            pub(super) fn from_text(text: &str) -> Self {
                match text {
                    $(_ if text.eq_ignore_ascii_case($word) => Self::$variant,)+
                    _ => Self::Other(text.to_owned()),
                }
            }

            /// Returns the service's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(text) => text,
                }
            }
        }

        #[doc = concat!("The service's word as it is; control characters in [`Other`](", stringify!($name), "::Other) are not escaped.")]
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from_text(&text)
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }

        /// A string with more than white space in it.
        impl $crate::model::lenient::FromJson for $name {
            fn from_json(json: &str) -> Option<Self> {
                let text = String::from_json(json)?;
                Some(text.trim()).filter(|word| !word.is_empty()).map(Self::from_text)
            }
        }
    };
}

pub(super) use open_enum;

#[cfg(test)]
mod tests {
    use crate::model::lenient::FromJson;
    use crate::model::state::State;

    #[test]
    fn case_makes_no_other_word_and_what_nobody_knows_is_kept() {
        assert_eq!(["new", "DONE", "Errored"].map(State::from_text), [State::Pending, State::Done, State::Errored]);
        for text in ["new", "errored", "queued", "newer", ""] {
            let state = State::from_text(text);
            assert_eq!((state.as_str(), state.to_string().as_str()), (text, text));
            assert_eq!(matches!(state, State::Other(_)), !["new", "errored"].contains(&text));
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!((&json, serde_json::from_str(&json).ok()), (&format!("\"{text}\""), Some(state)));
        }
        assert_eq!(format!("{:>5}", State::Done), " done");
    }

    #[test]
    fn word_with_blanks_or_of_another_type() {
        let table = [("\" Done \"", Some(State::Done)), ("\" \"", None), ("7", None), ("null", None), ("[]", None)];
        for (json, expected) in table {
            assert_eq!(State::from_json(json), expected, "{json}");
        }
    }
}
