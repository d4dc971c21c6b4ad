//! No core dump of a decoder reaches a disk or another program, whichever way the machine takes core dumps.

use crate::columns::Column;
use crate::ground::{death, eventually, limits, run_under};
use assay_sandbox::ChildDeath;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

const PATTERN: &str = "/proc/sys/kernel/core_pattern";

/// The machine's own pattern, put back in the end.
struct Pattern(String);

impl Pattern {
    /// `None` where it may not be set.
    fn set(pattern: &str) -> Option<Self> {
        let before = fs::read_to_string(PATTERN).ok()?;
        fs::write(PATTERN, pattern).ok()?;
        Some(Self(before))
    }
}

impl Drop for Pattern {
    fn drop(&mut self) {
        let _ = fs::write(PATTERN, self.0.trim_end());
    }
}

/// Whether a file of the folder holds a marker.
fn holds(folder: &Path, marker: &str) -> bool {
    let files = fs::read_dir(folder).unwrap().flatten().filter_map(|file| fs::read(file.path()).ok());
    files.into_iter().any(|bytes| memmem(&bytes, marker.as_bytes()))
}

fn memmem(bytes: &[u8], marker: &[u8]) -> bool {
    bytes.windows(marker.len()).any(|window| window == marker)
}

/// Children of both kinds crash with markers in their memory; only the unconfined one's may be found.
async fn assert_only_the_control_dumps(dumps: &TempDir) {
    let (open, _open_folder) = Column::None.sandbox().await;
    let (confined, _confined_folder) = Column::All.sandbox().await;
    // In three parts, so that no command line or message is taken for a dump.
    let marker = |name: &str| format!("{name}{}", "Z".repeat(24));
    for (sandbox, name) in [(&confined, "confined"), (&open, "open")] {
        let answered = run_under(sandbox, &format!("core {}", marker(name)), limits()).await.unwrap();
        assert_eq!(*death(&answered), ChildDeath::Signal(libc::SIGABRT));
    }
    // The one that crashed later has been dumped: a dump of the earlier one would be there as well.
    eventually("the control was dumped", || holds(dumps.path(), &marker("open"))).await;
    assert!(!holds(dumps.path(), &marker("confined")));
}

/// Sets the whole machine's pattern for a second, so both ways are one test.
#[tokio::test(flavor = "multi_thread")]
async fn a_crashed_decoder_is_dumped_neither_into_a_file_nor_into_a_program() {
    let dumps = tempfile::tempdir().unwrap();
    let collector = dumps.path().join("collector");
    fs::write(&collector, format!("#!/bin/sh\ncat > {}/piped.$1\n", dumps.path().display())).unwrap();
    fs::set_permissions(&collector, fs::Permissions::from_mode(0o755)).unwrap();
    let Some(_pattern) = Pattern::set(&format!("|{} %p", collector.display())) else {
        return println!("skipped: {PATTERN} can't be set by this user");
    };
    assert_only_the_control_dumps(&dumps).await;
    fs::remove_file(&collector).unwrap();

    if rustix::process::getrlimit(rustix::process::Resource::Core).maximum == Some(0) {
        return println!("skipped, for files: the limit on core files is 0 for all that this user starts");
    }
    let dumps = tempfile::tempdir().unwrap();
    let _pattern = Pattern::set(&format!("{}/core.%p", dumps.path().display())).unwrap();
    assert_only_the_control_dumps(&dumps).await;
}
