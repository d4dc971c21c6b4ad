//! What the sandbox itself costs: `price [FAMILY [ROUNDS [FILE MIME]]]` prints p50 and p95 of one asset after another.
//!
//! Without a file the asset is empty: a fork, the lockdown, a last word (`empty-asset`) and the reaping, no decoding.
//! Run it in release for figures worth quoting: `cargo run --release -p assay-sandbox --example price image`; the decoders
//! must be built alike.
#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use assay_contract::Profile;
use assay_contract::exchange::{InputKind, Task};
use assay_sandbox::{Sandbox, SandboxConfig, Source};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use std::error::Error;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

const ROUNDS: usize = 1_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let family = words.next().unwrap_or_else(|| "faulty".to_owned());
    let rounds: usize = words.next().map_or(Ok(ROUNDS), |word| word.parse())?;
    let (bytes, mime_type) = match words.next() {
        Some(path) => (std::fs::read(path)?, words.next().unwrap_or_else(|| "application/octet-stream".to_owned())),
        None => empty(&family),
    };
    assay_sandbox::harden_self()?;
    let executable = std::env::current_exe()?;
    let decoders_folder = executable.ancestors().nth(2).ok_or("no folder above this one")?.to_owned();
    let begun = Instant::now();
    let sandbox = Sandbox::start(SandboxConfig { decoders_folder, families: vec![family.clone()], max_children: 1 }).await?;
    println!("start of {family}: {:?}, {} MiB mapped", begun.elapsed(), sandbox.baseline_bytes(&family) >> 20);

    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..rounds {
        let fd = sealed(&bytes)?;
        let begun = Instant::now();
        last = Some(sandbox.decode(&family, task(&mime_type, bytes.len()), Source::Memory { fd }).await?);
        times.push(begun.elapsed());
    }
    times.sort();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(Duration::ZERO);
    println!("p50 {:?}  p95 {:?}  of {rounds}", at(50), at(95));
    if let Some(last) = last {
        println!("{:?}, {:?}, {} thumbnails, {:?}", last.ended, last.cost, last.thumbnails.len(), last.refusal);
    }
    sandbox.close().await;
    Ok(())
}

/// No work: an empty asset of the family's most usual kind; the test decoder is told to do nothing.
fn empty(family: &str) -> (Vec<u8>, String) {
    match family {
        "faulty" => (b"done".to_vec(), "image/x-faulty".to_owned()),
        "media" => (Vec::new(), "video/mp4".to_owned()),
        _ => (Vec::new(), "image/jpeg".to_owned()),
    }
}

fn task(mime_type: &str, bytes: usize) -> Task {
    let profile = Profile::standard();
    Task {
        mime_type: mime_type.to_owned(),
        kind: None,
        content_length: bytes as u64,
        input: InputKind::Memory,
        thumbnails: profile.thumbnails,
        derivatives: profile.derivatives,
        identifiers: profile.identifiers,
        limits: profile.decode,
    }
}

fn sealed(bytes: &[u8]) -> std::io::Result<OwnedFd> {
    let mut file = std::fs::File::from(memfd_create("asset", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
    file.write_all(bytes)?;
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(file.into())
}
