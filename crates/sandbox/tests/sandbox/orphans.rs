//! A worker that is killed leaves no process behind.

use crate::ground::{limits, run_under, sandbox};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Set in the worker that is to be killed: this very test executable, run again.
const DOOMED: &str = "ASSAY_TEST_DOOMED_WORKER";

/// Fork servers and children of one session, found by the marker that is their parent's process id.
fn descendants(of: u32) -> Vec<u32> {
    let mut all: Vec<(u32, u32)> = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // "pid (name) state ppid …" (proc(5)); a zombie is dead.
        let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
        let mut words = rest.split(' ');
        let (state, parent) = (words.next().unwrap(), words.next().unwrap().parse().unwrap());
        if state != "Z" {
            all.push((pid, parent));
        }
    }
    let mut found = vec![of];
    let mut place = 0;
    while let Some(parent) = found.get(place).copied() {
        found.extend(all.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        place += 1;
    }
    found.split_off(1)
}

fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z')))
}

/// Waits for what must come; the time is only for a machine that is very busy.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "still not so: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Not a test of its own: the worker that the next test kills.
#[tokio::test(flavor = "multi_thread")]
async fn doomed_worker() {
    if std::env::var_os(DOOMED).is_none() {
        return;
    }
    let sandbox = sandbox().await;
    println!("\nREADY");
    let (spinning, sleeping) = tokio::join!(run_under(&sandbox, "spin", limits()), run_under(&sandbox, "sleep", limits()));
    panic!("outlived: {spinning:?} {sleeping:?}");
}

#[test]
fn a_killed_worker_leaves_no_process() {
    let mut worker = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "orphans::doomed_worker", "--nocapture"])
        .env(DOOMED, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "READY"));
    let mut family = Vec::new();
    // One fork server, two children.
    eventually("the worker has three descendants", || {
        family = descendants(worker.id());
        family.len() == 3
    });
    worker.kill().unwrap();
    worker.wait().unwrap();
    for pid in family {
        eventually("the process is gone", || !is_alive(pid));
    }
}
