//! Every odd way to write an address, and every network that is not the Internet.

use super::*;
use async_trait::async_trait;
use std::io;
use std::sync::Mutex;

#[derive(Debug)]
struct Answers(Mutex<Vec<Vec<&'static str>>>);

#[async_trait]
impl Resolver for Answers {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let next = self.0.lock().unwrap().remove(0);
        Ok(next.into_iter().map(|ip| ip.parse().unwrap()).collect())
    }
}

fn guard(answers: &[&[&'static str]]) -> Guard {
    let answers = Answers(Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect()));
    Guard::new(
        vec!["10.7.0.0/16".parse().unwrap(), "169.254.0.0/16".parse().unwrap()],
        Some("http://store.test:9000".parse().unwrap()),
        Arc::new(answers),
    )
}

fn admit(url: &str, origin: Origin) -> Result<(), Refusal> {
    guard(&[]).admit(&url.parse().unwrap(), origin)
}

#[test]
fn public_hosts_are_let_through() {
    for url in [
        "https://acme.s3.eu-west-1.amazonaws.com/k",
        "https://a_b.example.com/",
        "https://example.com:8443/",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1::1]/",
        "https://1.example.com/",
    ] {
        assert_eq!(admit(url, Origin::Job), Ok(()), "{url}");
    }
}

#[test]
fn every_spelling_of_a_private_address_is_refused() {
    for url in [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://017700000001/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://168.63.129.16/",
        "https://0.0.0.0/",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://172.31.255.255/",
        "https://192.168.1.1/",
        "https://192.0.2.1/",
        "https://198.19.0.1/",
        "https://203.0.113.9/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
    ] {
        assert!(matches!(admit(url, Origin::Job), Err(Refusal::NotPublic | Refusal::OddHost)), "{url}");
        assert!(admit(url, Origin::Bucket).is_err(), "{url} for a bucket");
    }
}

#[test]
fn neighbours_of_special_networks_are_public() {
    for ip in [
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
    ] {
        assert!(address::is_public(ip.parse().unwrap()), "{ip}");
    }
    for ip in ["2001:200::1", "2003::1", "2001:db9::1", "3fff:1000::1"] {
        assert!(address::is_public(ip.parse().unwrap()), "{ip}");
    }
}

#[test]
fn schemes_users_and_ports_are_judged() {
    assert_eq!(admit("http://example.com/", Origin::Job), Err(Refusal::NotHttps));
    assert_eq!(admit("http://example.com/", Origin::Bucket), Err(Refusal::NotHttps));
    assert_eq!(admit("ftp://example.com/", Origin::Job), Err(Refusal::NotHttps));
    assert_eq!(admit("https://user:word@example.com/", Origin::Job), Err(Refusal::UserInfo));
    assert_eq!(admit("https://example.com@127.0.0.1/", Origin::Job), Err(Refusal::UserInfo));
    assert_eq!(admit("https://example.com:25/", Origin::Job), Err(Refusal::Port));
    assert_eq!(admit("https://example.com:8443/", Origin::Bucket), Err(Refusal::Port));
}

#[test]
fn http_is_let_through_for_buckets_at_the_operators_endpoint_only() {
    assert_eq!(admit("http://store.test:9000/bucket/key", Origin::Bucket), Ok(()));
    assert_eq!(admit("http://bucket.store.test:9000/key", Origin::Bucket), Ok(()));
    assert_eq!(admit("http://store.test:9000/bucket/key", Origin::Job), Err(Refusal::NotHttps));
    assert_eq!(admit("http://evilstore.test:9000/", Origin::Bucket), Err(Refusal::NotHttps));
    assert_eq!(admit("http://store.test:9001/", Origin::Bucket), Err(Refusal::NotHttps));
}

#[tokio::test]
async fn one_private_address_refuses_the_whole_name() {
    let uri = "https://example.com/".parse().unwrap();
    let mixed = guard(&[&["93.184.216.34", "10.0.0.1"]]).addresses(&uri, Origin::Job).await;
    assert!(matches!(mixed, Err(Unresolved::Refused(Refusal::NotPublic))), "{mixed:?}");
    let none = guard(&[&[]]).addresses(&uri, Origin::Job).await;
    assert!(matches!(none, Err(Unresolved::NoAddress)), "{none:?}");
}

#[tokio::test]
async fn listed_ranges_are_open_to_buckets_and_closed_to_jobs() {
    let uri = "https://acme.s3.eu-west-1.amazonaws.com/".parse().unwrap();
    let guard = guard(&[&["10.7.1.2"], &["10.7.1.2"], &["10.8.1.2"], &["169.254.169.254"]]);
    assert_eq!(guard.addresses(&uri, Origin::Bucket).await.unwrap(), ["10.7.1.2:443".parse().unwrap()]);
    assert!(guard.addresses(&uri, Origin::Job).await.is_err());
    assert!(guard.addresses(&uri, Origin::Bucket).await.is_err(), "outside the listed range");
    assert!(guard.addresses(&uri, Origin::Bucket).await.is_err(), "metadata inside a listed range");
}
