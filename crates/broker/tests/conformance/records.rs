//! Records are published with proof.

use crate::stage::{Stage, record};
use assay_broker::BrokerError;
use assay_contract::Record;

pub(crate) async fn a_published_record_is_held_for_its_readers(stage: &Stage) {
    let broker = stage.open().await;
    let sent = record("one");
    broker.publish(&sent).await.unwrap();
    let (routing_key, body) = stage.published().await;
    assert_eq!(routing_key, "failed.none");
    assert_eq!(serde_json::from_slice::<Record>(&body).unwrap(), sent);
}

pub(crate) async fn a_record_over_its_limit_is_refused(stage: &Stage) {
    let broker = stage.open().await;
    let mut long = record("one");
    long.labels.insert("long".to_owned(), "x".repeat(256 << 10));
    let refused = broker.publish(&long).await.unwrap_err();
    assert!(matches!(refused, BrokerError::TooLong { allowed: 262_144, .. }), "{refused:?}");
}
