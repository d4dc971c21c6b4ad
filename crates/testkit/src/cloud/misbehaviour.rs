//! Faults on request: what goes wrong with an object's reads, and with which of them.

use super::answer::Refusal;
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use s3s::Body;
use serde::Deserialize;
use std::io;
use std::time::Duration;

/// Bodies go out in pieces of this size, so that the log's byte counts stay close to what was sent.
const PIECE: usize = 64 * 1024;
/// How often a slow body sends something, and how long a connection that is cut has for what was sent before.
const TICK: Duration = Duration::from_millis(50);

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// 503 `SlowDown`.
    SlowDown,
    /// 500 `InternalError`.
    InternalError,
    /// The connection is cut after this many bytes of the body.
    CutAfter(u64),
    /// The body comes at this pace.
    Slow {
        /// Bytes a second, at least 20.
        bytes_per_second: u64,
    },
    /// Nothing more comes after this many bytes of the body; the connection stays open.
    StallAfter(u64),
    /// Not even headers come; the connection stays open, and the log never shows the request.
    Silent,
    /// `content-length` says this whatever the body has.
    ContentLength(u64),
    /// The object is replaced by this just before the read is served.
    #[serde(skip)]
    ReplacedBy(Bytes),
    /// `range` is ignored: 200 with the whole object.
    IgnoreRange,
}

/// With which reads of the object it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// All.
    Always,
    /// The first so many, counted from when the fault was asked for.
    First(u32),
    /// This one only, counted from 1.
    Nth(u32),
    /// This one and all after it, counted from 1.
    From(u32),
}

/// A fault and its reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misbehaviour {
    /// What goes wrong.
    pub fault: Fault,
    /// With which reads.
    pub when: When,
}

impl Fault {
    /// With every read.
    pub fn always(self) -> Misbehaviour {
        Misbehaviour { fault: self, when: When::Always }
    }

    /// With the first `reads`.
    pub fn first(self, reads: u32) -> Misbehaviour {
        Misbehaviour { fault: self, when: When::First(reads) }
    }

    /// With one read, counted from 1.
    pub fn nth(self, read: u32) -> Misbehaviour {
        Misbehaviour { fault: self, when: When::Nth(read) }
    }

    /// The refusal that the fault is, where it is one.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::SlowDown => Some(Refusal::new(503, "SlowDown", "Please reduce your request rate.").with("retry-after", "1")),
            Self::InternalError => Some(Refusal::new(500, "InternalError", "We encountered an internal error. Please try again.")),
            Self::CutAfter(_)
            | Self::Slow { .. }
            | Self::StallAfter(_)
            | Self::Silent
            | Self::ContentLength(_)
            | Self::ReplacedBy(_)
            | Self::IgnoreRange => None,
        }
    }
}

impl Misbehaviour {
    pub(crate) fn armed(self) -> Armed {
        Armed { misbehaviour: self, reads: 0 }
    }
}

/// A misbehaviour that counts reads.
#[derive(Debug)]
pub(crate) struct Armed {
    misbehaviour: Misbehaviour,
    reads: u32,
}

impl Armed {
    /// The fault of the next read, if it has one.
    pub(crate) fn next(&mut self) -> Option<Fault> {
        self.reads = self.reads.saturating_add(1);
        let hit = match self.misbehaviour.when {
            When::Always => true,
            When::First(reads) => self.reads <= reads,
            When::Nth(read) => self.reads == read,
            When::From(read) => self.reads >= read,
        };
        hit.then(|| self.misbehaviour.fault.clone())
    }
}

/// The body of an answer, with its fault. It never tells its own length, so that a wrong `content-length` can be sent.
pub(crate) fn body(bytes: Bytes, fault: Option<&Fault>) -> Body {
    match fault {
        Some(Fault::CutAfter(count)) => streamed(pieces(head(&bytes, *count), PIECE).chain(cut())),
        // What is promised and never sent: the connection must go, as a real one would.
        Some(Fault::ContentLength(claimed)) if *claimed > bytes.len() as u64 => streamed(pieces(bytes, PIECE).chain(cut())),
        Some(Fault::StallAfter(count)) => streamed(pieces(head(&bytes, *count), PIECE).chain(stream::pending())),
        Some(Fault::Slow { bytes_per_second }) => {
            let piece = usize::try_from(bytes_per_second / 20).unwrap_or(PIECE).max(1);
            let paced = pieces(bytes, piece).then(|piece| async {
                tokio::time::sleep(TICK).await;
                piece
            });
            streamed(paced)
        }
        _ => streamed(pieces(bytes, PIECE)),
    }
}

/// Ends the connection, once what came before has left: hyper drops what it has not flushed when a body fails.
fn cut() -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::once(async {
        tokio::time::sleep(TICK).await;
        Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut on request"))
    })
}

fn head(bytes: &Bytes, count: u64) -> Bytes {
    bytes.slice(..usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len()))
}

fn pieces(bytes: Bytes, size: usize) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold(bytes, move |mut rest| async move {
        (!rest.is_empty()).then(|| {
            let piece = rest.split_to(size.min(rest.len()));
            (Ok(piece), rest)
        })
    })
}

fn streamed(bytes: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Body {
    Body::http_body_unsync(StreamBody::new(bytes.map(|piece| piece.map(Frame::data))))
}
