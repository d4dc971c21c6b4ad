//! URLs are sent as they were signed.

use super::*;

#[test]
fn a_path_keeps_every_byte() {
    for path in ["/a/./b", "/a/../b", "/a//b", "/a/%2e%2e/b", "/a+b%20c", "/%C3%A9?X-Amz-Signature=ab%2Fcd&x=../y", "/a/"] {
        let uri = read(&format!("https://acme.s3.amazonaws.com{path}")).unwrap();
        assert_eq!(uri.path_and_query().unwrap().as_str(), path);
    }
}

#[test]
fn what_no_request_may_hold_is_percent_encoded() {
    let uri = read("https://example.com/é b|c#fragment").unwrap();
    assert_eq!(uri.path(), "/%C3%A9%20b%7Cc");
}

#[test]
fn what_is_no_url_is_refused() {
    for text in [
        "",
        "example.com",
        "/a",
        "https://",
        "https:///a",
        "https://exa mple.com/",
        "https://a/\r\nHost: b",
        "https://[::1/",
        "mailto:a@b.c",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn an_endpoint_is_an_origin_and_nothing_more() {
    for text in ["http://127.0.0.1:9000", "https://store.test/", "http://[::1]:9000"] {
        assert!(endpoint(text).is_ok(), "{text}");
    }
    for text in ["store.test:9000", "ftp://store.test", "http://user@store.test", "http://store.test/path", "http://store.test/?q"] {
        assert!(endpoint(text).is_err(), "{text}");
    }
}
