//! Downloads that break, and are taken up again: of one and the same object, or not at all.

use crate::asking::{Urls, bucket_url, bytes_of, code, config, fetch, fetcher, pattern, sha256, want};
use crate::store::{Reply, Store, serve};
use assay_contract::limits::FetchLimits;
use assay_contract::{Code, SignedUrl};
use assay_fetch::{FetchConfig, Fetcher, Want};
use jiff::{SignedDuration, Timestamp};
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_cut_download_goes_on_where_it_broke() {
    let body = pattern(400_000);
    let served = body.clone();
    let store = Store::start(move |n, asked| {
        let reply = serve(&served, "v1", asked);
        if n < 2 { reply.cut_after(150_000) } else { reply }
    })
    .await;
    let fetched = fetch(&store).await.unwrap();
    assert_eq!(bytes_of(&fetched), body);
    assert_eq!(fetched.seen.sha256, sha256(&body));
    assert_eq!((fetched.seen.requests, fetched.seen.bytes_fetched), (3, 400_000));
    let asked = store.asked();
    assert_eq!(asked[1].headers["range"], "bytes=150000-");
    assert_eq!(asked[1].headers["if-range"], "\"v1\"");
    assert_eq!(asked[2].headers["range"], "bytes=300000-");
}

#[tokio::test]
async fn an_object_that_changed_meanwhile_is_never_mixed() {
    let store = Store::start(
        |n, asked| {
            if n == 0 { serve(&pattern(1000), "v1", asked).cut_after(500) } else { serve(&pattern(1000), "v2", asked) }
        },
    )
    .await;
    assert_eq!(code(fetch(&store).await), Code::AssetChanged);
    assert_eq!(store.asked().len(), 2);
}

#[tokio::test]
async fn a_part_of_another_version_is_never_taken() {
    let store = Store::start(|n, asked| {
        if n == 0 {
            serve(&pattern(1000), "v1", asked).cut_after(500)
        } else {
            Reply::new(206).header("Content-Range", "bytes 500-999/1000").body(&[0; 500]).length(500).etag("v2")
        }
    })
    .await;
    assert_eq!(code(fetch(&store).await), Code::AssetChanged);
}

#[tokio::test]
async fn a_whole_answer_to_a_question_for_the_rest_begins_anew() {
    let body = pattern(10_000);
    let served = body.clone();
    let store = Store::start(move |n, _| {
        let reply = Reply::ok(&served).etag("v1");
        if n == 0 { reply.cut_after(4_000) } else { reply }
    })
    .await;
    let fetched = fetch(&store).await.unwrap();
    assert_eq!(bytes_of(&fetched), body);
    assert_eq!((fetched.seen.requests, fetched.seen.bytes_fetched), (2, 14_000));
}

#[tokio::test]
async fn without_a_tag_everything_is_read_again() {
    let body = pattern(10_000);
    let served = body.clone();
    let store = Store::start(move |n, _| if n == 0 { Reply::ok(&served).cut_after(4_000) } else { Reply::ok(&served) }).await;
    assert_eq!(bytes_of(&fetch(&store).await.unwrap()), body);
    assert!(!store.asked()[1].headers.contains_key("range"));
}

#[tokio::test]
async fn a_wrong_part_is_refused() {
    for range in ["bytes 400-999/1000", "bytes 600-999/1000", "items 500-999/1000", "nonsense"] {
        let store = Store::start(move |n, asked| {
            if n == 0 {
                serve(&pattern(1000), "v1", asked).cut_after(500)
            } else {
                Reply::new(206).header("Content-Range", range).body(&[0; 500]).length(500).etag("v1")
            }
        })
        .await;
        assert_eq!(code(fetch(&store).await), Code::FetchInterrupted, "{range}");
        assert_eq!(store.asked().len(), 2, "{range}");
    }
}

#[tokio::test]
async fn a_download_that_always_breaks_ends() {
    let store = Store::start(|_, asked| serve(&pattern(1000), "v1", asked).cut_after(0)).await;
    let error = fetch(&store).await.unwrap_err();
    assert_eq!(error.failure().code, Code::FetchInterrupted);
    assert!(error.failure().retryable);
    assert_eq!((error.requests() as usize, store.asked().len()), (4, 4));
}

#[tokio::test]
async fn a_length_that_lies_upwards_is_noticed() {
    let store = Store::start(|_, asked| match asked.headers.get("range") {
        Some(_) => Reply::new(416).header("Content-Range", "bytes */1000").length(0),
        None => Reply::new(200).etag("v1").body(&pattern(1000)).length(1500).cut_after(1000),
    })
    .await;
    assert_eq!(code(fetch(&store).await), Code::FetchInterrupted);
    assert!(store.asked().len() <= 5);
}

#[tokio::test]
async fn a_store_that_comes_back_is_asked_again() {
    let store = Store::start(|n, asked| match n {
        0 => Reply::refusal(503, "SlowDown", "Please reduce your request rate."),
        1 => Reply::refusal(500, "InternalError", "We encountered an internal error."),
        2 => Reply::new(200).then_close().length(10),
        _ => serve(b"at last", "v1", asked),
    })
    .await;
    let fetched = fetch(&store).await.unwrap();
    assert_eq!((bytes_of(&fetched).as_slice(), fetched.seen.requests), (b"at last".as_slice(), 4));
}

#[tokio::test]
async fn a_store_that_asks_for_patience_gets_it_or_its_job_back() {
    let store = Store::start(|n, asked| match (n, asked.target.as_str()) {
        (0, "/short") => Reply::refusal(503, "SlowDown", "").header("Retry-After", 1),
        (_, "/short") => serve(b"x", "v1", asked),
        _ => Reply::refusal(503, "SlowDown", "").header("Retry-After", 3600),
    })
    .await;
    let (fetcher, began) = (fetcher(&store), Instant::now());
    fetcher.fetch(&Urls::bucket(&store, "/short"), want()).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
    let outcome = fetcher.fetch(&Urls::bucket(&store, "/long"), want()).await;
    assert_eq!(code(outcome), Code::TooManyRequests);
    assert_eq!(store.asked().len(), 3);
}

#[tokio::test]
async fn silence_ends_an_attempt_and_in_the_end_the_download() {
    let limits = FetchLimits { stall_ms: 300, ..FetchLimits::default() };
    let body = pattern(1000);
    let served = body.clone();
    let once = Store::start(move |n, asked| {
        let reply = serve(&served, "v1", asked);
        if n == 0 { reply.hang_after(400) } else { reply }
    })
    .await;
    let fetched = fetcher(&once).fetch(&Urls::bucket(&once, "/bucket/key"), Want { limits: limits.clone(), ..want() }).await.unwrap();
    assert_eq!(bytes_of(&fetched), body);
    let always = Store::start(|_, asked| serve(&pattern(1000), "v1", asked).hang_after(0)).await;
    let outcome = fetcher(&always).fetch(&Urls::bucket(&always, "/bucket/key"), Want { limits, ..want() }).await;
    assert_eq!(code(outcome), Code::FetchTimeout);
}

#[tokio::test]
async fn a_dripping_download_ends_at_its_deadline() {
    let store = Store::start(|_, asked| serve(&pattern(10_000), "v1", asked).drip(Duration::from_millis(5))).await;
    let fetcher = fetcher(&store);
    let began = Instant::now();
    let total = Want { limits: FetchLimits { total_ms: 1_000, ..FetchLimits::default() }, ..want() };
    let error = fetcher.fetch(&Urls::bucket(&store, "/bucket/key"), total).await.unwrap_err();
    assert_eq!(error.failure().code, Code::FetchTimeout);
    assert!(error.bytes_fetched() > 0 && error.requests() == 1, "what it cost is known");
    let deadline = Want { deadline: Instant::now() + Duration::from_secs(1), ..want() };
    assert_eq!(code(fetcher.fetch(&Urls::bucket(&store, "/bucket/key"), deadline).await), Code::FetchTimeout);
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(fetcher.budget().memory_used, 0);
}

#[tokio::test]
async fn an_expiry_in_the_middle_is_no_failure() {
    let body = pattern(1000);
    let served = body.clone();
    let store = Store::start(move |n, asked| match n {
        0 => serve(&served, "v1", asked).cut_after(300),
        1 => Reply::refusal(403, "AccessDenied", "Request has expired"),
        _ => serve(&served, "v1", asked),
    })
    .await;
    let urls = Urls::new(vec![bucket_url(&store.url("/k?sig=1")), bucket_url(&store.url("/k?sig=2"))]);
    let fetched = fetcher(&store).fetch(&urls, want()).await.unwrap();
    assert_eq!(bytes_of(&fetched), body);
    let targets: Vec<String> = store.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(targets, ["/k?sig=1", "/k?sig=1", "/k?sig=2"]);
    assert_eq!(store.asked()[2].headers["range"], "bytes=300-");
}

#[tokio::test]
async fn a_signature_past_its_end_is_not_used() {
    let store = Store::start(|n, asked| {
        let reply = serve(&pattern(1000), "v1", asked);
        if n == 0 { reply.cut_after(300) } else { reply }
    })
    .await;
    let soon = Timestamp::now() + SignedDuration::from_millis(500);
    let first = SignedUrl { expires_at: Some(soon), ..bucket_url(&store.url("/k?sig=1")) };
    let urls = Urls::new(vec![first, bucket_url(&store.url("/k?sig=2"))]);
    fetcher(&store).fetch(&urls, want()).await.unwrap();
    assert_eq!((urls.signed(), store.asked()[1].target.as_str()), (2, "/k?sig=2"));
}

#[tokio::test]
async fn a_spilled_download_goes_on_too() {
    let body = pattern(3_000_000);
    let served = body.clone();
    let store = Store::start(move |n, asked| {
        let reply = serve(&served, "v1", asked);
        if n < 2 { reply.cut_after(1_200_000) } else { reply }
    })
    .await;
    let fetcher = Fetcher::new(FetchConfig { spill_above: 1000, ..config(&store) }).unwrap();
    let fetched = fetcher.fetch(&Urls::bucket(&store, "/bucket/key"), want()).await.unwrap();
    assert_eq!(fetched.spool.kind(), assay_contract::record::SpoolKind::EncryptedFile);
    assert!(bytes_of(&fetched) == body && fetched.seen.sha256 == sha256(&body));
}
