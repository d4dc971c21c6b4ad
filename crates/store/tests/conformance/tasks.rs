//! Tasks and rows: counted by state, cancelled, paged.

use crate::bed::{Bed, attached, failed, job, job_with, record};
use assay_contract::{Code, Job, TaskId};
use assay_store::{Cursor, Enqueued, NewTask, RowCounts, RowState, TaskState};
use serde_json::json;
use std::collections::BTreeSet;

async fn task(bed: &Bed, rows: Option<u64>) -> TaskId {
    let new = NewTask { organization: "org_acme".parse().unwrap(), name: "streets".to_owned(), expected_rows: rows };
    bed.store.create_task(new).await.unwrap().id
}

fn of(task: &TaskId, id: &str) -> Job {
    job_with(id, json!({"task_id": task, "data_row_id": id}))
}

async fn progress(bed: &Bed, task: &TaskId) -> (TaskState, RowCounts) {
    let progress = bed.store.task(&"org_acme".parse().unwrap(), task).await.unwrap().unwrap();
    (progress.state, progress.rows)
}

pub(crate) async fn a_tasks_progress_follows_its_rows(bed: Bed) {
    let task = task(&bed, None).await;
    let jobs = ["j1", "j2", "j3"].map(|id| of(&task, id));
    assert_eq!(bed.store.enqueue_rows(&jobs).await.unwrap().len(), 3);
    assert_eq!(progress(&bed, &task).await, (TaskState::Queued, RowCounts { queued: 3, ..RowCounts::default() }));
    bed.done(&jobs[0], |_| ()).await;
    bed.claim(&jobs[1]).await;
    let running = RowCounts { queued: 1, processing: 1, complete: 1, ..RowCounts::default() };
    assert_eq!(progress(&bed, &task).await, (TaskState::Running, running));
    bed.done(&jobs[2], failed(Code::NotFound)).await;
    let row = bed.store.row(&jobs[2].organization_id, &jobs[2].job_id).await.unwrap().unwrap();
    assert_eq!((row.state, row.failure), (RowState::Failed, Some(Code::NotFound)));
    let elsewhere = "org_other".parse().unwrap();
    assert!(bed.store.task(&elsewhere, &task).await.unwrap().is_none());
}

pub(crate) async fn a_task_is_complete_only_with_all_expected_rows(bed: Bed) {
    let task = task(&bed, Some(2)).await;
    bed.done(&of(&task, "j1"), |_| ()).await;
    assert_eq!(progress(&bed, &task).await.0, TaskState::Running);
    bed.done(&of(&task, "j2"), failed(Code::NotFound)).await;
    assert_eq!(progress(&bed, &task).await.0, TaskState::Complete);
    bed.store.expect_rows(&"org_acme".parse().unwrap(), &task, 3).await.unwrap();
    assert_eq!(progress(&bed, &task).await.0, TaskState::Running);
}

pub(crate) async fn a_task_whose_rows_all_failed_has_failed(bed: Bed) {
    let task = task(&bed, None).await;
    for id in ["j1", "j2"] {
        bed.done(&of(&task, id), failed(Code::RoleRefused)).await;
    }
    assert_eq!(progress(&bed, &task).await.0, TaskState::Failed);
}

pub(crate) async fn a_cancelled_task_cancels_what_has_not_ended(bed: Bed) {
    let task = task(&bed, None).await;
    let jobs = ["j1", "j2", "j3"].map(|id| of(&task, id));
    bed.store.enqueue_rows(&jobs).await.unwrap();
    bed.done(&jobs[0], |_| ()).await;
    bed.claim(&jobs[1]).await;
    let organization = "org_acme".parse().unwrap();
    assert_eq!(bed.store.cancel_task(&organization, &task).await.unwrap(), 2);
    assert_eq!(bed.store.cancel_task(&organization, &task).await.unwrap(), 0);
    let counts = RowCounts { complete: 1, cancelled: 2, ..RowCounts::default() };
    assert_eq!(progress(&bed, &task).await, (TaskState::Cancelled, counts));
    let mut cancelled = Vec::new();
    for job in &jobs {
        cancelled.push(bed.store.is_cancelled(&organization, &job.job_id).await.unwrap());
    }
    assert_eq!(cancelled, [false, true, true]);
}

pub(crate) async fn a_cancelled_job_ends_as_cancelled(bed: Bed) {
    let job = job("j1");
    bed.store.enqueue_row(&job).await.unwrap();
    let state = bed.store.cancel_job(&job.organization_id, &job.job_id).await.unwrap();
    assert_eq!(state, Some(RowState::Cancelled));
    // The worker still claims the message, to store and publish that it was cancelled.
    bed.done(&job, failed(Code::Cancelled)).await;
    let row = bed.store.row(&job.organization_id, &job.job_id).await.unwrap().unwrap();
    assert_eq!((row.state, row.failure), (RowState::Cancelled, Some(Code::Cancelled)));
    assert!(bed.store.cancel_job(&job.organization_id, &"unknown".parse().unwrap()).await.unwrap().is_none());
}

pub(crate) async fn a_job_is_queued_once(bed: Bed) {
    let job = job("j1");
    assert_eq!(bed.store.enqueue_row(&job).await.unwrap(), Enqueued::New);
    assert_eq!(bed.store.enqueue_row(&job).await.unwrap(), Enqueued::Known(RowState::Queued));
    bed.done(&job, |_| ()).await;
    assert_eq!(bed.store.enqueue_row(&job).await.unwrap(), Enqueued::Known(RowState::Complete));
    let latest = bed.store.data_row(&job.organization_id, &"dr_1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(latest.job_id, job.job_id);
}

pub(crate) async fn thousands_of_rows_are_queued_and_paged(bed: Bed) {
    let task = task(&bed, None).await;
    let jobs: Vec<Job> = (0..2500).map(|number| of(&task, &format!("j{number:04}"))).collect();
    assert_eq!(bed.store.enqueue_rows(&jobs[..1200]).await.unwrap().len(), 1200);
    assert_eq!(bed.store.enqueue_rows(&jobs).await.unwrap().len(), 1300, "what was there is left alone");
    let (organization, mut after, mut seen) = ("org_acme".parse().unwrap(), None::<Cursor>, Vec::new());
    loop {
        let page = bed.store.rows(&organization, &task, after.as_ref(), 700).await.unwrap();
        assert!(page.items.len() <= 700);
        seen.extend(page.items.into_iter().map(|row| row.job_id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 2500);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 2500);
}

pub(crate) async fn a_refused_attachment_makes_the_row_partial(bed: Bed) {
    let job = job_with("j1", json!({"attachments": [{"type": "IMAGE", "uri": "s3://acme-raw/mask.png"}]}));
    bed.done(&job, |_| ()).await;
    let claim = bed.claim_part(&job, Some(0)).await;
    let mut refused = record(&job);
    attached(&mut refused, 0);
    failed(Code::Forbidden)(&mut refused);
    bed.store.put_record(&claim, refused).await.unwrap();
    let row = bed.store.row(&job.organization_id, &job.job_id).await.unwrap().unwrap();
    assert_eq!((row.state, row.failure), (RowState::Partial, None));
}

pub(crate) async fn a_paused_task_says_so(bed: Bed) {
    let (organization, task) = ("org_acme".parse().unwrap(), task(&bed, None).await);
    bed.store.enqueue_row(&of(&task, "j1")).await.unwrap();
    bed.store.pause_task(&organization, &task).await.unwrap();
    assert_eq!(progress(&bed, &task).await.0, TaskState::Paused);
    bed.store.resume_task(&organization, &task).await.unwrap();
    assert_eq!(progress(&bed, &task).await.0, TaskState::Queued);
}

pub(crate) async fn a_row_that_is_tried_again_says_why(bed: Bed) {
    let (organization, task): (assay_contract::OrganizationId, _) = ("org_acme".parse().unwrap(), task(&bed, None).await);
    let (job, other) = (of(&task, "j1"), of(&task, "j2"));
    bed.store.enqueue_rows(&[job.clone(), other]).await.unwrap();
    for attempt in 1..=2 {
        assert_eq!(bed.store.waiting(&organization, &task, 9).await.unwrap().len(), usize::from(attempt > 1));
        let claim = bed.claim(&job).await;
        assert_eq!(bed.store.waiting(&organization, &task, 9).await.unwrap(), [], "a worker has it");
        bed.store.release(&claim).await.unwrap();
        bed.store.note_attempt(&organization, &job.job_id, Code::ProviderUnavailable).await.unwrap();
        let waiting = bed.store.waiting(&organization, &task, 9).await.unwrap();
        assert_eq!(waiting.len(), 1, "the row that was never begun is none of them: {waiting:?}");
        assert_eq!((waiting[0].job_id.as_str(), waiting[0].failure, waiting[0].taken), ("j1", Code::ProviderUnavailable, attempt));
    }
    bed.done(&job, |_| ()).await;
    bed.store.note_attempt(&organization, &job.job_id, Code::ProviderUnavailable).await.unwrap();
    let row = bed.store.row(&organization, &job.job_id).await.unwrap().unwrap();
    assert_eq!((row.state, row.failure), (RowState::Complete, None), "a row that has ended stays as it is");
}

pub(crate) async fn withdrawn_rows_are_unknown_again_and_those_that_were_begun_stay(bed: Bed) {
    let jobs: Vec<_> = ["j1", "j2", "j3", "j4"].map(job).into();
    let ids: Vec<_> = jobs.iter().map(|job| job.job_id.clone()).collect();
    let mut new = bed.store.enqueue_rows(&jobs).await.unwrap();
    new.sort();
    assert_eq!(new, ids);
    let claim = bed.claim(&jobs[1]).await;
    bed.store.put_record(&claim, record(&jobs[1])).await.unwrap();
    let _begun = bed.claim(&jobs[2]).await;
    assert_eq!(bed.store.withdraw_rows(&jobs[0].organization_id, &ids[..3]).await.unwrap(), 1);
    let organization = &jobs[0].organization_id;
    for (id, state) in ids.iter().zip([None, Some(RowState::Complete), Some(RowState::Processing), Some(RowState::Queued)]) {
        assert_eq!(bed.store.row(organization, id).await.unwrap().map(|row| row.state), state, "{id}");
    }
    assert_eq!(bed.store.enqueue_rows(&jobs).await.unwrap(), ids[..1]);
}

pub(crate) async fn many_jobs_are_asked_for_at_once(bed: Bed) {
    let task = task(&bed, None).await;
    let organization = "org_acme".parse().unwrap();
    for number in [0, 1, 999, 1_000, 1_001, 2_500] {
        let jobs: Vec<Job> = (0..number).map(|at| of(&task, &format!("n{number}-{at}"))).collect();
        bed.store.enqueue_rows(&jobs).await.unwrap();
        let unknown = "unknown".parse().unwrap();
        let asked: Vec<_> = std::iter::once(unknown).chain(jobs.iter().map(|job| job.job_id.clone())).collect();
        let found = bed.store.rows_of(&organization, &asked).await.unwrap();
        let ids: BTreeSet<_> = found.iter().map(|row| row.job_id.clone()).collect();
        assert_eq!(ids, asked[1..].iter().cloned().collect());
        assert_eq!(found.len(), number);
        assert!(found.iter().all(|row| row.state == RowState::Queued && row.task_id.as_ref() == Some(&task)));
        assert!(bed.store.rows_of(&"org_other".parse().unwrap(), &asked).await.unwrap().is_empty());
    }
}
