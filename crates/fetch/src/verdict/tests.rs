//! Each refusal that S3, GCS and Azure give, and the row that it becomes.

use super::Verdict::{Again, Final, Resign};
use super::*;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

fn answer(status: u16, body: &str) -> Answer {
    Answer::of(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body, Timestamp::UNIX_EPOCH)
}

fn xml(code: &str, message: &str) -> String {
    format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message><RequestId>R1</RequestId></Error>")
}

#[test]
fn refusals_of_a_bucket_become_their_rows() {
    for (status, code, message, verdict) in [
        (403, "AccessDenied", "Access Denied", Final(Code::MissingOrForbidden)),
        (403, "AccessDenied", "User x is not authorized to perform: s3:GetObject on resource y", Final(Code::Forbidden)),
        (403, "AccessDenied", "User x is not authorized to perform: s3:ListBucket on resource y", Final(Code::MissingOrForbidden)),
        (403, "AccessDenied", "User x is not authorized to perform: kms:Decrypt on resource y", Final(Code::KeyDenied)),
        (403, "AccessDenied", "Request has expired", Resign(Code::Forbidden, None)),
        (400, "KMS.DisabledException", "", Final(Code::KeyDenied)),
        (403, "InvalidObjectState", "", Final(Code::ArchivedAsset)),
        (409, "BlobArchived", "", Final(Code::ArchivedAsset)),
        (404, "NoSuchKey", "", Final(Code::NotFound)),
        (404, "NoSuchBucket", "", Final(Code::NotFound)),
        (404, "", "", Final(Code::NotFound)),
        (405, "MethodNotAllowed", "", Final(Code::NotFound)),
        (403, "RequestTimeTooSkewed", "", Final(Code::ClockSkew)),
        (503, "SlowDown", "", Again(Code::TooManyRequests)),
        (503, "", "", Again(Code::TooManyRequests)),
        (429, "", "", Again(Code::TooManyRequests)),
        (500, "InternalError", "", Again(Code::ProviderUnavailable)),
        (502, "", "", Again(Code::ProviderUnavailable)),
        (400, "RequestTimeout", "", Again(Code::ProviderUnavailable)),
        (412, "PreconditionFailed", "", Final(Code::AssetChanged)),
        (400, "ExpiredToken", "", Resign(Code::Forbidden, Some(Lesson::TokenRejected))),
        (403, "InvalidAccessKeyId", "", Resign(Code::Forbidden, Some(Lesson::TokenRejected))),
        (403, "SignatureDoesNotMatch", "", Resign(Code::Internal, None)),
        (403, "", "", Final(Code::Forbidden)),
        (400, "EntirelyNew", "", Final(Code::ProviderUnavailable)),
    ] {
        assert_eq!(judge(&answer(status, &xml(code, message)), Origin::Bucket, false), verdict, "{status} {code} {message}");
    }
}

#[test]
fn who_may_list_is_told_forbidden_from_missing() {
    assert_eq!(judge(&answer(403, &xml("AccessDenied", "Access Denied")), Origin::Bucket, true), Final(Code::Forbidden));
}

#[test]
fn a_url_from_a_job_is_never_signed_again() {
    for (status, code, message) in [
        (403, "AccessDenied", "Request has expired"),
        (403, "SignatureDoesNotMatch", ""),
        (403, "AuthenticationFailed", ""),
        (400, "ExpiredToken", ""),
        (403, "InvalidAccessKeyId", ""),
    ] {
        assert_eq!(judge(&answer(status, &xml(code, message)), Origin::Job, false), Final(Code::ExpiredUrl), "{code}");
    }
}

#[test]
fn a_wrong_region_teaches_the_right_one() {
    let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
    let taught = Resign(Code::ProviderUnavailable, Some(Lesson::Region("eu-west-1".to_owned())));
    assert_eq!(judge(&answer(400, body), Origin::Bucket, false), taught);
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-bucket-region", "eu-west-1".parse().unwrap());
    let moved = Answer::of(StatusCode::MOVED_PERMANENTLY, &headers, &xml("PermanentRedirect", ""), Timestamp::UNIX_EPOCH);
    assert_eq!(judge(&moved, Origin::Bucket, false), taught);
}

#[test]
fn an_answer_keeps_no_message_and_no_odd_characters() {
    let answer = answer(403, &xml("Access\u{1b}[31mDenied<planted", "arn:aws:iam::123:role/planted key/planted"));
    let shown = format!("{:?}", answer.provider());
    assert!(!shown.contains('\u{1b}') && !shown.contains("123") && !shown.contains("key/planted"), "{shown}");
    assert_eq!(answer.provider().request_id.as_deref(), Some("R1"));
    assert_eq!(answer.provider().status, Some(403));
}

#[test]
fn azure_says_its_code_in_a_header_too() {
    let mut headers = HeaderMap::new();
    headers.insert("x-ms-error-code", "BlobNotFound".parse().unwrap());
    headers.insert("x-ms-request-id", "a-b-c".parse().unwrap());
    let answer = Answer::of(StatusCode::NOT_FOUND, &headers, "", Timestamp::UNIX_EPOCH);
    assert_eq!((answer.provider().code.as_deref(), answer.provider().request_id.as_deref()), (Some("BlobNotFound"), Some("a-b-c")));
}

#[test]
fn a_pause_may_be_seconds_or_a_date() {
    let mut headers = HeaderMap::new();
    for (text, seconds) in
        [("7", Some(7)), ("Thu, 01 Jan 1970 00:01:00 GMT", Some(60)), ("Wed, 31 Dec 1969 23:00:00 GMT", Some(0)), ("soon", None)]
    {
        headers.insert("retry-after", text.parse().unwrap());
        let answer = Answer::of(StatusCode::SERVICE_UNAVAILABLE, &headers, "", Timestamp::UNIX_EPOCH);
        assert_eq!(answer.retry_after.map(|pause| pause.as_secs()), seconds, "{text}");
    }
}
