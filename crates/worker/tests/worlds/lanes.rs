//! Lanes and company: nobody who waits is kept waiting by batch jobs, and what may have killed a worker runs alone.

use crate::customer::{BUCKET, job, with};
use crate::door::Door;
use crate::worker::{Worker, rooms};
use crate::world::{World, until};
use assay_contract::record::Status;
use assay_testkit::cloud::Fault;
use serde_json::json;

const NEIGHBOURS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn an_interactive_job_is_served_while_a_hundred_batch_jobs_hold_every_slot() {
    for world in [World::embedded().await, World::servers().await] {
        let stuck = world.customer.fixture("media/jpeg-444.jpg");
        world.customer.cloud.misbehave(BUCKET, "media/jpeg-444.jpg", Fault::StallAfter(1000).always());
        for number in 0..100 {
            world.submit(&job(&format!("batch-{number}"), stuck.clone())).await;
        }
        let patient = rooms(&world).await;
        let slots = patient.slots.counts();
        let worker = Worker::start(patient);
        until("every download of the batch lane hangs", async || world.customer.reads("media/jpeg-444.jpg") == usize::from(slots.fetches))
            .await;
        for number in 0..3 {
            let id = format!("interactive-{number}");
            let urgent = job(&id, world.customer.fixture("media/mp4-rotated-90.mp4"));
            world.submit(&with(urgent, json!({ "lane": "interactive" }))).await;
            assert_eq!(world.record(&id).await.status, Status::Complete);
        }
        assert_eq!(world.customer.reads("media/jpeg-444.jpg"), usize::from(slots.fetches), "the batch lane took more than its own");
        worker.die().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_lost_with_its_worker_runs_alone() {
    for world in [World::embedded().await, World::servers().await] {
        world.submit(&job("suspect", world.customer.fixture("media/jpeg-baseline.jpg"))).await;
        let mut stuck = rooms(&world).await;
        let door = Door::before(stuck.shelf);
        stuck.shelf = door.clone();
        door.close();
        let first = Worker::start(stuck);
        door.arrived(1).await;
        first.die().await;

        // Slow enough that some still run when the dead worker's claim ends.
        let slow = world.customer.fixture("media/png-rgb.png");
        world.customer.cloud.misbehave(BUCKET, "media/png-rgb.png", Fault::Slow { bytes_per_second: 23_000 }.always());
        for number in 0..NEIGHBOURS {
            world.submit(&job(&format!("neighbour-{number}"), slow.clone())).await;
        }
        let second = Worker::start(rooms(&world).await);
        let suspect = world.record("suspect").await;
        for number in 0..NEIGHBOURS {
            let neighbour = world.record(&format!("neighbour-{number}")).await;
            let apart = neighbour.started_at >= suspect.finished_at || neighbour.finished_at <= suspect.started_at;
            assert!(apart, "neighbour {number} ran beside it");
            assert_eq!(neighbour.status, Status::Complete);
        }
        assert_eq!(suspect.attempt, 1, "a lost delivery was counted as an attempt");
        second.drain().await;
    }
}
