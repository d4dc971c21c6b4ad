//! Opens every connection: only to an address that the guard judged, by way of the operator's proxy where there is one.

use crate::config::{ConfigError, FetchConfig};
use crate::guard::{Guard, Unresolved};
use assay_contract::signed_url::Origin;
use base64::Engine;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tower_service::Service;

/// How long one address may take to answer before the next is tried.
const CONNECT: Duration = Duration::from_secs(5);

/// Connects for URLs of one origin.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    guard: Arc<Guard>,
    origin: Origin,
    proxy: Option<Tunnel<HttpConnector>>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoConnection {
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
    #[error("no address of the host answers: {0}")]
    Unreachable(#[source] io::Error),
    #[error("the proxy opened no tunnel: {0}")]
    Proxy(String),
}

impl Connector {
    pub(crate) fn new(guard: Arc<Guard>, origin: Origin, proxy: Option<Tunnel<HttpConnector>>) -> Self {
        Self { guard, origin, proxy }
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, NoConnection> {
        let judged = self.guard.addresses(&uri, self.origin).await;
        match (self.proxy, judged) {
            // What can't be resolved here may be resolved by the proxy; what was refused here is refused.
            (Some(mut tunnel), Ok(_) | Err(Unresolved::NoAddress)) => {
                tunnel.call(uri).await.map_err(|error| NoConnection::Proxy(error.to_string()))
            }
            (_, Err(unresolved)) => Err(unresolved.into()),
            (None, Ok(addresses)) => first_that_answers(&addresses).await.map(TokioIo::new).map_err(NoConnection::Unreachable),
        }
    }
}

async fn first_that_answers(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = NoConnection;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NoConnection>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoConnection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

/// The operator's proxy, if one is set.
pub(crate) fn tunnel(config: &FetchConfig) -> Result<Option<Tunnel<HttpConnector>>, ConfigError> {
    let Some(proxy) = &config.proxy else { return Ok(None) };
    let uri: Uri = proxy.expose().parse().map_err(|_| ConfigError::Proxy)?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or(ConfigError::Proxy)?;
    let (user, place) = authority.as_str().rsplit_once('@').map_or((None, authority.as_str()), |(user, place)| (Some(user), place));
    let bare: Uri = format!("http://{place}/").parse().map_err(|_| ConfigError::Proxy)?;
    let tunnel = Tunnel::new(bare, HttpConnector::new());
    let Some(user) = user else { return Ok(Some(tunnel)) };
    let word = base64::engine::general_purpose::STANDARD.encode(percent_decode_str(user).collect::<Vec<u8>>());
    let auth = HeaderValue::from_str(&format!("Basic {word}")).map_err(|_| ConfigError::Proxy)?;
    Ok(Some(tunnel.with_auth(auth)))
}

/// TLS with the system's certificates and the operator's; never without verification.
pub(crate) fn tls(config: &FetchConfig) -> Result<rustls::ClientConfig, ConfigError> {
    let mut roots = rustls::RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        tracing::warn!("this system has no root certificates: no https host can be verified; install ca-certificates");
    }
    let extra = CertificateDer::pem_slice_iter(&config.extra_root_certificates).collect::<Result<Vec<_>, _>>();
    for certificate in extra.map_err(|_| ConfigError::Certificates)? {
        roots.add(certificate).map_err(|_| ConfigError::Certificates)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
