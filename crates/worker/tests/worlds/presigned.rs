//! Addresses that are signed already, over https through the operator's proxy: read while they last, refused by name when not.

use crate::customer::{job, with};
use crate::worker::{Worker, access, fetch_config, rooms};
use crate::world::{World, code};
use assay_access::Purpose;
use assay_contract::address::Reading;
use assay_contract::clock::Clock;
use assay_contract::record::Status;
use assay_contract::{AssetAddress, Code, Secret};
use assay_fetch::{FetchConfig, Fetcher, Resolver};
use async_trait::async_trait;
use serde_json::json;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Only the proxy can resolve names, as behind many a company's firewall.
#[derive(Debug)]
struct NoNames;

#[async_trait]
impl Resolver for NoNames {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(Vec::new())
    }
}

/// An egress proxy behind which `store.test` is the stand-in cloud with TLS before it. The certificate is of the tests of `fetch`.
struct Proxy {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Proxy {
    async fn before(cloud: &str) -> Self {
        let chain = CertificateDer::pem_slice_iter(include_bytes!("../../../fetch/tests/it/tls/store.pem")).collect::<Result<Vec<_>, _>>();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../../fetch/tests/it/tls/store.key.pem")).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain.unwrap(), key).unwrap();
        let (tls, cloud) = (TlsAcceptor::from(Arc::new(config)), cloud.trim_start_matches("http://").to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(tunnel(stream, tls.clone(), cloud.clone()));
            }
        });
        Self { address, serving }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn tunnel(mut stream: TcpStream, tls: TlsAcceptor, cloud: String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    assert!(head.starts_with(b"CONNECT store.test:443 "), "{}", String::from_utf8_lossy(&head));
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    let mut near = tls.accept(stream).await.unwrap();
    let mut far = TcpStream::connect(cloud).await.unwrap();
    let _ = copy_bidirectional(&mut near, &mut far).await;
}

/// An https address signed by somebody else, and for how long it works.
async fn signed(world: &World, key: &str, lifetime: Duration) -> String {
    let access = access(&world.customer, "https://store.test").await;
    let asset = AssetAddress::parse(&crate::customer::uri(key), Reading::Delegated).unwrap();
    let purpose = Purpose { job_id: "elsewhere".parse().unwrap(), organization_id: "org_acme".parse().unwrap() };
    let url = access.sign(Some(world.customer.integration("int_acme")), &asset, lifetime, &purpose).await.unwrap();
    url.url.expose().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_address_is_read_and_its_signature_is_kept_nowhere() {
    let world = World::embedded().await;
    let proxy = Proxy::before(world.customer.cloud.endpoint()).await;
    let mut behind = rooms(&world).await;
    behind.fetcher = Fetcher::new(FetchConfig {
        bucket_endpoint: None,
        proxy: Some(Secret::new(format!("http://{}", proxy.address))),
        extra_root_certificates: include_bytes!("../../../fetch/tests/it/tls/root.pem").to_vec(),
        resolver: Arc::new(NoNames),
        ..fetch_config(&world)
    })
    .unwrap();
    world.customer.fixture("media/png-rgba.png");
    let short = signed(&world, "media/png-rgba.png", Duration::from_secs(1)).await;
    let long = signed(&world, "media/png-rgba.png", Duration::from_mins(10)).await;
    let (before, signature) = long.split_once("X-Amz-Signature=").unwrap();
    let forged = format!("{before}X-Amz-Signature={}{}", if signature.starts_with('0') { '1' } else { '0' }, &signature[1..]);
    let signed_at = assay_contract::clock::SystemClock.now();
    let worker = Worker::start(behind);
    // A second has no shorter form in a signature: the first address must have run out.
    tokio::time::sleep_until(tokio::time::Instant::now() + Duration::from_millis(2100)).await;
    assert!(assay_contract::clock::SystemClock.now().duration_since(signed_at).as_secs() >= 2);
    for (id, address) in [("expired-url", &short), ("signed", &long), ("forged", &forged)] {
        world.submit(&with(job(id, address.as_str()), json!({ "integration": null }))).await;
    }
    assert_eq!(code(&world.record("expired-url").await), Code::ExpiredUrl);
    assert_eq!(code(&world.record("forged").await), Code::ExpiredUrl);
    let record = world.record("signed").await;
    assert_eq!(record.status, Status::Complete, "{:?}", record.failure);
    assert_eq!(record.asset.uri, "https://store.test/acme-raw/media/png-rgba.png");
    worker.idle().await;
    for told in world.published().await {
        assert!(!told.to_string().contains("X-Amz"), "{told}");
    }
    worker.drain().await;
}
