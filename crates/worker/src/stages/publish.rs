//! Publish: the stored record goes out, confirmed, and the store is told that it did.

use crate::halt::Halt;
use crate::rooms::Rooms;
use assay_broker::Published;
use assay_contract::Failure;
use assay_contract::failure::Stage;
use assay_store::Stored;

/// Publishes a stored record. A record that a redelivery finds is published again: whoever listens may have missed it.
pub async fn tell(rooms: &Rooms, stored: &Stored) -> Result<Published, Halt> {
    let published = rooms.broker.publish(stored.record()).await.map_err(|error| {
        tracing::warn!(%error, "a record could not be published");
        Halt::of(Failure::new(error.code()).at(Stage::Publish), &error)
    })?;
    // If this fails the sweeper publishes it once more: at least once is what was promised.
    if let Err(error) = rooms.store.mark_published(stored).await {
        tracing::warn!(%error, "a published record could not be marked");
    }
    Ok(published)
}
