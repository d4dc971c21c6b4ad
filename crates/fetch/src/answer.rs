//! A store's error answer: a bounded read and a tolerant scan of the XML that S3, GCS and Azure send.

use assay_contract::failure::ProviderAnswer;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use jiff::Timestamp;
use std::time::Duration;

/// Most bytes of an error's body that are read.
const MAX_BODY: usize = 16 << 10;
/// Longest wait for an error's body: its status alone is an answer.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// What a store said instead of handing out the object.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// `NoSuchKey`, where the body or a header says so.
    pub(crate) code: String,
    /// For people; may hold keys and account numbers, so it is judged and never kept.
    pub(crate) message: String,
    request_id: String,
    /// Where the bucket lies.
    pub(crate) region: String,
    /// How long the store asks us to wait.
    pub(crate) retry_after: Option<Duration>,
}

impl Answer {
    pub(crate) async fn read(response: Response<Incoming>, now: Timestamp) -> Self {
        let (parts, body) = response.into_parts();
        let mut read = Vec::new();
        // Late or broken off: what came until then may still say why.
        let _ = tokio::time::timeout(MAX_WAIT, beginning(body, &mut read)).await;
        Self::of(parts.status, &parts.headers, &String::from_utf8_lossy(&read), now)
    }

    pub(crate) fn of(status: StatusCode, headers: &HeaderMap, body: &str, now: Timestamp) -> Self {
        let header = |names: &[&str]| names.iter().find_map(|name| headers.get(*name)?.to_str().ok()).unwrap_or_default().to_owned();
        let either = |element: &str, names: &[&str]| element_text(body, element).map_or_else(|| header(names), ToOwned::to_owned);
        Self {
            status: status.as_u16(),
            code: word(&either("Code", &["x-ms-error-code"]), 64),
            message: element_text(body, "Message").unwrap_or_default().to_owned(),
            request_id: word(&either("RequestId", &["x-amz-request-id", "x-ms-request-id", "x-guploader-uploadid"]), 128),
            region: word(&either("Region", &["x-amz-bucket-region"]), 64),
            retry_after: headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| pause(text, now)),
        }
    }

    /// What a record may say of it.
    pub(crate) fn provider(&self) -> ProviderAnswer {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        ProviderAnswer { status: Some(self.status), code: some(&self.code), request_id: some(&self.request_id) }
    }
}

async fn beginning(mut body: Incoming, into: &mut Vec<u8>) {
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.into_data().unwrap_or_default();
        let room = MAX_BODY.saturating_sub(into.len());
        into.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
        if into.len() >= MAX_BODY {
            return;
        }
    }
}

/// The text of the first element of that name; enough for flat error documents, and blind to entities on purpose.
fn element_text<'a>(body: &'a str, element: &str) -> Option<&'a str> {
    let (_, rest) = body.split_once(&format!("<{element}>"))?;
    rest.split_once("</").map(|(text, _)| text.trim())
}

/// Only what codes, ids and regions are made of: nothing that a hostile host could smuggle into a record or a log line.
fn word(text: &str, most: usize) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "._-+/=:".contains(*c)).take(most).collect()
}

/// `Retry-After`: seconds or a date (RFC 9110, section 10.2.3).
fn pause(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(Duration::try_from(then.duration_since(now)).unwrap_or_default())
}
