//! The same jobs through RabbitMQ, PostgreSQL and S3, and through the embedded parts, give the same records.

use crate::customer::{Customer, job, uri, with};
use crate::worker::{Worker, rooms};
use crate::world::World;
use assay_contract::Record;
use assay_contract::digest::hex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const MEDIA: [&str; 18] = [
    "jpeg-orientation-6.jpg",
    "jpeg-progressive.jpg",
    "jpeg-camera-gps.jpg",
    "png-rgba.png",
    "gif-animated.gif",
    "webp-lossy.webp",
    "bmp-24-bit.bmp",
    "tiff-multi-page.tiff",
    "mp4-rotated-90.mp4",
    "mp4-hevc.mp4",
    "webm-vp9-opus.webm",
    "mkv-h264-vorbis.mkv",
    "avi-mpeg4-mp3.avi",
    "mp3-cover-art.mp3",
    "flac.flac",
    "wav-pcm-16.wav",
    "ogg-vorbis.ogg",
    "m4a-aac.m4a",
];

/// Jobs with parts: what each one's records are called.
fn jobs(customer: &Customer) -> Vec<Value> {
    let mut jobs: Vec<Value> = MEDIA.iter().map(|name| job(name, customer.fixture(&format!("media/{name}")))).collect();
    for hostile in ["truncated.jpg", "pixel-bomb-60000.png", "error-page.jpg", "empty.jpg", "truncated-no-moov.mp4"] {
        jobs.push(job(&format!("hostile-{hostile}"), customer.fixture(&format!("hostile/{hostile}"))));
    }
    jobs.push(with(
        job("attached", customer.fixture("media/png-gray.png")),
        json!({ "attachments": [{ "type": "AUDIO", "uri": uri("media/flac.flac"), "name": "sound" }, { "type": "IMAGE", "uri": uri("gone.jpg") }],
                "labels": { "batch": "seven" }, "global_key": "key with ümlaut", "dataset_id": "set-1" }),
    ));
    jobs.push(with(job("inline", json!({ "inline": "a text of the job's own" })), json!({ "media_type": "TEXT" })));
    jobs.push(with(job("by-default-integration", uri("media/flac.flac")), json!({ "integration": null })));
    jobs.push(with(job("claimed-wrongly", uri("media/flac.flac")), json!({ "media_type": "VIDEO" })));
    jobs.push(with(job("revoked", uri("media/flac.flac")), json!({ "integration": "int_revoked" })));
    jobs.push(with(job("too-large", uri("media/flac.flac")), json!({ "profile": "small" })));
    jobs
}

#[tokio::test(flavor = "multi_thread")]
async fn both_worlds_give_the_same_records_and_the_same_pictures() {
    let customer = Arc::new(Customer::new().await);
    let jobs = jobs(&customer);
    let embedded = World::embedded_for(Arc::clone(&customer)).await;
    let servers = World::servers_for(Arc::clone(&customer)).await;
    let (here, there) = tokio::join!(run(&embedded, &jobs), run(&servers, &jobs));
    assert_eq!(here.len(), jobs.len() + 2);
    for (name, record) in &here {
        assert_eq!(Some(record), there.get(name), "{name}: embedded, and RabbitMQ with PostgreSQL");
    }
    assert_eq!(here.len(), there.len());
    assert_eq!((&here["inline"]["status"], &here["inline"]["details"]["kind"]), (&json!("complete"), &json!("text")));
    let complete = here.values().filter(|record| record["status"] == "complete").count();
    assert!(complete >= MEDIA.len(), "only {complete} of {} are complete", here.len());
}

/// Does all jobs; their records and attachments' records, as far as they must agree.
async fn run(world: &World, jobs: &[Value]) -> BTreeMap<String, Value> {
    for job in jobs {
        world.submit(job).await;
    }
    let worker = Worker::start(rooms(world).await);
    let mut found = BTreeMap::new();
    for job in jobs {
        let id = job["job_id"].as_str().unwrap();
        let attachments = job["attachments"].as_array().map_or(0, Vec::len);
        let parts = std::iter::once(None).chain((0..attachments).map(|index| u32::try_from(index).ok()));
        for part in parts {
            let record = world.part(id, part).await;
            pictures_lie_on_the_shelf(world, &record).await;
            let name = part.map_or_else(|| id.to_owned(), |index| format!("{id}, attachment {index}"));
            found.insert(name, comparable(&record));
        }
    }
    worker.idle().await;
    let told: BTreeMap<String, Value> =
        world.published().await.into_iter().map(|told| (name(&told), comparable(&serde_json::from_value(told).unwrap()))).collect();
    assert_eq!(told, found, "what was published is not what was stored");
    worker.drain().await;
    found
}

fn name(record: &Value) -> String {
    let id = record["job_id"].as_str().unwrap();
    record["attachment"]["index"].as_u64().map_or_else(|| id.to_owned(), |index| format!("{id}, attachment {index}"))
}

pub(crate) async fn pictures_lie_on_the_shelf(world: &World, record: &Record) {
    use sha2::Digest;
    let shelf = world.ground.shelf(&world.customer);
    let thumbnails = record.thumbnails.iter().map(|one| (one.uri.as_ref(), &one.sha256));
    let derivatives = record.derivatives.iter().map(|one| (one.uri.as_ref(), &one.sha256));
    for (uri, sha256) in thumbnails.chain(derivatives) {
        let bytes = shelf.get(uri.unwrap()).await.unwrap();
        assert_eq!(hex(&sha2::Sha256::digest(&bytes)), *sha256, "{uri:?}");
    }
}

/// Without what must differ: times, cost in time, the worker, the shelf's own address, the provider's request id.
fn comparable(record: &Record) -> Value {
    let mut value = serde_json::to_value(record).unwrap();
    for key in ["started_at", "finished_at", "worker"] {
        value[key] = Value::Null;
    }
    for key in ["queue_ms", "access_ms", "fetch_ms", "decode_ms", "total_ms", "cpu_ms", "peak_memory_bytes"] {
        value["cost"][key] = Value::Null;
    }
    if value["erasure"].is_object() {
        value["erasure"]["erased_at"] = Value::Null;
    }
    if value["failure"]["provider"].is_object() {
        value["failure"]["provider"]["request_id"] = Value::Null;
    }
    for made in ["thumbnails", "derivatives"] {
        for one in value[made].as_array_mut().unwrap() {
            let place = one["uri"].as_str().unwrap().split_once("/org_acme/").unwrap().1.to_owned();
            one["uri"] = Value::String(place);
        }
    }
    value
}
