//! What is submitted: one medium, where it is found, and what the service shall look for.

mod audio;
mod image;
mod video;

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::time::Instant;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::audio::Audio;
pub use self::image::Image;
pub use self::video::{Frames, KeyFramesMethod, Video};
use crate::error::{Error, Result};
use crate::identifier::Identifier;
use crate::report::Findings;
use crate::url::{Url, why_not_web};
use crate::wire::multipart::Form;

/// A kind of medium that the service analyses. This crate implements it for [`Image`],
/// [`Video`] and [`Audio`]; nobody else can.
pub trait Medium: sealed::Medium {}

pub(crate) mod sealed {
    use super::{Findings, Form, fmt};

    /// What differs from medium to medium.
    pub trait Medium: Sized + 'static {
        /// How the medium is called in what is stored.
        const NAME: &'static str;
        /// The endpoint that takes a URL.
        const FROM_URL: &'static str;
        /// The endpoint that has the results, each behind a slash and its identifier.
        const RESULT: &'static str;
        /// The endpoint that has many results at a time.
        const RESULTS: &'static str;
        /// What only this medium's reports have.
        type Findings: Findings;
        /// The options that only some media have.
        type Options: Clone + Default + fmt::Debug + Send + Sync;

        /// Adds the options that are set.
        #[allow(private_interfaces)]
        fn fill(options: &Self::Options, form: &mut Form<'_>);
    }
}

/// One medium to be submitted, with its options. Made by [`Image::from_url`].
///
/// Setting an option never fails; what cannot be sent is reported by the call that would send it, before a byte is
/// sent. An option that is not set is not sent, so that the service's own default holds. `Debug` shows which options
/// are set, not what they hold: URLs and references are the user's secrets.
#[derive(Clone)]
#[must_use = "a submission does nothing until a client submits it"]
pub struct Submission<M: Medium> {
    file_url: String,
    ref_id: Option<String>,
    webhook_url: Option<String>,
    no_cache: Option<bool>,
    options: M::Options,
}

impl<M: Medium> Submission<M> {
    pub(crate) fn from_url(file_url: String) -> Self {
        Self { file_url, ref_id: None, webhook_url: None, no_cache: None, options: M::Options::default() }
    }

    /// Your own reference, which comes back with the result. Default: none.
    pub fn ref_id(mut self, ref_id: impl Into<String>) -> Self {
        self.ref_id = Some(ref_id.into());
        self
    }

    /// An `http` or `https` URL that the service shall send the result to as well. Default: none.
    ///
    /// The service ignores it in silence unless it has enabled webhooks for the account, and does not call it for a
    /// result that it has cached.
    pub fn webhook_url(mut self, webhook_url: impl Into<String>) -> Self {
        self.webhook_url = Some(webhook_url.into());
        self
    }

    /// Whether to analyse anew what was submitted before with the same options, which may cost again.
    /// Default: left to the service, which documents none.
    pub fn no_cache(mut self, on: bool) -> Self {
        self.no_cache = Some(on);
        self
    }

    pub(crate) fn set(mut self, set: impl FnOnce(&mut M::Options)) -> Self {
        set(&mut self.options);
        self
    }

    /// Whether a submit would refuse this by itself, before anything is sent. A submit checks it anyway; this is for
    /// programs that want to know before they begin.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the field.
    pub fn check(&self) -> Result<()> {
        let webhook_url = self.webhook_url.as_ref().map(|url| ("webhook_url", url));
        for (field, url) in [Some(("file_url", &self.file_url)), webhook_url].into_iter().flatten() {
            if let Some(reason) = why_not_web(url) {
                return Err(Error::invalid_input(field, reason));
            }
        }
        Ok(())
    }

    /// What nobody else shall see of the URLs: signatures and tokens in their queries, and passwords.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let urls = [Some(&self.file_url), self.webhook_url.as_ref()].into_iter().flatten();
        let mut secrets = Vec::new();
        for url in urls {
            let url = url.split_once('#').map_or(url.as_str(), |(url, _)| url);
            let user_info = Url::split(url).and_then(|url| url.user_info).unwrap_or_default();
            let query = url.split_once('?').map_or("", |(_, query)| query);
            let values = query.split('&').filter_map(|pair| Some(pair.split_once('=')?.1));
            // Each may be quoted whole or in parts.
            secrets.extend([query, user_info]);
            secrets.extend(user_info.split_once(':').map(|(_, password)| password).into_iter().chain(values));
        }
        // What is shorter is no secret, and would be found in many a word.
        secrets.retain(|secret| secret.len() >= 4);
        // The longest first, so that none is broken up by a part of it.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
    }

    /// Adds every field that is set.
    pub(crate) fn fill<'a>(&'a self, form: &mut Form<'a>) {
        form.text("file_url", &self.file_url);
        form.text_if("ref_id", self.ref_id.as_deref());
        form.text_if("webhook_url", self.webhook_url.as_deref());
        form.switch_if("no_cache", self.no_cache);
        M::fill(&self.options, form);
    }
}

impl<M: Medium> fmt::Debug for Submission<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match why_not_web(&self.file_url) {
            None => Url::split(&self.file_url).map(|url| url.origin()),
            Some(_) => None,
        };
        f.debug_struct("Submission")
            .field("medium", &M::NAME)
            .field("file_url", &origin.as_deref().unwrap_or("[not a URL]"))
            .field("ref_id", &self.ref_id.as_ref().map(|_| ".."))
            .field("webhook_url", &self.webhook_url.as_ref().map(|_| ".."))
            .field("no_cache", &self.no_cache)
            .field("options", &self.options)
            .finish()
    }
}

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
    /// When it was submitted, if this process did it.
    at: Option<Instant>,
    medium: PhantomData<fn() -> M>,
}

impl<M: Medium> Submitted<M> {
    /// For an identifier that comes from elsewhere: a file, a database, another program.
    pub fn new(identifier: Identifier) -> Self {
        Self { identifier, at: None, medium: PhantomData }
    }

    /// For an identifier that the service gave out just now.
    pub(crate) fn now(identifier: Identifier, now: Instant) -> Self {
        Self { at: Some(now), ..Self::new(identifier) }
    }

    pub(crate) fn at(&self) -> Option<Instant> {
        self.at
    }

    /// What the service calls the submission by.
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }
}

impl<M: Medium> From<Submitted<M>> for Identifier {
    fn from(sent: Submitted<M>) -> Self {
        sent.identifier
    }
}

impl<M: Medium> Clone for Submitted<M> {
    fn clone(&self) -> Self {
        Self { identifier: self.identifier.clone(), at: self.at, medium: PhantomData }
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
        let Self { identifier, at: _, medium: _ } = self;
        f.debug_struct("Submitted").field("medium", &M::NAME).field("identifier", identifier).finish()
    }
}

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    medium: Cow<'a, str>,
    identifier: Cow<'a, Identifier>,
}

impl<M: Medium> Serialize for Submitted<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored { medium: M::NAME.into(), identifier: Cow::Borrowed(&self.identifier) }.serialize(serializer)
    }
}

impl<'de, M: Medium> Deserialize<'de> for Submitted<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        if stored.medium != M::NAME {
            return Err(D::Error::custom(format_args!("medium: this is no submission of an {}", M::NAME)));
        }
        Ok(Self::new(stored.identifier.into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn what_was_submitted_survives_storage_and_is_not_taken_for_another_medium() {
        let sent = Submitted::<Image>::new("abc".parse().unwrap());
        let stored = serde_json::to_string(&sent).unwrap();
        assert_eq!(stored, r#"{"medium":"image","identifier":"abc"}"#);
        assert_eq!(serde_json::from_str::<Submitted<Image>>(&stored).unwrap(), sent);
        assert_ne!(Submitted::new("abd".parse().unwrap()), sent);
        assert_eq!(format!("{sent:?}"), "Submitted { medium: \"image\", identifier: Identifier(\"abc\") }");
        for other in [r#"{"medium":"video","identifier":"abc"}"#, r#"{"medium":"image","identifier":"a/b"}"#] {
            assert!(serde_json::from_str::<Submitted<Image>>(other).is_err());
        }
    }

    #[test]
    fn unusable_urls_are_named_by_field_and_never_shown() {
        let bad = [
            ("file_url", Image::from_url("s3cret")),
            ("file_url", Image::from_url("")),
            ("webhook_url", Image::from_url("https://x.test/").webhook_url("s3cret")),
        ];
        for (field, job) in bad {
            let error = job.check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().starts_with(&format!("{field}: ")), "{error}");
            assert!(!format!("{error} {error:?} {job:?}").contains("s3cret"));
        }
    }

    #[test]
    fn debug_shows_no_more_of_a_url_than_its_host() {
        let job = Image::from_url("https://u:p@x.test/path?token=t0ken").ref_id("ref-17").with_nsfw(true);
        let shown = format!("{job:?}");
        assert!(shown.contains("https://x.test\"") && shown.contains("with_nsfw: Some(true)"), "{shown}");
        for secret in ["u:p", "path", "t0ken", "ref-17"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
