//! The bytes between a worker, its fork servers and their children: one bounded, versioned frame.
//!
//! ```text
//! 0..2   magic "AY"          4..6   kind, u16 LE        8..12  bytes of head, u32 LE
//! 2..4   version, u16 LE     6..8   zero                12..16 bytes of body, u32 LE
//! 16..   head: JSON          then   body: raw bytes
//! ```
//! Both lengths are checked against the reader's limits before anything is allocated.

use std::io::{self, Read, Write};

/// Bytes of the fixed part.
pub const HEADER_BYTES: usize = 16;
/// Largest head, bytes: a record's facts with room to spare.
pub const MAX_HEAD_BYTES: u32 = 1 << 20;
/// The version that this build writes and reads; both sides are built together and the build id is checked.
pub const VERSION: u16 = 1;
const MAGIC: [u8; 2] = *b"AY";

/// What a frame is; see [`crate::exchange`] for each head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum FrameKind {
    /// Fork server to worker, once: [`crate::exchange::Hello`].
    Hello = 1,
    /// Worker to fork server, with the job's socket: [`crate::exchange::Launch`].
    Launch = 2,
    /// Fork server to worker, with the child's pidfd: [`crate::exchange::Launched`].
    Launched = 3,
    /// Fork server to worker: [`crate::exchange::Exited`].
    Exited = 4,
    /// Worker to child, with the input's memfd where there is one: [`crate::exchange::Task`].
    Task = 16,
    /// Worker to child: the body is the bytes asked for; an empty body says that they can't be had.
    Block = 17,
    /// Child to worker: it is still working.
    Progress = 32,
    /// Child to worker: [`crate::exchange::ReadAt`].
    ReadAt = 33,
    /// Child to worker: [`crate::Facts`].
    Facts = 34,
    /// Child to worker: [`crate::failure::Issue`].
    Issue = 35,
    /// Child to worker: [`crate::exchange::ThumbnailHead`], body is the encoded picture.
    Thumbnail = 36,
    /// Child to worker: [`crate::exchange::DerivativeHead`], body is its bytes.
    Derivative = 37,
    /// Child to worker, last: [`crate::exchange::Refusal`].
    Refused = 38,
    /// Child to worker, last: nothing more comes.
    Done = 39,
    /// Child to worker, last: a panic, a refused call or exhausted memory: [`crate::exchange::Death`].
    Died = 40,
}

impl FrameKind {
    const ALL: [Self; 15] = [
        Self::Hello,
        Self::Launch,
        Self::Launched,
        Self::Exited,
        Self::Task,
        Self::Block,
        Self::Progress,
        Self::ReadAt,
        Self::Facts,
        Self::Issue,
        Self::Thumbnail,
        Self::Derivative,
        Self::Refused,
        Self::Done,
        Self::Died,
    ];

    fn from_wire(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u16 == number)
    }
}

/// The fixed part of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// What it is.
    pub kind: FrameKind,
    /// Bytes of JSON that follow.
    pub head_bytes: u32,
    /// Raw bytes that follow the head.
    pub body_bytes: u32,
}

/// A frame that can't be trusted to be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// No frame at all.
    #[error("the frame does not begin with its magic")]
    Magic,
    /// Another build's frame.
    #[error("the frame has version {0}; this build speaks {VERSION}")]
    Version(u16),
    /// A kind this build does not know.
    #[error("there is no frame kind {0}")]
    Kind(u16),
    /// The reserved bytes are in use.
    #[error("the frame's reserved bytes are not zero")]
    Reserved,
    /// A length over the reader's limit.
    #[error("the frame announces {asked} bytes of {part}; {allowed} are allowed")]
    TooLong {
        /// `head` or `body`.
        part: &'static str,
        /// Announced.
        asked: u32,
        /// Allowed.
        allowed: u32,
    },
}

impl FrameHeader {
    /// Reads the fixed part; `max_body` is what the reader is willing to allocate.
    pub fn parse(bytes: [u8; HEADER_BYTES], max_body: u32) -> Result<Self, FrameError> {
        let [m0, m1, v0, v1, k0, k1, r0, r1, h0, h1, h2, h3, b0, b1, b2, b3] = bytes;
        if [m0, m1] != MAGIC {
            return Err(FrameError::Magic);
        }
        let version = u16::from_le_bytes([v0, v1]);
        if version != VERSION {
            return Err(FrameError::Version(version));
        }
        if [r0, r1] != [0, 0] {
            return Err(FrameError::Reserved);
        }
        let number = u16::from_le_bytes([k0, k1]);
        let kind = FrameKind::from_wire(number).ok_or(FrameError::Kind(number))?;
        let head_bytes = u32::from_le_bytes([h0, h1, h2, h3]);
        let body_bytes = u32::from_le_bytes([b0, b1, b2, b3]);
        if head_bytes > MAX_HEAD_BYTES {
            return Err(FrameError::TooLong { part: "head", asked: head_bytes, allowed: MAX_HEAD_BYTES });
        }
        if body_bytes > max_body {
            return Err(FrameError::TooLong { part: "body", asked: body_bytes, allowed: max_body });
        }
        Ok(Self { kind, head_bytes, body_bytes })
    }

    /// The fixed part as bytes.
    pub fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let [m0, m1] = MAGIC;
        let [v0, v1] = VERSION.to_le_bytes();
        let [k0, k1] = (self.kind as u16).to_le_bytes();
        let [h0, h1, h2, h3] = self.head_bytes.to_le_bytes();
        let [b0, b1, b2, b3] = self.body_bytes.to_le_bytes();
        bytes.copy_from_slice(&[m0, m1, v0, v1, k0, k1, 0, 0, h0, h1, h2, h3, b0, b1, b2, b3]);
        bytes
    }
}

/// A whole frame in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// JSON; empty where the kind has no head.
    pub head: Vec<u8>,
    /// Raw bytes.
    pub body: Vec<u8>,
}

impl Frame {
    /// A frame with a head and a body. Fails where either is longer than a frame can say.
    pub fn new(kind: FrameKind, head: &impl serde::Serialize, body: Vec<u8>) -> io::Result<Self> {
        let head = serde_json::to_vec(head)?;
        if head.len() > MAX_HEAD_BYTES as usize || u32::try_from(body.len()).is_err() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("a frame of {} + {} bytes is too long", head.len(), body.len()),
            ));
        }
        Ok(Self { kind, head, body })
    }

    /// A frame that says all by its kind.
    pub const fn bare(kind: FrameKind) -> Self {
        Self { kind, head: Vec::new(), body: Vec::new() }
    }

    /// Its head, read as the type that its kind promises.
    pub fn head<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.head)
    }

    /// The fixed part and the head in one buffer, to be followed by the body.
    pub fn prologue(&self) -> Vec<u8> {
        let header = FrameHeader {
            kind: self.kind,
            head_bytes: u32::try_from(self.head.len()).unwrap_or(u32::MAX),
            body_bytes: u32::try_from(self.body.len()).unwrap_or(u32::MAX),
        };
        let mut bytes = header.to_bytes().to_vec();
        bytes.extend_from_slice(&self.head);
        bytes
    }

    /// Writes it whole.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.prologue())?;
        out.write_all(&self.body)
    }

    /// Reads one whole frame; `InvalidData` carries a [`FrameError`].
    pub fn read_from(input: &mut impl Read, max_body: u32) -> io::Result<Self> {
        let mut fixed = [0; HEADER_BYTES];
        input.read_exact(&mut fixed)?;
        let header = FrameHeader::parse(fixed, max_body).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        let mut head = vec![0; header.head_bytes as usize];
        input.read_exact(&mut head)?;
        let mut body = vec![0; header.body_bytes as usize];
        input.read_exact(&mut body)?;
        Ok(Self { kind: header.kind, head, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_length_is_refused_before_anything_is_allocated() {
        let header = FrameHeader { kind: FrameKind::Thumbnail, head_bytes: 0, body_bytes: 101 };
        assert!(FrameHeader::parse(header.to_bytes(), 101).is_ok());
        assert_eq!(FrameHeader::parse(header.to_bytes(), 100), Err(FrameError::TooLong { part: "body", asked: 101, allowed: 100 }));
        let header = FrameHeader { kind: FrameKind::Facts, head_bytes: MAX_HEAD_BYTES + 1, body_bytes: 0 };
        assert!(matches!(FrameHeader::parse(header.to_bytes(), 0), Err(FrameError::TooLong { part: "head", .. })));
    }

    proptest! {
        #[test]
        fn a_frame_survives_the_wire(head in ".*", body in prop::collection::vec(any::<u8>(), 0..4096)) {
            let frame = Frame::new(FrameKind::Derivative, &head, body).unwrap();
            let mut wire = Vec::new();
            frame.write_to(&mut wire).unwrap();
            prop_assert_eq!(Frame::read_from(&mut wire.as_slice(), 4096).unwrap(), frame);
        }

        #[test]
        fn no_sixteen_bytes_make_the_reader_panic(bytes in any::<[u8; HEADER_BYTES]>()) {
            if let Ok(header) = FrameHeader::parse(bytes, 1000) {
                prop_assert_eq!(header.to_bytes(), bytes);
            }
        }
    }
}
