//! Every way in which a child may die, and the code of the failure table for each.

use assay_contract::Code;
use assay_contract::limits::LimitHit;

/// Why a child is dead without having finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChildDeath {
    /// A Rust panic in the decoder.
    #[error("the decoder panicked at {place}")]
    Panicked {
        /// `file.rs:line:column`, for our log only.
        place: String,
    },
    /// A signal that nobody of us sent: a segmentation fault (11), an abort (6), a stack overflow (6 or 11).
    #[error("the decoder was ended by signal {0}")]
    Signal(i32),
    /// The seccomp filter stopped a system call.
    #[error("the decoder made a forbidden system call ({syscall:?})")]
    SecurityViolation {
        /// Its number, where the filter could report it.
        syscall: Option<i64>,
    },
    /// The memory limit, or the kernel's out-of-memory killer.
    #[error("the decoder ran out of memory")]
    OutOfMemory,
    /// `decode.cpu_ms` was used up.
    #[error("the decoder used its {allowed_ms} ms of CPU time")]
    CpuLimit {
        /// Allowed, milliseconds.
        allowed_ms: u64,
    },
    /// It said nothing for `decode.stall_ms`.
    #[error("the decoder said nothing for {allowed_ms} ms")]
    Stalled {
        /// Allowed, milliseconds.
        allowed_ms: u64,
    },
    /// It lived for `decode.total_ms`.
    #[error("the decoder ran for more than {allowed_ms} ms")]
    TotalDeadline {
        /// Allowed, milliseconds.
        allowed_ms: u64,
    },
    /// It exited without a last frame.
    #[error("the decoder exited with code {code} and without a word")]
    ExitedSilently {
        /// Its exit code.
        code: i32,
    },
    /// It said what no honest decoder says: no frame, a picture nobody asked for, words after its last word.
    #[error("the decoder broke the protocol: {0}")]
    Protocol(String),
    /// It said, or asked for, more than its limits allow.
    #[error("the decoder passed the limit {}: asked {}, allowed {}", .0.name, .0.asked, .0.allowed)]
    TooMuch(LimitHit),
}

impl ChildDeath {
    /// The row of the failure table.
    pub const fn code(&self) -> Code {
        match self {
            Self::Panicked { .. } | Self::Signal(_) | Self::SecurityViolation { .. } | Self::ExitedSilently { .. } | Self::Protocol(_) => {
                Code::DecoderCrashed
            }
            Self::OutOfMemory => Code::DecoderOutOfMemory,
            Self::CpuLimit { .. } | Self::Stalled { .. } | Self::TotalDeadline { .. } => Code::DecoderTimeout,
            Self::TooMuch(_) => Code::LimitExceeded,
        }
    }

    /// What may be shown to the asset's owner after the public sentence: never words that the child chose.
    pub fn public_reason(&self) -> String {
        match self {
            Self::Panicked { .. } => "the decoder panicked".to_owned(),
            Self::Protocol(_) => "the decoder broke the protocol".to_owned(),
            other => other.to_string(),
        }
    }

    /// The limit of ours that stopped it, where one did.
    pub fn limit(&self) -> Option<LimitHit> {
        match self {
            Self::CpuLimit { allowed_ms } => Some(LimitHit::new("cpu_ms", allowed_ms.saturating_add(1), *allowed_ms)),
            Self::Stalled { allowed_ms } => Some(LimitHit::new("stall_ms", allowed_ms.saturating_add(1), *allowed_ms)),
            Self::TotalDeadline { allowed_ms } => Some(LimitHit::new("total_ms", allowed_ms.saturating_add(1), *allowed_ms)),
            Self::TooMuch(hit) => Some(hit.clone()),
            _ => None,
        }
    }
}
