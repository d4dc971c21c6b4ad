//! Opening a failed job again: another record, never a second of what is done.

use crate::bed::{Bed, LEASE, failed, job, record};
use assay_contract::Code;
use assay_contract::record::Status;
use assay_store::{Claimed, RowState, StoreError};
use std::time::Duration;

pub(crate) async fn a_failed_job_that_is_opened_again_gets_another_record(bed: Bed) {
    let job = job("j1");
    let first = bed.done(&job, failed(Code::ProviderUnavailable)).await;
    assert_eq!(bed.store.reopen_job(&job.organization_id, &job.job_id).await.unwrap(), 1);
    assert_eq!(bed.store.reopen_job(&job.organization_id, &job.job_id).await.unwrap(), 0);
    let row = bed.store.row(&job.organization_id, &job.job_id).await.unwrap().unwrap();
    assert_eq!((row.state, row.failure), (RowState::Queued, None));
    let second = bed.done(&job, |_| ()).await;
    assert_eq!((second.record().generation, second.record().status), (2, Status::Complete));
    let found = bed.store.record(&job.organization_id, &job.job_id, None).await.unwrap().unwrap();
    assert_eq!(found.json(), second.json());
    let current = bed.store.current_record(&job.organization_id, &"dr_1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(current.json(), second.json());
    // Both are published, each on its own.
    bed.store.mark_published(&first).await.unwrap();
    let left = bed.store.unpublished(Duration::ZERO, 10).await.unwrap();
    assert_eq!(left.iter().map(assay_store::Stored::json).collect::<Vec<_>>(), [second.json()]);
}

pub(crate) async fn only_what_failed_is_opened_again(bed: Bed) {
    let (done, cancelled) = (job("j1"), job("j2"));
    bed.done(&done, |_| ()).await;
    bed.done(&cancelled, failed(Code::Cancelled)).await;
    for job in [&done, &cancelled] {
        assert_eq!(bed.store.reopen_job(&job.organization_id, &job.job_id).await.unwrap(), 0);
        assert!(matches!(bed.store.claim(job, None, "worker-1", LEASE).await.unwrap(), Claimed::Done(_)));
    }
    bed.done(&job("j3"), failed(Code::NotFound)).await;
    let elsewhere = "org_other".parse().unwrap();
    assert_eq!(bed.store.reopen_job(&elsewhere, &"j3".parse().unwrap()).await.unwrap(), 0);
}

pub(crate) async fn a_worker_of_an_earlier_round_is_refused(bed: Bed) {
    let job = job("j1");
    let long_gone = bed.claim(&job).await;
    bed.clock.turn(LEASE);
    bed.done(&job, failed(Code::FetchTimeout)).await;
    bed.store.reopen_job(&job.organization_id, &job.job_id).await.unwrap();
    let fresh = bed.claim(&job).await;
    assert!(fresh.fence() > long_gone.fence() + 1);
    assert!(matches!(bed.store.put_record(&long_gone, record(&job)).await, Err(StoreError::StaleClaim)));
    bed.store.put_record(&fresh, record(&job)).await.unwrap();
}
