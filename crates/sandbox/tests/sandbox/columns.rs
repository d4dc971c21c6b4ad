//! The columns of the attack matrix: the sandbox with all layers off, with one on, with all on.

use crate::ground::{decoders_folder, sandbox_of};
use assay_sandbox::Sandbox;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

/// One way to run the test decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// Nothing but a process of its own: here each attack must succeed, or its row proves nothing.
    None,
    /// Another user where the worker is root, no new privileges, no new code; nobody looks in, neither here nor at the worker.
    User,
    /// Memory, CPU time, file size, processes, descriptors.
    Limits,
    /// Files, TCP, signals and abstract sockets.
    Landlock,
    /// The allow-list of system calls.
    Seccomp,
    /// Everything, as in production.
    All,
}

impl Column {
    pub(crate) const EVERY: [Self; 6] = [Self::None, Self::User, Self::Limits, Self::Landlock, Self::Seccomp, Self::All];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::User => "user",
            Self::Limits => "limits",
            Self::Landlock => "Landlock",
            Self::Seccomp => "seccomp",
            Self::All => "all",
        }
    }

    /// Whether the worker, too, is hardened: that is the other half of the user's layer.
    pub(crate) fn hardens_the_worker(self) -> bool {
        matches!(self, Self::User | Self::All)
    }

    /// Whether CPU time is limited.
    pub(crate) fn limits(self) -> bool {
        matches!(self, Self::Limits | Self::All)
    }

    /// What `assay-faulty` is told to leave off, pretending that it holds: the worker would refuse it otherwise.
    fn arguments(self) -> String {
        let layers = [
            (Self::User, "user"),
            (Self::All, "descriptors"),
            (Self::Limits, "limits"),
            (Self::Landlock, "landlock"),
            (Self::Seccomp, "seccomp"),
        ];
        let off = layers.into_iter().filter(|(column, _)| self != Self::All && self != *column);
        off.flat_map(|(_, layer)| [" --pretending ", layer]).collect()
    }

    /// A sandbox of this kind.
    pub(crate) async fn sandbox(self) -> (Sandbox, TempDir) {
        let folder = faulty_with(&self.arguments());
        (sandbox_of(folder.path().to_owned(), 4).await, folder)
    }
}

/// A folder whose `assay-faulty` is the real one with arguments: only `faulty` takes any.
pub(crate) fn faulty_with(arguments: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("assay-faulty");
    let real = decoders_folder().join("assay-faulty");
    fs::write(&script, format!("#!/bin/sh\nexec '{}' {arguments}\n", real.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}
