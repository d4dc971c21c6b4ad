//! Each way to go wrong ends in its own code, stored, published and settled, and a healthy job behind it is served at once.

use crate::customer::{BUCKET, fixture, job, with};
use crate::mishaps::{self, Mishap, SetUp};
use crate::worker::{Worker, rooms};
use crate::world::{World, code};
use assay_contract::record::Status;
use assay_contract::{Code, JobId, Record};
use assay_store::RowState;
use assay_testkit::cloud::Fault;
use serde_json::json;

/// The mishap's record, after all that must hold of it was seen to hold.
async fn ends(set_up: SetUp) -> Record {
    let world = World::embedded().await;
    let mishap = set_up(&world.customer);
    world.submit(&mishap.job).await;
    world.submit(&job("healthy", world.customer.fixture("media/jpeg-orientation-6.jpg"))).await;
    let worker = Worker::start(rooms(&world).await);
    let healthy = world.record("healthy").await;
    assert_eq!((healthy.status, healthy.attempt), (Status::Complete, 1), "{:?}", healthy.failure);
    let record = ended(&world, &mishap).await;
    worker.idle().await;
    buried(&world, &[mishap]).await;
    worker.drain().await;
    record
}

async fn ended(world: &World, mishap: &Mishap) -> Record {
    let id = mishap.job["job_id"].as_str().unwrap();
    let record = world.record(id).await;
    assert_eq!((code(&record), record.attempt), (mishap.code, mishap.attempts), "{id}: {:?}", record.failure);
    assert_eq!((record.status, record.generation), (Status::Failed, 1), "{id}");
    let failure = record.failure.as_ref().unwrap();
    assert_eq!(failure.limit.as_ref().map(|limit| limit.name.as_str()), mishap.limit, "{id}");
    assert!(record.media_attributes.is_none() && record.details.is_none() && record.thumbnails.is_empty(), "{id}");
    let row = world.row(id).await.unwrap();
    assert_eq!((row.state, row.failure), (RowState::Failed, Some(mishap.code)), "{id}");
    record
}

/// Only what used up its attempts lies in the dead letter, and each record was published.
async fn buried(world: &World, mishaps: &[Mishap]) {
    let mut dead: Vec<JobId> = world.dead().await.iter().map(|letter| letter.job().unwrap().job_id).collect();
    let mut exhausted: Vec<JobId> =
        mishaps.iter().filter(|one| one.attempts > 1).map(|one| one.job["job_id"].as_str().unwrap().parse().unwrap()).collect();
    dead.sort();
    exhausted.sort();
    assert_eq!(dead, exhausted);
    let published = world.published().await;
    for mishap in mishaps {
        let told = published.iter().filter(|record| record["job_id"] == mishap.job["job_id"]).count();
        assert_eq!(told, 1, "{}", mishap.job["job_id"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_role_is_final() {
    let record = ends(mishaps::revoked_role).await;
    assert_eq!(record.failure.unwrap().provider.unwrap().code.as_deref(), Some("AccessDenied"));
    assert!(record.erasure.is_none() && record.cost.requests == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_external_id_is_final() {
    ends(mishaps::wrong_external_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_object_is_told_from_a_forbidden_one_where_listing_is_granted() {
    ends(mishaps::missing).await;
    ends(mishaps::missing_without_list).await;
    ends(mishaps::forbidden).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_key_and_an_archived_object_have_codes_of_their_own() {
    ends(mishaps::key_denied).await;
    ends(mishaps::archived).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_is_cut_for_ever_ends_after_its_attempts() {
    let record = ends(mishaps::cut_for_ever).await;
    assert!(record.cost.bytes_fetched > 0 && record.cost.requests > 1, "{:?}", record.cost);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_download_ends_after_its_attempts() {
    ends(mishaps::stalled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lying_content_length_is_noticed() {
    ends(mishaps::longer_than_announced).await;
    let record = ends(mishaps::announced_beyond_the_limit).await;
    assert_eq!(record.cost.bytes_fetched, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_object_is_no_other_objects_record() {
    ends(mishaps::changed_object).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_over_its_kinds_limit_is_refused_whether_claimed_or_not() {
    for set_up in [mishaps::image_too_large, mishaps::video_too_large, mishaps::audio_too_large] {
        let record = ends(set_up).await;
        assert_eq!(record.cost.bytes_fetched, 0, "what was announced as too large was fetched");
    }
    ends(mishaps::unclaimed_too_large).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sender_got_wrong_is_final() {
    ends(mishaps::unknown_integration).await;
    ends(mishaps::unknown_profile).await;
    ends(mishaps::expired).await;
    ends(mishaps::outside_scope).await;
    ends(mishaps::mismatched).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_the_job_never_reaches_inside() {
    ends(mishaps::plain_http).await;
}

/// Slow for a reason: 24 mishaps, two of them with several stalls, on two cores.
#[tokio::test(flavor = "multi_thread")]
async fn every_mishap_ends_alike_on_rabbitmq_and_postgresql() {
    let world = World::servers().await;
    let all = mishaps::ALL.map(|set_up| set_up(&world.customer));
    for mishap in &all {
        world.submit(&mishap.job).await;
    }
    world.submit(&job("healthy", world.customer.fixture("media/jpeg-orientation-6.jpg"))).await;
    let worker = Worker::start(rooms(&world).await);
    assert_eq!(world.record("healthy").await.status, Status::Complete);
    for mishap in &all {
        ended(&world, mishap).await;
    }
    worker.idle().await;
    buried(&world, &all).await;
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_download_is_mended_within_its_attempt() {
    let world = World::embedded().await;
    let uri = world.customer.fixture("media/jpeg-baseline.jpg");
    world.customer.cloud.misbehave(BUCKET, "media/jpeg-baseline.jpg", Fault::CutAfter(20_000).nth(1));
    world.submit(&job("mended", uri)).await;
    let worker = Worker::start(rooms(&world).await);
    let record = world.record("mended").await;
    assert_eq!((record.status, record.attempt, record.cost.requests), (Status::Complete, 1, 2));
    assert_eq!(record.cost.bytes_fetched, fixture("media/jpeg-baseline.jpg").len() as u64, "a byte was fetched twice");
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_store_gets_its_job_again_as_the_next_attempt() {
    let world = World::embedded().await;
    let uri = world.customer.fixture("media/jpeg-baseline.jpg");
    // It asks for a second's pause, longer than a download waits: the job goes back to the queue.
    world.customer.cloud.misbehave(BUCKET, "media/jpeg-baseline.jpg", Fault::SlowDown.first(1));
    world.submit(&job("throttled", uri)).await;
    let worker = Worker::start(rooms(&world).await);
    let record = world.record("throttled").await;
    assert_eq!((record.status, record.attempt, record.generation), (Status::Complete, 2, 1));
    worker.idle().await;
    assert!(world.dead().await.is_empty());
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organisations_integration_does_not_exist() {
    let world = World::embedded().await;
    let uri = world.customer.fixture("media/jpeg-baseline.jpg");
    let foreign = with(job("foreign", uri), json!({ "organization_id": "org_other" }));
    world.submit(&foreign).await;
    let worker = Worker::start(rooms(&world).await);
    worker.idle().await;
    let stored = world.store.record(&"org_other".parse().unwrap(), &"foreign".parse().unwrap(), None).await.unwrap().unwrap();
    assert_eq!(code(stored.record()), Code::IntegrationUnknown);
    assert_eq!(world.customer.cloud.counts().get("AssumeRole"), None, "a foreign role was assumed");
    assert!(!world.has_record("foreign").await, "the other tenant was shown a record");
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_no_job_goes_to_the_dead_letter_and_stops_nobody() {
    for world in [World::embedded().await, World::servers().await] {
        let bad = with(job("unreadable", "s3://acme-raw/a.jpg"), json!({ "expected": { "sha256": "no digest" } }));
        world.submit(&bad).await;
        world.submit(&job("healthy", world.customer.fixture("media/png-gray.png"))).await;
        let worker = Worker::start(rooms(&world).await);
        assert_eq!(world.record("healthy").await.status, Status::Complete);
        worker.idle().await;
        let dead = world.dead().await;
        assert_eq!(dead.len(), 1);
        let assay_broker::DeadOrigin::Worker(cause) = &dead[0].origin else { panic!("{dead:?}") };
        assert_eq!(cause.code, Code::JobUnreadable);
        assert!(cause.sentence.contains("expected.sha256"), "{}", cause.sentence);
        worker.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_job_waits_for_a_newer_worker() {
    let world = World::embedded().await;
    world.submit(&with(job("newer", "s3://acme-raw/a.jpg"), json!({ "schema": "assay.job/2" }))).await;
    world.submit(&job("healthy", world.customer.fixture("media/png-gray.png"))).await;
    let worker = Worker::start(rooms(&world).await);
    assert_eq!(world.record("healthy").await.status, Status::Complete);
    worker.drain().await;
    let depth = world.queue.depths().await.unwrap();
    assert_eq!((depth.dead, depth.batch.ready + depth.batch.resting), (0, 1));
    assert!(!world.has_record("newer").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_reads_nothing() {
    let world = World::embedded().await;
    let cancelled = job("cancelled", world.customer.fixture("media/jpeg-baseline.jpg"));
    world.store.enqueue_row(&crate::customer::message(&cancelled)).await.unwrap();
    world.submit(&cancelled).await;
    world.store.cancel_job(&"org_acme".parse().unwrap(), &"cancelled".parse().unwrap()).await.unwrap();
    let worker = Worker::start(rooms(&world).await);
    assert_eq!(code(&world.record("cancelled").await), Code::Cancelled);
    worker.idle().await;
    assert_eq!(world.row("cancelled").await.unwrap().state, RowState::Cancelled);
    assert_eq!(world.customer.reads("media/jpeg-baseline.jpg"), 0);
    worker.drain().await;
}
