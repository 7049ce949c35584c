//! What goes into a batch and what was submitted of it, of whichever medium.

use std::path::Path;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::model::identifier::Identifier;
use crate::model::media_type::MediaType;
use crate::model::medium::{Audio, Image, Medium, Video};
use crate::model::report::Report;
use crate::model::report::any::AnyReport;
use crate::model::submission::Submission;
use crate::model::submitted::Submitted;

/// A submission of any medium, for a [`batch`](Client::batch).
///
/// ```
/// use identifai::{Audio, Image, Job};
///
/// let jobs: [Job; 2] = [Image::from_url("https://example.com/cat.jpg").into(), Audio::from_path("call.wav").into()];
/// ```
#[derive(Clone, Debug)]
pub struct Job(pub(super) Kind);

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Image(Submission<Image>),
    Video(Submission<Video>),
    Audio(Submission<Audio>),
    Pending,
}

impl From<Submission<Image>> for Job {
    fn from(job: Submission<Image>) -> Self {
        Self(Kind::Image(job))
    }
}

impl From<Submission<Video>> for Job {
    fn from(job: Submission<Video>) -> Self {
        Self(Kind::Video(job))
    }
}

impl From<Submission<Audio>> for Job {
    fn from(job: Submission<Audio>) -> Self {
        Self(Kind::Audio(job))
    }
}

/// Does the same with whichever medium it is of.
macro_rules! each {
    ($any:expr, $kind:ident, $what:ident => $do:expr $(, $($other:pat => $instead:expr)+)?) => {
        match $any {
            $kind::Image($what) => $do,
            $kind::Video($what) => $do,
            $kind::Audio($what) => $do,
            $($($other => $instead,)+)?
        }
    };
}

impl Job {
    /// Stands for no job, but one that may come later: for an iterator that would else have to wait for its next one,
    /// and hold up the batch. It is asked again 50 milliseconds later, and this counts as no item.
    pub const fn pending() -> Self {
        Self(Kind::Pending)
    }

    /// Whether a submit would refuse this by itself; see [`Submission::check`].
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the field.
    pub fn check(&self) -> Result<()> {
        each!(&self.0, Kind, job => job.check(), Kind::Pending => Ok(()))
    }

    pub(super) fn is_not_yet(&self) -> bool {
        matches!(self.0, Kind::Pending)
    }

    pub(super) fn reference(&self) -> Option<&str> {
        each!(&self.0, Kind, job => job.reference(), Kind::Pending => None)
    }

    pub(super) fn is_one_shot(&self) -> bool {
        each!(&self.0, Kind, job => job.is_one_shot(), Kind::Pending => false)
    }

    /// Returns the path of the file to upload, if it is one.
    pub(super) fn path(&self) -> Option<&Path> {
        each!(&self.0, Kind, job => job.path(), Kind::Pending => None)
    }

    pub(super) fn submit(&self, client: &Client) -> Result<Sent> {
        match &self.0 {
            Kind::Image(job) => client.submit(job).map(Sent::Image),
            Kind::Video(job) => client.submit(job).map(Sent::Video),
            Kind::Audio(job) => client.submit(job).map(Sent::Audio),
            Kind::Pending => Err(Error::invalid_input("job", "is none yet")),
        }
    }

    #[cfg(feature = "journal")]
    pub(super) fn fingerprint_fields(&self, see: &mut dyn FnMut(&str, &[u8])) {
        each!(&self.0, Kind, job => job.fingerprint_fields(see), Kind::Pending => ());
    }

    #[cfg(feature = "journal")]
    pub(super) fn display_source(&self) -> Option<String> {
        each!(&self.0, Kind, job => job.display_source(), Kind::Pending => None)
    }

    /// Reads a report of its medium.
    #[cfg(feature = "journal")]
    pub(super) fn report(&self, json: &str) -> Option<AnyReport> {
        match &self.0 {
            Kind::Image(_) => Report::<Image>::from_json(json).ok().map(AnyReport::Image),
            Kind::Video(_) => Report::<Video>::from_json(json).ok().map(AnyReport::Video),
            Kind::Audio(_) => Report::<Audio>::from_json(json).ok().map(AnyReport::Audio),
            Kind::Pending => None,
        }
    }

    /// What was submitted of it under `identifier`, in an earlier run or by a submit whose answer broke off.
    pub(super) fn sent_as(&self, identifier: Identifier) -> Option<Sent> {
        match &self.0 {
            Kind::Image(job) => Some(Sent::Image(Submitted::before(identifier, &job.secrets()))),
            Kind::Video(job) => Some(Sent::Video(Submitted::before(identifier, &job.secrets()))),
            Kind::Audio(job) => Some(Sent::Audio(Submitted::before(identifier, &job.secrets()))),
            Kind::Pending => None,
        }
    }
}

/// What was submitted.
#[derive(Clone, Debug)]
pub(super) enum Sent {
    Image(Submitted<Image>),
    Video(Submitted<Video>),
    Audio(Submitted<Audio>),
}

/// Asks for the results of `sent`, which are all of one medium.
pub(super) fn results(medium: MediaType, client: &Client, sent: &[Identifier]) -> Result<Vec<Option<AnyReport>>> {
    fn results<M: Medium>(client: &Client, sent: &[Identifier]) -> Result<Vec<Option<AnyReport>>>
    where
        AnyReport: From<Report<M>>,
    {
        let sent: Vec<Submitted<M>> = sent.iter().cloned().map(Submitted::new).collect();
        Ok(client.results(&sent)?.into_iter().map(|report| report.map(AnyReport::from)).collect())
    }
    match medium {
        MediaType::Image => results::<Image>(client, sent),
        MediaType::Video => results::<Video>(client, sent),
        MediaType::Audio => results::<Audio>(client, sent),
    }
}

impl Sent {
    pub(super) fn medium(&self) -> MediaType {
        match self {
            Self::Image(_) => MediaType::Image,
            Self::Video(_) => MediaType::Video,
            Self::Audio(_) => MediaType::Audio,
        }
    }

    pub(super) fn identifier(&self) -> &Identifier {
        each!(self, Self, sent => sent.identifier())
    }

    /// Looks at how this one stands.
    pub(super) fn poll(&self, client: &Client) -> Result<AnyReport> {
        match self {
            Self::Image(sent) => client.result(sent).map(AnyReport::Image),
            Self::Video(sent) => client.result(sent).map(AnyReport::Video),
            Self::Audio(sent) => client.result(sent).map(AnyReport::Audio),
        }
    }

    pub(super) fn is(&self, medium: MediaType, identifier: &Identifier) -> bool {
        self.medium() == medium && self.identifier() == identifier
    }

    /// A report that is finished, as an outcome.
    pub(super) fn finished(&self, client: &Client, report: &AnyReport) -> Result<AnyReport> {
        report.clone().into_result().map_err(|error| self.about(client, error))
    }

    /// `error` as one about this.
    pub(super) fn about(&self, client: &Client, error: Error) -> Error {
        each!(self, Self, sent => client.about(sent, error))
    }
}
