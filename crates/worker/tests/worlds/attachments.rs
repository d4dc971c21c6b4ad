//! Attachments: every type that labelling tools have, each with a record of its own, whatever becomes of the others.

use crate::customer::{BUCKET, fixture, job, uri, with};
use crate::worker::{Worker, rooms};
use crate::world::{World, code};
use assay_contract::record::Status;
use assay_contract::{AssetKind, Code, Record};
use assay_store::RowState;
use assay_testkit::cloud::Fault;
use serde_json::{Value, json};

const ROW: &str = "media/jpeg-baseline.jpg";
const PAGE: &str = "<!doctype html><title>Note</title><p>Look at the left lane.";

/// A row with attachments: type and address or words. Every other one is written as rows of labelling tools have it.
fn row(world: &World, attachments: &[(&str, &str)]) -> Value {
    let attachments: Vec<Value> = attachments
        .iter()
        .enumerate()
        .map(|(index, (word, value))| {
            let field = if index % 2 == 0 { "value" } else { "uri" };
            json!({ "type": word, field: value, "name": format!("number {index}") })
        })
        .collect();
    with(job("row", world.customer.fixture(ROW)), json!({ "attachments": attachments }))
}

/// The records of a row's attachments, once its message is settled.
async fn records(world: &World, attachments: &[(&str, &str)]) -> Vec<Record> {
    world.submit(&row(world, attachments)).await;
    let worker = Worker::start(rooms(world).await);
    let mut records = Vec::new();
    for index in 0..u32::try_from(attachments.len()).unwrap() {
        let record = world.part("row", Some(index)).await;
        let attachment = record.attachment.clone().unwrap();
        assert_eq!((attachment.index, attachment.name), (index, Some(format!("number {index}"))));
        records.push(record);
    }
    worker.idle().await;
    let own = world.record("row").await;
    assert_eq!((own.status, own.attempt, own.generation), (Status::Complete, 1, 1), "{:?}", own.failure);
    assert!(own.attachment.is_none());
    worker.drain().await;
    records
}

fn says(record: &Record, issue: &str) -> bool {
    record.issues.iter().any(|one| one.code == issue)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_attachment_has_a_record_of_its_kind() {
    let world = World::embedded().await;
    let kinds = [
        ("IMAGE", "media/png-rgba.png", AssetKind::Image),
        ("IMAGE_OVERLAY", "media/png-palette.png", AssetKind::Image),
        ("CAMERA_IMAGE", "media/jpeg-gray.jpg", AssetKind::Image),
        ("VIDEO", "media/mp4-rotated-90.mp4", AssetKind::Video),
        ("AUDIO", "media/wav-pcm-16.wav", AssetKind::Audio),
        ("TEXT_URL", "media/text-english.txt", AssetKind::Text),
        ("HTML", "media/page-plain.html", AssetKind::Html),
        ("PDF_URL", "media/pdf-plain.pdf", AssetKind::Document),
    ];
    let files: Vec<String> = kinds.iter().map(|(_, file, _)| world.customer.fixture(file)).collect();
    let inline = [("RAW_TEXT", "https://example.org/shown-and-never-fetched", AssetKind::Text), ("HTML", PAGE, AssetKind::Html)];
    let by_address = kinds.iter().zip(&files).map(|((word, _, _), address)| (*word, address.as_str()));
    let attachments: Vec<(&str, &str)> = by_address.chain(inline.iter().map(|(word, words, _)| (*word, *words))).collect();
    let found = records(&world, &attachments).await;
    for (record, (word, _, kind)) in found.iter().zip(kinds.iter().chain(&inline)) {
        assert_eq!(record.status, Status::Complete, "{word}: {:?} {:?}", record.failure, record.issues);
        assert_eq!(record.details.as_ref().unwrap().kind(), *kind, "{word}");
        assert!(
            !record.thumbnails.is_empty() && !says(record, "media-type-mismatch") && !says(record, "attachment-type-unknown"),
            "{word}"
        );
        assert_eq!(record.attachment.as_ref().unwrap().attachment_type, *word);
    }
    let uris: Vec<&str> = found.iter().map(|record| record.asset.uri.as_str()).collect();
    assert_eq!((uris[0], uris[8], uris[9]), (files[0].as_str(), "inline:", "inline:"));
    let reads = world.customer.cloud.requests().iter().filter(|request| request.operation == "GetObject").count();
    assert_eq!(reads, files.len() + 1, "something else than the row and its files was read");
    assert_eq!(world.row("row").await.unwrap().state, RowState::Complete);
    assert_eq!(world.published().await.len(), attachments.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_text_is_text_whatever_a_file_would_be_that_begins_so() {
    let world = World::embedded().await;
    let words =
        ["ID3 is a tag of music files", "<?xml version=\"1.0\"?><note/>", "%PDF-1.7 is how they begin", "GIF89a", "[1, 2]", "<p>bold</p>"];
    let found = records(&world, &words.map(|words| ("RAW_TEXT", words))).await;
    for (record, words) in found.iter().zip(words) {
        assert_eq!(record.status, Status::Complete, "{words}: {:?}", record.failure);
        let kind = record.details.as_ref().unwrap().kind();
        assert!(matches!(kind, AssetKind::Text | AssetKind::Html), "{words}: {kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_that_fail_each_say_why_and_harm_no_other() {
    let world = World::embedded().await;
    let customer = &world.customer;
    let (image, page) = (customer.fixture("media/png-rgba.png"), customer.fixture("media/page-plain.html"));
    let broken = customer.fixture("hostile/truncated-no-moov.mp4");
    let elsewhere = customer.put_elsewhere("mask.png", fixture("media/png-gray.png"));
    let gone = uri("gone.mp4");
    let attachments: [(&str, &str, Option<Code>); 12] = [
        ("IMAGE", &image, None),
        ("VIDEO", &gone, Some(Code::NotFound)),
        ("AUDIO", &image, Some(Code::MediaTypeMismatch)),
        ("VIDEO", &broken, Some(Code::CorruptAsset)),
        ("IMAGE_OVERLAY", &elsewhere, Some(Code::OutsideIntegrationScope)),
        ("TEXT_URL", "words where an address belongs", Some(Code::AddressUnreadable)),
        ("PDF_URL", "http://169.254.169.254/latest/", Some(Code::AddressRefused)),
        ("RAW_TEXT", "", Some(Code::EmptyAsset)),
        ("TEXT_URL", &page, None),
        ("LIDAR", &image, None),
        ("LIDAR", "words where an address belongs", Some(Code::AddressUnreadable)),
        ("IMAGE", &image, None),
    ];
    let asked: Vec<(&str, &str)> = attachments.iter().map(|(word, value, _)| (*word, *value)).collect();
    let found = records(&world, &asked).await;
    for (record, (word, _, expected)) in found.iter().zip(&attachments) {
        assert_eq!(record.failure.as_ref().map(|failure| failure.code), *expected, "{word}: {:?}", record.failure);
        assert_eq!(record.status, if expected.is_some() { Status::Failed } else { Status::Complete }, "{word}");
        assert_eq!(says(record, "attachment-type-unknown"), *word == "LIDAR", "{word}: {:?}", record.issues);
    }
    assert!(says(&found[8], "media-type-mismatch"), "a page stands for a text with a warning: {:?}", found[8].issues);
    assert_eq!(found[9].details.as_ref().unwrap().kind(), AssetKind::Image);
    assert_eq!(world.row("row").await.unwrap().state, RowState::Partial);
    assert_eq!(world.published().await.len(), asked.len() + 1);
    assert!(world.dead().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_in_a_bucket_that_the_role_may_not_read_is_forbidden() {
    let world = World::embedded().await;
    let elsewhere = world.customer.put_elsewhere("mask.png", fixture("media/png-gray.png"));
    let beyond = with(row(&world, &[("IMAGE", &elsewhere)]), json!({ "integration": "int_beyond_its_role" }));
    world.submit(&beyond).await;
    let worker = Worker::start(rooms(&world).await);
    let refused = world.part("row", Some(0)).await;
    assert_eq!(code(&refused), Code::Forbidden);
    assert_eq!((refused.asset.uri.as_str(), refused.asset.sha256), (elsewhere.as_str(), None));
    worker.idle().await;
    assert_eq!(world.record("row").await.status, Status::Complete);
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_that_is_throttled_for_ever_delays_the_others_and_no_more() {
    let world = World::embedded().await;
    let (busy, healthy) = (world.customer.put("busy.png", fixture("media/png-rgb.png")), world.customer.fixture("media/png-gray.png"));
    world.customer.cloud.misbehave(BUCKET, "busy.png", Fault::SlowDown.always());
    let found = records(&world, &[("IMAGE", &busy), ("IMAGE", &healthy)]).await;
    assert_eq!((code(&found[0]), found[0].attempt), (Code::TooManyRequests, 2));
    assert_eq!((found[1].status, found[1].attempt), (Status::Complete, 2));
    assert_eq!(world.customer.reads(ROW), 1, "the row's own asset was read again");
    assert_eq!(world.row("row").await.unwrap().state, RowState::Partial);
    assert_eq!(world.dead().await.len(), 1);
}
