//! Hears what a child says and believes nothing: counts, sizes and names are checked before anything is kept.

use crate::death::ChildDeath;
use assay_contract::Facts;
use assay_contract::exchange::{Death, DerivativeHead, MAX_BLOCK_BYTES, ReadAt, Refusal, Task, ThumbnailHead};
use assay_contract::failure::{Code, Issue, Stage};
use assay_contract::frame::{Frame, FrameError, FrameHeader, FrameKind, HEADER_BYTES, MAX_HEAD_BYTES};
use assay_contract::limits::LimitHit;
use bytes::Bytes;
use serde::de::DeserializeOwned;

/// Facts may be said again when more is known; so often and no more.
const MOST_FACTS: u64 = 16;
/// More issues than anybody reads.
const MOST_ISSUES: u64 = 256;
/// The kit says that it is alive four times a second; a burst at the begin is forgiven.
const PROGRESS_PER_SECOND: u64 = 20;
/// Questions for blocks: the kit asks for 256 KiB at least, so this is a quarter of a terabyte.
const MOST_QUESTIONS: u64 = 1 << 20;
/// Head of every frame but facts, bytes.
const SMALL_HEAD_BYTES: u32 = 64 << 10;
/// Characters of a sentence that a child chose.
const SENTENCE_CHARS: usize = 1_000;

/// What to do after a frame.
pub(crate) enum Heard {
    /// Go on listening.
    More,
    /// Answer with a block.
    Question(ReadAt),
    /// It was the last word.
    Done,
    /// It was the last word, a reasoned no.
    Refused,
}

/// What was said so far.
pub(crate) struct Listener<'a> {
    task: &'a Task,
    facts_heard: u64,
    progress_heard: u64,
    questions_heard: u64,
    bytes_asked: u64,
    bytes_made: u64,
    pub(crate) facts: Option<Facts>,
    pub(crate) issues: Vec<Issue>,
    pub(crate) thumbnails: Vec<(ThumbnailHead, Bytes)>,
    pub(crate) derivatives: Vec<(DerivativeHead, Bytes)>,
    pub(crate) refusal: Option<Refusal>,
}

impl<'a> Listener<'a> {
    pub(crate) fn new(task: &'a Task) -> Self {
        Self {
            task,
            facts_heard: 0,
            progress_heard: 0,
            questions_heard: 0,
            bytes_asked: 0,
            bytes_made: 0,
            facts: None,
            issues: Vec::new(),
            thumbnails: Vec::new(),
            derivatives: Vec::new(),
            refusal: None,
        }
    }

    /// Bytes that the child asked for, block by block.
    pub(crate) fn bytes_asked(&self) -> u64 {
        self.bytes_asked
    }

    /// Judges a frame by its fixed part, before anything is allocated for the rest.
    pub(crate) fn admit(&self, fixed: [u8; HEADER_BYTES]) -> Result<FrameHeader, ChildDeath> {
        let limits = &self.task.limits;
        let largest = u32::try_from(limits.thumbnail_bytes.max(limits.derivative_bytes)).unwrap_or(u32::MAX);
        let header = FrameHeader::parse(fixed, largest).map_err(|error| broken(&error))?;
        let (head, body) = match header.kind {
            FrameKind::Facts => (MAX_HEAD_BYTES, 0),
            FrameKind::Thumbnail => (SMALL_HEAD_BYTES, limits.thumbnail_bytes),
            FrameKind::Derivative => (SMALL_HEAD_BYTES, limits.derivative_bytes),
            FrameKind::Issue | FrameKind::ReadAt | FrameKind::Refused | FrameKind::Died => (SMALL_HEAD_BYTES, 0),
            FrameKind::Progress | FrameKind::Done => (0, 0),
            kind => return Err(ChildDeath::Protocol(format!("a child may not say {kind:?}"))),
        };
        if header.head_bytes > head {
            return Err(broken(&FrameError::TooLong { part: "head", asked: header.head_bytes, allowed: head }));
        }
        if u64::from(header.body_bytes) > body {
            let allowed = u32::try_from(body).unwrap_or(u32::MAX);
            return Err(broken(&FrameError::TooLong { part: "body", asked: header.body_bytes, allowed }));
        }
        Ok(header)
    }

    /// Hears a whole frame.
    pub(crate) fn hear(&mut self, frame: Frame) -> Result<Heard, ChildDeath> {
        match frame.kind {
            FrameKind::Progress => {
                let most = 100 + self.task.limits.total_ms.div_ceil(1_000).saturating_mul(PROGRESS_PER_SECOND);
                count(&mut self.progress_heard, "progress_frames", most)?;
            }
            FrameKind::Facts => {
                count(&mut self.facts_heard, "facts_frames", MOST_FACTS)?;
                self.facts = Some(read(&frame)?);
            }
            FrameKind::Issue => self.issue(read(&frame)?)?,
            FrameKind::Thumbnail => self.thumbnail(read(&frame)?, frame.body)?,
            FrameKind::Derivative => self.derivative(read(&frame)?, frame.body)?,
            FrameKind::ReadAt => return Ok(Heard::Question(self.question(read(&frame)?)?)),
            FrameKind::Refused => {
                self.refusal = Some(reasoned(read(&frame)?)?);
                return Ok(Heard::Refused);
            }
            FrameKind::Done => return Ok(Heard::Done),
            FrameKind::Died => return Err(last_words(read(&frame)?)),
            kind => return Err(ChildDeath::Protocol(format!("a child may not say {kind:?}"))),
        }
        Ok(Heard::More)
    }

    fn issue(&mut self, mut issue: Issue) -> Result<(), ChildDeath> {
        let heard = self.issues.len() as u64 + 1;
        if heard > MOST_ISSUES {
            return Err(ChildDeath::TooMuch(LimitHit::new("issues", heard, MOST_ISSUES)));
        }
        issue.code = shortened(&issue.code);
        issue.message = shortened(&issue.message);
        self.issues.push(issue);
        Ok(())
    }

    fn thumbnail(&mut self, head: ThumbnailHead, body: Vec<u8>) -> Result<(), ChildDeath> {
        let Some(spec) = self.task.thumbnails.iter().find(|spec| spec.name == head.name) else {
            return Err(ChildDeath::Protocol("a thumbnail that nobody asked for".to_owned()));
        };
        if self.thumbnails.iter().any(|(before, _)| before.name == head.name) {
            return Err(ChildDeath::Protocol("the same thumbnail twice".to_owned()));
        }
        let fits = (1..=spec.max_px).contains(&head.width) && (1..=spec.max_px).contains(&head.height);
        if !fits || head.mime_type != spec.format.mime_type() || body.is_empty() {
            return Err(ChildDeath::Protocol("a thumbnail of another size or type than asked for".to_owned()));
        }
        self.made(&body)?;
        self.thumbnails.push((head, body.into()));
        Ok(())
    }

    fn derivative(&mut self, head: DerivativeHead, body: Vec<u8>) -> Result<(), ChildDeath> {
        if !self.task.derivatives.contains(&head.name) {
            return Err(ChildDeath::Protocol("a derivative that nobody asked for".to_owned()));
        }
        if self.derivatives.iter().any(|(before, _)| before.name == head.name) {
            return Err(ChildDeath::Protocol("the same derivative twice".to_owned()));
        }
        if head.mime_type.len() > 100 {
            return Err(ChildDeath::Protocol("a derivative with an endless type".to_owned()));
        }
        self.made(&body)?;
        self.derivatives.push((head, body.into()));
        Ok(())
    }

    /// All of it lies in the worker's memory until it is on the shelf: the plan counts so much for each child.
    fn made(&mut self, body: &[u8]) -> Result<(), ChildDeath> {
        self.bytes_made = self.bytes_made.saturating_add(body.len() as u64);
        let most = self.task.limits.answer_bytes();
        if self.bytes_made > most { Err(ChildDeath::TooMuch(LimitHit::new("answer_bytes", self.bytes_made, most))) } else { Ok(()) }
    }

    fn question(&mut self, ask: ReadAt) -> Result<ReadAt, ChildDeath> {
        count(&mut self.questions_heard, "block_questions", MOST_QUESTIONS)?;
        let inside = ask.offset.checked_add(u64::from(ask.bytes)).is_some_and(|end| end <= self.task.content_length);
        if ask.bytes == 0 || ask.bytes > MAX_BLOCK_BYTES || !inside {
            return Err(ChildDeath::Protocol("a question for bytes that there are not".to_owned()));
        }
        self.bytes_asked = self.bytes_asked.saturating_add(u64::from(ask.bytes));
        if self.bytes_asked > self.task.limits.block_bytes {
            return Err(ChildDeath::TooMuch(LimitHit::new("block_bytes", self.bytes_asked, self.task.limits.block_bytes)));
        }
        Ok(ask)
    }
}

fn count(heard: &mut u64, name: &str, most: u64) -> Result<(), ChildDeath> {
    *heard += 1;
    if *heard > most { Err(ChildDeath::TooMuch(LimitHit::new(name, *heard, most))) } else { Ok(()) }
}

fn read<T: DeserializeOwned>(frame: &Frame) -> Result<T, ChildDeath> {
    // Not the parser's words: they repeat what stands at the wrong place, and that may be the asset.
    frame.head().map_err(|error| {
        ChildDeath::Protocol(format!("the head of {:?} can't be read from column {}: {:?}", frame.kind, error.column(), error.classify()))
    })
}

fn broken(error: &FrameError) -> ChildDeath {
    ChildDeath::Protocol(error.to_string())
}

/// A child may refuse an asset; it may not blame a role, a queue or a store.
fn reasoned(mut refusal: Refusal) -> Result<Refusal, ChildDeath> {
    if refusal.code.row().stage != Stage::Probe && refusal.code != Code::Internal {
        return Err(ChildDeath::Protocol(format!("a child may not refuse with {}", refusal.code)));
    }
    refusal.reason = shortened(&refusal.reason);
    if let Some(limit) = &mut refusal.limit
        && !is_name(&limit.name)
    {
        "unnamed".clone_into(&mut limit.name);
    }
    Ok(refusal)
}

fn last_words(death: Death) -> ChildDeath {
    match death {
        Death::Panic { place } if is_place(&place) => ChildDeath::Panicked { place },
        Death::Panic { .. } => ChildDeath::Panicked { place: "an unknown place".to_owned() },
        Death::OutOfMemory => ChildDeath::OutOfMemory,
        Death::Violation { syscall } => ChildDeath::SecurityViolation { syscall: Some(syscall) },
    }
}

/// What a limit may be called: it is told in the record.
fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// `file.rs:line:column`: it goes into the log.
fn is_place(text: &str) -> bool {
    let is_path = |path: &str| path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./@+".contains(&byte));
    let number = |word: Option<&str>| word.is_some_and(|word| word.parse::<u32>().is_ok());
    let mut parts = text.rsplitn(3, ':');
    let (column, line) = (parts.next(), parts.next());
    text.len() <= 200 && number(column) && number(line) && parts.next().is_some_and(|path| path.strip_suffix(".rs").is_some_and(is_path))
}

fn shortened(text: &str) -> String {
    text.chars().take(SENTENCE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use assay_contract::Code;
    use std::collections::BTreeMap;

    #[test]
    fn what_a_child_says_of_its_death_is_a_place_or_nothing() {
        let told = |place: &str| last_words(Death::Panic { place: place.to_owned() }).to_string();
        assert_eq!(told("crates/decoders/image/src/jpeg.rs:12:5"), "the decoder panicked at crates/decoders/image/src/jpeg.rs:12:5");
        for words in ["Patient SMITH", "a.rs:1", "a b.rs:1:2", "a.rs:1:2\n\u{1b}[2J", &format!("{}.rs:1:2", "a".repeat(300))] {
            assert_eq!(told(words), "the decoder panicked at an unknown place", "{words}");
        }
    }

    #[test]
    fn a_limit_is_called_as_limits_are() {
        let named = |name: &str| {
            let hit = LimitHit::new(name, 2, 1);
            reasoned(Refusal::limit(Code::LimitExceeded, hit)).unwrap().limit.unwrap().name
        };
        assert_eq!(named("svg_nodes"), "svg_nodes");
        for name in ["", "Patient SMITH", "a\u{1b}[2J", &"a".repeat(41)] {
            assert_eq!(named(name), "unnamed", "{name}");
        }
    }

    #[test]
    fn an_unreadable_head_is_not_repeated() {
        let frame = Frame::new(FrameKind::Refused, &BTreeMap::from([("code", "Patient SMITH"), ("reason", "")]), Vec::new()).unwrap();
        let death = read::<Refusal>(&frame).unwrap_err();
        assert!(!format!("{death} {death:?}").contains("SMITH"), "{death}");
    }
}
