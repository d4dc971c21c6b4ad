//! The guard on the wire: redirects, rebinding, jobs that would reach where only buckets may, a proxy.

use crate::asking::{Urls, bucket_url, bytes_of, code, config, fetch, want};
use crate::store::{Reply, Store, serve};
use assay_contract::{Code, Secret};
use assay_fetch::{ConfigError, FetchConfig, Fetcher, Resolver};
use async_trait::async_trait;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A name server that answers differently each time; the last answer for ever.
#[derive(Debug, Default)]
struct Rebinding {
    answers: Vec<&'static str>,
    asked: Mutex<usize>,
}

#[async_trait]
impl Resolver for Rebinding {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        Ok(vec![self.answers[(*asked - 1).min(self.answers.len() - 1)].parse().unwrap()])
    }
}

fn rebinding(store: &Store, answers: &[&'static str]) -> (Fetcher, Arc<Rebinding>) {
    let resolver = Arc::new(Rebinding { answers: answers.to_vec(), asked: Mutex::default() });
    let config = FetchConfig {
        bucket_endpoint: Some(format!("http://store.test:{}", store.address.port())),
        resolver: Arc::<Rebinding>::clone(&resolver),
        ..config(store)
    };
    (Fetcher::new(config).unwrap(), resolver)
}

fn named(store: &Store) -> Urls {
    Urls::new(vec![bucket_url(&format!("http://store.test:{}/bucket/key", store.address.port()))])
}

#[tokio::test]
async fn a_redirect_on_the_same_host_is_followed_so_often_and_no_more() {
    for (hops, arrives) in [(3, true), (4, false)] {
        let store = Store::start(move |n, asked| {
            if n < hops { Reply::new(302).header("Location", ["/a", "b", "/c?d"][n % 3]).length(0) } else { serve(b"arrived", "v1", asked) }
        })
        .await;
        match fetch(&store).await {
            Ok(fetched) => assert!(arrives && bytes_of(&fetched) == b"arrived"),
            Err(error) => assert!(!arrives && error.failure().code == Code::AddressRefused, "{error}"),
        }
        assert_eq!(store.asked().len(), 4);
    }
}

#[tokio::test]
async fn a_redirect_elsewhere_is_refused() {
    let other = Store::start(|_, asked| serve(b"secret", "v1", asked)).await;
    for location in [
        "http://169.254.169.254/latest/meta-data/iam/security-credentials/".to_owned(),
        "https://169.254.169.254/".to_owned(),
        "//169.254.169.254/".to_owned(),
        "https://example.com/".to_owned(),
        other.url("/secret").replace("127.0.0.1", "127.0.0.2"),
        // The same address, but another service: not the operator's endpoint.
        other.url("/secret"),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1/".to_owned(),
        format!("http://user@{}/", other.address),
    ] {
        let answer = location.clone();
        let store = Store::start(move |_, _| Reply::new(307).header("Location", &answer).length(0)).await;
        let failure = fetch(&store).await.unwrap_err().failure();
        assert!(matches!(failure.code, Code::AddressRefused | Code::AddressUnreadable), "{location}: {failure}");
        assert!(!failure.to_string().contains("169.254") && store.asked().len() == 1);
    }
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_job_reaches_nothing_that_is_ours() {
    let store = Store::start(|_, asked| serve(b"secret", "v1", asked)).await;
    let port = store.address.port();
    let fetcher = Fetcher::new(config(&store)).unwrap();
    for url in [
        store.url("/secret"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://0x7f.1:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://user@127.0.0.1:{port}/"),
        "https://169.254.169.254/".to_owned(),
    ] {
        assert_eq!(code(fetcher.fetch(&Urls::job(&url), want()).await), Code::AddressRefused, "{url}");
    }
    assert!(store.asked().is_empty());
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_without_a_connection() {
    let store = Store::start(|_, asked| serve(b"secret", "v1", asked)).await;
    for inside in ["127.0.0.1", "10.0.0.5", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00:ec2::254"] {
        let (fetcher, resolver) = rebinding(&store, &[inside]);
        let url = format!("https://assets.test:{}/", store.address.port());
        assert_eq!(code(fetcher.fetch(&Urls::job(&url), want()).await), Code::AddressRefused, "{inside}");
        assert_eq!(*resolver.asked.lock().unwrap(), 1, "a refusal is not tried again");
    }
    assert!(store.asked().is_empty());
}

#[tokio::test]
async fn a_connection_goes_to_the_very_address_that_was_judged() {
    let store = Store::start(|_, asked| serve(b"body", "v1", asked).then_close()).await;
    let (fetcher, resolver) = rebinding(&store, &["127.0.0.1", "169.254.169.254"]);
    // One look-up for one connection: there is no second answer to be fooled by.
    assert_eq!(bytes_of(&fetcher.fetch(&named(&store), want()).await.unwrap()), b"body");
    assert_eq!(*resolver.asked.lock().unwrap(), 1);
    // A new connection is judged anew.
    assert_eq!(code(fetcher.fetch(&named(&store), want()).await), Code::AddressRefused);
    assert_eq!(store.asked().len(), 1);
}

#[tokio::test]
async fn a_buckets_connection_is_never_lent_to_a_job() {
    let store = Store::start(|_, asked| serve(b"body", "v1", asked)).await;
    let fetcher = Fetcher::new(config(&store)).unwrap();
    fetcher.fetch(&Urls::bucket(&store, "/bucket/key"), want()).await.unwrap();
    assert_eq!(code(fetcher.fetch(&Urls::job(&store.url("/bucket/key")), want()).await), Code::AddressRefused);
    assert_eq!(store.asked().len(), 1);
}

#[tokio::test]
async fn no_error_holds_the_address_or_its_signature() {
    let store = Store::start(|_, _| Reply::new(200).length(10).then_close()).await;
    let fetcher = Fetcher::new(config(&store)).unwrap();
    for urls in [
        Urls::bucket(&store, "/planted-key?X-Amz-Signature=planted-signature"),
        Urls::job("https://user:planted@example.com/planted"),
        Urls::job("https://planted.invalid/planted?sig=planted"),
        Urls::job("planted"),
    ] {
        let error = fetcher.fetch(&urls, want()).await.unwrap_err();
        let mut shown = format!("{error} {error:?} {:?}", error.failure());
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            shown.push_str(&inner.to_string());
            source = inner.source();
        }
        assert!(!shown.contains("planted"), "{shown}");
    }
}

#[tokio::test]
async fn a_proxy_carries_what_the_guard_let_through() {
    let store = Store::start(|_, asked| serve(b"by proxy", "v1", asked)).await;
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = proxy.local_addr().unwrap();
    let heads: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&heads);
    let serving = tokio::spawn(async move {
        while let Ok((mut client, _)) = proxy.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            let mut server = TcpStream::connect(head.split(' ').nth(1).unwrap()).await.unwrap();
            log.lock().unwrap().push(head);
            client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
            // Ends when either side closes; an error is such an end.
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        }
    });
    let config = FetchConfig { proxy: Some(Secret::new(format!("http://user:pa%40ss@{address}"))), ..config(&store) };
    let fetcher = Fetcher::new(config).unwrap();
    assert_eq!(bytes_of(&fetcher.fetch(&Urls::bucket(&store, "/bucket/key"), want()).await.unwrap()), b"by proxy");
    assert_eq!(code(fetcher.fetch(&Urls::job("https://169.254.169.254/"), want()).await), Code::AddressRefused);
    assert_eq!(code(fetcher.fetch(&Urls::job("https://localhost/"), want()).await), Code::AddressRefused);
    let heads = heads.lock().unwrap().clone();
    assert_eq!(heads.len(), 1);
    assert!(heads[0].starts_with(&format!("CONNECT {} ", store.address)));
    // "user:pa@ss"
    assert!(heads[0].to_ascii_lowercase().contains("proxy-authorization: basic dxnlcjpwyubzcw=="), "{}", heads[0]);
    serving.abort();
}

#[tokio::test]
async fn only_a_host_with_a_trusted_certificate_of_its_own_is_believed() {
    let store = Store::start_tls(|_, asked| serve(b"by tls", "v1", asked)).await;
    let root: &[u8] = include_bytes!("tls/root.pem");
    let port = store.address.port();
    for (host, roots, believed) in [("store.test", root, true), ("store.test", &[], false), ("other.test", root, false)] {
        let config = FetchConfig {
            bucket_endpoint: Some(format!("https://{host}:{port}")),
            extra_root_certificates: roots.to_vec(),
            resolver: Arc::new(Rebinding { answers: vec!["127.0.0.1"], asked: Mutex::default() }),
            ..config(&store)
        };
        let urls = Urls::new(vec![bucket_url(&format!("https://{host}:{port}/bucket/key"))]);
        match Fetcher::new(config).unwrap().fetch(&urls, want()).await {
            Ok(fetched) => assert!(believed && bytes_of(&fetched) == b"by tls", "{host}"),
            Err(error) => assert!(!believed && error.failure().code == Code::ProviderUnavailable, "{host}: {error}"),
        }
    }
    assert_eq!(store.asked().len(), 1, "nothing was sent to a host that was not believed");
}

#[tokio::test]
async fn wrong_settings_are_refused_at_the_start() {
    const BROKEN: &[u8] = b"-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n";
    let store = Store::start(|_, _| Reply::new(200)).await;
    let refused = |change: fn(&mut FetchConfig)| {
        let mut config = config(&store);
        change(&mut config);
        Fetcher::new(config).unwrap_err()
    };
    assert!(matches!(refused(|c| c.bucket_endpoint = Some("store.test".into())), ConfigError::BucketEndpoint));
    assert!(matches!(refused(|c| c.proxy = Some(Secret::new("socks5://proxy:1".into()))), ConfigError::Proxy));
    assert!(matches!(refused(|c| c.interactive_reserve = c.memory_budget), ConfigError::Reserve { .. }));
    assert!(matches!(refused(|c| c.spill_folder = "/nowhere/at/all".into()), ConfigError::SpillFolder { .. }));
    assert!(matches!(refused(|c| c.extra_root_certificates = BROKEN.to_vec()), ConfigError::Certificates));
}
