//! What stops the sandbox itself, as opposed to what stops one child.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why the sandbox can't be had. The worker must then refuse to work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A decoder is not where it should be.
    #[error("there is no decoder at {0}; install the decoders beside `assay`, or say where they are: `worker.decoders`")]
    Missing(PathBuf),
    /// A decoder could not be started.
    #[error("the decoder {family} could not be started")]
    Spawn {
        /// Its family.
        family: String,
        /// Why.
        source: io::Error,
    },
    /// A decoder did not introduce itself in time, or died before.
    #[error("the decoder {family} did not introduce itself: {reason}; run it by hand to see why")]
    NoHello {
        /// Its family.
        family: String,
        /// What happened instead.
        reason: String,
    },
    /// A decoder of another build.
    #[error("the decoder {family} is of build {theirs}, this worker of build {ours}; install both from one build")]
    OtherBuild {
        /// Its family.
        family: String,
        /// The decoder's build id.
        theirs: String,
        /// Ours.
        ours: String,
    },
    /// A decoder that calls itself by another name than its file.
    #[error("the decoder {family} calls itself {theirs}")]
    OtherFamily {
        /// The family that was started.
        family: String,
        /// What it said.
        theirs: String,
    },
    /// No seccomp filter: nothing would stop a hostile file. There is no way to go on without.
    #[error(
        "the decoder {family} runs without a seccomp filter; this kernel or container does not allow one, and Assay does not decode without"
    )]
    Unconfined {
        /// Its family.
        family: String,
    },
    /// An attack on our own sandbox succeeded.
    #[error("the sandbox does not hold: {attack}: {outcome}")]
    Breached {
        /// Which attack.
        attack: &'static str,
        /// What came of it.
        outcome: String,
    },
    /// The self-test could not be carried out.
    #[error("the sandbox could not be tested")]
    Untested(#[source] ChildFailure),
    /// The system refused a socket, a thread or a memfd.
    #[error("the sandbox could not be set up")]
    Io(#[from] io::Error),
}

/// Why no child could be had for an asset; never the asset's fault.
#[derive(Debug, thiserror::Error)]
pub enum ChildFailure {
    /// No decoder of this name was started.
    #[error("there is no decoder {0}")]
    UnknownFamily(String),
    /// The input is not what its task says: unsealed, or of another length.
    #[error("the input is not fit to be given to a child: {0}")]
    Input(&'static str),
    /// The fork server could not fork.
    #[error("the fork server could not fork (errno {errno})")]
    Fork {
        /// As the kernel said.
        errno: i32,
    },
    /// The fork server died while its child was at work.
    #[error("the fork server died")]
    ServerLost,
    /// The fork server keeps dying.
    #[error("the fork server of {family} was started {starts} times within {within:?}; it is left alone for a while")]
    KeepsDying {
        /// Its family.
        family: String,
        /// How often.
        starts: usize,
        /// Within which time.
        within: Duration,
    },
    /// The fork server could not be started again.
    #[error("the fork server could not be started again")]
    Restart(#[source] Box<StartError>),
    /// The sandbox was closed.
    #[error("the sandbox is closed")]
    Closed,
    /// The system refused a socket or a descriptor.
    #[error("a child could not be reached")]
    Io(#[from] io::Error),
}
