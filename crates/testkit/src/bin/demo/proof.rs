//! The proof: no spool, no child, no temporary file, and no byte of an asset in anything that was written.

use crate::cast::Assay;
use anyhow::{Result, ensure};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes of an asset that are searched for: long enough that no chance finds them.
const SLICE: usize = 48;

/// While the worker still runs: its budget is empty, no child lives beside the fork servers.
pub(crate) fn while_it_runs(assay: &Assay) -> Result<()> {
    let held = assay.metric("assay_budget_used_bytes")?;
    ensure!(held == 0.0, "the worker still holds {held} bytes of assets");
    println!("  ✓ the worker holds 0 bytes of assets, in memory and on disk");
    let memfds = open_spools(assay.pid());
    match memfds {
        Some(0) => println!("  ✓ it has no memfd and no deleted file open"),
        Some(count) => anyhow::bail!("the worker has {count} memfds or deleted files open"),
        None => println!("  – its open files can't be listed without root: it forbids that to everybody else"),
    }
    let children = descendants(assay.pid());
    let strays: Vec<_> = children.iter().filter(|(_, generation)| *generation > 1).collect();
    ensure!(strays.is_empty(), "children that decode are still alive: {strays:?}");
    println!("  ✓ no child is alive but the {} fork servers, which never see an asset", children.len());
    Ok(())
}

/// After its end: nothing runs, nothing lies about, nothing of an asset was written.
pub(crate) fn afterwards(bucket: &Path, out: &Path) -> Result<()> {
    // The kernel ends the fork servers with their worker, a moment after it.
    let began = Instant::now();
    while !running().is_empty() && began.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let running = running();
    ensure!(running.is_empty(), "still running: {running:?}");
    println!("  ✓ after its end no decoder and no worker runs");
    let spill = std::fs::read_dir(out.join("spill"))?.count();
    ensure!(spill == 0, "{spill} files lie in the spill folder");
    println!("  ✓ the spill folder is empty");
    let (files, found, assets) = search(bucket, out)?;
    ensure!(found.is_empty(), "bytes of assets were found in {found:?}");
    println!("  ✓ {files} files that were written (store, queue, shelf, log) hold no {SLICE} bytes of any of {assets} assets");
    Ok(())
}

fn open_spools(pid: u32) -> Option<usize> {
    let folder = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let links = folder.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    // The fork servers' sockets and SQLite's files are named otherwise.
    Some(
        links
            .filter(|link| {
                let name = link.to_string_lossy();
                name.starts_with("/memfd:") || name.ends_with("(deleted)")
            })
            .count(),
    )
}

/// Each descendant with its generation: fork servers are 1, children that decode 2.
fn descendants(pid: u32) -> Vec<(u32, u32)> {
    let parents: Vec<(u32, u32)> = all_processes().filter_map(|child| Some((child, parent_of(child)?))).collect();
    let mut family = Vec::new();
    let mut generation = vec![(pid, 0)];
    while let Some((parent, depth)) = generation.pop() {
        for (child, _) in parents.iter().filter(|(_, of)| *of == parent) {
            family.push((*child, depth + 1));
            generation.push((*child, depth + 1));
        }
    }
    family
}

fn all_processes() -> impl Iterator<Item = u32> {
    std::fs::read_dir("/proc").into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold anything, even ')': what follows its last one is state and parent.
    stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}

/// What runs of Assay below this process, to which orphans come too: see [`adopt_orphans`]. An `assay` of somebody else's is none of ours.
fn running() -> Vec<String> {
    let ours = |exe: &PathBuf| exe.file_name().is_some_and(|name| name.to_string_lossy().starts_with("assay"));
    let executables =
        descendants(std::process::id()).into_iter().filter_map(|(pid, _)| std::fs::read_link(format!("/proc/{pid}/exe")).ok());
    executables.filter(ours).map(|exe| exe.display().to_string()).collect()
}

/// Has processes whose parent is gone become this one's children, so that none is missed.
pub(crate) fn adopt_orphans() -> Result<()> {
    Ok(rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?)
}

/// Searches everything that was written for a slice from the middle of each asset.
fn search(bucket: &Path, out: &Path) -> Result<(usize, Vec<PathBuf>, usize)> {
    let mut assets = Vec::new();
    files_below(bucket, &mut assets)?;
    let slices: HashSet<Vec<u8>> = assets
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .filter_map(|bytes| bytes.get(bytes.len() / 2..bytes.len() / 2 + SLICE).map(<[u8]>::to_vec))
        // A run of one byte is found anywhere.
        .filter(|slice| slice.iter().collect::<HashSet<_>>().len() > SLICE / 3)
        .collect();
    let mut written = Vec::new();
    for place in ["assay", "spill"] {
        files_below(&out.join(place), &mut written)?;
    }
    written.push(out.join("up.log"));
    let mut found = Vec::new();
    for path in &written {
        let bytes = std::fs::read(path)?;
        if bytes.windows(SLICE).any(|window| slices.contains(window)) {
            found.push(path.clone());
        }
    }
    Ok((written.len(), found, slices.len()))
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files_below(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
