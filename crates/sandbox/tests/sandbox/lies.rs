//! A child that lies is found out, whatever it says; what it said before stands.

use crate::ground::{assert_healthy, death, limits, run, run_under, sandbox};
use assay_contract::{Code, DecodeLimits};
use assay_sandbox::{ChildDeath, Ended};

#[tokio::test(flavor = "multi_thread")]
async fn what_no_honest_decoder_says_breaks_the_protocol() {
    let sandbox = sandbox().await;
    for (command, why) in [
        ("garbage", "magic"),
        ("flood-bytes", "magic"),
        ("terabyte", "4294967295 bytes of body"),
        ("thumbnails unheard-of", "nobody asked for"),
        ("thumbnails grid grid", "twice"),
        ("huge-thumbnail", "another size"),
        ("mistyped-thumbnail", "another size or type"),
        ("derivative", "nobody asked for"),
        ("control-frame", "may not say Launched"),
        ("blame", "may not refuse with role-refused"),
        ("absurd-facts", "can't be read"),
        ("ask 0 5", "lies in memory"),
    ] {
        let answered = run(&sandbox, command).await;
        let death = death(&answered);
        assert!(matches!(death, ChildDeath::Protocol(said) if said.contains(why)), "{command}: {death:?}");
        assert_eq!(death.code(), Code::DecoderCrashed);
        assert!(answered.thumbnails.len() <= 1);
    }
    assert_healthy(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_ends_at_its_limit() {
    let sandbox = sandbox().await;
    for (command, limit, most) in [("flood", "progress_frames", 900), ("flood-issues", "issues", 256), ("flood-facts", "facts_frames", 16)]
    {
        let answered = run(&sandbox, command).await;
        let death = death(&answered);
        assert_eq!(death.code(), Code::LimitExceeded);
        let hit = death.limit().unwrap();
        assert_eq!((hit.name.as_str(), hit.asked, hit.allowed), (limit, most + 1, most), "{command}");
        assert!(answered.issues.len() <= 256);
    }
    assert_healthy(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thumbnail_at_the_limit_passes_and_one_over_it_does_not() {
    let sandbox = sandbox().await;
    // The test decoder's thumbnails have 100 bytes.
    for (allowed, passes) in [(99, false), (100, true), (101, true)] {
        let bounded = DecodeLimits { thumbnail_bytes: allowed, derivative_bytes: 0, ..limits() };
        let answered = run_under(&sandbox, "thumbnails grid", bounded).await.unwrap();
        assert_eq!(answered.ended == Ended::Done, passes, "{allowed}: {answered:?}");
        assert_eq!(answered.thumbnails.len(), usize::from(passes));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_after_the_last_word_are_not_heard() {
    let sandbox = sandbox().await;
    let answered = run(&sandbox, "after-done").await;
    assert_eq!(answered.ended, Ended::Done);
    assert!(answered.facts.is_none());
    assert_healthy(&sandbox).await;
}
