//! A store of raw sockets: it answers by a script and can do everything that a real one should not.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) target: String,
    pub(crate) headers: HashMap<String, String>,
}

/// What to answer, and how to end.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    end: End,
}

#[derive(Debug, Clone, Copy)]
enum End {
    /// Ready for the next request.
    Open,
    /// The connection is closed at once.
    Cut,
    /// Nothing more, and the connection stays.
    Hang,
    /// A byte at a time.
    Drip(Duration),
}

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), end: End::Open }
    }

    pub(crate) fn ok(body: &[u8]) -> Self {
        Self::new(200).body(body).length(body.len())
    }

    /// The S3 way to refuse.
    pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Self {
        let body = format!("<Error><Code>{code}</Code><Message>{message}</Message><RequestId>REQ1</RequestId></Error>");
        Self::new(status).body(body.as_bytes()).length(body.len())
    }

    pub(crate) fn header(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.headers.push((name.to_owned(), format!("{value}")));
        self
    }

    pub(crate) fn etag(self, etag: &str) -> Self {
        self.header("ETag", format!("\"{etag}\""))
    }

    pub(crate) fn length(self, length: usize) -> Self {
        self.header("Content-Length", length)
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// Sends only so many bytes of the body, then closes.
    pub(crate) fn cut_after(mut self, bytes: usize) -> Self {
        self.body.truncate(bytes);
        self.end = End::Cut;
        self
    }

    /// Sends only so many bytes of the body, then nothing.
    pub(crate) fn hang_after(mut self, bytes: usize) -> Self {
        self.body.truncate(bytes);
        self.end = End::Hang;
        self
    }

    pub(crate) fn drip(mut self, pause: Duration) -> Self {
        self.end = End::Drip(pause);
        self
    }

    /// Closes the connection after a whole answer.
    pub(crate) fn then_close(mut self) -> Self {
        self.end = End::Cut;
        self
    }
}

/// An object as a good store serves it: whole, or from an offset where `If-Range` matches.
pub(crate) fn serve(body: &[u8], etag: &str, asked: &Asked) -> Reply {
    let same = asked.headers.get("if-range").is_none_or(|tag| *tag == format!("\"{etag}\""));
    let from = asked.headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    match from {
        Some(from) if same && from >= body.len() => Reply::new(416).header("Content-Range", format!("bytes */{}", body.len())).length(0),
        Some(from) if same => Reply::new(206)
            .header("Content-Range", format!("bytes {from}-{}/{}", body.len() - 1, body.len()))
            .body(&body[from..])
            .length(body.len() - from)
            .etag(etag),
        _ => Reply::ok(body).etag(etag),
    }
}

/// The store, until it is dropped.
pub(crate) struct Store {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Store {
    /// `script` gets the number of the request, from 0.
    pub(crate) async fn start(script: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::open(None, script).await
    }

    /// The same behind TLS, with a certificate for `store.test`, signed by `tls/root.pem`. Only these tests trust it; the root's own key
    /// was thrown away.
    pub(crate) async fn start_tls(script: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let chain = CertificateDer::pem_slice_iter(include_bytes!("tls/store.pem")).collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/store.key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        Self::open(Some(TlsAcceptor::from(Arc::new(config))), script).await
    }

    async fn open(tls: Option<TlsAcceptor>, script: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, script) = (Arc::clone(&asked), Arc::new(script));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, log, script) = (tls.clone(), Arc::clone(&log), Arc::clone(&script));
                connections.spawn(async move {
                    match tls {
                        None => converse(stream, log, script).await,
                        // A handshake that fails is the client's refusal.
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                converse(stream, log, script).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, asked, task }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse<S: Fn(usize, &Asked) -> Reply>(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    log: Arc<Mutex<Vec<Asked>>>,
    script: Arc<S>,
) {
    while let Some(asked) = read_head(&mut stream).await {
        let place = {
            let mut log = log.lock().unwrap();
            log.push(asked.clone());
            log.len() - 1
        };
        let reply = script(place, &asked);
        let mut head = format!("HTTP/1.1 {} Scripted\r\n", reply.status);
        for (name, value) in &reply.headers {
            head.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
        }
        head.push_str("\r\n");
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
        if let End::Drip(pause) = reply.end {
            for byte in &reply.body {
                if stream.write_all(&[*byte]).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
                tokio::time::sleep(pause).await;
            }
            continue;
        }
        if stream.write_all(&reply.body).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        match reply.end {
            End::Open | End::Drip(_) => {}
            End::Cut => return,
            End::Hang => std::future::pending::<()>().await,
        }
    }
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let target = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers = lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())).collect();
    Some(Asked { target, headers })
}
