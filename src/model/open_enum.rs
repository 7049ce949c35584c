//! Enums of the values that the service documents, with a variant for any other value.

/// Defines an enum with a variant for each documented value, and a variant `Other` for any other value. The case of
/// documented values is ignored.
macro_rules! open_enum {
    (
        $(#[$enum_meta:meta])*
        $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $value:literal),+; $(#[$other_meta:meta])* Other }
    ) => {
        $(#[$enum_meta])*
        ///
        /// It serializes as the value that the service uses.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
            $(#[$other_meta])* Other(String),
        }

        impl $name {
            pub(super) fn from_text(text: &str) -> Self {
                match text {
                    $(_ if text.eq_ignore_ascii_case($value) => Self::$variant,)+
                    _ => Self::Other(text.to_owned()),
                }
            }

            /// Returns the value as the service writes it. A documented value is in lower case.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)+
                    Self::Other(text) => text,
                }
            }
        }

        #[doc = concat!("Writes [`as_str`](", stringify!($name), "::as_str). Control characters in [`Other`](", stringify!($name), "::Other) are not escaped.")]
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
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }

        /// Reads a string. A string that is empty or consists of whitespace counts as absent.
        impl $crate::model::lenient::FromJson for $name {
            fn from_json(json: &str) -> Option<Self> {
                let text = String::from_json(json)?;
                Some(text.trim()).filter(|value| !value.is_empty()).map(Self::from_text)
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
    fn open_enum_ignores_case_and_keeps_unknown_values() {
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
    fn open_enum_is_trimmed_and_absent_if_not_a_string() {
        let table = [("\" Done \"", Some(State::Done)), ("\" \"", None), ("7", None), ("null", None), ("[]", None)];
        for (json, expected) in table {
            assert_eq!(State::from_json(json), expected, "{json}");
        }
    }
}
