//! Processes as the kernel shows them: who descends from whom, who is still alive, who holds an asset's memory.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;

/// A process that is not mistaken for a later one of the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kin {
    /// Its number.
    pub pid: u32,
    /// Clock ticks after boot.
    started: u64,
    /// As `/proc` has it, at most 15 bytes.
    pub name: String,
    /// Its parents up to the one that was asked for: a fork server is 1, a child that decodes 2.
    pub generation: u32,
}

/// A line of `/proc/PID/stat`.
struct Stat {
    name: String,
    state: char,
    parent: u32,
    started: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name may hold anything, even ')': what follows its last one are the other fields.
        let (head, tail) = text.rsplit_once(')')?;
        let fields: Vec<&str> = tail.split_whitespace().collect();
        Some(Self {
            name: head.split_once('(')?.1.to_owned(),
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            started: fields.get(19)?.parse().ok()?,
        })
    }
}

/// The process itself and all that descend from it.
pub fn family(pid: u32) -> Vec<Kin> {
    let all: Vec<(u32, Stat)> = processes().filter_map(|pid| Some((pid, Stat::of(pid)?))).collect();
    let mut found = Vec::new();
    let mut next = vec![(pid, 0)];
    while let Some((pid, generation)) = next.pop() {
        found.extend(all.iter().filter(|(other, _)| *other == pid).map(|(_, stat)| Kin {
            pid,
            started: stat.started,
            name: stat.name.clone(),
            generation,
        }));
        next.extend(all.iter().filter(|(_, stat)| stat.parent == pid).map(|(child, _)| (*child, generation + 1)));
    }
    found
}

/// Those that still run or could; what waits to be reaped holds nothing any more.
pub fn alive(family: &[Kin]) -> Vec<&Kin> {
    let lives = |kin: &&Kin| Stat::of(kin.pid).is_some_and(|stat| stat.started == kin.started && !"ZX".contains(stat.state));
    family.iter().filter(lives).collect()
}

/// Whether a process was really stopped by a signal, and did not end before.
pub fn is_stopped(kin: &Kin) -> bool {
    Stat::of(kin.pid).is_some_and(|stat| stat.started == kin.started && stat.state == 'T')
}

/// Memory files of assets that these processes hold, by inode; `None` where only root may look.
pub fn spools(family: &[Kin]) -> Option<Vec<u64>> {
    family.iter().map(|kin| spools_of(kin.pid)).collect::<Option<Vec<_>>>().map(|all| all.concat())
}

/// Which of these memory files any process still holds.
pub fn still_held(inodes: &[u64]) -> Vec<u64> {
    processes().filter_map(spools_of).flatten().filter(|inode| inodes.contains(inode)).collect()
}

/// Sum of the lengths of the memory files of assets that a process holds, each counted once, bytes; `None` where only root may look.
pub fn spooled(pid: u32) -> Option<u64> {
    let files: BTreeMap<u64, u64> = spool_files(pid)?.iter().map(|file| (file.ino(), file.len())).collect();
    Some(files.values().sum())
}

fn spools_of(pid: u32) -> Option<Vec<u64>> {
    Some(spool_files(pid)?.iter().map(MetadataExt::ino).collect())
}

fn spool_files(pid: u32) -> Option<Vec<fs::Metadata>> {
    let folder = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let open = folder.filter_map(|entry| {
        let path = entry.ok()?.path();
        let link = fs::read_link(&path).ok()?;
        if link.to_string_lossy().starts_with("/memfd:assay-spool") { fs::metadata(&path).ok() } else { None }
    });
    Some(open.collect())
}

fn processes() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc").into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}
