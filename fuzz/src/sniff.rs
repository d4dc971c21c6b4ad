//! The first bytes of whatever lies in a bucket.

use assay_probe::sniff::{HEAD_BYTES, sniff as sniffed};

/// Any head is one thing or none, what lies beyond the bounded head never changes the answer, and the decoder fits the kind.
pub fn sniff(bytes: &[u8]) {
    let found = sniffed(bytes);
    assert_eq!(found, sniffed(bytes.get(..HEAD_BYTES).unwrap_or(bytes)));
    let Some(found) = found else { return };
    assert!(found.mime_type.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty()), "{found:?}");
    if let (Some(family), Some(kind)) = (found.family, found.kind) {
        assert!(family.knows(kind), "{found:?}");
    }
}
