//! Every way to die ends in its own death and code, and the next asset on the same fork server is right.

use crate::columns::faulty_with;
use crate::ground::{assert_healthy, death, limits, run, run_under, sandbox, sandbox_of};
use assay_contract::{Code, DecodeLimits};
use assay_sandbox::{ChildDeath, Ended};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_crash_and_its_place_not_its_message_is_for_our_log() {
    let sandbox = sandbox().await;
    let answered = run(&sandbox, "panic").await;
    let death = death(&answered);
    assert_eq!(death.code(), Code::DecoderCrashed);
    assert!(matches!(death, ChildDeath::Panicked { place } if place.contains("break_down.rs:")), "{death:?}");
    assert!(!format!("{death} {death:?} {}", death.public_reason()).contains("told to panic"));
    assert_healthy(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_are_told_by_their_signal() {
    let sandbox = sandbox().await;
    for (command, signal) in [("abort", libc::SIGABRT), ("segfault", libc::SIGSEGV), ("overflow", libc::SIGABRT)] {
        let answered = run(&sandbox, command).await;
        assert_eq!(*death(&answered), ChildDeath::Signal(signal), "{command}");
        assert_eq!(death(&answered).code(), Code::DecoderCrashed);
        assert_healthy(&sandbox).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exit_without_a_word_is_a_crash_with_its_code() {
    let sandbox = sandbox().await;
    for code in [0, 7] {
        let answered = run(&sandbox, &format!("exit {code}")).await;
        assert_eq!(*death(&answered), ChildDeath::ExitedSilently { code });
        assert_eq!(death(&answered).code(), Code::DecoderCrashed);
    }
    assert_healthy(&sandbox).await;
}

/// Slow by nature: the kernel counts whole seconds of CPU time.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_spins_is_stopped_at_its_cpu_limit() {
    let sandbox = sandbox().await;
    let answered = run_under(&sandbox, "spin", DecodeLimits { cpu_ms: 1_000, ..limits() }).await.unwrap();
    assert_eq!(*death(&answered), ChildDeath::CpuLimit { allowed_ms: 1_000 });
    assert_eq!(death(&answered).code(), Code::DecoderTimeout);
    assert_eq!(death(&answered).limit().unwrap().name, "cpu_ms");
    // Not a whole second: the kernel's bill was seen at 0.83 s on a busy machine.
    assert!(answered.cost.cpu >= Duration::from_millis(500), "{:?}", answered.cost);
    assert_healthy(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_sleeps_or_stops_itself_is_stalled() {
    let sandbox = sandbox().await;
    for command in ["sleep", "stop"] {
        let begun = Instant::now();
        let answered = run_under(&sandbox, command, DecodeLimits { stall_ms: 200, ..limits() }).await.unwrap();
        assert_eq!(*death(&answered), ChildDeath::Stalled { allowed_ms: 200 }, "{command}");
        assert_eq!(death(&answered).code(), Code::DecoderTimeout);
        assert!(begun.elapsed() >= Duration::from_millis(200));
        assert_healthy(&sandbox).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_of_life_hold_off_the_stall_but_not_the_end() {
    let sandbox = sandbox().await;
    let brief = DecodeLimits { stall_ms: 1_000, total_ms: 1_500, ..limits() };
    let answered = run_under(&sandbox, "linger", brief).await.unwrap();
    assert_eq!(*death(&answered), ChildDeath::TotalDeadline { allowed_ms: 1_500 });
    assert_eq!(death(&answered).code(), Code::DecoderTimeout);
    assert_healthy(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_a_timeout_is_kept() {
    let sandbox = sandbox().await;
    let answered = run_under(&sandbox, "facts-then-sleep", DecodeLimits { stall_ms: 300, ..limits() }).await.unwrap();
    assert!(matches!(death(&answered), ChildDeath::Stalled { .. }));
    assert_eq!(answered.facts.unwrap().media_attributes.width, Some(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_over_the_limit_is_told_as_such_and_memory_under_it_is_given() {
    let sandbox = sandbox().await;
    let small = DecodeLimits { memory_bytes: 64 << 20, ..limits() };
    for command in ["eat", "eat-c"] {
        let answered = run_under(&sandbox, &format!("{command} {}", 128 << 20), small.clone()).await.unwrap();
        assert_eq!(*death(&answered), ChildDeath::OutOfMemory, "{command}");
        assert_eq!(death(&answered).code(), Code::DecoderOutOfMemory);
        let answered = run_under(&sandbox, &format!("{command} {}", 32 << 20), small.clone()).await.unwrap();
        assert_eq!(answered.ended, Ended::Done, "{command}");
        assert!(answered.cost.peak_bytes >= 32 << 20, "{:?}", answered.cost);
    }
    assert_healthy(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_closes_its_socket_and_lives_on_is_killed() {
    let sandbox = sandbox().await;
    let answered = run(&sandbox, "close").await;
    assert!(matches!(death(&answered), ChildDeath::Protocol(why) if why.contains("lived on")), "{answered:?}");
    assert_eq!(sandbox.children(), 0);
    assert_healthy(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reasoned_no_is_no_death() {
    let sandbox = sandbox().await;
    let answered = run(&sandbox, "nonsense").await;
    assert_eq!(answered.ended, Ended::Refused);
    assert_eq!(answered.refusal.unwrap().code, Code::UnsupportedFormat);
}

/// As `image` may have them, with no limit of the kernel's: the worker looks.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_with_more_threads_than_any_decoder_is_ended() {
    let folder = faulty_with("--threads --pretending limits");
    let sandbox = sandbox_of(folder.path().to_owned(), 1).await;
    assert_eq!(run(&sandbox, "thread 15").await.ended, Ended::Done);
    let answered = run(&sandbox, "throng 3000").await;
    let (death, hit) = (death(&answered), death(&answered).limit().unwrap());
    assert_eq!((death.code(), hit.name.as_str(), hit.allowed), (Code::LimitExceeded, "threads", 16));
    assert!((17..=3_001).contains(&hit.asked), "{hit:?}");
    assert_healthy(&sandbox).await;
}
