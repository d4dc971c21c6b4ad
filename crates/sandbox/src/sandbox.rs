//! The sandbox as the worker sees it: start it, give it assets, close it.

use crate::answered::Answered;
use crate::dialogue;
use crate::error::{ChildFailure, StartError};
use crate::family::Family;
use crate::harden::warn_of_swap;
use crate::self_test::{self, SelfTest};
use crate::source::Source;
use assay_contract::exchange::Task;
use assay_contract::record::Posture;
use std::collections::BTreeMap;
use std::os::fd::AsFd;
use std::path::PathBuf;
use tokio::sync::Semaphore;

/// Where the decoders are and how many children may live at once.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// The folder with the decoders' executables, `assay-image` for the family `image`. Never looked up on PATH.
    pub decoders_folder: PathBuf,
    /// The families to start, each a fork server of its own.
    pub families: Vec<String>,
    /// Children of all families together that may live at once; further decodes wait. At least 1.
    pub max_children: usize,
}

impl SandboxConfig {
    /// The decoders that lie beside the running executable.
    pub fn beside_executable(families: &[&str], max_children: usize) -> std::io::Result<Self> {
        let executable = std::env::current_exe()?;
        let decoders_folder = executable.parent().map(PathBuf::from).unwrap_or_default();
        let families = families.iter().map(|family| (*family).to_owned()).collect();
        Ok(Self { decoders_folder, families, max_children })
    }
}

/// Running fork servers, ready to fork a confined child for each asset. Dropping it ends them all.
pub struct Sandbox {
    families: BTreeMap<String, Family>,
    decoders_folder: PathBuf,
    slots: Semaphore,
    slot_count: usize,
}

impl Sandbox {
    /// Starts a fork server for each family and checks its build and its confinement.
    ///
    /// Must be called within a tokio runtime with I/O and time enabled.
    pub async fn start(config: SandboxConfig) -> Result<Self, StartError> {
        warn_of_swap();
        let mut families = BTreeMap::new();
        for name in config.families {
            let family = Family::start(&name, config.decoders_folder.join(format!("assay-{name}"))).await?;
            if !family.hello.landlock {
                let abi = family.hello.landlock_abi;
                tracing::warn!(family = %name, abi, "sandbox degraded: Landlock is not fully enforced on this kernel; seccomp and limits hold");
            }
            families.insert(name, family);
        }
        let slot_count = config.max_children.max(1);
        Ok(Self { families, decoders_folder: config.decoders_folder, slots: Semaphore::new(slot_count), slot_count })
    }

    /// Runs one asset through a child of its own.
    ///
    /// `task.input` is set from the source. Whatever the child does is in [`Answered`]; an error means that no child could
    /// be had or that its fork server died, which is never the asset's fault. Dropping the future kills the child.
    pub async fn decode(&self, family: &str, task: Task, source: Source) -> Result<Answered, ChildFailure> {
        let family = self.families.get(family).ok_or_else(|| ChildFailure::UnknownFamily(family.to_owned()))?;
        let _slot = self.slots.acquire().await.map_err(|_| ChildFailure::Closed)?;
        run(family, task, source).await
    }

    /// Attacks this machine's own sandbox through the decoder `faulty`: files, sockets, the worker's memory, fork, exec,
    /// memory, CPU. An attack that succeeds is [`StartError::Breached`], and the worker must refuse to work.
    /// Takes about a second and a half, nearly all of it for the CPU limit.
    pub async fn self_test(&self) -> Result<SelfTest, StartError> {
        self_test::run(&self.decoders_folder).await
    }

    /// How confined the decoders are, for each record.
    pub fn posture(&self) -> Posture {
        if self.families.is_empty() {
            Posture::Unused
        } else if self.families.values().all(|family| family.hello.landlock) {
            Posture::Full
        } else {
            Posture::Degraded
        }
    }

    /// A family's libraries and their versions; empty for a family that was not started.
    pub fn libraries(&self, family: &str) -> BTreeMap<String, String> {
        self.families.get(family).map(|family| family.hello.libraries.clone()).unwrap_or_default()
    }

    /// Bytes a family maps before its first asset: what a child needs beside `decode.memory_bytes`.
    pub fn baseline_bytes(&self, family: &str) -> u64 {
        self.families.get(family).map_or(0, |family| family.hello.baseline_bytes)
    }

    /// Children that may live at once.
    pub fn max_children(&self) -> usize {
        self.slot_count
    }

    /// Children alive now.
    pub fn children(&self) -> usize {
        self.slot_count.saturating_sub(self.slots.available_permits())
    }

    /// Ends every fork server, and with them every child; decodes still at work end with [`ChildFailure`].
    pub async fn close(&self) {
        self.slots.close();
        for family in self.families.values() {
            family.close().await;
        }
    }
}

/// Runs one asset through a child of a family, slots aside.
pub(crate) async fn run(family: &Family, mut task: Task, source: Source) -> Result<Answered, ChildFailure> {
    source.check(task.content_length)?;
    task.input = source.kind();
    let (input, blocks) = match source {
        Source::Memory { fd } => (Some(fd), None),
        Source::Blocks(blocks) => (None, Some(blocks)),
    };
    let descriptor = input.as_ref().map(AsFd::as_fd);
    let child = match family.server().await?.launch(&task, descriptor).await {
        // It died between two assets: the next one is asked, once.
        Err(ChildFailure::ServerLost) => family.server().await?.launch(&task, descriptor).await?,
        launched => launched?,
    };
    // The child has its own hold on the memfd: ours must not outlive it in a queue of slow conversations.
    drop(input);
    dialogue::hold(child, &task, blocks).await
}
