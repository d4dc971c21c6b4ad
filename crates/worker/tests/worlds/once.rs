//! Effect once: whatever step a worker dies at, the next one makes one record of it, and tells it.

use crate::customer::{BUCKET, job, with};
use crate::door::Door;
use crate::post::{Post, Trouble};
use crate::worker::{Worker, rooms};
use crate::world::{SOON, World, code, until};
use assay_contract::Code;
use assay_contract::record::Status;
use assay_store::RowState;
use assay_testkit::cloud::Fault;
use assay_worker::Rooms;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;

const FILE: &str = "media/jpeg-baseline.jpg";

/// Lost so often, and once more, a message is given up.
const FEW: u32 = 2;

/// A second worker takes over: one record, told at least once, nothing left on the queue.
async fn taken_over(world: &World, at_most_published: usize) {
    done_by(rooms(world).await, world, at_most_published).await;
}

async fn done_by(rooms: Rooms, world: &World, at_most_published: usize) {
    let second = Worker::start(rooms);
    let record = world.record("job").await;
    second.idle().await;
    // A death is no outcome: the attempt is the first still.
    assert_eq!((record.status, record.generation, record.attempt), (Status::Complete, 1, 1), "{:?}", record.failure);
    assert_eq!(world.row("job").await.unwrap().state, RowState::Complete);
    let published = world.published().await;
    assert!((1..=at_most_published).contains(&published.len()), "published {} times", published.len());
    for told in published {
        assert_eq!(told, serde_json::to_value(&record).unwrap(), "another record was told");
    }
    assert!(world.store.unpublished(std::time::Duration::ZERO, 10).await.unwrap().is_empty());
    assert!(world.dead().await.is_empty());
    second.drain().await;
}

async fn both() -> [World; 2] {
    [World::embedded().await, World::servers().await]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_downloading_is_replaced() {
    for world in both().await {
        let uri = world.customer.fixture(FILE);
        world.customer.cloud.misbehave(BUCKET, FILE, Fault::StallAfter(1000).always());
        world.submit(&job("job", uri)).await;
        let first = Worker::start(rooms(&world).await);
        until("the download has begun", async || world.customer.reads(FILE) == 1).await;
        first.die().await;
        world.customer.cloud.behave(BUCKET, FILE);
        taken_over(&world, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_storing_is_replaced() {
    for world in both().await {
        world.submit(&job("job", world.customer.fixture(FILE))).await;
        let mut stuck = rooms(&world).await;
        let door = Door::before(stuck.shelf);
        stuck.shelf = door.clone();
        door.close();
        let first = Worker::start(stuck);
        door.arrived(1).await;
        first.die().await;
        taken_over(&world, 1).await;
    }
}

async fn dies_publishing(trouble: Trouble, at_most_published: usize) {
    for world in both().await {
        world.submit(&job("job", world.customer.fixture(FILE))).await;
        let mut stuck = rooms(&world).await;
        let post = Post::before(stuck.broker, world.store.clone(), [trouble]);
        stuck.broker = post.clone();
        let first = Worker::start(stuck);
        post.hangs().await;
        first.die().await;
        assert!(world.has_record("job").await);
        let before = world.customer.reads(FILE);
        taken_over(&world, at_most_published).await;
        assert_eq!(world.customer.reads(FILE), before, "a stored record was made again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_before_it_published_is_replaced_and_nothing_is_read_again() {
    dies_publishing(Trouble::HangsBefore, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_before_it_acknowledged_tells_the_same_record_again() {
    dies_publishing(Trouble::HangsAfter, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_twice_makes_one_record() {
    for world in both().await {
        let twice = job("job", world.customer.fixture(FILE));
        world.submit(&twice).await;
        world.submit(&twice).await;
        let mut steady = rooms(&world).await;
        // Nobody dies here: a machine that stands still for a moment must not end the claim of one message for the other.
        steady.settings.claim_lease = SOON;
        done_by(steady, &world, 2).await;
        assert_eq!(world.customer.reads(FILE), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_publish_costs_no_attempt_and_no_second_download() {
    let world = World::embedded().await;
    world.submit(&job("job", world.customer.fixture(FILE))).await;
    let mut refused = rooms(&world).await;
    let post = Post::before(refused.broker, world.store.clone(), [Trouble::Refused]);
    refused.broker = post.clone();
    let worker = Worker::start(refused);
    let record = world.record("job").await;
    worker.idle().await;
    assert_eq!((record.status, record.attempt, record.generation), (Status::Complete, 1, 1));
    assert_eq!((world.published().await.len(), world.customer.reads(FILE)), (1, 1));
    worker.drain().await;
}

/// The record of used-up attempts is stored when its publish is refused: the redelivery must still bury the message.
#[tokio::test(flavor = "multi_thread")]
async fn used_up_attempts_end_in_the_dead_letter_even_after_a_refused_publish() {
    let world = World::embedded().await;
    let uri = world.customer.fixture(FILE);
    world.customer.cloud.misbehave(BUCKET, FILE, Fault::SlowDown.always());
    world.submit(&job("job", uri)).await;
    let mut refused = rooms(&world).await;
    let post = Post::before(refused.broker, world.store.clone(), [Trouble::Refused]);
    refused.broker = post.clone();
    let worker = Worker::start(refused);
    assert_eq!(code(&world.record("job").await), Code::TooManyRequests);
    worker.idle().await;
    let dead = world.dead().await;
    assert_eq!(dead.iter().map(|letter| letter.job().unwrap().job_id.to_string()).collect::<Vec<_>>(), ["job"]);
    assert_eq!(world.published().await.len(), 1);
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requeued_job_whose_cause_is_mended_gets_a_later_record() {
    let world = World::embedded().await;
    let uri = world.customer.fixture(FILE);
    world.customer.cloud.misbehave(BUCKET, FILE, Fault::SlowDown.always());
    world.submit(&job("job", uri)).await;
    let worker = Worker::start(rooms(&world).await);
    assert_eq!(world.record("job").await.status, Status::Failed);
    worker.idle().await;
    world.customer.cloud.behave(BUCKET, FILE);
    let letter = world.dead().await.remove(0);
    world.store.reopen_job(&"org_acme".parse().unwrap(), &"job".parse().unwrap()).await.unwrap();
    world.queue.requeue(&letter.id).await.unwrap();
    let again = world.record("job").await;
    worker.idle().await;
    assert_eq!((again.status, again.generation, again.attempt), (Status::Complete, 2, 1));
    assert!(world.dead().await.is_empty());
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_have_records_of_their_own_and_a_bad_one_makes_the_row_partial() {
    for world in both().await {
        let attached = world.customer.fixture("media/png-rgba.png");
        let job = with(
            job("job", world.customer.fixture(FILE)),
            json!({ "attachments": [{ "type": "IMAGE", "uri": attached, "name": "mask" }, { "type": "VIDEO", "uri": crate::customer::uri("gone.mp4") }] }),
        );
        world.submit(&job).await;
        let worker = Worker::start(rooms(&world).await);
        let last = world.part("job", Some(1)).await;
        worker.idle().await;
        assert_eq!(code(&last), Code::NotFound);
        let mask = world.part("job", Some(0)).await;
        assert_eq!((mask.status, mask.generation), (Status::Complete, 1));
        assert_eq!(mask.attachment.unwrap().name.as_deref(), Some("mask"));
        assert_eq!(world.record("job").await.status, Status::Complete);
        assert_eq!(world.row("job").await.unwrap().state, RowState::Partial);
        assert_eq!(world.published().await.len(), 3);
        worker.drain().await;
    }
}

/// Thrice it was the last thing that a worker did: the broker gives it up, and the sweeper of a healthy worker says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_workers_gets_a_failed_record_and_no_row_stays_in_limbo() {
    for world in [World::embedded_with(FEW).await, World::servers_with(FEW).await] {
        world.submit(&job("job", world.customer.fixture(FILE))).await;
        for _ in 0..=FEW {
            let mut doomed = rooms(&world).await;
            let door = Door::before(doomed.shelf);
            doomed.shelf = door.clone();
            door.close();
            let worker = Worker::start(doomed);
            let arrived = async {
                tokio::select! {
                    () = door.arrived(1) => true,
                    // A worker that dies here gives its message back before its consumer is gone: RabbitMQ may hand it over once more in
                    // between, and count that. The limit is then reached a death earlier.
                    () = until("the record is there", async || world.has_record("job").await) => false,
                }
            };
            if !arrived.await {
                worker.drain().await;
                break;
            }
            worker.die().await;
        }
        let healthy = Worker::start(rooms(&world).await);
        let record = world.record("job").await;
        assert_eq!((code(&record), record.generation), (Code::DecoderCrashed, 1));
        until("the message is buried", async || world.dead().await.len() == 1).await;
        healthy.idle().await;
        assert_eq!(world.row("job").await.unwrap().state, RowState::Failed);
        assert_eq!(world.published().await.len(), 1);
        healthy.drain().await;
    }
}

/// A worker stands still before its first picture, is on its way out, and its claim ends; the message came twice.
async fn standing_still(world: &World) -> (Worker, Arc<Door>) {
    let uri = world.customer.fixture(FILE);
    world.submit(&job("job", uri.clone())).await;
    let mut stuck = rooms(world).await;
    let door = Door::before(stuck.shelf);
    stuck.shelf = door.clone();
    door.close();
    let first = Worker::start(stuck);
    door.arrived(1).await;
    first.crew.drain();
    world.submit(&job("job", uri)).await;
    (first, door)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_worker_puts_that_lost_its_claim_does_not_stay() {
    for is_unanswered in [false, true] {
        for world in both().await {
            let (first, door) = standing_still(&world).await;
            world.customer.cloud.remove_object(BUCKET, FILE);
            let second = Worker::start(rooms(&world).await);
            assert_eq!(code(&world.record("job").await), Code::NotFound);
            door.silent.store(is_unanswered, Ordering::SeqCst);
            door.open();
            first.drain().await;
            second.idle().await;
            assert_eq!(world.shelved(), Vec::<String>::new(), "no record names them; unanswered: {is_unanswered}");
            second.drain().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_claim_takes_nothing_from_the_one_that_has_it() {
    for world in both().await {
        let (first, door) = standing_still(&world).await;
        let second = Worker::start(rooms(&world).await);
        let record = world.record("job").await;
        assert_eq!(record.status, Status::Complete);
        door.open();
        first.drain().await;
        second.idle().await;
        assert_eq!(world.shelved().len(), record.thumbnails.len());
        crate::same::pictures_lie_on_the_shelf(&world, &record).await;
        second.drain().await;
    }
}

/// The failed record that it found when it noticed was opened again before it removed anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_claim_takes_nothing_from_a_job_that_was_opened_again() {
    for world in both().await {
        let (first, door) = standing_still(&world).await;
        world.customer.cloud.remove_object(BUCKET, FILE);
        let second = Worker::start(rooms(&world).await);
        assert_eq!(code(&world.record("job").await), Code::NotFound);
        door.keep_who_looks();
        door.open();
        door.looked(1).await;
        let mended = job("job", world.customer.fixture(FILE));
        world.store.reopen_job(&"org_acme".parse().unwrap(), &"job".parse().unwrap()).await.unwrap();
        world.submit(&mended).await;
        let record = world.record("job").await;
        assert_eq!((record.status, record.generation), (Status::Complete, 2));
        door.let_go();
        first.drain().await;
        second.idle().await;
        assert_eq!(world.shelved().len(), record.thumbnails.len());
        crate::same::pictures_lie_on_the_shelf(&world, &record).await;
        second.drain().await;
    }
}
