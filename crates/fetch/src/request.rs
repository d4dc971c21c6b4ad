//! One question to a store: through the guard, with redirects followed by hand, its answer judged.

use crate::answer::Answer;
use crate::config::{ConfigError, FetchConfig};
use crate::connect::{Connector, NoConnection, tls, tunnel};
use crate::error::{Answered, Cause};
use crate::guard::{Guard, Refusal, Unresolved};
use crate::verdict::{Verdict, judge};
use crate::want::Lesson;
use assay_contract::SignedUrl;
use assay_contract::clock::SharedClock;
use assay_contract::signed_url::Origin;
use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, IF_RANGE, LOCATION, RANGE, USER_AGENT};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

type Door = Client<HttpsConnector<Connector>, Empty<Bytes>>;

/// Asks stores. A connection is never shared between the two origins: what a bucket's host may reach, a job's URL may not.
#[derive(Debug)]
pub(crate) struct Courier {
    guard: Arc<Guard>,
    buckets: Door,
    jobs: Door,
    max_redirects: u32,
    clock: SharedClock,
}

/// What is asked of one URL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) url: &'a SignedUrl,
    /// Offset and entity tag of a download that is taken up again.
    pub(crate) resume: Option<(u64, &'a str)>,
    pub(crate) may_list: bool,
    /// Longest silence.
    pub(crate) stall: Duration,
}

/// Why an attempt brought nothing, and what may help.
#[derive(Debug)]
pub(crate) enum Broken {
    /// Nothing does.
    Final(Cause),
    /// Time may; the store may have said how much.
    Again(Cause, Option<Duration>),
    /// A fresh signature may.
    Resign(Cause, Option<Lesson>),
}

impl From<Cause> for Broken {
    fn from(cause: Cause) -> Self {
        Self::Final(cause)
    }
}

impl Courier {
    pub(crate) fn new(config: &FetchConfig) -> Result<Self, ConfigError> {
        let endpoint = config.bucket_endpoint.as_deref().map(endpoint).transpose()?;
        let guard = Arc::new(Guard::new(config.private_ranges.clone(), endpoint, Arc::clone(&config.resolver)));
        let (tls, tunnel) = (tls(config)?, tunnel(config)?);
        let door = |origin| {
            let connector = hyper_rustls::HttpsConnectorBuilder::new()
                .with_tls_config(tls.clone())
                .https_or_http()
                .enable_http1()
                .wrap_connector(Connector::new(Arc::clone(&guard), origin, tunnel.clone()));
            Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).pool_idle_timeout(Duration::from_secs(20)).build(connector)
        };
        let (buckets, jobs) = (door(Origin::Bucket), door(Origin::Job));
        Ok(Self { guard, buckets, jobs, max_redirects: config.max_redirects, clock: Arc::clone(&config.clock) })
    }

    /// The store's answer, where it is 200, 206, or 416 to a question for the rest; `requests` counts what was sent.
    pub(crate) async fn ask(&self, question: Question<'_>, requests: &mut u32) -> Result<Response<Incoming>, Broken> {
        let origin = question.url.origin;
        let mut uri = read(question.url.url.expose())?;
        for _ in 0..=self.max_redirects {
            self.guard.admit(&uri, origin).map_err(Cause::Refused)?;
            *requests += 1;
            let response = self.send(&uri, question).await?;
            match response.status() {
                StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION | StatusCode::PARTIAL_CONTENT => return Ok(response),
                StatusCode::RANGE_NOT_SATISFIABLE if question.resume.is_some() => return Ok(response),
                _ => {}
            }
            match redirect(&response, &uri, origin)? {
                Some(next) => uri = next,
                None => return Err(self.refusal(response, question).await),
            }
        }
        Err(Cause::Refused(Refusal::TooManyRedirects).into())
    }

    async fn send(&self, uri: &Uri, question: Question<'_>) -> Result<Response<Incoming>, Broken> {
        let mut request = Request::get(uri.clone())
            .header(USER_AGENT, concat!("assay/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "*/*")
            // The bytes as they are stored: lengths, ranges and hashes are those of the object.
            .header(ACCEPT_ENCODING, "identity");
        if let Some((offset, etag)) = question.resume {
            request = request.header(RANGE, format!("bytes={offset}-")).header(IF_RANGE, etag);
        }
        let request = request.body(Empty::new()).map_err(|_| Cause::Unreadable("the URL holds what no request may hold"))?;
        let door = match question.url.origin {
            Origin::Bucket => &self.buckets,
            Origin::Job => &self.jobs,
        };
        match tokio::time::timeout(question.stall, door.request(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(unreachable(&error)),
            Err(_) => Err(Broken::Again(Cause::Stalled, None)),
        }
    }

    async fn refusal(&self, response: Response<Incoming>, question: Question<'_>) -> Broken {
        let answer = Answer::read(response, self.clock.now()).await;
        let cause = |code, lesson| Cause::Answered(Box::new(Answered { code, provider: answer.provider(), lesson }));
        match judge(&answer, question.url.origin, question.may_list) {
            Verdict::Final(code) => Broken::Final(cause(code, None)),
            Verdict::Again(code) => Broken::Again(cause(code, None), answer.retry_after),
            Verdict::Resign(code, lesson) => Broken::Resign(cause(code, lesson.clone()), lesson),
        }
    }
}

fn endpoint(text: &str) -> Result<Uri, ConfigError> {
    let uri: Uri = text.parse().map_err(|_| ConfigError::BucketEndpoint)?;
    let whole = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() && matches!(uri.path(), "" | "/");
    if whole && uri.query().is_none() && !text.contains('@') { Ok(uri) } else { Err(ConfigError::BucketEndpoint) }
}

/// A URL as it was signed: its path is sent byte for byte, dot segments too, or another object would be asked for.
/// Only what may not stand in a request at all is percent-encoded, as every client does.
fn read(url: &str) -> Result<Uri, Cause> {
    let bare = url.split('#').next().unwrap_or_default();
    let mut plain = String::with_capacity(bare.len());
    for byte in bare.bytes() {
        match byte {
            0..=0x1f | 0x7f => return Err(Cause::Unreadable("the address holds control characters")),
            b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x80.. => {
                // Writing to a String can't fail.
                let _ = write!(plain, "%{byte:02X}");
            }
            _ => plain.push(char::from(byte)),
        }
    }
    let uri: Uri = plain.parse().map_err(|_| Cause::Unreadable("the address is no URL"))?;
    if uri.scheme().is_some() && uri.host().is_some_and(|host| !host.is_empty()) {
        Ok(uri)
    } else {
        Err(Cause::Unreadable("the address is no absolute URL"))
    }
}

/// Where a redirect leads, if it is one and stays on its host.
fn redirect(response: &Response<Incoming>, from: &Uri, origin: Origin) -> Result<Option<Uri>, Cause> {
    let followed = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    // S3 says where the bucket lies: a signature for that region is needed, not another host.
    let taught = origin == Origin::Bucket && response.headers().contains_key("x-amz-bucket-region");
    let Some(location) = response.headers().get(LOCATION).filter(|_| followed && !taught) else { return Ok(None) };
    let location = location.to_str().map_err(|_| Cause::Unreadable("it redirects to what is no URL"))?;
    let (scheme, authority) = (from.scheme_str().unwrap_or("https"), from.authority().map_or("", |authority| authority.as_str()));
    let next = if location.starts_with("//") {
        read(&format!("{scheme}:{location}"))?
    } else if location.starts_with('/') {
        read(&format!("{scheme}://{authority}{location}"))?
    } else if location.contains("://") {
        read(location)?
    } else {
        let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        read(&format!("{scheme}://{authority}{folder}/{location}"))?
    };
    let same = next.host().zip(from.host()).is_some_and(|(next, from)| next.eq_ignore_ascii_case(from));
    if same { Ok(Some(next)) } else { Err(Cause::Refused(Refusal::CrossHost)) }
}

fn unreachable(error: &Error) -> Broken {
    let mut source = error.source();
    let mut last = error.to_string();
    while let Some(inner) = source {
        if let Some(NoConnection::Unresolved(Unresolved::Refused(refusal))) = inner.downcast_ref() {
            return Cause::Refused(*refusal).into();
        }
        last = inner.to_string();
        source = inner.source();
    }
    Broken::Again(Cause::Unreachable(last), None)
}

#[cfg(test)]
mod tests;
