//! Text layers that come with documents: fetched as the document was, held against its pages, told, and never in the document's way.

use crate::customer::{BUCKET, fixture, job, uri, with};
use crate::worker::{Worker, rooms};
use crate::world::World;
use assay_contract::Record;
use assay_contract::failure::Issue;
use assay_contract::record::Status;
use assay_testkit::cloud::Fault;
use serde_json::{Value, json};

/// Three pages of 612 x 792 points.
const FILE: &str = "media/pdf-plain.pdf";
const KEY: &str = "layer.json";

fn document(world: &World, id: &str, layer: &str) -> Value {
    job(id, json!({ "pdf_url": world.customer.fixture(FILE), "text_layer_url": layer }))
}

/// A world with a worker, and the document's own layer as Assay makes it.
async fn begin() -> (World, Worker, Value) {
    let world = World::embedded().await;
    world.submit(&job("alone", json!({ "pdf_url": world.customer.fixture(FILE) }))).await;
    let worker = Worker::start(rooms(&world).await);
    let record = world.record("alone").await;
    let layer = record.derivatives.iter().find(|made| made.name == "text-layer").unwrap();
    let layer = world.ground.shelf(&world.customer).get(layer.uri.as_ref().unwrap()).await.unwrap();
    (world, worker, serde_json::from_slice(&layer).unwrap())
}

/// The record of a document with that layer; whatever becomes of the layer, the document's own facts stand.
async fn with_layer(world: &World, id: &str, layer: impl Into<bytes::Bytes>) -> Record {
    let address = world.customer.put(&format!("{id}.json"), layer);
    world.submit(&document(world, id, &address)).await;
    standing(world.record(id).await)
}

fn standing(record: Record) -> Record {
    assert_eq!(record.media_attributes.as_ref().unwrap().page_count, Some(3), "{:?}", record.failure);
    assert_eq!((record.thumbnails.len(), record.derivatives.len()), (2, 1));
    assert!(record.failure.is_none() && record.erasure.is_some());
    record
}

/// What is said of the layer: the one issue that is no other document's too.
fn told(record: &Record) -> &Issue {
    let told: Vec<&Issue> = record.issues.iter().filter(|issue| issue.message.contains("text layer")).collect();
    assert_eq!(told.len(), 1, "{:?}", record.issues);
    told[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_matches_is_read_and_nothing_is_said() {
    let (world, worker, own) = begin().await;
    // As labelling tools write it: shares of the page, ids of their own, no sizes.
    let mut shares = own.clone();
    for page in shares.as_array_mut().unwrap() {
        for group in page["groups"].as_array_mut().unwrap() {
            group["id"] = json!("ed53dd86-ef39-4634-9505-ee0eebedef44");
            group["typography"] = json!({ "font": "Times", "fontSize": 12 });
            for token in group["tokens"].as_array_mut().unwrap() {
                for (side, length) in [("left", 612.0), ("width", 612.0), ("top", 792.0), ("height", 792.0)] {
                    token["geometry"][side] = json!(token["geometry"][side].as_f64().unwrap() / length);
                }
            }
        }
        *page = json!({ "number": page["number"], "units": "PERCENT", "groups": page["groups"] });
    }
    let alone = world.record("alone").await;
    for (id, layer) in [("points", own.to_string()), ("percent", shares.to_string())] {
        let bytes = layer.len() as u64;
        let record = with_layer(&world, id, layer).await;
        assert_eq!((record.status, &record.issues), (Status::Complete, &alone.issues), "{id}");
        assert_eq!((record.cost.requests, record.cost.bytes_fetched), (2, alone.cost.bytes_fetched + bytes));
        assert_eq!(world.customer.reads(&format!("{id}.json")), 1);
    }
    worker.idle().await;
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_of_other_pages_makes_the_record_partial_and_says_what_differs() {
    let (world, worker, own) = begin().await;
    let mut fewer = own.clone();
    fewer.as_array_mut().unwrap().pop();
    let record = with_layer(&world, "fewer", fewer.to_string()).await;
    assert_eq!((record.status, told(&record).code.as_str()), (Status::Partial, "text-layer-mismatch"));
    assert!(told(&record).message.contains("2 in the text layer that came with the document, 3 in the document"), "{:?}", told(&record));

    let mut wider = own;
    wider[1]["width"] = json!(792);
    wider[1]["height"] = json!(1224);
    let record = with_layer(&world, "wider", wider.to_string()).await;
    assert_eq!((record.status, told(&record).code.as_str()), (Status::Partial, "text-layer-mismatch"));
    assert!(told(&record).message.contains("page 2: 792 × 1224 points in the layer, 612 × 792"), "{:?}", told(&record));
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_of_another_document_s_words_is_a_warning() {
    let (world, worker, mut other) = begin().await;
    for token in other[2]["groups"].as_array_mut().unwrap().iter_mut().flat_map(|group| group["tokens"].as_array_mut().unwrap()) {
        token["content"] = json!("s3cret");
    }
    let record = with_layer(&world, "other", other.to_string()).await;
    assert_eq!((record.status, told(&record).code.as_str()), (Status::Complete, "text-layer-mismatch"));
    assert!(told(&record).message.contains("first is page 3"), "{:?}", told(&record));
    assert!(!serde_json::to_string(&record).unwrap().contains("s3cret"));
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_is_none_is_told_without_its_words() {
    let (world, worker, own) = begin().await;
    let cut = own.to_string();
    let bad = [fixture(FILE), b"s3cret".to_vec(), b"{\"s3cret\":[]}".to_vec(), cut.as_bytes()[..cut.len() / 2].to_vec(), Vec::new()];
    for (number, layer) in bad.into_iter().enumerate() {
        let record = with_layer(&world, &format!("bad-{number}"), layer).await;
        assert_eq!((record.status, told(&record).code.as_str()), (Status::Partial, "text-layer-unreadable"), "{number}");
        assert!(!serde_json::to_string(&record).unwrap().contains("s3cret"));
    }
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_over_its_limit_is_refused_by_that_limit_s_name() {
    let (world, worker, own) = begin().await;
    let (small, large) = (world.customer.put("small.json", "[]"), world.customer.put(KEY, own.to_string()));
    for (id, layer) in [("small", &small), ("large", &large)] {
        world.submit(&with(document(&world, id, layer), json!({ "profile": "small" }))).await;
    }
    let asked = format!("text_layer_bytes: asked {}, allowed 4000", own.to_string().len());
    let record = standing(world.record("large").await);
    assert_eq!((record.status, told(&record).code.as_str()), (Status::Partial, "too-large"));
    assert!(told(&record).message.contains(&asked), "{:?}", told(&record));
    assert_eq!(told(&standing(world.record("small").await)).code, "text-layer-mismatch");
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_can_not_be_had_is_told_by_its_code() {
    let (world, worker, own) = begin().await;
    let elsewhere = world.customer.put_elsewhere(KEY, own.to_string());
    let (gone, beyond) = (uri("gone.json"), json!({ "integration": "int_beyond_its_role" }));
    for (id, layer, fields, code) in [
        ("gone", gone.as_str(), json!({}), "not-found"),
        ("outside", elsewhere.as_str(), json!({}), "outside-integration-scope"),
        ("forbidden", elsewhere.as_str(), beyond, "forbidden"),
        ("unreadable", "layer.json", json!({}), "address-unreadable"),
        ("refused", "http://169.254.169.254/layer.json", json!({}), "address-refused"),
    ] {
        world.submit(&with(document(&world, id, layer), fields)).await;
        let record = standing(world.record(id).await);
        assert_eq!((record.status, record.attempt, told(&record).code.as_str()), (Status::Partial, 1, code), "{id}");
    }
    worker.idle().await;
    assert!(world.dead().await.is_empty());
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_is_throttled_is_asked_for_again_and_in_the_end_told() {
    let (world, worker, own) = begin().await;
    for (id, fault, status) in
        [("once", Fault::SlowDown.first(1), Status::Complete), ("for-ever", Fault::SlowDown.always(), Status::Partial)]
    {
        let key = format!("{id}.json");
        world.customer.cloud.misbehave(BUCKET, &key, fault);
        let record = with_layer(&world, id, own.to_string()).await;
        assert_eq!((record.status, record.attempt, record.generation), (status, 2, 1), "{id}: {:?}", record.issues);
        if status == Status::Partial {
            assert_eq!(told(&record).code, "too-many-requests");
        }
    }
    worker.idle().await;
    assert!(world.dead().await.is_empty(), "the document was read: its message is done");
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_layer_of_what_is_no_document_is_not_asked_for() {
    let (world, worker, own) = begin().await;
    let layer = world.customer.put(KEY, own.to_string());
    let image = world.customer.fixture("media/png-gray.png");
    for (id, address, code) in [("image", image, "media-type-mismatch"), ("gone", uri("gone.pdf"), "not-found")] {
        world.submit(&job(id, json!({ "pdf_url": address, "text_layer_url": layer }))).await;
        assert_eq!(world.record(id).await.failure.unwrap().code.as_str(), code);
    }
    worker.idle().await;
    assert_eq!(world.customer.reads(KEY), 0);
    worker.drain().await;
}
