//! Answers and refusals in the two services' own XML.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use s3s::{Body, S3Response};

pub(crate) type Answer = S3Response<Body>;

/// A refusal: S3's or STS's, depending on who renders it.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, code: code.to_owned(), message: message.into(), headers: Vec::new() }
    }

    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// As S3 writes it; an answer to HEAD has no body.
    pub(crate) fn for_s3(self, method: &http::Method) -> Answer {
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message><RequestId>{REQUEST_ID}</RequestId></Error>",
            escape(&self.code),
            escape(&self.message)
        );
        let body = if method == http::Method::HEAD { Body::empty() } else { Body::from(xml) };
        self.rendered(body, "application/xml", "x-amz-request-id")
    }

    /// As STS writes it.
    pub(crate) fn for_sts(self) -> Answer {
        let kind = if self.status.is_server_error() { "Receiver" } else { "Sender" };
        let xml = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>{kind}</Type>\n    <Code>{}</Code>\n    <Message>{}</Message>\n  </Error>\n  <RequestId>{REQUEST_ID}</RequestId>\n</ErrorResponse>\n",
            escape(&self.code),
            escape(&self.message)
        );
        self.rendered(Body::from(xml), "text/xml", "x-amzn-requestid")
    }

    fn rendered(self, body: Body, content_type: &'static str, request_id: &'static str) -> Answer {
        let mut answer = S3Response::with_status(body, self.status);
        put(&mut answer.headers, "content-type", content_type);
        put(&mut answer.headers, request_id, REQUEST_ID);
        for (name, value) in self.headers {
            put(&mut answer.headers, name, &value);
        }
        answer
    }
}

/// The stand-in's every request has the same id.
pub(crate) const REQUEST_ID: &str = "STANDIN000000001";

/// XML with status 200.
pub(crate) fn xml(body: String, content_type: &'static str) -> Answer {
    let mut answer = S3Response::with_status(Body::from(body), StatusCode::OK);
    answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// Sets a header; a value that can't be one is left out.
pub(crate) fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// Text for an XML element.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
