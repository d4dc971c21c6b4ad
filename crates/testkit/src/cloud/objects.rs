//! GET and HEAD of an object.

use super::answer::{Answer, Refusal, put};
use super::judge::{Caller, readable};
use super::misbehaviour::{Fault, body};
use super::ranges::{Part, http_date, part};
use super::router::Asked;
use super::{Shared, locked};
use http::{Method, StatusCode};
use s3s::{Body, S3Response};

/// Reads an object, with its misbehaviour.
pub(crate) async fn read(state: &Shared, caller: &Caller, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    let (bucket, key) = (asked.bucket.as_str(), asked.key.as_str());
    let fault = locked(state).misbehaviours.get_mut(&(bucket.to_owned(), key.to_owned())).and_then(super::misbehaviour::Armed::next);
    match &fault {
        Some(Fault::Silent) => std::future::pending().await,
        Some(Fault::ReplacedBy(bytes)) => {
            let mut state = locked(state);
            let options = state.newest(bucket, key).map(|version| version.options.clone()).unwrap_or_default();
            state.put(bucket, key, bytes.clone(), options);
        }
        Some(fault) => fault.refusal().map_or(Ok(()), Err)?,
        None => {}
    }
    let version = readable(&locked(state), caller, (bucket, key), asked.query("versionId"), &[])?;

    let part = if fault == Some(Fault::IgnoreRange) { Part::Whole } else { part(asked.headers, &version)? };
    let length = version.bytes.len() as u64;
    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(version.bytes.len());
    let (status, bytes) = match part {
        Part::Whole => (StatusCode::OK, version.bytes.clone()),
        Part::Bytes(first, last) => (StatusCode::PARTIAL_CONTENT, version.bytes.slice(index(first)..index(last + 1))),
        Part::Unchanged => (StatusCode::NOT_MODIFIED, bytes::Bytes::new()),
    };
    let claimed = match &fault {
        Some(Fault::ContentLength(claimed)) => *claimed,
        _ => bytes.len() as u64,
    };
    let answered = if asked.method == Method::HEAD || part == Part::Unchanged { Body::empty() } else { body(bytes, fault.as_ref()) };
    let mut answer = S3Response::with_status(answered, status);
    let headers = &mut answer.headers;
    if part != Part::Unchanged {
        put(headers, "content-length", &claimed.to_string());
    }
    if let Part::Bytes(first, last) = part {
        put(headers, "content-range", &format!("bytes {first}-{last}/{length}"));
    }
    put(headers, "content-type", version.options.content_type.as_deref().unwrap_or("binary/octet-stream"));
    put(headers, "accept-ranges", "bytes");
    put(headers, "etag", &version.etag);
    put(headers, "last-modified", &http_date(&version));
    put(headers, "x-amz-version-id", &version.id);
    Ok(answer)
}
