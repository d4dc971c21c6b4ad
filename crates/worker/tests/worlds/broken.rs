//! What is broken on our side for one job: it uses up its attempts and lies in the dead letter, and no other job waits for it.

use crate::customer::{job, with};
use crate::worker::{Worker, rooms};
use crate::world::{World, code, until};
use assay_contract::Code;
use assay_contract::record::Status;
use assay_store::RowState;
use assay_worker::outage::State;
use serde_json::json;
use sqlx::{Connection, SqliteConnection};

/// Does to the database what no method of the store does.
async fn tamper(world: &World, sql: &'static str) {
    let mut connection = SqliteConnection::connect(world.ground.database().expose()).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
}

/// The one dead letter is this job's, of a failure of our own, and a healthy job is served by a worker that never closed its gate.
async fn buried(world: &World, worker: &Worker, id: &str) {
    until("the job is dead", async || !world.dead().await.is_empty()).await;
    let dead = world.dead().await;
    let [letter] = dead.as_slice() else { panic!("{dead:?}") };
    assert_eq!(letter.job().unwrap().job_id.as_str(), id);
    world.submit(&job("healthy", world.customer.fixture("media/png-gray.png"))).await;
    assert_eq!(world.record("healthy").await.attempt, 1);
    worker.idle().await;
    assert_eq!(worker.crew.gate().state(), State::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_store_refuses_ends_as_a_failed_one() {
    let world = World::embedded().await;
    let trigger = "CREATE TRIGGER no BEFORE INSERT ON records WHEN NEW.job_id = 'refused' AND NEW.status <> 'failed' \
                   BEGIN SELECT RAISE(ABORT, 'no'); END";
    tamper(&world, trigger).await;
    let worker = Worker::start(rooms(&world).await);
    world.submit(&job("refused", world.customer.fixture("media/jpeg-orientation-6.jpg"))).await;
    let record = world.record("refused").await;
    assert_eq!((record.status, code(&record), record.attempt), (Status::Failed, Code::Internal, 2));
    assert!(record.erasure.is_some() && record.thumbnails.is_empty());
    until("no picture lies there that no record names", async || world.shelved().is_empty()).await;
    buried(&world, &worker, "refused").await;
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_record_can_be_made_the_dead_letter_is_what_remains() {
    let world = World::embedded().await;
    let trigger = "CREATE TRIGGER no BEFORE INSERT ON records WHEN NEW.job_id = 'refused' AND NEW.attachment < 0 \
                   BEGIN SELECT RAISE(ABORT, 'no'); END";
    tamper(&world, trigger).await;
    let worker = Worker::start(rooms(&world).await);
    let uri = world.customer.fixture("media/png-gray.png");
    world.submit(&with(job("refused", uri.clone()), json!({ "attachments": [{ "type": "IMAGE", "uri": uri }] }))).await;
    let attached = world.part("refused", Some(0)).await;
    assert_eq!(attached.status, Status::Complete);
    buried(&world, &worker, "refused").await;
    assert!(!world.has_record("refused").await);
    let of_refused: Vec<String> = world.shelved().into_iter().filter(|name| name.contains("/refused/")).collect();
    assert!(of_refused.iter().all(|name| name.contains("/attachment-0/")), "no record names them: {of_refused:?}");
    assert_eq!(of_refused.len(), attached.thumbnails.len());
    let row = world.row("refused").await.unwrap();
    assert_eq!((row.state, row.failure), (RowState::Failed, Some(Code::Internal)), "a row that nothing ends would be waited for");
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_store_refuses_a_senders_word_the_record_does_without() {
    let world = World::embedded().await;
    tamper(&world, "CREATE TRIGGER no BEFORE INSERT ON records WHEN NEW.record LIKE '%unspeakable%' BEGIN SELECT RAISE(ABORT, 'no'); END")
        .await;
    let worker = Worker::start(rooms(&world).await);
    let uri = world.customer.fixture("media/png-gray.png");
    let words =
        json!({ "labels": { "word": "unspeakable" }, "attachments": [{ "type": "unspeakable", "uri": uri, "name": "unspeakable" }] });
    world.submit(&with(job("refused", uri), words)).await;
    for attachment in [None, Some(0)] {
        let record = world.part("refused", attachment).await;
        assert_eq!((record.status, code(&record), record.attempt), (Status::Failed, Code::Internal, 2));
    }
    buried(&world, &worker, "refused").await;
    assert_eq!(world.row("refused").await.unwrap().state, RowState::Failed);
    worker.drain().await;
}

/// PostgreSQL's text holds no U+0000 (<https://www.postgresql.org/docs/15/datatype-character.html>).
#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_any_of_a_senders_words_costs_no_job_its_record() {
    for world in [World::embedded().await, World::servers().await] {
        let worker = Worker::start(rooms(&world).await);
        let (uri, nul) = (world.customer.fixture("media/png-gray.png"), "a\0b");
        let words = json!({ "global_key": nul, "labels": { nul: nul }, "attachments": [{ "type": nul, "uri": uri, "name": nul }] });
        world.submit(&with(job("words", uri.clone()), words)).await;
        world.submit(&with(job("profile", uri.clone()), json!({ "profile": nul }))).await;
        world.submit(&job("key", format!("{uri}\0"))).await;
        for attachment in [None, Some(0)] {
            assert_eq!(world.part("words", attachment).await.status, Status::Complete);
        }
        assert_eq!(code(&world.record("profile").await), Code::ProfileUnknown);
        assert_eq!(world.record("key").await.status, Status::Failed);
        worker.idle().await;
        for id in ["words", "profile", "key"] {
            assert!(world.row(id).await.unwrap().state.is_final(), "{id}");
        }
        assert_eq!(world.published().await.len(), 4);
        worker.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_read_back_closes_no_gate() {
    let world = World::embedded().await;
    let broken = job("broken", world.customer.fixture("media/png-gray.png"));
    let first = Worker::start(rooms(&world).await);
    world.submit(&broken).await;
    world.record("broken").await;
    first.idle().await;
    first.drain().await;
    tamper(&world, "UPDATE records SET record = '{}' WHERE job_id = 'broken'").await;
    world.submit(&broken).await;
    let worker = Worker::start(rooms(&world).await);
    buried(&world, &worker, "broken").await;
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_that_cannot_be_read_is_an_answer_in_the_end() {
    let world = World::embedded().await;
    let worker = Worker::start(rooms(&world).await);
    let mut submitted = job("unreadable-integration", world.customer.fixture("media/png-gray.png"));
    submitted["integration"] = json!("int_narrow");
    tamper(&world, "UPDATE integrations SET settings = '{}' WHERE id = 'int_narrow'").await;
    world.submit(&submitted).await;
    let record = world.record("unreadable-integration").await;
    assert_eq!((code(&record), record.attempt), (Code::Internal, 2));
    buried(&world, &worker, "unreadable-integration").await;
    worker.drain().await;
}
