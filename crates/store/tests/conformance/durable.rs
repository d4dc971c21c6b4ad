//! What a crash leaves: everything that was answered, nothing that was not.

use crate::bed::{Bed, job, job_with, record};
use assay_store::RowState;
use serde_json::json;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

pub(crate) async fn what_was_stored_survives_a_crash(bed: Bed) {
    let job = job("j1");
    let stored = bed.done(&job, |_| ()).await;
    // Never closed: its connections just stop being used, as a killed worker's do.
    let Bed { store, .. } = &bed;
    std::mem::forget(store.clone());
    let reopened = bed.reopened().await;
    let found = reopened.unpublished(Duration::ZERO, 10).await.unwrap();
    assert_eq!(found.iter().map(assay_store::Stored::json).collect::<Vec<_>>(), [stored.json()]);
    reopened.mark_published(&found[0]).await.unwrap();
    reopened.close().await;
    assert!(bed.store.unpublished(Duration::ZERO, 10).await.unwrap().is_empty());
}

pub(crate) async fn a_put_that_was_cut_off_anywhere_can_be_asked_again(bed: Bed) {
    let other = bed.reopened().await;
    // Connections beforehand: a login alone waits a thousand times, and the cuts are meant for the transaction.
    let warm = (0..10).map(|_| bed.store.ping());
    futures::future::join_all(warm).await.into_iter().collect::<Result<Vec<()>, _>>().unwrap();
    let mut cut_off = 0;
    for waits in 0..40_usize {
        let id = format!("j{waits}");
        let job = job_with(&id, json!({"data_row_id": id}));
        let claim = bed.claim(&job).await;
        // The worker is gone at its first, second … wait: somewhere before, within or after the transaction.
        let whole = cut_after(waits, bed.store.put_record(&claim, record(&job))).await;
        cut_off += usize::from(whole.is_none());
        let stored = other.put_record(&claim, record(&job)).await.unwrap();
        assert_eq!(stored.record().generation, 1);
        assert_eq!(other.row(&job.organization_id, &job.job_id).await.unwrap().unwrap().state, RowState::Complete);
        assert_eq!(other.unpublished(Duration::ZERO, 1000).await.unwrap().len(), waits + 1, "one record each");
    }
    assert!(cut_off > 0, "nothing was cut off");
}

/// The answer of a future, or `None` where it had to wait more often than that: then it is dropped.
async fn cut_after<T>(mut waits: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = Box::pin(work);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending if waits == 0 => Poll::Ready(None),
        Poll::Pending => {
            waits -= 1;
            Poll::Pending
        }
    })
    .await
}

pub(crate) async fn migrations_are_applied_once(bed: Bed) {
    assert_eq!(bed.store.migrations_pending().await.unwrap(), []);
    assert_eq!(bed.store.migrate().await.unwrap(), []);
    bed.store.ping().await.unwrap();
}
