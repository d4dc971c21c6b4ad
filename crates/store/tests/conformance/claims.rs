//! Claims: one worker at a time, and none for ever.

use crate::bed::{Bed, LEASE, attached, job, job_with, record};
use assay_store::{Claimed, RowState, StoreError};
use serde_json::json;
use std::time::Duration;

pub(crate) async fn a_job_is_claimed_once(bed: Bed) {
    let job = job("j1");
    let claim = bed.claim(&job).await;
    let row = bed.store.row(&job.organization_id, &job.job_id).await.unwrap().unwrap();
    assert_eq!(row.state, RowState::Processing);
    match bed.store.claim(&job, None, "worker-2", LEASE).await.unwrap() {
        Claimed::Held { by, until } => assert_eq!((by.as_str(), until), ("worker-1", claim.expires_at())),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_redelivery_finds_its_record(bed: Bed) {
    let job = job("j1");
    let stored = bed.done(&job, |_| ()).await;
    match bed.store.claim(&job, None, "worker-2", LEASE).await.unwrap() {
        Claimed::Done(found) => assert_eq!((found.record(), found.json()), (stored.record(), stored.json())),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_claim_is_taken_over_only_after_its_lease(bed: Bed) {
    let job = job("j1");
    let first = bed.claim(&job).await;
    bed.clock.turn(LEASE.saturating_sub(Duration::from_micros(1)));
    assert!(matches!(bed.store.claim(&job, None, "worker-2", LEASE).await.unwrap(), Claimed::Held { .. }));
    bed.clock.turn(Duration::from_micros(1));
    match bed.store.claim(&job, None, "worker-2", LEASE).await.unwrap() {
        Claimed::New(second) => assert!(second.fence() > first.fence()),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_stale_claim_is_refused(bed: Bed) {
    let job = job("j1");
    let mut stale = bed.claim(&job).await;
    bed.clock.turn(LEASE);
    let fresh = bed.claim(&job).await;
    assert!(matches!(bed.store.put_record(&stale, record(&job)).await, Err(StoreError::StaleClaim)));
    assert!(matches!(bed.store.extend(&mut stale, LEASE).await, Err(StoreError::StaleClaim)));
    bed.store.release(&stale).await.unwrap();
    assert!(bed.store.record(&job.organization_id, &job.job_id, None).await.unwrap().is_none());
    let stored = bed.store.put_record(&fresh, record(&job)).await.unwrap();
    assert_eq!(stored.record().generation, 1);
}

pub(crate) async fn an_extended_claim_is_kept(bed: Bed) {
    let job = job("j1");
    let mut claim = bed.claim(&job).await;
    bed.clock.turn(LEASE / 2);
    bed.store.extend(&mut claim, LEASE).await.unwrap();
    bed.clock.turn(LEASE / 2);
    assert!(matches!(bed.store.claim(&job, None, "worker-2", LEASE).await.unwrap(), Claimed::Held { .. }));
    // Nobody took it over, so a lease that ran out can still be used.
    bed.clock.turn(LEASE);
    bed.store.put_record(&claim, record(&job)).await.unwrap();
}

pub(crate) async fn a_released_claim_is_free_at_once(bed: Bed) {
    let job = job("j1");
    let first = bed.claim(&job).await;
    bed.store.release(&first).await.unwrap();
    let row = bed.store.row(&job.organization_id, &job.job_id).await.unwrap().unwrap();
    assert_eq!(row.state, RowState::Queued);
    let second = bed.claim(&job).await;
    assert!(second.fence() > first.fence());
    assert!(matches!(bed.store.put_record(&first, record(&job)).await, Err(StoreError::StaleClaim)));
}

pub(crate) async fn of_many_workers_one_gets_the_job(bed: Bed) {
    let job = job("j1");
    let others = bed.reopened().await;
    let claims = (0..16).map(|worker| {
        let store = if worker % 2 == 0 { &bed.store } else { &others };
        let (job, worker) = (&job, format!("worker-{worker}"));
        async move { store.claim(job, None, &worker, LEASE).await.unwrap() }
    });
    let claimed = futures::future::join_all(claims).await;
    assert_eq!(claimed.iter().filter(|claimed| matches!(claimed, Claimed::New(_))).count(), 1);
}

pub(crate) async fn an_attachment_is_claimed_apart(bed: Bed) {
    let job = job_with("j1", json!({"attachments": [{"type": "IMAGE", "uri": "s3://acme-raw/mask.png"}]}));
    let (own, attachment) = (bed.claim(&job).await, bed.claim_part(&job, Some(0)).await);
    let mut record_of_attachment = record(&job);
    attached(&mut record_of_attachment, 0);
    bed.store.put_record(&attachment, record_of_attachment).await.unwrap();
    let row = bed.store.row(&job.organization_id, &job.job_id).await.unwrap().unwrap();
    assert_eq!(row.state, RowState::Processing, "the row's own asset is not done");
    bed.store.put_record(&own, record(&job)).await.unwrap();
    let row = bed.store.row(&job.organization_id, &job.job_id).await.unwrap().unwrap();
    assert_eq!(row.state, RowState::Complete);
    assert!(bed.store.record(&job.organization_id, &job.job_id, Some(0)).await.unwrap().is_some());
}

pub(crate) async fn a_row_ends_when_each_of_its_parts_has_a_record(bed: Bed) {
    let both = json!({"attachments": [{"type": "IMAGE", "uri": "s3://acme-raw/a.png"}, {"type": "IMAGE", "uri": "s3://acme-raw/b.png"}]});
    for (name, known) in [("j1", true), ("j2", false)] {
        let job = job_with(name, both.clone());
        if known {
            bed.store.enqueue_row(&job).await.unwrap();
        }
        for (attachment, state) in [(None, RowState::Processing), (Some(0), RowState::Processing), (Some(1), RowState::Complete)] {
            let claim = bed.claim_part(&job, attachment).await;
            let mut record = record(&job);
            if let Some(index) = attachment {
                attached(&mut record, index);
            }
            bed.store.put_record(&claim, record).await.unwrap();
            assert_eq!(bed.store.row(&job.organization_id, &job.job_id).await.unwrap().unwrap().state, state, "{attachment:?}");
        }
    }
}

pub(crate) async fn jobs_pulled_about_by_many_workers_end_with_one_record_each(bed: Bed) {
    let jobs: Vec<_> = (0..10).map(|number| job(&format!("j{number}"))).collect();
    let others = bed.reopened().await;
    let workers = (0..6_usize).map(|worker| {
        let store = if worker % 2 == 0 { &bed.store } else { &others };
        let jobs = &jobs;
        async move {
            for turn in 0..jobs.len() * 3 {
                // Each begins elsewhere, so that they meet at every job.
                let job = &jobs[(turn * 7 + worker * 3) % jobs.len()];
                let Claimed::New(claim) = store.claim(job, None, &format!("worker-{worker}"), LEASE).await.unwrap() else { continue };
                if turn % 3 == 0 {
                    store.release(&claim).await.unwrap();
                } else {
                    store.put_record(&claim, record(job)).await.unwrap();
                }
            }
        }
    });
    futures::future::join_all(workers).await;
    for job in &jobs {
        if let Claimed::New(claim) = bed.store.claim(job, None, "last", LEASE).await.unwrap() {
            bed.store.put_record(&claim, record(job)).await.unwrap();
        }
    }
    let mut generations: Vec<u64> =
        bed.store.unpublished(Duration::ZERO, 100).await.unwrap().iter().map(|stored| stored.record().generation).collect();
    generations.sort_unstable();
    assert_eq!(generations, (1..=10).collect::<Vec<u64>>());
}
