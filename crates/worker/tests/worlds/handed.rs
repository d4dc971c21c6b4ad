//! Pictures and imagery begin alike: the decoder that sees what one is hands it to the other, and the record is that one's.

use crate::customer::{job, with};
use crate::worker::{Worker, rooms};
use crate::world::World;
use assay_contract::record::Status;
use assay_contract::{AssetKind, Record};
use serde_json::json;

/// The record of a fixture that comes with a claim.
async fn record(world: &World, file: &str, claim: &str) -> Record {
    let id = format!("{claim}-{file}").replace(['/', '.', '_'], "-");
    world.submit(&with(job(&id, world.customer.fixture(file)), json!({ "media_type": claim }))).await;
    world.record(&id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_with_a_place_is_imagery_and_one_without_is_a_picture() {
    let world = World::embedded().await;
    let worker = Worker::start(rooms(&world).await);
    for (file, decoder, kind) in [
        ("media/geo-utm.tif", "geo", AssetKind::TiledImagery),
        ("media/geo-utm.jpx", "geo", AssetKind::TiledImagery),
        ("media/tiff-multi-page.tiff", "image", AssetKind::Image),
        ("media/jp2-lossy.jp2", "image", AssetKind::Image),
    ] {
        for claim in ["IMAGE", "TILED_IMAGERY"] {
            let record = record(&world, file, claim).await;
            assert_eq!(record.status, Status::Complete, "{file} as {claim}: {:?} {:?}", record.failure, record.issues);
            assert_eq!(record.details.as_ref().unwrap().kind(), kind, "{file} as {claim}");
            assert_eq!(record.extractor.decoder.as_deref(), Some(decoder), "{file} as {claim}");
            assert_eq!(record.thumbnails.len(), 2, "{file} as {claim}");
            let is_told = record.issues.iter().any(|issue| issue.code == "media-type-mismatch");
            assert_eq!(is_told, (claim == "IMAGE") != (kind == AssetKind::Image), "{file} as {claim}");
        }
    }
    worker.drain().await;
}
