//! What a submit returns: an identifier that knows its medium.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Instant;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::identifier::Identifier;
use super::medium::Medium;

/// What a submit returns: the identifier, and which medium it is of. Keep it; it is what was paid for.
///
/// It serialises as `{"medium": "image", "identifier": "..."}`.
///
/// ```
/// use identifai::{Image, Submitted};
///
/// let sent = Submitted::<Image>::new("8d64370a".parse()?);
/// assert_eq!(sent.identifier().as_str(), "8d64370a");
/// # Ok::<(), identifai::Error>(())
/// ```
pub struct Submitted<M: Medium> {
    identifier: Identifier,
    /// How it was submitted, if this process did it.
    own: Option<Arc<Own>>,
    medium: PhantomData<fn() -> M>,
}

/// What is known of a submission that this program made.
struct Own {
    /// When, if it was in this run.
    at: Option<Instant>,
    /// Kept out of errors about it: the service may quote them.
    secrets: Vec<String>,
}

impl<M: Medium> Submitted<M> {
    /// For an identifier that comes from elsewhere: a file, a database, another program.
    pub fn new(identifier: Identifier) -> Self {
        Self { identifier, own: None, medium: PhantomData }
    }

    /// For an identifier that the service gave out just now, for a submission with `secrets`.
    pub(crate) fn now(identifier: Identifier, now: Instant, secrets: &[&str]) -> Self {
        Self::own(identifier, Some(now), secrets)
    }

    /// For an identifier that was given out before, for a submission with `secrets`.
    pub(crate) fn before(identifier: Identifier, secrets: &[&str]) -> Self {
        Self::own(identifier, None, secrets)
    }

    fn own(identifier: Identifier, at: Option<Instant>, secrets: &[&str]) -> Self {
        let secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        Self { own: Some(Arc::new(Own { at, secrets })), ..Self::new(identifier) }
    }

    /// When it was submitted, if this process did it.
    pub(crate) fn at(&self) -> Option<Instant> {
        self.own.as_ref().and_then(|own| own.at)
    }

    /// What nobody else shall see of what was submitted.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        self.own.iter().flat_map(|own| &own.secrets).map(String::as_str).collect()
    }

    /// What the service calls the submission by.
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }
}

impl<M: Medium> From<Identifier> for Submitted<M> {
    fn from(identifier: Identifier) -> Self {
        Self::new(identifier)
    }
}

impl<M: Medium> From<Submitted<M>> for Identifier {
    fn from(sent: Submitted<M>) -> Self {
        sent.identifier
    }
}

impl<M: Medium> Clone for Submitted<M> {
    fn clone(&self) -> Self {
        Self { identifier: self.identifier.clone(), own: self.own.clone(), medium: PhantomData }
    }
}

impl<M: Medium> PartialEq for Submitted<M> {
    fn eq(&self, other: &Self) -> bool {
        self.identifier == other.identifier
    }
}

impl<M: Medium> Eq for Submitted<M> {}

impl<M: Medium> Hash for Submitted<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identifier.hash(state);
    }
}

impl<M: Medium> fmt::Debug for Submitted<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { identifier, own: _, medium: _ } = self;
        f.debug_struct("Submitted").field("medium", &M::TYPE.as_str()).field("identifier", identifier).finish()
    }
}

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    medium: Cow<'a, str>,
    identifier: Cow<'a, Identifier>,
}

impl<M: Medium> Serialize for Submitted<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored { medium: M::TYPE.as_str().into(), identifier: Cow::Borrowed(&self.identifier) }.serialize(serializer)
    }
}

impl<'de, M: Medium> Deserialize<'de> for Submitted<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        if stored.medium != M::TYPE.as_str() {
            return Err(D::Error::custom(format_args!(
                "medium: this is no submission of the medium {}",
                M::TYPE.as_str()
            )));
        }
        Ok(Self::new(stored.identifier.into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::medium::{Image, Video};

    #[test]
    fn what_was_submitted_survives_storage_and_is_not_taken_for_another_medium() {
        let sent = Submitted::<Image>::new("abc".parse().unwrap());
        let stored = serde_json::to_string(&sent).unwrap();
        assert_eq!(stored, r#"{"medium":"image","identifier":"abc"}"#);
        assert_eq!(serde_json::from_str::<Submitted<Image>>(&stored).unwrap(), sent);
        assert!(serde_json::from_str::<Submitted<Video>>(&stored).is_err());
        assert_ne!(Submitted::new("abd".parse().unwrap()), sent);
        assert_eq!(format!("{sent:?}"), "Submitted { medium: \"image\", identifier: Identifier(\"abc\") }");
        for other in [r#"{"medium":"video","identifier":"abc"}"#, r#"{"medium":"image","identifier":"a/b"}"#] {
            assert!(serde_json::from_str::<Submitted<Image>>(other).is_err());
        }
    }
}
