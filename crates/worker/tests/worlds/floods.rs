//! Floods and full disks: what is short for a while costs no job its record, nobody else his turn, and the cloud no storm.

use crate::customer::{BUCKET, fixture, job};
use crate::worker::{SPILL_ABOVE, Worker, access, fetch_config, rooms};
use crate::world::{World, code, until};
use assay_contract::job::Lane;
use assay_contract::limits::FetchLimits;
use assay_contract::record::{SpoolKind, Status};
use assay_contract::{AssetKind, Code, Record};
use assay_fetch::Fetcher;
use assay_testkit::cloud::{Fault, Service, StsFault};
use assay_testkit::wire::Wire;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Above [`SPILL_ABOVE`].
const LARGE: &str = "media/jpeg-12-megapixels.jpg";
const SMALL: &str = "media/png-gray.png";
const JOBS: usize = 60;
/// Enough for whatever these tests make wait.
const PATIENT: u32 = 1000;

fn numbered(world: &World, name: &str, count: usize) -> Vec<String> {
    let ids = (0..count).map(|number| format!("{name}-{number}"));
    ids.inspect(|id| drop(world.customer.put(&format!("{id}.png"), fixture(SMALL)))).collect()
}

async fn submit(world: &World, ids: &[String]) {
    for id in ids {
        world.submit(&job(id, crate::customer::uri(&format!("{id}.png")))).await;
    }
}

async fn complete(world: &World, id: &str) -> Record {
    let record = world.record(id).await;
    assert_eq!((record.status, record.generation), (Status::Complete, 1), "{id}: {:?}", record.failure);
    record
}

/// A file system of one megabyte. Gone when dropped.
struct Tiny {
    folder: PathBuf,
}

impl Tiny {
    /// `None` where only root may mount.
    fn mounted(folder: &Path) -> Option<Self> {
        let folder = folder.join("tiny");
        std::fs::create_dir(&folder).unwrap();
        let mounted = mount(&["-t", "tmpfs", "-o", "size=1m", "tiny", folder.to_str().unwrap()], "mount");
        mounted.then_some(Self { folder })
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        mount(&["-l", self.folder.to_str().unwrap()], "umount");
    }
}

#[allow(clippy::disallowed_methods, reason = "the test needs a file system of its own")]
fn mount(arguments: &[&str], program: &str) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// What does not fit now waits; small assets, which go to memory, are served meanwhile; when there is room, all is done.
async fn waits_for_room(world: &World, worker: Worker, make_room: impl FnOnce()) {
    let large = world.customer.fixture(LARGE);
    for number in 0..3 {
        world.submit(&job(&format!("large-{number}"), large.clone())).await;
    }
    until("a large asset found no room", async || world.queue.depths().await.unwrap().batch.resting > 0).await;
    let ids = numbered(world, "small", 5);
    submit(world, &ids).await;
    for id in &ids {
        assert_eq!(complete(world, id).await.attempt, 1, "a small job had to wait for room on the disk");
    }
    assert!(!world.has_record("large-2").await, "it fitted after all");
    make_room();
    for number in 0..3 {
        let record = complete(world, &format!("large-{number}")).await;
        assert_eq!(record.erasure.unwrap().spool, SpoolKind::EncryptedFile);
    }
    worker.idle().await;
    assert!(world.dead().await.is_empty());
    assert_eq!(worker.crew.rooms().fetcher.budget().spill_used, 0);
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_spill_budget_makes_large_assets_wait_and_nobody_else() {
    let world = World::embedded().await;
    let mut short = rooms(&world).await;
    let length = fixture(LARGE).len() as u64;
    assert!(length > SPILL_ABOVE);
    // Room for one, and somebody has it.
    short.fetcher = Fetcher::new(assay_fetch::FetchConfig { spill_budget: length + 1, ..fetch_config(&world) }).unwrap();
    short.settings.attempts = PATIENT;
    let held = short.fetcher.spool_bytes(&fixture(LARGE), &FetchLimits::default(), Some(AssetKind::Image), Lane::Batch).await.unwrap();
    assert_eq!(short.fetcher.budget().spill_used, length);
    waits_for_room(&world, Worker::start(short), || drop(held)).await;
}

/// The kernel says that the disk is full; only root may mount one that small.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_makes_large_assets_wait_and_nobody_else() {
    let world = World::embedded().await;
    let Some(tiny) = Tiny::mounted(world.ground.folder.path()) else {
        println!("not tried on a real file system: only root may mount one");
        return;
    };
    let filler = tiny.folder.join("filler");
    let mut full = rooms(&world).await;
    full.fetcher = Fetcher::new(assay_fetch::FetchConfig { spill_folder: tiny.folder.clone(), ..fetch_config(&world) }).unwrap();
    full.settings.attempts = PATIENT;
    // All there is, by somebody else.
    let _ = std::fs::write(&filler, vec![1; 2 << 20]);
    waits_for_room(&world, Worker::start(full), || {
        // Whoever filled the disk gives room: a larger file system is the same to the worker.
        assert!(mount(&["-o", "remount,size=64m", tiny.folder.to_str().unwrap()], "mount"));
    })
    .await;
    assert_eq!(std::fs::read_dir(&tiny.folder).unwrap().count(), 1, "something of ours has a name there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spill_folder_that_stays_full_is_told_as_such() {
    let world = World::embedded().await;
    let mut short = rooms(&world).await;
    short.fetcher = Fetcher::new(assay_fetch::FetchConfig { spill_budget: 1000, ..fetch_config(&world) }).unwrap();
    let worker = Worker::start(short);
    world.submit(&job("large", world.customer.fixture(LARGE))).await;
    let record = world.record("large").await;
    assert_eq!((code(&record), record.attempt), (Code::SpoolFull, 2));
    worker.idle().await;
    assert_eq!(world.dead().await.len(), 1, "it waits there for an operator who makes room");
    worker.drain().await;
}

/// 503 `SlowDown` for each of many jobs, many times: each attempt is one request, and none asks STS again.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_throttles_everybody_is_asked_once_an_attempt_and_sts_not_at_all() {
    const REFUSALS: u32 = 8;
    for world in [World::embedded().await, World::servers().await] {
        let ids = numbered(&world, "job", JOBS);
        for id in &ids {
            world.customer.cloud.misbehave(BUCKET, &format!("{id}.png"), Fault::SlowDown.first(REFUSALS));
        }
        submit(&world, &ids).await;
        let mut patient = rooms(&world).await;
        patient.settings.attempts = PATIENT;
        let worker = Worker::start(patient);
        for id in &ids {
            let record = complete(&world, id).await;
            assert_eq!(record.attempt, REFUSALS + 1, "{id}: another number of attempts than of refusals");
            assert_eq!(world.customer.reads(&format!("{id}.png")), REFUSALS as usize + 1, "{id}");
        }
        worker.idle().await;
        assert!(world.dead().await.is_empty());
        no_storm(&world, 1);
        worker.drain().await;
    }
}

/// While STS throttles it is left alone for five seconds at a time, however many jobs wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_sts_is_asked_once_every_five_seconds_whoever_waits() {
    let world = World::embedded().await;
    let ids = numbered(&world, "job", JOBS);
    submit(&world, &ids).await;
    world.customer.cloud.fail_sts(StsFault::Throttling, 1);
    let mut patient = rooms(&world).await;
    patient.settings.attempts = PATIENT;
    let worker = Worker::start(patient);
    for id in &ids {
        complete(&world, id).await;
    }
    worker.idle().await;
    assert!(world.dead().await.is_empty());
    no_storm(&world, 2);
    worker.drain().await;
}

/// STS was asked at most so often, and nobody was answered 401 or 403.
fn no_storm(world: &World, sessions: usize) {
    let requests = world.customer.cloud.requests();
    let asked = requests.iter().filter(|request| request.service == Service::Sts).count();
    assert!(asked <= sessions, "STS was asked {asked} times");
    assert!(requests.iter().all(|request| request.status != 401 && request.status != 403), "requests were forbidden");
}

/// STS and S3 alike: what had begun is tried again, and all is done when they are back.
#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_is_gone_for_a_while_costs_no_job_its_record() {
    for world in [World::embedded().await, World::servers().await] {
        let ids = numbered(&world, "job", JOBS);
        let server = world.customer.cloud.endpoint().trim_start_matches("http://").parse().unwrap();
        let mut wire = Wire::to(server).await.unwrap();
        let through = format!("http://{}", wire.address());
        let mut wired = rooms(&world).await;
        wired.access = access(&world.customer, &through).await;
        wired.fetcher = Fetcher::new(assay_fetch::FetchConfig { bucket_endpoint: Some(through), ..fetch_config(&world) }).unwrap();
        wired.settings.attempts = PATIENT;
        submit(&world, &ids).await;
        let worker = Worker::start(wired);
        until("some are done", async || world.has_record("job-0").await || world.has_record("job-1").await).await;
        wire.cut().await;
        until("jobs rest until the cloud is back", async || world.queue.depths().await.unwrap().batch.resting > 0).await;
        wire.join().await.unwrap();
        let mut most = 0;
        for id in &ids {
            most = most.max(complete(&world, id).await.attempt);
        }
        assert!(most > 1, "the cloud was never missed");
        worker.idle().await;
        assert!(world.dead().await.is_empty());
        worker.drain().await;
    }
}
