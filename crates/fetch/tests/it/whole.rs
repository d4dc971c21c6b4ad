//! Downloads that go well, and the limits they meet.

use crate::asking::{Urls, bytes_of, code, config, fetch, fetcher, pattern, sha256, want};
use crate::store::{Reply, Store, serve};
use assay_contract::job::{Expected, Lane};
use assay_contract::limits::FetchLimits;
use assay_contract::record::SpoolKind;
use assay_contract::{AssetKind, Code};
use assay_fetch::{FetchConfig, Fetcher};

#[tokio::test]
async fn an_asset_arrives_whole_hashed_and_described() {
    let body = pattern(300_000);
    let served = body.clone();
    let store = Store::start(move |_, asked| {
        serve(&served, "v1", asked).header("Last-Modified", "Sat, 21 Nov 2026 20:00:00 GMT").header("Content-Type", "image/jpeg")
    })
    .await;
    let fetched = fetch(&store).await.unwrap();
    assert_eq!(bytes_of(&fetched), body);
    assert_eq!(fetched.head, body[..65_536]);
    assert_eq!(fetched.seen.sha256, sha256(&body));
    assert_eq!(fetched.seen.etag.as_deref(), Some("\"v1\""));
    assert_eq!(fetched.seen.last_modified.as_deref(), Some("Sat, 21 Nov 2026 20:00:00 GMT"));
    assert_eq!(fetched.seen.content_type.as_deref(), Some("image/jpeg"));
    assert_eq!((fetched.seen.content_length, fetched.seen.bytes_fetched, fetched.seen.requests), (300_000, 300_000, 1));
    assert_eq!(fetched.spool.kind(), SpoolKind::Memory);
    assert_eq!(store.asked()[0].headers["accept-encoding"], "identity");
}

#[tokio::test]
async fn an_empty_asset_is_no_failure() {
    let store = Store::start(|_, asked| serve(b"", "v1", asked)).await;
    let fetched = fetch(&store).await.unwrap();
    assert!(fetched.spool.is_empty() && fetched.head.is_empty());
    assert_eq!(fetched.seen.sha256, sha256(b""));
}

#[tokio::test]
async fn encoded_bytes_are_kept_as_they_are_stored() {
    let store = Store::start(|_, asked| serve(b"\x1f\x8b not really gzip", "v1", asked).header("Content-Encoding", "gzip")).await;
    let fetched = fetch(&store).await.unwrap();
    assert_eq!(bytes_of(&fetched), b"\x1f\x8b not really gzip");
    assert_eq!(fetched.seen.content_encoding.as_deref(), Some("gzip"));
}

#[tokio::test]
async fn a_key_is_asked_for_byte_for_byte() {
    let store = Store::start(|_, asked| serve(asked.target.as_bytes(), "v1", asked)).await;
    for path in ["/b/./a/../c", "/b//a", "/b/%2E%2E/a%2Fb", "/b/a+b%20c%23d", "/b/%C3%A9?versionId=3%2F4"] {
        let fetched = fetcher(&store).fetch(&Urls::bucket(&store, path), want()).await.unwrap();
        assert_eq!(String::from_utf8(bytes_of(&fetched)).unwrap(), path);
    }
}

#[tokio::test]
async fn a_limit_is_met_exactly() {
    let store = Store::start(|_, asked| {
        let body = pattern(asked.target.rsplit('/').next().unwrap().parse().unwrap());
        if asked.target.starts_with("/announced") { serve(&body, "v1", asked) } else { Reply::new(200).body(&body).then_close() }
    })
    .await;
    for way in ["announced", "unannounced"] {
        for (length, fits) in [(9_999, true), (10_000, true), (10_001, false)] {
            let want = assay_fetch::Want { limits: FetchLimits { image_bytes: 10_000, ..FetchLimits::default() }, ..want() };
            let outcome = fetcher(&store).fetch(&Urls::bucket(&store, &format!("/{way}/{length}")), want).await;
            match outcome {
                Ok(fetched) => assert!(fits && fetched.spool.len() == length, "{way} {length}"),
                Err(error) => {
                    let failure = error.failure();
                    let limit = failure.limit.unwrap();
                    assert_eq!((failure.code, limit.name.as_str(), limit.allowed), (Code::TooLarge, "image_bytes", 10_000));
                    assert!(!fits && limit.asked > 10_000, "{way} {length}");
                }
            }
        }
    }
}

#[tokio::test]
async fn content_that_turns_out_to_be_of_a_smaller_kind_is_refused_later() {
    let store = Store::start(|_, asked| serve(&pattern(1_001), "v1", asked)).await;
    let fetched = fetch(&store).await.unwrap();
    for (allowed, refused) in [(1_000, true), (1_001, false), (1_002, false)] {
        let limits = FetchLimits { text_bytes: allowed, ..FetchLimits::default() };
        assert_eq!(fetched.too_large_for(&limits, AssetKind::Text).is_some_and(|failure| failure.code == Code::TooLarge), refused);
    }
}

#[tokio::test]
async fn what_is_expected_is_checked() {
    let store = Store::start(|_, asked| serve(b"body", "v1", asked)).await;
    let expecting = |etag: Option<&str>, sha256: Option<String>| assay_fetch::Want {
        expected: Expected { etag: etag.map(ToOwned::to_owned), sha256 },
        ..want()
    };
    let fetcher = fetcher(&store);
    let urls = Urls::bucket(&store, "/bucket/key");
    assert!(fetcher.fetch(&urls, expecting(Some("\"v1\""), Some(sha256(b"body")))).await.is_ok());
    assert_eq!(code(fetcher.fetch(&urls, expecting(Some("\"v2\""), None)).await), Code::AssetChanged);
    assert_eq!(code(fetcher.fetch(&urls, expecting(None, Some(sha256(b"other")))).await), Code::AssetChanged);
    assert_eq!(fetcher.budget().memory_used, 0);
}

#[tokio::test]
async fn an_unknown_length_claims_its_kinds_limit_or_spills() {
    let store = Store::start(|_, _| Reply::new(200).body(&pattern(5_000)).then_close()).await;
    for (spill_above, limit, kind) in [(1 << 20, 1 << 20, SpoolKind::Memory), (1 << 20, (1 << 20) + 1, SpoolKind::EncryptedFile)] {
        let fetcher = Fetcher::new(FetchConfig { spill_above, ..config(&store) }).unwrap();
        let want = assay_fetch::Want { limits: FetchLimits { image_bytes: limit, ..FetchLimits::default() }, ..want() };
        let fetched = fetcher.fetch(&Urls::bucket(&store, "/bucket/key"), want).await.unwrap();
        assert_eq!(fetched.spool.kind(), kind);
        assert_eq!(bytes_of(&fetched), pattern(5_000));
        // What was claimed too much is back.
        assert_eq!(fetcher.budget().memory_used + fetcher.budget().spill_used, 5_000);
    }
}

#[tokio::test]
async fn many_downloads_share_a_small_budget_and_all_end() {
    let store = Store::start(|_, asked| {
        let length: usize = asked.target.rsplit('/').next().unwrap().parse().unwrap();
        serve(&pattern(length), "v1", asked)
    })
    .await;
    let config = FetchConfig { memory_budget: 1_000_000, interactive_reserve: 100_000, spill_above: 1_000_000, ..config(&store) };
    let fetcher = std::sync::Arc::new(Fetcher::new(config).unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..60_usize {
        let length = if n % 5 == 0 { 600_000 } else { 10_000 + n };
        let (fetcher, urls) = (std::sync::Arc::clone(&fetcher), Urls::bucket(&store, &format!("/b/{length}")));
        let want = assay_fetch::Want { lane: if n % 3 == 0 { Lane::Interactive } else { Lane::Batch }, ..want() };
        tasks.spawn(async move {
            let fetched = fetcher.fetch(&urls, want).await.unwrap();
            assert!(fetcher.budget().memory_used <= 1_000_000);
            assert_eq!(fetched.seen.sha256, sha256(&pattern(length)));
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(fetcher.budget().memory_used, 0);
}
