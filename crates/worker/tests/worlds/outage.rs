//! Our own outage: the gate closes, no job loses an attempt, and all is done when store, shelf and broker are back.

use crate::customer::{job, message};
use crate::door::Door;
use crate::worker::{Worker, rooms};
use crate::world::{World, until};
use assay_broker::Redelivered;
use assay_contract::Secret;
use assay_contract::job::Lane;
use assay_contract::record::Status;
use assay_store::{Claimed, Store};
use assay_testkit::wire::Wire;
use assay_worker::outage::State;
use assay_worker::stages::claim::keeping;
use sqlx::{Connection, SqliteConnection};
use std::sync::atomic::Ordering;
use std::time::Duration;

const JOBS: usize = 12;

async fn submit_all(world: &World) {
    for number in 0..JOBS {
        world.submit(&job(&format!("job-{number}"), world.customer.fixture("media/png-gray.png"))).await;
    }
}

async fn all_done_at_first_attempt(world: &World, worker: &Worker) {
    for number in 0..JOBS {
        let record = world.record(&format!("job-{number}")).await;
        assert_eq!((record.status, record.attempt, record.generation), (Status::Complete, 1, 1), "{:?}", record.failure);
    }
    worker.idle().await;
    assert!(world.dead().await.is_empty());
    assert!(world.store.unpublished(std::time::Duration::ZERO, 100).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shelf_that_is_down_costs_no_job_an_attempt() {
    for world in [World::embedded().await, World::servers().await] {
        submit_all(&world).await;
        let mut shelved = rooms(&world).await;
        let door = Door::before(shelved.shelf);
        shelved.shelf = door.clone();
        door.down.store(true, Ordering::SeqCst);
        let worker = Worker::start(shelved);
        until("the gate is closed", async || worker.crew.gate().state() == State::Closed).await;
        until("what had begun is settled", async || settled(&worker)).await;
        let reads = world.customer.reads("media/png-gray.png");
        assert!(reads < JOBS, "a closed gate let all jobs through");
        door.down.store(false, Ordering::SeqCst);
        all_done_at_first_attempt(&world, &worker).await;
        assert_eq!(worker.crew.gate().state(), State::Open);
        worker.drain().await;
    }
}

/// No child runs and no byte is held.
fn settled(worker: &Worker) -> bool {
    let rooms = worker.crew.rooms();
    rooms.slots.decoding() == 0 && rooms.fetcher.budget().memory_used == 0
}

/// Slow for a reason: whoever asks a database that is gone waits five seconds for it to come back.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_costs_no_job_an_attempt() {
    let world = World::servers().await;
    loses_its_database(&world, async |wire| wire.cut().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_behind_a_load_balancer_costs_no_job_an_attempt() {
    let world = World::servers().await;
    loses_its_database(&world, async |wire| wire.hang_up().await.unwrap()).await;
}

async fn loses_its_database(world: &World, lose: impl AsyncFnOnce(&mut Wire)) {
    let (url, server) = split(&world.ground.database());
    let mut wire = Wire::to(server.parse().unwrap()).await.unwrap();
    let through = Secret::new(url.replace(&server, &wire.address().to_string()));
    submit_all(world).await;
    let mut wired = rooms(world).await;
    wired.store = Store::open(&through).await.unwrap();
    let door = Door::before(wired.shelf);
    wired.shelf = door.clone();
    door.close();
    let worker = Worker::start(wired);
    // In the middle: assets are looked at and erased, nothing is stored.
    door.arrived(1).await;
    lose(&mut wire).await;
    door.open();
    until("the gate is closed", async || worker.crew.gate().state() == State::Closed).await;
    wire.join().await.unwrap();
    all_done_at_first_attempt(world, &worker).await;
    worker.drain().await;
}

/// The work itself ends what keeps the store from answering: were it held up until the answer, no answer would come in time.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_holds_no_work_up() {
    let world = World::embedded().await;
    let rooms = rooms(&world).await;
    let job = message(&job("job", world.customer.fixture("media/png-gray.png")));
    let lease = rooms.settings.claim_lease;
    let Ok(Claimed::New(mut claim)) = rooms.store.claim(&job, None, "worker", lease).await else { panic!("nobody else is here") };
    let mut other = SqliteConnection::connect(world.ground.database().expose()).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let before = claim.expires_at();
    let work = async {
        // Many waits, so that a machine that stands still does not end them all at once.
        for _ in 0..20 {
            tokio::time::sleep(lease / 20).await;
        }
        lock.rollback().await.unwrap();
        "done"
    };
    assert_eq!(keeping(&rooms, &mut claim, work).await.unwrap(), "done");
    assert!(claim.expires_at() > before, "the claim was not extended");
}

/// The address, and its `host:port`.
fn split(database: &Secret<String>) -> (String, String) {
    let url = database.expose().clone();
    let (_, rest) = url.split_once('@').unwrap();
    let (server, _) = rest.split_once('/').unwrap();
    let server = server.to_owned();
    (url, server.replace("localhost", "127.0.0.1"))
}

/// RabbitMQ's connections break all at once: what was out comes again, and finds its record or makes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_gone_for_a_while_costs_no_job_its_record() {
    let world = World::servers().await;
    let (url, server) = world.ground.rabbitmq();
    let mut wire = Wire::to(server.parse().unwrap()).await.unwrap();
    submit_all(&world).await;
    let mut wired = rooms(&world).await;
    wired.broker = world.ground.rabbitmq_at(&url.replace(&server, &wire.address().to_string())).await;
    let door = Door::before(wired.shelf);
    wired.shelf = door.clone();
    door.close();
    let worker = Worker::start(wired);
    door.arrived(1).await;
    wire.cut().await;
    door.open();
    wire.join().await.unwrap();
    for number in 0..JOBS {
        let record = world.record(&format!("job-{number}")).await;
        assert_eq!((record.status, record.attempt, record.generation), (Status::Complete, 1, 1), "{:?}", record.failure);
    }
    worker.idle().await;
    let told: std::collections::BTreeSet<String> = world.published().await.iter().map(|record| record["job_id"].to_string()).collect();
    assert_eq!(told.len(), JOBS);
    worker.drain().await;
}

/// RabbitMQ would close the channel of deliveries that are out for half an hour, and count them as lost.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_long_outage_deliveries_go_back_before_the_broker_takes_them() {
    for world in [World::embedded().await, World::servers().await] {
        let mut shelved = rooms(&world).await;
        // A delivery waits for 0.8 s in an outage, and may be out for 4.
        shelved.settings.job_deadline = Duration::from_secs(2);
        let door = Door::before(shelved.shelf);
        shelved.shelf = door.clone();
        door.down.store(true, Ordering::SeqCst);
        let worker = Worker::start(shelved);
        submit_all(&world).await;
        until("the gate is closed", async || worker.crew.gate().state() == State::Closed).await;
        until("what had begun is settled", async || settled(&worker)).await;
        // Only the worker's own end knows what is out at it.
        let batch = async || worker.crew.rooms().broker.depths().await.unwrap().batch;
        until("deliveries wait for the outage's end", async || batch().await.unacknowledged > 0 && batch().await.resting == 0).await;
        until("they go back and rest", async || batch().await.resting > 0).await;
        door.down.store(false, Ordering::SeqCst);
        all_done_at_first_attempt(&world, &worker).await;
        worker.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_can_not_begin_in_time_goes_back_and_one_that_can_not_end_is_dropped() {
    let world = World::embedded().await;
    let mut slow = rooms(&world).await;
    slow.settings.job_deadline = Duration::from_secs(1);
    let door = Door::before(slow.shelf);
    slow.shelf = door.clone();
    door.close();
    let worker = Worker::start(slow);
    let alone = worker.crew.rooms().slots.company(Lane::Batch, Redelivered::AfterLostOutcome).await;
    world.submit(&job("waits", world.customer.fixture("media/png-gray.png"))).await;
    let batch = async || world.queue.depths().await.unwrap().batch;
    until("what can't begin goes back", async || batch().await.resting > 0).await;
    drop(alone);
    door.arrived(1).await;
    // Its first round ends without an outcome, the next is the same attempt.
    door.arrived(2).await;
    door.open();
    assert_eq!(world.record("waits").await.attempt, 1);
    worker.drain().await;
}
