//! PUT and DELETE: what the operator's own shelf needs; a customer's role is refused them.

use super::answer::{Answer, Refusal, put};
use super::iam::Question;
use super::judge::Caller;
use super::router::Asked;
use super::state::ObjectOptions;
use super::{Shared, locked};
use bytes::Bytes;
use http::{StatusCode, header};
use s3s::{Body, S3Response};

/// Stores an object; `if-none-match: *` refuses to replace one.
pub(crate) fn put_object(state: &Shared, caller: &Caller, asked: &Asked<'_>, bytes: Bytes) -> Result<Answer, Refusal> {
    let mut state = locked(state);
    let resource = format!("arn:aws:s3:::{}/{}", asked.bucket, asked.key);
    if !caller.may(&state, Question { action: "s3:PutObject", resource: Some(&resource), principal: None, context: &[] }) {
        return Err(Refusal::denied("no policy of the caller allows the s3:PutObject action"));
    }
    let text = |name| asked.headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    if text(header::IF_NONE_MATCH) == Some("*") && state.newest(&asked.bucket, &asked.key).is_some() {
        return Err(Refusal::new(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"));
    }
    let options = ObjectOptions { content_type: text(header::CONTENT_TYPE).map(str::to_owned), ..ObjectOptions::default() };
    let id = state.put(&asked.bucket, &asked.key, bytes, options);
    let mut answer = S3Response::with_status(Body::empty(), StatusCode::OK);
    if let Some(version) = state.newest(&asked.bucket, &asked.key) {
        put(&mut answer.headers, "etag", &version.etag);
    }
    put(&mut answer.headers, "x-amz-version-id", &id);
    Ok(answer)
}

/// Removes an object with all its versions; one that is not there is no error.
pub(crate) fn delete_object(state: &Shared, caller: &Caller, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    let mut state = locked(state);
    let resource = format!("arn:aws:s3:::{}/{}", asked.bucket, asked.key);
    if !caller.may(&state, Question { action: "s3:DeleteObject", resource: Some(&resource), principal: None, context: &[] }) {
        return Err(Refusal::denied("no policy of the caller allows the s3:DeleteObject action"));
    }
    if let Some(bucket) = state.buckets.get_mut(&asked.bucket) {
        bucket.objects.remove(&asked.key);
    }
    Ok(S3Response::with_status(Body::empty(), StatusCode::NO_CONTENT))
}
