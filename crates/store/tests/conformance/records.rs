//! Records: once each, read back as written, found when they were not published.

use crate::bed::{Bed, attached, job, job_with, record};
use assay_contract::failure::Issue;
use assay_contract::record::MAX_RECORD_BYTES;
use assay_contract::{Code, Record};
use assay_store::{Cursor, NewTask, StoreError};
use serde_json::json;
use std::time::Duration;

pub(crate) async fn a_second_put_returns_the_first_record(bed: Bed) {
    let job = job("j1");
    let claim = bed.claim(&job).await;
    let first = bed.store.put_record(&claim, record(&job)).await.unwrap();
    let mut other = record(&job);
    other.attempt = 2;
    let second = bed.store.put_record(&claim, other).await.unwrap();
    assert_eq!(second.json(), first.json());
    assert_eq!(second.record().generation, 1);
}

pub(crate) async fn a_record_of_another_job_is_refused(bed: Bed) {
    let (mine, other) = (job("j1"), job("j2"));
    let claim = bed.claim(&mine).await;
    assert!(matches!(bed.store.put_record(&claim, record(&other)).await, Err(StoreError::OtherRecord("job_id"))));
    let stranger = job_with("j1", json!({"organization_id": "org_other"}));
    assert!(matches!(bed.store.put_record(&claim, record(&stranger)).await, Err(StoreError::OtherRecord("organization_id"))));
    let mut of_attachment = record(&mine);
    attached(&mut of_attachment, 0);
    assert!(matches!(bed.store.put_record(&claim, of_attachment).await, Err(StoreError::OtherRecord("attachment"))));
    bed.store.put_record(&claim, record(&mine)).await.unwrap();
}

pub(crate) async fn a_record_over_256_kib_is_refused(bed: Bed) {
    let sized = |bytes: usize, record: &mut Record| {
        record.generation = 1;
        record.issues = vec![Issue::warning("padding", "")];
        let empty = serde_json::to_string(&record).unwrap().len();
        record.issues = vec![Issue::warning("padding", "x".repeat(bytes - empty))];
        assert_eq!(serde_json::to_string(&record).unwrap().len(), bytes);
    };
    for (row, bytes) in [("a", MAX_RECORD_BYTES - 1), ("b", MAX_RECORD_BYTES)] {
        let job = job_with(row, json!({"data_row_id": row}));
        let stored = bed.done(&job, |record| sized(bytes, record)).await;
        assert_eq!(stored.json().len(), bytes);
    }
    let job = job_with("c", json!({"data_row_id": "c"}));
    let claim = bed.claim(&job).await;
    let mut large = record(&job);
    sized(MAX_RECORD_BYTES + 1, &mut large);
    let refused = bed.store.put_record(&claim, large).await.unwrap_err();
    assert!(matches!(refused, StoreError::RecordTooLarge { bytes } if bytes == MAX_RECORD_BYTES + 1));
    assert_eq!(refused.failure().code, Code::LimitExceeded);
    // The claim still stands: the worker stores the failure in the record's place, as the first generation.
    let stored = bed.store.put_record(&claim, record(&job)).await.unwrap();
    assert_eq!(stored.record().generation, 1);
}

pub(crate) async fn odd_text_comes_back_as_it_was(bed: Bed) {
    let odd = "nul \u{0} é e\u{301} 👩‍🚀 \u{202e}rtl \u{feff} \u{ffff} ' \" \\ $1 ? %s \r\n\u{1}";
    let organization = "org_acme".parse().unwrap();
    let task = bed.store.create_task(NewTask { organization, name: odd.to_owned(), expected_rows: None }).await.unwrap();
    let job = job_with("j1", json!({"data_row_id": null, "global_key": odd, "task_id": task.id, "labels": {odd: odd}}));
    bed.store.enqueue_row(&job).await.unwrap();
    let stored = bed.done(&job, |record| record.asset.uri = format!("s3://acme-raw/{odd}")).await;
    let found = bed.store.record(&job.organization_id, &job.job_id, None).await.unwrap().unwrap();
    assert_eq!(found.record(), stored.record());
    assert_eq!(found.record().labels[odd], odd);
    let row = bed.store.row(&job.organization_id, &job.job_id).await.unwrap().unwrap();
    assert_eq!(row.global_key.as_deref(), Some(odd));
    let progress = bed.store.task(&job.organization_id, &task.id).await.unwrap().unwrap();
    assert_eq!(progress.task.name, odd);
    // The same key again is the same row.
    let again = job_with("j2", json!({"data_row_id": null, "global_key": odd}));
    assert_eq!(bed.done(&again, |_| ()).await.record().generation, 2);
}

pub(crate) async fn what_was_not_published_is_found(bed: Bed) {
    let first = bed.done(&job("j1"), |_| ()).await;
    bed.clock.turn(Duration::from_secs(30));
    let second = bed.done(&job("j2"), |_| ()).await;
    let found = |age: u64| {
        let store = bed.store.clone();
        async move {
            let found = store.unpublished(Duration::from_secs(age), 10).await.unwrap();
            found.iter().map(|stored| stored.job_id().as_str().to_owned()).collect::<Vec<_>>()
        }
    };
    assert_eq!(found(31).await, Vec::<String>::new());
    assert_eq!(found(30).await, ["j1"]);
    assert_eq!(found(0).await, ["j1", "j2"]);
    assert_eq!(bed.store.unpublished(Duration::ZERO, 1).await.unwrap().len(), 1);
    bed.store.mark_published(&first).await.unwrap();
    bed.store.mark_published(&first).await.unwrap();
    assert_eq!(found(0).await, ["j2"]);
    bed.store.mark_published(&second).await.unwrap();
    assert_eq!(found(0).await, Vec::<String>::new());
    let read = bed.store.record(first.organization(), first.job_id(), None).await.unwrap().unwrap();
    assert!(read.was_published());
}

pub(crate) async fn a_record_that_cannot_be_read_hides_no_other(bed: Bed) {
    for id in ["j1", "j2", "j3", "j4", "j5"] {
        bed.done(&job(id), |_| ()).await;
    }
    bed.tamper("UPDATE records SET record = '{}' WHERE job_id IN ('j1', 'j2', 'j4')").await;
    for (limit, expected) in [(1, vec!["j3"]), (2, vec!["j3"]), (10, vec!["j3", "j5"])] {
        let found = bed.store.unpublished(Duration::ZERO, limit).await.unwrap();
        assert_eq!(found.iter().map(|stored| stored.job_id().as_str()).collect::<Vec<_>>(), expected);
    }
}

pub(crate) async fn a_tasks_records_come_in_pages(bed: Bed) {
    let fields = json!({"task_id": "t1", "attachments": [{"type": "IMAGE", "uri": "s3://acme-raw/mask.png"}]});
    for id in ["j1", "j2", "j3"] {
        let job = job_with(id, fields.clone());
        bed.done(&job, |_| ()).await;
        let claim = bed.claim_part(&job, Some(0)).await;
        let mut of_attachment = record(&job);
        attached(&mut of_attachment, 0);
        bed.store.put_record(&claim, of_attachment).await.unwrap();
    }
    let (organization, task) = ("org_acme".parse().unwrap(), "t1".parse().unwrap());
    let (mut seen, mut after) = (Vec::new(), None::<Cursor>);
    loop {
        let page = bed.store.records(&organization, &task, after.as_ref(), 4).await.unwrap();
        seen.extend(page.items.iter().map(|stored| (stored.job_id().to_string(), stored.record().attachment.is_some())));
        let Some(next) = page.next else { break };
        // A cursor goes through an address and comes back.
        after = Some(next.to_string().parse().unwrap());
    }
    let expected: Vec<_> = ["j1", "j2", "j3"].iter().flat_map(|id| [(id.to_string(), false), (id.to_string(), true)]).collect();
    assert_eq!(seen, expected);
}

pub(crate) async fn tenants_do_not_meet(bed: Bed) {
    // The same names throughout, in two organisations.
    let fields = |organization: &str| json!({"organization_id": organization, "task_id": "t1", "global_key": "k"});
    let (acme, other) = (job_with("j1", fields("org_acme")), job_with("j1", fields("org_other")));
    let (claim, theirs) = (bed.claim(&acme).await, bed.claim(&other).await);
    bed.store.put_record(&claim, record(&acme)).await.unwrap();
    let data_row = "dr_1".parse().unwrap();
    assert!(bed.store.record(&other.organization_id, &other.job_id, None).await.unwrap().is_none());
    assert!(bed.store.current_record(&other.organization_id, &data_row).await.unwrap().is_none());
    assert!(bed.store.records(&other.organization_id, &"t1".parse().unwrap(), None, 10).await.unwrap().items.is_empty());
    bed.store.cancel_job(&acme.organization_id, &acme.job_id).await.unwrap();
    assert!(!bed.store.is_cancelled(&other.organization_id, &other.job_id).await.unwrap());
    bed.store.cancel_task(&acme.organization_id, &"t1".parse().unwrap()).await.unwrap();
    assert!(!bed.store.is_cancelled(&other.organization_id, &other.job_id).await.unwrap());
    let stored = bed.store.put_record(&theirs, record(&other)).await.unwrap();
    assert_eq!(stored.record().generation, 1, "each organisation counts its own");
    let unknown = "org_third".parse().unwrap();
    assert!(bed.store.row(&unknown, &acme.job_id).await.unwrap().is_none());
    assert!(bed.store.data_row(&unknown, &data_row).await.unwrap().is_none());
}
