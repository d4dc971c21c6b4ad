//! The heads of the frames: what a worker asks of a child and what a child may answer.

use crate::failure::Code;
use crate::kind::AssetKind;
use crate::limits::{DecodeLimits, LimitHit};
use crate::profile::{DerivativeName, Identifiers, ThumbnailSpec};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What this build is, `0.1.0+` and a digest of this crate's source: worker and decoders of unlike builds refuse each other.
pub const BUILD_ID: &str = env!("ASSAY_BUILD_ID");

/// Exit code of a child whose allocator was refused, for when its frame did not get through.
pub const EXIT_OUT_OF_MEMORY: i32 = 71;
/// Exit code of a child that the seccomp filter stopped.
pub const EXIT_FORBIDDEN_CALL: i32 = 72;

/// A fork server's first words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`BUILD_ID`] of the decoder.
    pub build_id: String,
    /// The decoder family: `image`, `media`.
    pub decoder: String,
    /// Its libraries and their versions.
    pub libraries: BTreeMap<String, String>,
    /// Whether Landlock is fully enforced in the server, and so in each child.
    pub landlock: bool,
    /// The Landlock ABI that the kernel offers; 0 for none.
    pub landlock_abi: u32,
    /// Whether the seccomp filter is loaded. A worker refuses to work without.
    pub seccomp: bool,
    /// Memory mapped by the server with all its libraries, bytes: a child's limit is counted from here.
    pub baseline_bytes: u64,
}

/// Asks a fork server for a child; one socket, the job's own, comes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// Names this child in [`Launched`] and [`Exited`].
    pub ticket: u64,
    /// Memory beyond the baseline, bytes.
    pub memory_bytes: u64,
    /// CPU time, milliseconds; the kernel counts whole seconds, rounded up.
    pub cpu_ms: u64,
}

/// The child runs, or could not be forked. Its pidfd comes with it where it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launched {
    /// From [`Launch`].
    pub ticket: u64,
    /// Process id in the worker's namespace; 0 where the fork failed.
    pub pid: i32,
    /// Why the fork failed, `errno`.
    pub errno: i32,
}

/// The child is gone and reaped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exited {
    /// From [`Launch`].
    pub ticket: u64,
    /// Exit code, where it exited.
    pub code: Option<i32>,
    /// Signal, where one ended it.
    pub signal: Option<i32>,
    /// CPU time used, user and system, microseconds.
    pub cpu_us: u64,
    /// Largest resident size, bytes.
    pub peak_bytes: u64,
}

/// What the worker wants of one asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// MIME type from the sniffed head.
    pub mime_type: String,
    /// Kind from the sniffed head; `None` where a container may hold more than one kind.
    pub kind: Option<AssetKind>,
    /// Bytes of the asset.
    pub content_length: u64,
    /// How its bytes are read.
    pub input: InputKind,
    /// Thumbnails to make.
    pub thumbnails: Vec<ThumbnailSpec>,
    /// Derivatives to make, where the kind has them.
    pub derivatives: Vec<DerivativeName>,
    /// What is told of identifiers.
    #[serde(default)]
    pub identifiers: Identifiers,
    /// Bounds.
    pub limits: DecodeLimits,
}

/// How a child reads its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputKind {
    /// A sealed memfd came with the task.
    Memory,
    /// By [`ReadAt`] frames; the worker answers each with a block.
    Blocks,
}

/// Asks for bytes of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadAt {
    /// From the asset's begin.
    pub offset: u64,
    /// How many, at most [`MAX_BLOCK_BYTES`]; fewer come only at the asset's end.
    pub bytes: u32,
}

/// The most that one [`ReadAt`] may ask for.
pub const MAX_BLOCK_BYTES: u32 = 4 << 20;

/// Goes before an encoded picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThumbnailHead {
    /// As in the task.
    pub name: String,
    /// As in the task's format.
    pub mime_type: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Goes before a derivative's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivativeHead {
    /// As in the task.
    pub name: DerivativeName,
    /// Its type.
    pub mime_type: String,
}

/// The decoder's reasoned no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct Refusal {
    /// A code of the probe stage that blames the asset.
    pub code: Code,
    /// What is particular; no content of the asset.
    pub reason: String,
    /// The limit that was passed, where one was.
    pub limit: Option<LimitHit>,
    /// The decoder family that should look at it instead: `geo`. The worker goes along only where it knows that step.
    #[serde(default)]
    pub belongs_to: Option<String>,
}

impl Refusal {
    /// A reasoned no.
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), limit: None, belongs_to: None }
    }

    /// Says which family should look at it instead.
    #[must_use]
    pub fn belonging_to(self, family: impl Into<String>) -> Self {
        Self { belongs_to: Some(family.into()), ..self }
    }

    /// The file is damaged.
    pub fn corrupt(reason: impl Into<String>) -> Self {
        Self::new(Code::CorruptAsset, reason)
    }

    /// The format, or this variant of it, is not read.
    pub fn unsupported(reason: impl Into<String>) -> Self {
        Self::new(Code::UnsupportedFormat, reason)
    }

    /// A limit of ours stops it.
    pub fn limit(code: Code, hit: LimitHit) -> Self {
        let reason = format!("{}: asked {}, allowed {}", hit.name, hit.asked, hit.allowed);
        Self { limit: Some(hit), ..Self::new(code, reason) }
    }
}

/// How a child says that it dies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum Death {
    /// A Rust panic.
    Panic {
        /// Where, as `file.rs:line:column`. Not the message: it may hold what stands in the asset.
        place: String,
    },
    /// The allocator was refused.
    OutOfMemory,
    /// The seccomp filter stopped a system call.
    Violation {
        /// Its number.
        syscall: i64,
    },
}
