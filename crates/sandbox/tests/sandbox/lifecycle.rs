//! Starting, closing, restarting, cancelling, many at once.

use crate::ground::{
    assert_healthy, children_of, death, decoders_folder, eventually, fork_servers, limits, run, run_under, sandbox, sandbox_of, sealed,
    signal, task,
};
use assay_contract::record::Posture;
use assay_contract::{Code, DecodeLimits};
use assay_sandbox::{Blocks, ChildDeath, ChildFailure, Ended, Sandbox, SandboxConfig, Source, StartError};
use rustix::process::Signal;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn an_asset_gets_facts_from_a_child_of_its_own() {
    let sandbox = sandbox().await;
    assert_healthy(&sandbox).await;
    assert_eq!(sandbox.posture(), Posture::Full);
    assert_eq!(sandbox.libraries("faulty").get("misfortune").map(String::as_str), Some("0.1.0"));
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_assets_at_once_are_all_right() {
    let sandbox = Arc::new(sandbox().await);
    let decodes: Vec<_> = (1..=200u32)
        .map(|number| {
            let sandbox = sandbox.clone();
            tokio::spawn(async move {
                // Every fourth one crashes beside its neighbours.
                let command = if number % 4 == 0 { "segfault".to_owned() } else { format!("facts {number} 1") };
                (number, run(&sandbox, &command).await)
            })
        })
        .collect();
    for decode in decodes {
        let (number, answered) = decode.await.unwrap();
        if number % 4 == 0 {
            assert_eq!(*death(&answered), ChildDeath::Signal(libc::SIGSEGV));
        } else {
            assert_eq!(answered.facts.unwrap().media_attributes.width, Some(number));
        }
    }
    assert_eq!(sandbox.children(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_decode_kills_its_child_and_frees_its_slot() {
    let sandbox = sandbox_of(decoders_folder(), 1).await;
    for command in ["spin", "sleep", "stop"] {
        let decode = run_under(&sandbox, command, limits());
        // Long enough for the child to begin, far shorter than its clocks.
        assert!(tokio::time::timeout(Duration::from_millis(150), decode).await.is_err());
        assert_eq!(sandbox.children(), 0);
        assert_healthy(&sandbox).await;
    }
    let server = fork_servers();
    assert_eq!(server.len(), 1);
    eventually("cancelled children are gone", || children_of(server[0]).is_empty()).await;
}

/// An asset whose first question finds the fork server killed: by then its child is surely at work.
struct KillsItsServer;

impl Blocks for KillsItsServer {
    fn read_at(&self, _: u64, into: &mut [u8]) -> io::Result<usize> {
        for server in fork_servers() {
            signal(server, Signal::KILL);
        }
        Ok(into.len())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_server_that_died_is_started_again() {
    let sandbox = sandbox().await;
    let server = fork_servers();
    let lost = sandbox.decode("faulty", task(1 << 20, limits()), Source::Blocks(Arc::new(KillsItsServer))).await;
    assert!(matches!(lost, Err(ChildFailure::ServerLost)), "{lost:?}");
    assert_healthy(&sandbox).await;
    assert_ne!(fork_servers(), server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_server_that_keeps_dying_is_left_alone() {
    let sandbox = sandbox().await;
    let mut starts = 0;
    let failure = loop {
        for server in fork_servers() {
            signal(server, Signal::KILL);
        }
        match run_under(&sandbox, "facts 1 1", limits()).await {
            Ok(_) | Err(ChildFailure::ServerLost) => starts += 1,
            Err(failure) => break failure,
        }
        assert!(starts < 100, "restarts are not bounded");
    };
    assert!(matches!(failure, ChildFailure::KeepsDying { starts: 10, .. }), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_sandbox_leaves_no_process_and_takes_no_asset() {
    let sandbox = Arc::new(sandbox().await);
    let server = fork_servers();
    let at_work = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { run_under(&sandbox, "sleep", limits()).await }
    });
    while children_of(server[0]).is_empty() {
        tokio::task::yield_now().await;
    }
    sandbox.close().await;
    assert!(at_work.await.unwrap().is_err());
    assert!(matches!(run_under(&sandbox, "facts 1 1", limits()).await, Err(ChildFailure::Closed)));
    drop(sandbox);
    eventually("fork servers are gone", || fork_servers().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_somebody_else_killed_was_out_of_memory() {
    let sandbox = Arc::new(sandbox().await);
    let at_work = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { run(&sandbox, "sleep").await }
    });
    let server = fork_servers()[0];
    let child = loop {
        match children_of(server).first() {
            Some(child) => break *child,
            None => tokio::task::yield_now().await,
        }
    };
    // As the kernel's out-of-memory killer does.
    signal(child, Signal::KILL);
    let answered = at_work.await.unwrap();
    assert_eq!(*death(&answered), ChildDeath::OutOfMemory);
    assert_eq!(death(&answered).code(), Code::DecoderOutOfMemory);
    assert_healthy(&sandbox).await;
}

/// Slow by nature: ten thousand children.
#[tokio::test(flavor = "multi_thread")]
async fn a_fork_server_is_renewed_after_ten_thousand_children_and_none_is_lost() {
    let sandbox = Arc::new(sandbox().await);
    let first = fork_servers();
    let lanes: Vec<_> = (0..4)
        .map(|_| {
            let sandbox = sandbox.clone();
            tokio::spawn(async move {
                for _ in 0..2_510 {
                    assert_eq!(run(&sandbox, "facts 1 1").await.ended, Ended::Done);
                }
            })
        })
        .collect();
    for lane in lanes {
        lane.await.unwrap();
    }
    assert_healthy(&sandbox).await;
    assert!(!fork_servers().contains(&first[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_decoder_is_named() {
    let config = SandboxConfig { decoders_folder: decoders_folder(), families: vec!["absent".to_owned()], max_children: 1 };
    assert!(matches!(Sandbox::start(config).await.err(), Some(StartError::Missing(path)) if path.ends_with("assay-absent")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_no_decoder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/bin/true", folder.path().join("assay-faulty")).unwrap();
    let config = SandboxConfig { decoders_folder: folder.path().to_owned(), families: vec!["faulty".to_owned()], max_children: 1 };
    assert!(matches!(Sandbox::start(config).await.err(), Some(StartError::NoHello { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_family_is_an_error_and_costs_no_child() {
    let sandbox = sandbox().await;
    let source = Source::Memory { fd: sealed(b"x") };
    assert!(matches!(sandbox.decode("absent", task(1, limits()), source).await, Err(ChildFailure::UnknownFamily(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_is_waited_for() {
    let sandbox = sandbox_of(decoders_folder(), 1).await;
    let brief = DecodeLimits { stall_ms: 300, ..limits() };
    let begun = Instant::now();
    let (slow, quick) = tokio::join!(run_under(&sandbox, "sleep", brief), run(&sandbox, "facts 1 1"));
    assert!(matches!(slow.unwrap().ended, Ended::Died(ChildDeath::Stalled { .. })));
    assert_eq!(quick.ended, Ended::Done);
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

/// Slow by nature: a fork server may take ten seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_fork_server_that_hangs_is_given_up_and_the_asset_is_right_all_the_same() {
    let sandbox = sandbox().await;
    let before = fork_servers();
    signal(before[0], Signal::STOP);
    assert_healthy(&sandbox).await;
    eventually("the one that hung is gone", || !fork_servers().contains(&before[0])).await;
    assert_eq!(fork_servers().len(), 1);
}
