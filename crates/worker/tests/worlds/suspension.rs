//! Suspension: kept by the job that finds it, and not by one that only hears of it after it was lifted.

use crate::customer::{ORGANIZATION, job, uri, with};
use crate::worker::{Worker, rooms};
use crate::world::World;
use assay_access::{Access, AccessConfig, AccessError, Purpose, WorkerIdentity};
use assay_contract::address::Reading;
use assay_contract::clock::{Clock, SharedClock};
use assay_contract::{AssetAddress, Code};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const INTEGRATION: &str = "int_revoked";

/// A clock that a test turns.
#[derive(Debug)]
struct Turned(Mutex<Timestamp>);

impl Turned {
    fn turn(&self, seconds: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }
}

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lifted_suspension_is_not_stored_again_from_memory() {
    let world = World::embedded().await;
    let clock = Arc::new(Turned(Mutex::new(Timestamp::now() - SignedDuration::from_mins(5))));
    let mut rooms = rooms(&world).await;
    rooms.access = access(&world, clock.clone()).await;
    rooms.clock = clock.clone();
    let asset = AssetAddress::parse(&uri("k"), Reading::Delegated).unwrap();
    let purpose = Purpose { job_id: "earlier".parse().unwrap(), organization_id: ORGANIZATION.parse().unwrap() };
    for _ in 0..4 {
        let integration = world.customer.integration(INTEGRATION);
        let refused = rooms.access.sign(Some(integration), &asset, Duration::from_mins(5), &purpose).await;
        assert!(matches!(refused, Err(AccessError::RoleRefused { .. })));
        clock.turn(60);
    }
    let worker = Worker::start(rooms);
    assert!(suspended_by(&world, "one-refusal-too-many").await);

    let (organization, id) = (ORGANIZATION.parse().unwrap(), INTEGRATION.parse().unwrap());
    world.store.lift_suspension(&organization, &id).await.unwrap();
    clock.turn(30);
    assert!(!suspended_by(&world, "half-a-minute-later").await, "what was lifted came back from memory");

    clock.turn(30);
    assert!(suspended_by(&world, "asked-and-refused-again").await);
    worker.drain().await;
}

/// Sends a job, whose failure must be the suspension; whether the integration is suspended after it.
async fn suspended_by(world: &World, id: &str) -> bool {
    world.submit(&with(job(id, uri("k")), json!({ "integration": INTEGRATION }))).await;
    assert_eq!(world.record(id).await.failure.unwrap().code, Code::IntegrationSuspended);
    let kept = world.store.integration(&ORGANIZATION.parse().unwrap(), &INTEGRATION.parse().unwrap()).await.unwrap();
    kept.unwrap().suspended_since.is_some()
}

async fn access(world: &World, clock: SharedClock) -> Access {
    let (access_key_id, secret_access_key) = world.customer.cloud.worker_identity();
    Access::new(AccessConfig {
        identity: WorkerIdentity::Static { access_key_id, secret_access_key },
        sts_endpoint: Some(world.customer.cloud.endpoint().to_owned()),
        s3_endpoint: Some(world.customer.cloud.endpoint().to_owned()),
        region: Some("us-east-1".to_owned()),
        clock,
        ..AccessConfig::default()
    })
    .await
}
