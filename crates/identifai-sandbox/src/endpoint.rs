//! Which endpoint a path is, and the methods it has.

use identifai::MediaType;

use super::method::Method;

/// What is asked for.
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
    /// Which the overview names, and no page describes.
    User,
    PartnerUser,
    PartnerUsers,
    CreationMail,
    Pricings,
    Tickets,
    Batch(&'a str),
}

impl<'a> Endpoint<'a> {
    pub(super) fn of(path: &[&'a str]) -> Option<Self> {
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
            _ => return Self::of_media(name, rest),
        })
    }

    fn of_media(name: &str, rest: &[&'a str]) -> Option<Self> {
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
            (Some(of), []) => match of.strip_prefix('s') {
                Some(of) => Self::Results(medium(of, true)?),
                None => Self::Upload(medium(of, false)?),
            },
            (Some(of), [identifier]) => Self::Result(medium(of, true)?, identifier),
            (Some("" | "_image"), ["heatmap", identifier]) => Self::Heatmap(identifier),
            (Some(of), [hash, "override"]) => Self::Override(medium(of, false)?, hash),
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
