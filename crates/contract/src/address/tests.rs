//! Every form of address that users write, and the ones that must be refused.

use super::*;

fn s3(bucket: &str, key: &str, version: Option<&str>, region: Option<&str>) -> AssetAddress {
    AssetAddress::S3 { bucket: bucket.into(), key: key.into(), version_id: version.map(Into::into), region: region.map(Into::into) }
}

#[test]
fn every_form_of_an_s3_address_is_the_same_object() {
    for (uri, version, region) in [
        ("s3://acme/2026/a b.jpg", None, None),
        ("s3://acme/2026/a b.jpg?versionId=3L4", Some("3L4"), None),
        ("https://acme.s3.eu-west-1.amazonaws.com/2026/a%20b.jpg", None, Some("eu-west-1")),
        ("https://acme.s3.amazonaws.com/2026/a%20b.jpg?versionId=3L4", Some("3L4"), None),
        ("https://acme.s3-us-west-2.amazonaws.com/2026/a%20b.jpg", None, Some("us-west-2")),
        ("https://s3.eu-west-1.amazonaws.com/acme/2026/a%20b.jpg", None, Some("eu-west-1")),
        ("https://s3.dualstack.eu-west-1.amazonaws.com/acme/2026/a%20b.jpg", None, Some("eu-west-1")),
        ("https://acme.s3.cn-north-1.amazonaws.com.cn/2026/a%20b.jpg", None, Some("cn-north-1")),
    ] {
        assert!(AssetAddress::parse(uri, Reading::Delegated).unwrap() == s3("acme", "2026/a b.jpg", version, region), "{uri}");
    }
}

#[test]
fn a_key_keeps_every_byte() {
    for key in ["a//b", "./a", "../a", "a+b#c%41?d", "é", " lead", "tail/", "a?versionId="] {
        let address = AssetAddress::parse(&format!("s3://acme/{key}"), Reading::Delegated).unwrap();
        assert!(address == s3("acme", key, None, None), "{key}");
    }
}

#[test]
fn a_bucket_with_dots_is_read_whole() {
    let address = AssetAddress::parse("https://media.acme.org.s3.eu-west-1.amazonaws.com/k", Reading::Delegated).unwrap();
    assert!(address == s3("media.acme.org", "k", None, Some("eu-west-1")));
}

#[test]
fn gcs_and_azure_are_read() {
    for uri in ["gs://acme/a/b", "https://storage.googleapis.com/acme/a/b", "https://acme.storage.googleapis.com/a/b"] {
        assert!(
            AssetAddress::parse(uri, Reading::Delegated).unwrap() == AssetAddress::Gcs { bucket: "acme".into(), key: "a/b".into() },
            "{uri}"
        );
    }
    for uri in ["az://acme/raw/a/b", "https://acme.blob.core.windows.net/raw/a/b"] {
        let want = AssetAddress::Azure { account: "acme".into(), container: "raw".into(), blob: "a/b".into() };
        assert!(AssetAddress::parse(uri, Reading::Delegated).unwrap() == want, "{uri}");
    }
}

#[test]
fn without_an_integration_a_cloud_address_is_taken_as_signed() {
    let uri = "https://acme.s3.amazonaws.com/k?X-Amz-Signature=abc";
    let address = AssetAddress::parse(uri, Reading::AsSigned).unwrap();
    assert!(address == AssetAddress::Https(uri.into()));
    assert_eq!(address.public(), "https://acme.s3.amazonaws.com/k");
}

#[test]
fn what_is_shown_holds_no_secret() {
    assert_eq!(without_secrets("https://user:pass@h.example/a?sig=1#f"), "https://h.example/a");
    assert_eq!(format!("{:?}", AssetAddress::Https("https://h/?sig=1".into())), "AssetAddress::Https(..)");
}

#[test]
fn what_is_shown_of_a_buckets_address_holds_no_secret() {
    for (uri, shown) in [
        ("s3://AKIA:SECRET@acme/k", "s3://acme/k"),
        ("s3://AKIA:SEC/RET@acme/k", "s3://acme/k"),
        ("S3://AKIA:SEC/RET/acme/k", "s3://"),
        ("s3://acme/k?X-Amz-Signature=abc", "s3://acme/k"),
        ("s3://acme/k?versionId=3L4&X-Amz-Signature=abc", "s3://acme/k?versionId=3L4"),
        ("s3://acme/k?X-Amz-Signature=abc&versionId=3L4", "s3://acme/k?versionId=3L4"),
        ("s3://acme/k?X-Amz-Signature=abc?versionId=3L4", "s3://acme/k?versionId=3L4"),
        ("gs://user@acme/k?X-Goog-Signature=abc", "gs://acme/k"),
        ("az://acme/raw/k?sv=1&sig=abc", "az://acme/raw/k"),
        ("https://user:pa/ss@h.example/a", "https://h.example/a"),
        ("https://h.example:8443/a@b", "https://h.example:8443/a@b"),
        ("AKIA:SECRET@acme/k", "acme/k"),
        // Keys may hold any of these: what is no query stays.
        ("s3://acme/a b+c#d%41?e@f:g", "s3://acme/a b+c#d%41?e@f:g"),
        ("s3://acme/k?versionId=3L4", "s3://acme/k?versionId=3L4"),
    ] {
        assert_eq!(without_secrets(uri), shown, "{uri}");
        if let Ok(address) = AssetAddress::parse(uri, Reading::Delegated) {
            assert_eq!(address.public(), shown, "{uri}");
        }
    }
}

#[test]
fn what_is_shown_of_a_mistyped_address_holds_no_secret() {
    for (uri, shown) in [
        // The scheme is missing, and a later address stands in the query.
        ("h.example/a?X-Amz-Signature=abc&next=https://h.example/b", "h.example/a"),
        ("h.example/a#token=abc://b", "h.example/a"),
        ("user:SECRET@h.example/a?next=https://h.example", "h.example/a"),
        ("user:SECRET@h.example/https://b", "h.example/https://b"),
        ("https:/user:SECRET@h.example/a", "h.example/a"),
        ("ht tps://user:SEC/RET@h.example/a", "h.example/a"),
        ("https:/h.example/a", "https:/h.example/a"),
        ("folder/a@b.jpg", "folder/a@b.jpg"),
    ] {
        assert_eq!(without_secrets(uri), shown, "{uri}");
    }
}

#[test]
fn what_is_no_address_is_refused_with_its_reason() {
    for (uri, want) in [
        ("acme/k", AddressError::Scheme),
        ("ftp://acme/k", AddressError::Scheme),
        ("http://acme/k", AddressError::NotHttps),
        ("s3://acme", AddressError::Missing("the key")),
        ("s3://acme/", AddressError::Missing("the key")),
        ("s3:///k", AddressError::Missing("the bucket")),
        ("s3://ac me/k", AddressError::Name("the bucket")),
        ("https:///k", AddressError::Missing("the host")),
        ("https://h/a b", AddressError::Unencoded),
        ("https://t.example/{z}/{x}/{y}.png", AddressError::TileTemplate),
    ] {
        assert_eq!(AssetAddress::parse(uri, Reading::Delegated).unwrap_err(), want, "{uri}");
    }
    let long = format!("s3://acme/{}", "k".repeat(1025));
    assert_eq!(AssetAddress::parse(&long, Reading::Delegated).unwrap_err(), AddressError::KeyTooLong(1025));
}
