//! The endpoints of the API: their paths and methods.

use identifai::MediaType;

use super::method::Method;

/// An endpoint, with the parameters in its path.
#[derive(Clone, Copy)]
pub(super) enum Endpoint<'a> {
    Url(MediaType),
    Upload(MediaType),
    Result(MediaType, &'a str),
    Results(MediaType),
    Heatmap(&'a str),
    Override(MediaType, &'a str),
    Credits,
    Health,
    /// `/api/user`, which the overview of the API names and no page describes.
    User,
    PartnerUser,
    PartnerUsers,
    CreationMail,
    Pricings,
    Tickets,
    Batch(&'a str),
}

impl<'a> Endpoint<'a> {
    /// Returns the endpoint of a path, split at `/`.
    pub(super) fn from_path(path: &[&'a str]) -> Option<Self> {
        let ["api", name, rest @ ..] = path else { return None };
        Some(match (*name, rest) {
            ("health", []) => Self::Health,
            ("user", []) => Self::User,
            ("user", ["credits"]) => Self::Credits,
            ("partner", ["user"]) => Self::PartnerUser,
            ("partner", ["users"]) => Self::PartnerUsers,
            ("partner", ["send_creation_email"]) => Self::CreationMail,
            ("partner", ["pricings"]) => Self::Pricings,
            ("v2", ["tampering", "tickets"]) => Self::Tickets,
            ("v2", ["tampering", "tickets", batch]) => Self::Batch(batch),
            _ => return Self::from_media_path(name, rest),
        })
    }

    /// Returns the endpoint of a path that depends on the medium.
    fn from_media_path(name: &str, rest: &[&'a str]) -> Option<Self> {
        // The documentation names two paths for the results of images.
        let medium = |name: &str, is_read: bool| match name {
            "" => Some(MediaType::Image),
            "_image" if is_read => Some(MediaType::Image),
            "_video" => Some(MediaType::Video),
            "_audio" => Some(MediaType::Audio),
            _ => None,
        };
        Some(match (name.strip_prefix("classification"), rest) {
            (None, []) => {
                let media = [MediaType::Image, MediaType::Video, MediaType::Audio];
                let is = |medium: &MediaType| name.strip_suffix("_fromurl") == Some(medium.as_str());
                Self::Url(media.into_iter().find(is)?)
            }
            (Some(suffix), []) => match suffix.strip_prefix('s') {
                Some(suffix) => Self::Results(medium(suffix, true)?),
                None => Self::Upload(medium(suffix, false)?),
            },
            (Some(suffix), [identifier]) => Self::Result(medium(suffix, true)?, identifier),
            (Some("" | "_image"), ["heatmap", identifier]) => Self::Heatmap(identifier),
            (Some(suffix), [hash, "override"]) => Self::Override(medium(suffix, false)?, hash),
            _ => return None,
        })
    }

    pub(super) fn methods(self) -> &'static [(Method, &'static str)] {
        match self {
            Self::Url(_)
            | Self::Upload(_)
            | Self::Override(..)
            | Self::PartnerUser
            | Self::CreationMail
            | Self::Tickets => &[(Method::Post, "POST")],
            Self::User => &[(Method::Post, "POST"), (Method::Delete, "DELETE")],
            _ => &[(Method::Get, "GET")],
        }
    }
}
