//! One asset from its store into a spool: attempts, each beginning where the one before broke off, of one and the same object.

use crate::error::Cause;
use crate::progress::{Patience, Phase, Tally};
use crate::receive::{Allowance, Receiver, Room};
use crate::request::{Broken, Courier, Question};
use crate::want::{Fetched, Seen, Signer, Want};
use assay_contract::SignedUrl;
use assay_contract::clock::SharedClock;
use assay_contract::limits::FetchLimits;
use http::header::{CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, LAST_MODIFIED};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use jiff::SignedDuration;
use std::time::Duration;

/// A signature that has less than this left is not used for a new request.
const LAST_MOMENTS: SignedDuration = SignedDuration::from_secs(2);

/// A download under way.
pub(crate) struct Download<'a> {
    pub(crate) courier: &'a Courier,
    pub(crate) room: &'a Room,
    pub(crate) clock: &'a SharedClock,
    pub(crate) signer: &'a dyn Signer,
    pub(crate) want: &'a Want,
    pub(crate) patience: Patience,
    pub(crate) tally: &'a mut Tally,
}

/// The object that the download began with.
#[derive(Debug, Default, PartialEq, Eq)]
struct Object {
    etag: Option<String>,
    last_modified: Option<String>,
    content_type: Option<String>,
    content_encoding: Option<String>,
}

/// What an attempt leaves to the next.
#[derive(Default)]
struct Begun {
    object: Option<Object>,
    receiver: Option<Receiver>,
}

impl Download<'_> {
    /// The whole asset, or why not.
    pub(crate) async fn run(mut self) -> Result<Fetched, Cause> {
        let mut begun = Begun::default();
        let mut url: Option<SignedUrl> = None;
        loop {
            let fresh = match url.take().filter(|url| self.still_good(url)) {
                Some(url) => url,
                None => self.signer.sign().await.map_err(|failure| Cause::Signing(Box::new(failure)))?,
            };
            match self.attempt(&fresh, &mut begun).await {
                Ok(()) => return self.finish(begun).await,
                Err(Broken::Final(cause)) => return Err(cause),
                Err(Broken::Again(cause, asked)) => {
                    tracing::debug!(cause = %cause, attempt = self.tally.requests, "the download broke off and is taken up again");
                    self.patience.pause(cause, asked, self.tally).await?;
                    url = Some(fresh);
                }
                Err(Broken::Resign(cause, lesson)) => {
                    self.patience.resign(cause, self.tally)?;
                    if let Some(lesson) = lesson {
                        self.signer.learn(&lesson).await;
                    }
                }
            }
        }
    }

    fn still_good(&self, url: &SignedUrl) -> bool {
        url.expires_at.is_none_or(|end| end.duration_since(self.clock.now()) > LAST_MOMENTS)
    }

    async fn attempt(&mut self, url: &SignedUrl, begun: &mut Begun) -> Result<(), Broken> {
        let stall = Duration::from_millis(self.want.limits.stall_ms);
        let resume = begun.resume();
        if resume.is_none() {
            // Nothing to build on: the memory goes back before anything new is claimed.
            begun.receiver = None;
        }
        let resume = resume.as_ref().map(|(offset, etag)| (*offset, etag.as_str()));
        let question = Question { url, resume, may_list: self.want.may_list, stall };
        let response = self.courier.ask(question, &mut self.tally.requests).await?;
        let receiver = match (response.status(), resume) {
            (StatusCode::PARTIAL_CONTENT, Some((offset, _))) => begun.go_on(&response, offset)?,
            (StatusCode::RANGE_NOT_SATISFIABLE, _) => {
                // Cut short since, or announced too long: the whole is read anew, and its tag tells which.
                begun.receiver = None;
                return Err(Broken::Again(Cause::Interrupted("the object is shorter than was announced"), None));
            }
            (StatusCode::PARTIAL_CONTENT, None) => return Err(Cause::Interrupted("a part came where the whole was asked for").into()),
            _ => self.start(&response, begun).await?,
        };
        stream(response.into_body(), receiver, stall, self.tally).await
    }

    /// A whole object is coming: checks that it is the one we began with, and makes room.
    async fn start<'b>(&mut self, response: &Response<Incoming>, begun: &'b mut Begun) -> Result<&'b mut Receiver, Broken> {
        let object = Object::of(response.headers());
        // An object of which nothing ever arrived was not begun: an error page may have been taken for it.
        if self.tally.furthest > 0 && begun.object.as_ref().is_some_and(|before| !before.may_be(&object)) {
            return Err(Cause::Changed("another version is there now").into());
        }
        if let Some(expected) = &self.want.expected.etag
            && object.etag.as_deref().map(bare) != Some(bare(expected))
        {
            return Err(Cause::Changed("its ETag is not the expected one").into());
        }
        begun.object = Some(object);
        begun.receiver = None;
        let limits = &self.want.limits;
        let allowance = Allowance { name: FetchLimits::name_for(self.want.kind), bytes: limits.bytes_for(self.want.kind) };
        let length = response.body().size_hint().exact();
        self.tally.phase = Phase::Room;
        let receiver = self.room.receiver(length, allowance, self.want.lane).await?;
        self.tally.phase = Phase::Network;
        Ok(begun.receiver.insert(receiver))
    }

    async fn finish(self, begun: Begun) -> Result<Fetched, Cause> {
        let receiver = begun.receiver.ok_or(Cause::Interrupted("no byte was received"))?;
        let object = begun.object.unwrap_or_default();
        let received = receiver.finish().await?;
        if self.want.expected.sha256.as_ref().is_some_and(|expected| *expected != received.sha256) {
            return Err(Cause::Changed("its SHA-256 is not the expected one"));
        }
        let seen = Seen {
            content_length: received.spool.len(),
            etag: object.etag,
            last_modified: object.last_modified,
            content_type: object.content_type,
            content_encoding: object.content_encoding,
            sha256: received.sha256,
            bytes_fetched: self.tally.bytes_fetched,
            requests: self.tally.requests,
        };
        Ok(Fetched { spool: received.spool, seen, head: received.head })
    }
}

async fn stream(mut body: Incoming, receiver: &mut Receiver, stall: Duration, tally: &mut Tally) -> Result<(), Broken> {
    loop {
        match tokio::time::timeout(stall, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                let Ok(bytes) = frame.into_data() else { continue };
                tally.bytes_fetched += bytes.len() as u64;
                receiver.push(&bytes).await?;
                tally.furthest = tally.furthest.max(receiver.received());
            }
            Ok(Some(Err(_))) => return Err(Broken::Again(Cause::Interrupted("the connection broke"), None)),
            Ok(None) if receiver.length().is_some_and(|length| receiver.received() < length) => {
                return Err(Broken::Again(Cause::Interrupted("fewer bytes came than were announced"), None));
            }
            Ok(None) => return Ok(()),
            Err(_) => return Err(Broken::Again(Cause::Stalled, None)),
        }
    }
}

impl Begun {
    /// Where to go on: only with a strong entity tag, so that two objects are never mixed (RFC 9110, section 13.1.5).
    fn resume(&self) -> Option<(u64, String)> {
        let offset = self.receiver.as_ref().map(Receiver::received).filter(|received| *received > 0)?;
        let etag = self.object.as_ref()?.etag.clone().filter(|etag| etag.starts_with('"'))?;
        Some((offset, etag))
    }

    /// A part is coming: checks that it is the right one of the right object.
    fn go_on(&mut self, response: &Response<Incoming>, offset: u64) -> Result<&mut Receiver, Broken> {
        let object = Object::of(response.headers());
        if object.etag.is_some() && self.object.as_ref().is_some_and(|before| before.etag != object.etag) {
            return Err(Cause::Changed("another version is there now").into());
        }
        let receiver = self.receiver.as_mut().ok_or(Cause::Interrupted("a part came that was not asked for"))?;
        let (first, total) = content_range(response.headers()).ok_or(Cause::Interrupted("a part came that does not say which"))?;
        if first != offset {
            return Err(Cause::Interrupted("another part came than was asked for").into());
        }
        if total.is_some() && receiver.length().is_some() && total != receiver.length() {
            return Err(Cause::Changed("its length is another now").into());
        }
        Ok(receiver)
    }
}

impl Object {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| headers.get(name)?.to_str().ok().filter(|text| text.len() <= 1024).map(ToOwned::to_owned);
        Self {
            etag: text(ETAG),
            last_modified: text(LAST_MODIFIED),
            content_type: text(CONTENT_TYPE),
            content_encoding: text(CONTENT_ENCODING),
        }
    }

    /// Whether this may be the same version. Without any validator nobody can tell, and the download has begun anew anyway.
    fn may_be(&self, later: &Self) -> bool {
        self.etag == later.etag && (self.etag.is_some() || self.last_modified == later.last_modified)
    }
}

/// First byte and whole length of `bytes 100-199/1000`; the length may be `*`.
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?;
    let (range, total) = text.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, total.trim().parse().ok()))
}

fn bare(etag: &str) -> &str {
    etag.trim_start_matches("W/").trim_matches('"')
}
