//! The order of the proofs: erased before stored, stored before published, published before acknowledged.

use crate::customer::job;
use crate::door::Door;
use crate::post::{Post, Witness};
use crate::worker::{Worker, rooms};
use crate::world::World;
use assay_contract::record::{SpoolKind, Status};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_an_asset_is_held_when_its_first_thumbnail_is_stored() {
    let world = World::embedded().await;
    let mut rooms = rooms(&world).await;
    let door = Door::before(rooms.shelf);
    rooms.shelf = door.clone();
    let rooms = Arc::new(rooms);
    door.rooms.set(Arc::downgrade(&rooms)).unwrap();
    let worker = Worker::start(Arc::clone(&rooms));
    // One at a time: then what is held is this one's. The second is large enough to spill.
    for (fixture, spool) in [
        ("media/jpeg-orientation-6.jpg", SpoolKind::Memory),
        ("media/jpeg-12-megapixels.jpg", SpoolKind::EncryptedFile),
        ("media/mp4-h264-faststart.mp4", SpoolKind::EncryptedFile),
        ("media/flac.flac", SpoolKind::Memory),
    ] {
        let id = fixture.trim_start_matches("media/");
        world.submit(&job(id, world.customer.fixture(fixture))).await;
        let record = world.record(id).await;
        worker.idle().await;
        assert_eq!(record.status, Status::Complete, "{:?}", record.issues);
        let erasure = record.erasure.unwrap();
        assert_eq!((erasure.spool, Some(erasure.bytes)), (spool, record.asset.content_length));
        assert!(erasure.erased_at <= record.finished_at);
        let seen = std::mem::take(&mut *door.seen.lock().unwrap());
        assert!(!seen.is_empty(), "{id}: nothing came to the shelf");
        for (place, held) in seen {
            assert_eq!((held.memory_used, held.spill_used, held.waiting), (0, 0, 0), "{place}");
        }
    }
    worker.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_stored_before_it_is_published_and_published_before_its_message_is_acknowledged() {
    let world = World::embedded().await;
    let mut rooms = rooms(&world).await;
    let post = Post::before(rooms.broker, world.store.clone(), []);
    rooms.broker = post.clone();
    let worker = Worker::start(rooms);
    world.submit(&job("ordered", world.customer.fixture("media/jpeg-orientation-6.jpg"))).await;
    world.record("ordered").await;
    worker.idle().await;
    assert_eq!(*post.seen.lock().unwrap(), [Witness { stored: true, unacknowledged: 1 }]);
    worker.drain().await;
}
