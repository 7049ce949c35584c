//! Conversions between [`Report`] and [`AnyReport`].

use super::Report;
use super::any::AnyReport;
use super::findings::Findings;
use crate::error::{Error, Result};
use crate::model::medium::Medium;

impl<M: Medium> From<Report<M>> for AnyReport {
    fn from(report: Report<M>) -> Self {
        report.findings.into_any(report.common)
    }
}

/// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the report is of another medium.
impl<M: Medium> TryFrom<AnyReport> for Report<M> {
    type Error = Error;

    fn try_from(report: AnyReport) -> Result<Self> {
        let medium = report.media_type();
        let (common, findings) =
            M::Findings::from_any(report).ok_or_else(|| Error::other_medium("report", medium, M::TYPE))?;
        Ok(Self { common, findings })
    }
}
