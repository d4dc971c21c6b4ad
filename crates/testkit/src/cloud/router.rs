//! One signed request: who asks, for which bucket and key, and which operation answers.

use super::answer::{Answer, Refusal};
use super::judge::{Caller, admit};
use super::{Shared, listing, locked, objects, sts, writes};
use http::{Extensions, HeaderMap, Method, Uri, header};
use percent_encoding::percent_decode_str;
use s3s::route::S3Route;
use s3s::{Body, S3, S3Request, S3Response, S3Result};

/// Most bytes of a PUT.
const MAX_PUT: usize = 256 * 1024 * 1024;

/// s3s's own operations: none is reached, because the route takes every request once its signature is checked.
pub(crate) struct NoOperations;

impl S3 for NoOperations {}

/// Takes every request.
pub(crate) struct Router(pub(crate) Shared);

/// A request, taken apart.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) bucket: String,
    pub(crate) key: String,
    query: Vec<(String, String)>,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(method: &'a Method, uri: &Uri, headers: &'a HeaderMap) -> Self {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let path = uri.path().strip_prefix('/').unwrap_or_default();
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let query = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let query = query
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decoded(name), decoded(&value.replace('+', " "))));
        Self { method, headers, bucket: decoded(bucket), key: decoded(key), query: query.collect() }
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that may stand in the query or in a header.
    fn anywhere(&self, name: &str, header: &str) -> Option<&str> {
        self.query(name).or_else(|| self.headers.get(header).and_then(|value| value.to_str().ok()))
    }

    /// What the log calls it.
    pub(crate) fn operation(&self) -> &'static str {
        match (self.method.as_str(), self.key.is_empty()) {
            ("GET", true) => "ListObjectsV2",
            ("HEAD", true) => "HeadBucket",
            ("GET", false) => "GetObject",
            ("HEAD", false) => "HeadObject",
            ("PUT", _) => "PutObject",
            ("DELETE", _) => "DeleteObject",
            ("POST", _) => "Post",
            _ => "Other",
        }
    }
}

/// Whether a request is for STS: a form posted to the root.
pub(crate) fn is_sts(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let form = headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    method == Method::POST && uri.path() == "/" && form
}

#[async_trait::async_trait]
impl S3Route for Router {
    fn is_match(&self, _method: &Method, _uri: &Uri, _headers: &HeaderMap, _extensions: &mut Extensions) -> bool {
        true
    }

    /// Judged in `call`, which can answer in the right service's words.
    async fn check_access(&self, _request: &mut S3Request<Body>) -> S3Result<()> {
        Ok(())
    }

    async fn call(&self, mut request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let stored = request.input.store_all_limited(MAX_PUT).await;
        let access_key = request.credentials.as_ref().map(|credentials| credentials.access_key.clone());
        let region = request.region.as_ref().map(|region| region.as_str().to_owned());
        let asked = Asked::new(&request.method, &request.uri, &request.headers);
        let Ok(bytes) = stored else {
            return Ok(Refusal::new(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size").for_s3(&request.method));
        };
        if is_sts(&request.method, &request.uri, &request.headers) {
            let token = request.headers.get("x-amz-security-token").and_then(|value| value.to_str().ok());
            return Ok(sts::answer(&self.0, access_key.as_deref(), token, &bytes).unwrap_or_else(Refusal::for_sts));
        }
        let answered = self.s3(access_key.as_deref(), region.as_deref(), &asked, bytes).await;
        Ok(answered.unwrap_or_else(|refusal| refusal.for_s3(&request.method)))
    }
}

impl Router {
    async fn s3(&self, access_key: Option<&str>, region: Option<&str>, asked: &Asked<'_>, bytes: bytes::Bytes) -> Result<Answer, Refusal> {
        let access_key = access_key.ok_or_else(|| Refusal::denied("Access Denied"))?;
        let caller = {
            let state = locked(&self.0);
            let caller = Caller::of(&state, access_key, asked.anywhere("X-Amz-Security-Token", "x-amz-security-token"))?;
            // Only the lower-case name counts in a query: so it is in S3 (aws/aws-sdk-go-v2 issue 2508).
            admit(&state, &asked.bucket, region, asked.anywhere("x-amz-expected-bucket-owner", "x-amz-expected-bucket-owner"))?;
            caller
        };
        match asked.operation() {
            "GetObject" | "HeadObject" => objects::read(&self.0, &caller, asked).await,
            "ListObjectsV2" => listing::list(&self.0, &caller, asked),
            "PutObject" if !asked.key.is_empty() => writes::put_object(&self.0, &caller, asked, bytes),
            "DeleteObject" if !asked.key.is_empty() => writes::delete_object(&self.0, &caller, asked),
            _ => Err(Refusal::new(501, "NotImplemented", "The stand-in cloud does not model this operation.")),
        }
    }
}
