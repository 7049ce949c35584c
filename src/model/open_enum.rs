//! Words of the service as types: those that it documents, and whatever else it may write.

/// An enum of the words that are documented, in any case of letters, and of any other one.
macro_rules! open_enum {
    (
        $(#[$about:meta])*
        $name:ident { $($(#[$of_word:meta])* $variant:ident = $word:literal),+; $(#[$of_other:meta])* Other }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

            /// The word that the service uses.
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
    };
}

pub(super) use open_enum;

#[cfg(test)]
mod tests {
    use crate::model::state::State;

    #[test]
    fn case_makes_no_other_word_and_what_nobody_knows_is_kept() {
        assert_eq!(["new", "DONE", "Errored"].map(State::from_text), [State::Pending, State::Done, State::Errored]);
        for text in ["new", "errored", "queued", "newer", ""] {
            let state = State::from_text(text);
            assert_eq!((state.as_str(), state.to_string().as_str()), (text, text));
            assert_eq!(matches!(state, State::Other(_)), !["new", "errored"].contains(&text));
        }
        assert_eq!(format!("{:>5}", State::Done), " done");
    }
}
