//! What an integration may sign: its buckets and prefixes, and only keys that every HTTP client sends as they are.

use crate::error::AccessError;
use assay_contract::Integration;

const DOT_SEGMENT: &str = "its key has a part that is only dots, which URL parsers rewrite into another key; rename the object";
const DOT_SEGMENT_URL: &str = "its path has a part that is only dots, which URL parsers rewrite; give the address without it";

/// Refuses an object outside the integration's scope, or whose key would not survive a URL parser.
pub fn covered(integration: &Integration, bucket: &str, key: &str) -> Result<(), AccessError> {
    if !integration.covers(bucket, key) {
        return Err(AccessError::OutsideScope);
    }
    // RFC 3986 section 5.2.4: `a/../b` is fetched as `b`, which would be another key, perhaps outside the scope.
    if key.split('/').any(|segment| segment == "." || segment == "..") {
        return Err(AccessError::Address(DOT_SEGMENT));
    }
    Ok(())
}

/// Refuses an https address with dot segments, written plainly or percent-encoded.
pub fn without_dot_segments(url: &str) -> Result<(), AccessError> {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let path = bare.split_once("://").map_or(bare, |(_, rest)| rest);
    let dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if path.split(['/', '\\']).skip(1).any(dots) {
        return Err(AccessError::Address(DOT_SEGMENT_URL));
    }
    Ok(())
}
