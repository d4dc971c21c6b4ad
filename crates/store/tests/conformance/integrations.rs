//! Integrations: as registered, one default, suspended and lifted.

use crate::bed::{Bed, job, job_with};
use assay_contract::{Integration, IntegrationId, OrganizationId};
use assay_store::{RowState, StoreError};
use jiff::Timestamp;
use serde_json::json;

fn integration(organization: &str, id: &str) -> Integration {
    serde_json::from_value(json!({"organization_id": organization, "id": id, "created_at": "2026-11-21T20:00:00.123456Z",
        "delegation": {"provider": "aws", "role_arn": "arn:aws:iam::111122223333:role/assay", "external_id": "made-by-us"},
        "scope": [{"bucket": "acme-raw", "prefix": "2026/é/"}], "may_list": true}))
    .unwrap()
}

fn names() -> (OrganizationId, IntegrationId) {
    ("org_acme".parse().unwrap(), "int_acme".parse().unwrap())
}

pub(crate) async fn an_integration_comes_back_as_it_was(bed: Bed) {
    let (organization, id) = names();
    let mut registered = integration("org_acme", "int_acme");
    bed.store.put_integration(&registered).await.unwrap();
    assert_eq!(bed.store.integration(&organization, &id).await.unwrap(), Some(registered.clone()));
    assert_eq!(bed.store.integration(&"org_other".parse().unwrap(), &id).await.unwrap(), None);
    registered.scope.clear();
    bed.store.put_integration(&registered).await.unwrap();
    assert_eq!(bed.store.integration(&organization, &id).await.unwrap(), Some(registered));
}

pub(crate) async fn there_is_one_default(bed: Bed) {
    let (organization, id) = names();
    for (owner, name) in [("org_acme", "int_acme"), ("org_acme", "int_b"), ("org_other", "int_acme")] {
        bed.store.put_integration(&integration(owner, name)).await.unwrap();
    }
    assert_eq!(bed.store.default_integration(&organization).await.unwrap(), None);
    bed.store.set_default_integration(&organization, &id).await.unwrap();
    bed.store.set_default_integration(&organization, &"int_b".parse().unwrap()).await.unwrap();
    let unknown = bed.store.set_default_integration(&organization, &"int_c".parse().unwrap()).await;
    assert!(matches!(unknown, Err(StoreError::IntegrationUnknown(_))));
    let listed = bed.store.integrations(&organization).await.unwrap();
    let defaults: Vec<(&str, bool)> = listed.iter().map(|one| (one.id.as_str(), one.is_default)).collect();
    assert_eq!(defaults, [("int_acme", false), ("int_b", true)]);
    let third = Integration { is_default: true, ..integration("org_acme", "int_c") };
    bed.store.put_integration(&third).await.unwrap();
    assert_eq!(bed.store.default_integration(&organization).await.unwrap(), Some(third));
    assert_eq!(bed.store.default_integration(&"org_other".parse().unwrap()).await.unwrap(), None);
}

pub(crate) async fn a_suspension_holds_rows_until_it_is_lifted(bed: Bed) {
    let (organization, id) = names();
    bed.store.put_integration(&integration("org_acme", "int_acme")).await.unwrap();
    let since: Timestamp = "2026-11-21T20:01:00Z".parse().unwrap();
    bed.store.suspend_integration(&organization, &id, since).await.unwrap();
    bed.store.suspend_integration(&organization, &id, "2026-11-21T21:00:00Z".parse().unwrap()).await.unwrap();
    assert_eq!(bed.store.integration(&organization, &id).await.unwrap().unwrap().suspended_since, Some(since));
    let (held, other) = (job("j1"), job_with("j2", json!({"integration": "int_b"})));
    for job in [&held, &other] {
        bed.store.enqueue_row(job).await.unwrap();
        bed.store.hold_job(&organization, &job.job_id).await.unwrap();
    }
    assert_eq!(bed.store.lift_suspension(&organization, &id).await.unwrap(), 1);
    assert_eq!(bed.store.row(&organization, &held.job_id).await.unwrap().unwrap().state, RowState::Queued);
    assert_eq!(bed.store.row(&organization, &other.job_id).await.unwrap().unwrap().state, RowState::Held);
    assert_eq!(bed.store.integration(&organization, &id).await.unwrap().unwrap().suspended_since, None);
    let elsewhere = bed.store.suspend_integration(&"org_other".parse().unwrap(), &id, since).await;
    assert!(matches!(elsewhere, Err(StoreError::IntegrationUnknown(_))));
}

pub(crate) async fn a_removed_integration_is_gone(bed: Bed) {
    let (organization, id) = names();
    bed.store.put_integration(&integration("org_acme", "int_acme")).await.unwrap();
    assert!(!bed.store.remove_integration(&"org_other".parse().unwrap(), &id).await.unwrap());
    assert!(bed.store.remove_integration(&organization, &id).await.unwrap());
    assert!(!bed.store.remove_integration(&organization, &id).await.unwrap());
    assert_eq!(bed.store.integration(&organization, &id).await.unwrap(), None);
}
