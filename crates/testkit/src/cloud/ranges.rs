//! Ranges and conditions of a read, as S3 takes them.

use super::answer::Refusal;
use super::state::Version;
use http::{HeaderMap, HeaderName, header};
use jiff::tz::TimeZone;

/// What of the object is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All: 200.
    Whole,
    /// From the first to the last byte given, both inclusive: 206.
    Bytes(u64, u64),
    /// Nothing: 304.
    Unchanged,
}

/// The part that the headers ask for.
pub(crate) fn part(headers: &HeaderMap, version: &Version) -> Result<Part, Refusal> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let names_it =
        |tags: &str| tags.split(',').map(str::trim).any(|tag| tag == "*" || tag == version.etag || tag == version.etag.trim_matches('"'));
    if text(header::IF_MATCH).is_some_and(|tags| !names_it(tags)) {
        return Err(Refusal::new(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"));
    }
    if text(header::IF_NONE_MATCH).is_some_and(names_it) {
        return Ok(Part::Unchanged);
    }
    let Some(range) = text(header::RANGE) else { return Ok(Part::Whole) };
    // If-Range: the range only if the object is still the one that is named, else all of it.
    if text(header::IF_RANGE).is_some_and(|validator| validator != version.etag && validator != http_date(version)) {
        return Ok(Part::Whole);
    }
    ranged(range, version.bytes.len() as u64)
}

/// One range of bytes; several ranges, other units and nonsense are ignored, as S3 ignores them.
fn ranged(range: &str, length: u64) -> Result<Part, Refusal> {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else { return Ok(Part::Whole) };
    let bounds = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(length.saturating_sub(1))),
        (Ok(first), Err(_)) if last.trim().is_empty() => (first, length.saturating_sub(1)),
        (Err(_), Ok(count)) if first.trim().is_empty() => {
            (if count == 0 { length } else { length.saturating_sub(count) }, length.saturating_sub(1))
        }
        _ => return Ok(Part::Whole),
    };
    if bounds.0 >= length {
        let refusal = Refusal::new(416, "InvalidRange", "The requested range is not satisfiable");
        return Err(refusal.with("content-range", format!("bytes */{length}")));
    }
    Ok(Part::Bytes(bounds.0, bounds.1))
}

/// `last-modified`, to the second.
pub(crate) fn http_date(version: &Version) -> String {
    version.modified.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_s3_reads_them() {
        for (range, want) in [
            ("bytes=0-0", Part::Bytes(0, 0)),
            ("bytes=2-", Part::Bytes(2, 9)),
            ("bytes=-3", Part::Bytes(7, 9)),
            ("bytes=-30", Part::Bytes(0, 9)),
            ("bytes=9-99", Part::Bytes(9, 9)),
            ("bytes=0-1,4-5", Part::Whole),
            ("bytes=5-2", Part::Whole),
            ("lines=0-1", Part::Whole),
        ] {
            assert_eq!(ranged(range, 10).unwrap(), want, "{range}");
        }
        for range in ["bytes=10-", "bytes=10-11", "bytes=-0"] {
            assert_eq!(ranged(range, 10).unwrap_err().status, 416, "{range}");
        }
        assert_eq!(ranged("bytes=0-0", 0).unwrap_err().status, 416);
    }
}
