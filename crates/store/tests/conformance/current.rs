//! Current facts: the latest look at the latest version that did not fail.

use crate::bed::{Bed, attached, failed, job, job_with, record};
use assay_contract::record::Status;
use assay_contract::{Code, Record};
use serde_json::json;

async fn current_job(bed: &Bed) -> Option<String> {
    let (organization, data_row) = ("org_acme".parse().unwrap(), "dr_1".parse().unwrap());
    let found = bed.store.current_record(&organization, &data_row).await.unwrap();
    found.map(|stored| stored.job_id().to_string())
}

fn version(modified: &'static str) -> impl FnOnce(&mut Record) {
    move |record| record.asset.last_modified = Some(modified.to_owned())
}

pub(crate) async fn generations_count_the_records_of_a_row(bed: Bed) {
    for (id, generation) in [("j1", 1), ("j2", 2), ("j3", 3)] {
        assert_eq!(bed.done(&job(id), |_| ()).await.record().generation, generation);
    }
    let other = job_with("j4", json!({"data_row_id": "dr_2"}));
    assert_eq!(bed.done(&other, |_| ()).await.record().generation, 1);
    let read = bed.store.record(&other.organization_id, &"j3".parse().unwrap(), None).await.unwrap().unwrap();
    assert_eq!(read.record().generation, 3);
    assert_eq!(current_job(&bed).await.as_deref(), Some("j3"));
}

pub(crate) async fn records_that_end_at_once_get_generations_of_their_own(bed: Bed) {
    let jobs: Vec<_> = (0..12).map(|number| job(&format!("j{number}"))).collect();
    let puts = jobs.iter().map(|job| bed.done(job, |_| ()));
    let mut generations: Vec<u64> = futures::future::join_all(puts).await.iter().map(|stored| stored.record().generation).collect();
    generations.sort_unstable();
    assert_eq!(generations, (1..=12).collect::<Vec<u64>>());
}

pub(crate) async fn a_failure_never_replaces_current_facts(bed: Bed) {
    bed.done(&job("j1"), failed(Code::NotFound)).await;
    assert_eq!(current_job(&bed).await, None);
    bed.done(&job("j2"), |record| record.status = Status::Partial).await;
    assert_eq!(current_job(&bed).await.as_deref(), Some("j2"));
    let refused = bed.done(&job("j3"), failed(Code::Forbidden)).await;
    assert_eq!(refused.record().generation, 3);
    assert_eq!(current_job(&bed).await.as_deref(), Some("j2"));
}

pub(crate) async fn an_older_version_never_replaces_current_facts(bed: Bed) {
    bed.done(&job("j1"), version("Wed, 12 Nov 2025 10:00:00 GMT")).await;
    let older = bed.done(&job("j2"), version("Tue, 11 Nov 2025 10:00:00 GMT")).await;
    assert_eq!(older.record().generation, 2);
    assert_eq!(current_job(&bed).await.as_deref(), Some("j1"));
    bed.done(&job("j3"), version("Thu, 13 Nov 2025 10:00:00 GMT")).await;
    assert_eq!(current_job(&bed).await.as_deref(), Some("j3"));
    // A slow worker that began before the current record's did, and knows no date.
    bed.done(&job("j4"), |record| record.started_at = "2026-11-21T19:59:59Z".parse().unwrap()).await;
    assert_eq!(current_job(&bed).await.as_deref(), Some("j3"));
}

pub(crate) async fn attachments_have_facts_of_their_own(bed: Bed) {
    let job = job_with("j1", json!({"attachments": [{"type": "IMAGE", "uri": "s3://acme-raw/mask.png"}]}));
    bed.done(&job, |_| ()).await;
    let claim = bed.claim_part(&job, Some(0)).await;
    let mut of_attachment = record(&job);
    attached(&mut of_attachment, 0);
    let stored = bed.store.put_record(&claim, of_attachment).await.unwrap();
    assert_eq!(stored.record().generation, 1);
    let data_row = "dr_1".parse().unwrap();
    let found = bed.store.current_attachment(&job.organization_id, &data_row, 0).await.unwrap().unwrap();
    assert_eq!(found.record(), stored.record());
    assert!(bed.store.current_record(&job.organization_id, &data_row).await.unwrap().unwrap().record().attachment.is_none());
    assert!(bed.store.current_attachment(&job.organization_id, &data_row, 1).await.unwrap().is_none());
}

pub(crate) async fn a_row_without_a_name_counts_by_its_job(bed: Bed) {
    for id in ["j1", "j2"] {
        let nameless = job_with(id, json!({"data_row_id": null}));
        assert_eq!(bed.done(&nameless, |_| ()).await.record().generation, 1);
    }
    // A key that looks like a row's subject is no row.
    let posing = job_with("j3", json!({"data_row_id": null, "global_key": "row:dr_1"}));
    bed.done(&posing, |_| ()).await;
    assert_eq!(current_job(&bed).await, None);
}
