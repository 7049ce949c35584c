//! Tests of the list of jobs that may have been paid for and whose outcome the caller does not have yet.

use std::sync::{Arc, Mutex};

#[cfg(feature = "journal")]
use crate::batch::Batch;
use crate::batch::stop_handle::StopHandle;
use crate::batch::tests::*;
use crate::call::fake::failure;
use crate::call::rate_limit::config::RateLimit;
#[cfg(feature = "journal")]
use crate::error::Error;
use crate::error::ErrorKind;
use crate::http::request::Method;
#[cfg(feature = "journal")]
use crate::model::submission::any::AnySubmission;

/// Returns the indexes of the unfinished jobs, each with `true` if its identifier is known.
fn listed(stop_handle: &StopHandle) -> Vec<(u64, bool)> {
    let jobs = stop_handle.unfinished();
    for job in &jobs {
        assert_eq!(stop_handle.unfinished_job(job.index).as_ref(), Some(job));
    }
    assert_eq!(stop_handle.unfinished_job(99), None);
    jobs.iter().map(|job| (job.index, job.identifier.is_some())).collect()
}

#[test]
fn unfinished_has_each_job_until_next_is_called_again() {
    let fixture = Fixture::plain("unfinished-next", RateLimit::unlimited());
    let batch = fixture.client.batch(images(3));
    let stop_handle = batch.stop_handle();
    assert_eq!(listed(&stop_handle), []);
    let mut left = vec![(0, true), (1, true), (2, true)];
    for outcome in batch {
        assert_eq!(listed(&stop_handle), left, "jobs with a queued or just returned outcome are listed");
        left.retain(|(index, _)| *index != outcome.index);
    }
    assert_eq!(listed(&stop_handle), []);
}

#[test]
fn unfinished_lists_running_submit_without_identifier() {
    let shared = Arc::<Mutex<Option<StopHandle>>>::default();
    let seen = Arc::<Mutex<Vec<Vec<(u64, bool)>>>>::default();
    let (stop_handle, log) = (Arc::clone(&shared), Arc::clone(&seen));
    let fixture = Fixture::with("unfinished-submit", RateLimit::unlimited(), move |service, request| {
        if request.method == Method::Post {
            log.lock().unwrap().push(listed(stop_handle.lock().unwrap().as_ref().unwrap()));
        }
        service.respond(request)
    });
    for workers in [1, 2] {
        let mut batch = fixture.client.batch(images(2)).workers(workers).in_flight(1);
        *shared.lock().unwrap() = Some(batch.stop_handle());
        let first = batch.next().unwrap();
        assert_eq!((first.index, seen.lock().unwrap().split_off(0)), (0, vec![vec![(0, false)]]));
        drop(batch);
        let stop_handle = shared.lock().unwrap().clone().unwrap();
        assert_eq!(listed(&stop_handle), [(0, true)], "the list outlives the batch");
    }
}

#[test]
fn unfinished_lists_failed_submit_if_maybe_accepted() {
    for (sent, expected) in [(true, vec![(0, false)]), (false, vec![])] {
        let fixture = Fixture::with("unfinished-failed", RateLimit::unlimited(), move |_, _| {
            failure(ErrorKind::Disconnected, sent)
        });
        let mut batch = fixture.client.batch(images(1));
        let outcome = batch.next().unwrap();
        assert_eq!(outcome.result.unwrap_err().may_have_been_sent(), sent);
        assert_eq!(listed(&batch.stop_handle()), expected);
        assert!(batch.next().is_none() && listed(&batch.stop_handle()).is_empty());
    }
}

#[test]
fn unfinished_keeps_job_after_indeterminate_attempt() {
    let mut number = 0;
    let fixture = Fixture::with("unfinished-open", RateLimit::unlimited(), move |_, _| {
        number += 1;
        if number == 1 { failure(ErrorKind::Timeout, true) } else { failure(ErrorKind::Connect, false) }
    });
    let mut batch = fixture.client.with_resend_if_unknown(true).batch(images(1));
    assert!(batch.next().unwrap().result.unwrap_err().may_have_been_sent());
    assert_eq!(listed(&batch.stop_handle()), [(0, false)]);
}

#[cfg(feature = "journal")]
#[test]
fn unfinished_is_recorded_only_after_journal_write() {
    use std::io::ErrorKind as Io;

    use crate::batch::store::{EarlierRun, Key, Store};
    use crate::batch::unfinished::Unfinished;
    use crate::error::Result;
    use crate::model::identifier::Identifier;
    use crate::model::report::any::AnyReport;

    /// A store that cannot record an accepted submit, because the disk is full. It may have an identifier of an earlier
    /// run.
    struct FullStore(Option<Identifier>);
    impl Store for FullStore {
        fn look_up(&self, _: &AnySubmission) -> Result<(Key, EarlierRun)> {
            let earlier_run = self.0.clone().map_or(EarlierRun::None, EarlierRun::Submitted);
            Ok((Key { fingerprint: 1, occurrence: 0, file: None }, earlier_run))
        }
        fn begin(&self, _: Key, _: &AnySubmission) -> Result<()> {
            Ok(())
        }
        fn submitted(&self, _: Key, _: &Identifier) -> Result<()> {
            Err(Error::new(ErrorKind::Journal, "").with_source(std::io::Error::from(Io::StorageFull)))
        }
        fn failed(&self, _: Key, _: &Error) -> Result<()> {
            Ok(())
        }
        fn finished(&self, _: Key, _: &AnyReport) -> Result<()> {
            Ok(())
        }
    }
    let first = |batch: Batch<_>| -> Unfinished {
        let mut batch = batch;
        batch.next().unwrap();
        batch.stop_handle().unfinished().remove(0)
    };
    let fixture = Fixture::plain("unfinished-journal", RateLimit::unlimited());
    let path = std::env::temp_dir().join(format!("identifai-unfinished-{}", std::process::id()));
    let journal = crate::batch::journal::Journal::open(&path).unwrap();
    assert!(first(fixture.client.batch(images(1)).journal(journal)).is_recorded);
    std::fs::remove_file(path).unwrap();
    assert!(!first(fixture.client.batch(images(1))).is_recorded, "without a journal");
    let mut batch = fixture.client.batch(images(1));
    batch.store = Some(Arc::new(FullStore(None)));
    let job = first(batch);
    assert!(job.identifier.is_some() && !job.is_recorded, "{job:?}");
    assert_eq!(job.tag.as_deref(), Some("image 0"));
    let mut batch = fixture.client.batch(images(1));
    batch.store = Some(Arc::new(FullStore(job.identifier.clone())));
    let resumed = first(batch);
    assert!(resumed.identifier == job.identifier && resumed.is_recorded, "{resumed:?}");
}
