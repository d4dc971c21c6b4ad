//! Every attack is stopped, each by its own layer, and the worker notices when a layer is missing.

use crate::columns::faulty_with;
use crate::ground::{assert_healthy, children_of, death, eventually, fork_servers, held, limits, run, run_under, sandbox};
use assay_contract::DecodeLimits;
use assay_contract::record::Posture;
use assay_sandbox::{ChildDeath, Sandbox, SandboxConfig, StartError};
use std::fs;
use std::sync::Arc;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn what_libraries_probe_for_is_refused_with_an_error_and_the_child_goes_on() {
    let sandbox = sandbox().await;
    for (attack, by) in [
        ("read /etc/passwd", "Permission denied"),
        ("read /proc/self/environ", "Permission denied"),
        ("stat /etc/passwd", "Permission denied"),
        ("write /tmp/assay-left-behind", "Permission denied"),
        ("memfd", "Permission denied"),
        ("fork", "Operation not permitted"),
        ("raise-limits", "Operation not permitted"),
        ("prctl", "Operation not permitted"),
        ("clone3", "Function not implemented"),
        ("thread 2", "0 threads"),
        ("change-input", "no descriptor"),
        ("take-jobs", "no other socket"),
    ] {
        let answered = run(&sandbox, attack).await;
        assert!(held(&answered).contains(by), "{attack}: {}", held(&answered));
    }
    assert_healthy(&sandbox).await;
    assert!(!fs::exists("/tmp/assay-left-behind").unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_decoder_asks_for_ends_the_child_and_is_named() {
    let sandbox = sandbox().await;
    let worker = std::process::id();
    for (attack, syscall) in [
        ("tcp".to_owned(), Some(libc::SYS_socket)),
        ("udp".to_owned(), Some(libc::SYS_socket)),
        ("unix".to_owned(), Some(libc::SYS_socket)),
        ("exec".to_owned(), Some(libc::SYS_execve)),
        (format!("kill {worker}"), Some(libc::SYS_kill)),
        ("write-exec".to_owned(), Some(libc::SYS_mprotect)),
        ("x32".to_owned(), Some(0x4000_0000 + libc::SYS_getpid)),
        // The blatant ones leave no time for a last word.
        (format!("ptrace {worker}"), None),
        (format!("peek {worker}"), None),
        ("io-uring".to_owned(), None),
    ] {
        let answered = run(&sandbox, &attack).await;
        assert_eq!(*death(&answered), ChildDeath::SecurityViolation { syscall }, "{attack}");
    }
    let answered = run(&sandbox, &format!("tgkill {worker}")).await;
    assert!(held(&answered).contains("not permitted"));
    assert_healthy(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_self_test_holds_here_and_says_what_stopped_each_attack() {
    let sandbox = sandbox().await;
    let report = sandbox.self_test().await.unwrap();
    assert!(report.attacks.len() >= 16, "{report:?}");
    let by = |name| report.attacks.iter().find(|attack| attack.name == name).unwrap().stopped_by.clone();
    assert_eq!(by("read a file"), "Permission denied (os error 13)");
    assert_eq!(by("use more than its CPU time"), "the decoder used its 1000 ms of CPU time");
}

async fn start(folder: &TempDir) -> Result<Sandbox, StartError> {
    let families = vec!["faulty".to_owned()];
    Sandbox::start(SandboxConfig { decoders_folder: folder.path().to_owned(), families, max_children: 2 }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decoder_without_seccomp_is_refused() {
    let started = start(&faulty_with("--without seccomp")).await;
    assert!(matches!(started.err(), Some(StartError::Unconfined { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decoder_without_landlock_is_used_and_the_record_says_so() {
    let folder = faulty_with("--without landlock");
    let sandbox = start(&folder).await.unwrap();
    assert_eq!(sandbox.posture(), Posture::Degraded);
    assert_eq!(held(&run(&sandbox, "read /etc/passwd").await), "Permission denied (os error 13)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_is_claimed_and_missing_is_found_by_the_self_test() {
    for (arguments, attack) in [
        ("--pretending seccomp", "connect by TCP"),
        ("--pretending seccomp --pretending landlock", "read a file"),
        ("--pretending limits", "take twice its memory"),
    ] {
        let folder = faulty_with(arguments);
        let sandbox = start(&folder).await.unwrap();
        match sandbox.self_test().await {
            Err(StartError::Breached { attack: found, .. }) => assert_eq!(found, attack, "{arguments}"),
            other => panic!("{arguments}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn landlock_alone_keeps_files_and_the_worker_from_a_child() {
    let folder = faulty_with("--pretending seccomp");
    let sandbox = start(&folder).await.unwrap();
    for attack in ["read /etc/passwd".to_owned(), "write /tmp/assay-left-behind".to_owned(), format!("kill {}", std::process::id())] {
        held(&run(&sandbox, &attack).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_alone_stop_memory_processes_and_hidden_files() {
    let folder = faulty_with("--pretending seccomp --pretending landlock");
    let sandbox = start(&folder).await.unwrap();
    let small = DecodeLimits { memory_bytes: 64 << 20, ..limits() };
    let eaten = run_under(&sandbox, &format!("eat {}", 128 << 20), small).await.unwrap();
    assert_eq!(*death(&eaten), ChildDeath::OutOfMemory);
    // SIGXFSZ: a file of a gigabyte, though it has no name.
    assert_eq!(*death(&run(&sandbox, "memfd").await), ChildDeath::Signal(libc::SIGXFSZ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_that_needs_threads_gets_four_and_no_process() {
    let folder = faulty_with("--threads");
    let sandbox = start(&folder).await.unwrap();
    let answered = run(&sandbox, "thread 3").await;
    assert_eq!(answered.issues[0].message, "3 threads", "{answered:?}");
    assert!(held(&run(&sandbox, "fork").await).contains("not permitted"));
    if rustix::process::geteuid().is_root() {
        // Each child has a user of its own, whose processes the kernel counts.
        assert!(held(&run(&sandbox, "thread 8").await).starts_with("3 threads, then"));
    }
}

/// The user that a fork server's child has taken on; `None` before it has.
fn user_of_child(server: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{}/status", children_of(server).first()?)).ok()?;
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace().next()?.parse().ok()?;
    (user != 0).then_some(user)
}

/// The kernel counts a user's threads on the whole machine: with the same user one worker's children would take the other's.
#[tokio::test(flavor = "multi_thread")]
async fn children_of_different_fork_servers_are_different_users() {
    if !rustix::process::geteuid().is_root() {
        return println!("skipped: only root's children get users of their own");
    }
    let (one, two) = (Arc::new(sandbox().await), Arc::new(sandbox().await));
    let servers = fork_servers();
    assert_eq!(servers.len(), 2);
    let at_work = [one, two].map(|sandbox| tokio::spawn(async move { run(&sandbox, "sleep").await }));
    eventually("both have a child that is nobody", || servers.iter().all(|server| user_of_child(*server).is_some())).await;
    assert_ne!(user_of_child(servers[0]), user_of_child(servers[1]));
    for decode in at_work {
        decode.abort();
    }
}
