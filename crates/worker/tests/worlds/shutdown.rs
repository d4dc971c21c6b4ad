//! A shutdown: what has begun is finished, what has not goes back untouched, and what takes too long is given back.

use crate::customer::{BUCKET, job};
use crate::door::Door;
use crate::worker::{Worker, rooms};
use crate::world::{World, until};
use assay_contract::record::Status;
use assay_testkit::cloud::Fault;
use std::collections::BTreeSet;
use std::time::Duration;

const JOBS: usize = 30;

fn ids() -> impl Iterator<Item = String> {
    (0..JOBS).map(|number| format!("job-{number}"))
}

async fn submit_all(world: &World) {
    let uri = world.customer.fixture("media/png-gray.png");
    for id in ids() {
        world.submit(&job(&id, uri.clone())).await;
    }
}

async fn recorded(world: &World) -> BTreeSet<String> {
    let mut recorded = BTreeSet::new();
    for id in ids() {
        if world.has_record(&id).await {
            recorded.insert(id);
        }
    }
    recorded
}

/// Every job has one record, of its first attempt, published once or more.
async fn nothing_was_lost(world: &World) {
    for id in ids() {
        let record = world.record(&id).await;
        assert_eq!((record.status, record.attempt, record.generation), (Status::Complete, 1, 1), "{id}: {:?}", record.failure);
    }
    let told: BTreeSet<String> = world.published().await.iter().map(|record| record["job_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, ids().collect());
    assert!(world.dead().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_finishes_what_has_begun_and_gives_the_rest_back_untouched() {
    for world in [World::embedded().await, World::servers().await] {
        submit_all(&world).await;
        let mut held = rooms(&world).await;
        let door = Door::before(held.shelf);
        held.shelf = door.clone();
        door.close();
        let first = Worker::start(held);
        door.arrived(1).await;
        first.crew.drain();
        door.open();
        first.drain().await;
        let done = recorded(&world).await;
        assert!(!done.is_empty(), "what had begun was not finished");
        assert!(done.len() < JOBS, "a draining worker took new jobs");
        let second = Worker::start(rooms(&world).await);
        nothing_was_lost(&world).await;
        second.idle().await;
        second.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_past_its_deadline_gives_back_what_still_runs() {
    for world in [World::embedded().await, World::servers().await] {
        submit_all(&world).await;
        world.customer.cloud.misbehave(BUCKET, "media/png-gray.png", Fault::StallAfter(1000).always());
        let mut patient = rooms(&world).await;
        patient.settings.drain = Duration::from_millis(200);
        let first = Worker::start(patient);
        until("downloads have begun", async || world.customer.reads("media/png-gray.png") > 0).await;
        first.drain().await;
        assert!(recorded(&world).await.is_empty(), "an interrupted job has a record");
        world.customer.cloud.behave(BUCKET, "media/png-gray.png");
        let second = Worker::start(rooms(&world).await);
        nothing_was_lost(&world).await;
        second.idle().await;
        second.drain().await;
    }
}
