//! Accepted submissions: the identifier and the medium.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::identifier::Identifier;
use super::media_type::MediaType;
use super::medium::Medium;
use crate::error::Error;

/// An accepted submission of any medium: its identifier and its medium.
///
/// Keep it until you have the result: the service charges for the submission, and the result is requested by the
/// identifier. If the medium is known at compile time, use [`Submitted`].
///
/// It serializes as `{"medium": "image", "identifier": "..."}`. Two values are equal if their media and identifiers are
/// equal.
///
/// ```
/// use identifai::{AnySubmitted, MediaType};
///
/// let submitted = AnySubmitted::new(MediaType::Image, "8d64370a".parse()?);
/// let stored = serde_json::to_string(&submitted)?;
/// assert_eq!(serde_json::from_str::<AnySubmitted>(&stored)?, submitted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct AnySubmitted {
    medium: MediaType,
    identifier: Identifier,
    /// The facts that only the submitting process knows. `None` if this was created from an identifier alone.
    #[serde(skip)]
    own: Option<Arc<Own>>,
}

/// The facts that only the submitting process knows.
struct Own {
    /// The time of the submit. `None` if the identifier was found later, as in a journal.
    at: Option<Instant>,
    /// Secrets of the submission that errors must redact, because the service may quote them.
    secrets: Vec<String>,
}

impl AnySubmitted {
    /// Creates an accepted submission from an identifier that was stored elsewhere, such as in a file or a database.
    pub fn new(media_type: MediaType, identifier: Identifier) -> Self {
        Self { medium: media_type, identifier, own: None }
    }

    /// Adds the `secrets` of the submission, and the time of the submit if this process made it.
    pub(crate) fn with_own(self, at: Option<Instant>, secrets: &[&str]) -> Self {
        let secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        Self { own: Some(Arc::new(Own { at, secrets })), ..self }
    }

    /// Returns the time of the submit, if this process made it.
    pub(crate) fn at(&self) -> Option<Instant> {
        self.own.as_ref().and_then(|own| own.at)
    }

    /// Returns the secrets of the submission, which errors must redact.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        self.own.iter().flat_map(|own| &own.secrets).map(String::as_str).collect()
    }

    /// Returns the medium.
    pub fn media_type(&self) -> MediaType {
        self.medium
    }

    /// Returns the service's identifier of the submission.
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }
}

impl From<AnySubmitted> for Identifier {
    fn from(submitted: AnySubmitted) -> Self {
        submitted.identifier
    }
}

impl PartialEq for AnySubmitted {
    fn eq(&self, other: &Self) -> bool {
        (self.medium, &self.identifier) == (other.medium, &other.identifier)
    }
}

impl Eq for AnySubmitted {}

impl Hash for AnySubmitted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.medium, &self.identifier).hash(state);
    }
}

impl fmt::Debug for AnySubmitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { medium, identifier, own: _ } = self;
        f.debug_struct("Submitted").field("medium", &medium.as_str()).field("identifier", identifier).finish()
    }
}

/// An accepted submission of one medium.
///
/// Keep it until you have the result: the service charges for the submission, and the result is requested by the
/// identifier. It serializes in the same form as [`AnySubmitted`].
///
/// ```
/// use identifai::{Image, Submitted};
///
/// let submitted = Submitted::<Image>::new("8d64370a".parse()?);
/// assert_eq!(submitted.identifier().as_str(), "8d64370a");
/// # Ok::<(), identifai::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "AnySubmitted", into = "AnySubmitted")]
pub struct Submitted<M: Medium>(AnySubmitted, PhantomData<fn() -> M>);

impl<M: Medium> Submitted<M> {
    /// Creates an accepted submission from an identifier that was stored elsewhere, such as in a file or a database.
    pub fn new(identifier: Identifier) -> Self {
        Self(AnySubmitted::new(M::TYPE, identifier), PhantomData)
    }

    /// Returns the service's identifier of the submission.
    pub fn identifier(&self) -> &Identifier {
        self.0.identifier()
    }

    /// Returns the accepted submission as an [`AnySubmitted`], which has its medium as a value.
    pub fn as_any(&self) -> &AnySubmitted {
        &self.0
    }
}

impl<M: Medium> From<Identifier> for Submitted<M> {
    fn from(identifier: Identifier) -> Self {
        Self::new(identifier)
    }
}

impl<M: Medium> From<Submitted<M>> for Identifier {
    fn from(submitted: Submitted<M>) -> Self {
        submitted.0.into()
    }
}

impl<M: Medium> From<Submitted<M>> for AnySubmitted {
    fn from(submitted: Submitted<M>) -> Self {
        submitted.0
    }
}

/// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the submission is of another medium.
impl<M: Medium> TryFrom<AnySubmitted> for Submitted<M> {
    type Error = Error;

    fn try_from(submitted: AnySubmitted) -> Result<Self, Error> {
        if submitted.medium == M::TYPE {
            return Ok(Self(submitted, PhantomData));
        }
        Err(Error::other_medium("submission", submitted.medium, M::TYPE))
    }
}

impl<M: Medium> fmt::Debug for Submitted<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::medium::{Image, Video};

    #[test]
    fn stored_submission_of_other_medium_is_rejected() {
        let submitted = Submitted::<Image>::new("abc".parse().unwrap());
        let stored = serde_json::to_string(&submitted).unwrap();
        assert_eq!(stored, r#"{"medium":"image","identifier":"abc"}"#);
        assert_eq!(serde_json::from_str::<Submitted<Image>>(&stored).unwrap(), submitted);
        assert_eq!(serde_json::from_str::<AnySubmitted>(&stored).unwrap(), *submitted.as_any());
        let error = serde_json::from_str::<Submitted<Video>>(&stored).unwrap_err().to_string();
        assert!(error.starts_with("medium: the submission has the media type image, expected video"), "{error}");
        assert_ne!(Submitted::new("abd".parse().unwrap()), submitted);
        assert_ne!(AnySubmitted::new(MediaType::Video, "abc".parse().unwrap()), *submitted.as_any());
        assert_eq!(format!("{submitted:?}"), "Submitted { medium: \"image\", identifier: Identifier(\"abc\") }");
        for other in [r#"{"medium":"film","identifier":"abc"}"#, r#"{"medium":"image","identifier":"a/b"}"#] {
            assert!(serde_json::from_str::<AnySubmitted>(other).is_err());
        }
    }
}
