//! What stores refuse, and the row of the failure table that the caller sees.

use crate::asking::{Urls, code, fetch, fetcher, want};
use crate::store::{Reply, Store, serve};
use assay_contract::Code;
use assay_contract::failure::Stage;
use assay_fetch::{Lesson, Want};
use std::net::TcpListener;

#[tokio::test]
async fn a_final_refusal_is_asked_once_and_says_what_the_provider_said() {
    for (status, answer, expected) in [
        (404, "NoSuchKey", Code::NotFound),
        (403, "AccessDenied", Code::MissingOrForbidden),
        (403, "InvalidObjectState", Code::ArchivedAsset),
        (400, "KMS.DisabledException", Code::KeyDenied),
        (403, "RequestTimeTooSkewed", Code::ClockSkew),
    ] {
        let store = Store::start(move |_, _| Reply::refusal(status, answer, "arn:aws:s3:::planted/key")).await;
        let error = fetch(&store).await.unwrap_err();
        let failure = error.failure();
        let provider = failure.provider.clone().unwrap();
        assert_eq!((failure.code, failure.stage), (expected, Stage::Fetch));
        assert_eq!((provider.status, provider.code.as_deref(), provider.request_id.as_deref()), (Some(status), Some(answer), Some("REQ1")));
        assert_eq!(store.asked().len(), 1);
        assert!(!format!("{failure:?} {error:?} {error}").contains("planted"));
    }
}

#[tokio::test]
async fn an_integration_that_may_list_hears_forbidden() {
    let store = Store::start(|_, _| Reply::refusal(403, "AccessDenied", "Access Denied")).await;
    let outcome = fetcher(&store).fetch(&Urls::bucket(&store, "/bucket/key"), Want { may_list: true, ..want() }).await;
    assert_eq!(code(outcome), Code::Forbidden);
}

#[tokio::test]
async fn a_store_that_keeps_refusing_for_now_is_asked_a_bounded_number_of_times() {
    for (status, answer, expected) in
        [(503, "SlowDown", Code::TooManyRequests), (429, "", Code::TooManyRequests), (500, "InternalError", Code::ProviderUnavailable)]
    {
        let store = Store::start(move |_, _| Reply::refusal(status, answer, "")).await;
        let failure = fetch(&store).await.unwrap_err().failure();
        assert!(failure.code == expected && failure.retryable, "{failure:?}");
        assert_eq!(store.asked().len(), 4);
    }
}

#[tokio::test]
async fn a_region_is_learnt_and_tried_at_once() {
    let store = Store::start(|n, asked| match n {
        0 => Reply::refusal(301, "PermanentRedirect", "").header("x-amz-bucket-region", "eu-west-1"),
        _ => serve(b"body", "v1", asked),
    })
    .await;
    let urls = Urls::bucket(&store, "/bucket/key");
    fetcher(&store).fetch(&urls, want()).await.unwrap();
    assert_eq!((urls.lessons(), urls.signed()), (vec![Lesson::Region("eu-west-1".to_owned())], 2));
}

#[tokio::test]
async fn a_region_that_stays_wrong_is_told() {
    let store = Store::start(|_, _| Reply::refusal(301, "PermanentRedirect", "").header("x-amz-bucket-region", "eu-west-1")).await;
    let error = fetch(&store).await.unwrap_err();
    assert_eq!((error.wrong_region(), error.failure().code), (Some("eu-west-1"), Code::ProviderUnavailable));
    assert_eq!(store.asked().len(), 3);
}

#[tokio::test]
async fn a_rejected_token_is_told_and_tried_again_twice_at_most() {
    let store = Store::start(|_, _| Reply::refusal(400, "ExpiredToken", "The provided token has expired.")).await;
    let urls = Urls::bucket(&store, "/bucket/key");
    let error = fetcher(&store).fetch(&urls, want()).await.unwrap_err();
    assert!(error.token_rejected() && error.failure().code == Code::Forbidden);
    assert_eq!((urls.lessons(), store.asked().len()), (vec![Lesson::TokenRejected; 2], 3));
}

#[tokio::test]
async fn an_error_page_without_end_is_read_to_a_bound() {
    let mut page = b"<Error><Code>InvalidObjectState</Code>".to_vec();
    page.resize(4 << 20, b'x');
    let store = Store::start(move |_, _| Reply::new(403).body(&page).length(1 << 40)).await;
    // Its beginning says why.
    assert_eq!(code(fetch(&store).await), Code::ArchivedAsset);
}

#[tokio::test]
async fn nobody_at_home_is_provider_unavailable() {
    let store = Store::start(|_, _| Reply::new(200)).await;
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = assay_fetch::FetchConfig { bucket_endpoint: Some(format!("http://{free}")), ..crate::asking::config(&store) };
    let fetcher = assay_fetch::Fetcher::new(config).unwrap();
    let urls = Urls::new(vec![crate::asking::bucket_url(&format!("http://{free}/bucket/key"))]);
    assert_eq!(code(fetcher.fetch(&urls, want()).await), Code::ProviderUnavailable);
}
