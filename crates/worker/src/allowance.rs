//! What this process may really use: the machine's memory and processors, or what its control groups leave of them.

use std::fs;
use std::path::{Path, PathBuf};

/// What the machine, or the container's cgroup, allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Processors, at least 1; a quota of 1.5 counts as 1.
    pub processors: u16,
    /// Where the memory figure comes from.
    pub source: Source,
}

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The container's or the service's cgroup, version 2 or 1.
    Cgroup,
    /// The whole machine.
    Machine,
}

/// Taken where the machine says nothing of its memory, bytes.
const UNKNOWN_MACHINE: u64 = 1 << 30;

impl Allowance {
    /// What this process may use.
    pub fn of_this_process() -> Self {
        // The standard library knows the processor quotas of both versions.
        let processors = std::thread::available_parallelism().map_or(1, |n| u16::try_from(n.get()).unwrap_or(u16::MAX));
        Self::read(Path::new("/sys/fs/cgroup"), Path::new("/proc"), processors)
    }

    fn read(mount: &Path, proc: &Path, processors: u16) -> Self {
        let machine = fs::read_to_string(proc.join("meminfo")).ok().and_then(|text| meminfo_total(&text)).unwrap_or(UNKNOWN_MACHINE);
        let groups = fs::read_to_string(proc.join("self/cgroup")).unwrap_or_default();
        // Without a limit version 2 says `max`, version 1 a number near 2^63.
        let limit = limits(mount, &groups).filter(|limit| *limit < machine).min();
        Self {
            memory_bytes: limit.unwrap_or(machine),
            processors: processors.max(1),
            source: if limit.is_some() { Source::Cgroup } else { Source::Machine },
        }
    }
}

/// Every memory limit between this process and the root (cgroups(7), `/proc/[pid]/cgroup`): each of them holds.
fn limits<'t>(mount: &'t Path, groups: &'t str) -> impl Iterator<Item = u64> + 't {
    let files = groups.lines().filter_map(move |line| {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, place) = (fields.next()?, fields.next()?, fields.next()?);
        let (tree, file) = match controllers {
            "" => (mount.to_path_buf(), "memory.max"),
            controllers if controllers.split(',').any(|controller| controller == "memory") => {
                (mount.join("memory"), "memory.limit_in_bytes")
            }
            _ => return None,
        };
        let inside: PathBuf = Path::new(place).components().filter(|part| matches!(part, std::path::Component::Normal(_))).collect();
        // In a container the place may be the host's, and only the tree's root is mounted: what is not there is passed over.
        Some(inside.ancestors().map(|group| tree.join(group).join(file)).collect::<Vec<_>>())
    });
    files.flatten().filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok())
}

fn meminfo_total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A made machine of 24 GiB with some control groups.
    fn allowed(groups: &str, files: &[(&str, &str)]) -> Allowance {
        let made = tempfile::tempdir().unwrap();
        let (mount, proc) = (made.path().join("cgroup"), made.path().join("proc"));
        fs::create_dir_all(proc.join("self")).unwrap();
        fs::write(proc.join("meminfo"), "MemTotal:       25165824 kB\nMemFree: 1 kB\n").unwrap();
        fs::write(proc.join("self/cgroup"), groups).unwrap();
        for (file, text) in files {
            let file = mount.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        Allowance::read(&mount, &proc, 2)
    }

    const MACHINE: (u64, Source) = (24 << 30, Source::Machine);

    #[test]
    fn the_tightest_limit_on_the_way_to_the_root_holds() {
        for (groups, files, want) in [
            ("0::/\n", vec![("memory.max", "314572800\n")], (300 << 20, Source::Cgroup)),
            (
                "0::/system.slice/assay.service\n",
                vec![("system.slice/memory.max", "max\n"), ("system.slice/assay.service/memory.max", "2147483648\n")],
                (2 << 30, Source::Cgroup),
            ),
            ("0::/a/b\n", vec![("a/memory.max", "1073741824\n"), ("a/b/memory.max", "2147483648\n")], (1 << 30, Source::Cgroup)),
            (
                "7:cpu,cpuacct:/x\n4:memory:/docker/0a1b\n0::/x\n",
                // What a container of version 1 sees: its own limit at the root, at a place that is the host's.
                vec![("memory/memory.limit_in_bytes", "536870912\n")],
                (512 << 20, Source::Cgroup),
            ),
            (
                "4:memory:/t\n",
                vec![("memory/memory.limit_in_bytes", "9223372036854771712\n"), ("memory/t/memory.limit_in_bytes", "314572800\n")],
                (300 << 20, Source::Cgroup),
            ),
            ("4:memory:/\n", vec![("memory/memory.limit_in_bytes", "9223372036854771712\n")], MACHINE),
            ("0::/\n", vec![("memory.max", "max\n")], MACHINE),
            ("", vec![], MACHINE),
        ] {
            let allowance = allowed(groups, &files);
            assert_eq!((allowance.memory_bytes, allowance.source), want, "{groups:?}");
        }
    }

    #[test]
    fn a_group_never_leads_out_of_its_tree() {
        let allowance = allowed("0::/../../etc\n", &[("etc/memory.max", "314572800\n")]);
        assert_eq!(allowance.memory_bytes, 300 << 20);
    }
}
