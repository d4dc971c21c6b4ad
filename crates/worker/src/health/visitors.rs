//! Who asks for the pages: so many at once, and nobody who asks or takes nothing, since each takes a file of the process that works.

use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

/// Connections at once; the next waits in the kernel's queue.
const MOST: usize = 128;
/// A connection that asks nothing for so long, does not end its question, or takes nothing of its answer, is closed. Pages take a few
/// seconds at most, and scrapers connect again.
const SILENCE: Duration = Duration::from_mins(1);

/// A listener that bounds its connections.
pub(super) struct Visitors {
    listener: TcpListener,
    places: Arc<Semaphore>,
    silence: Duration,
}

impl Visitors {
    pub(super) fn of(listener: TcpListener) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(MOST)), silence: SILENCE }
    }
}

impl Listener for Visitors {
    type Io = Visitor;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let silence = self.silence;
        (Visitor { stream, silence, until: Box::pin(tokio::time::sleep(silence)), asks: false, _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// One connection.
pub(super) struct Visitor {
    stream: TcpStream,
    silence: Duration,
    until: Pin<Box<Sleep>>,
    /// It has begun to ask, and had no answer yet: what more it says gives it no more time.
    asks: bool,
    _place: Option<OwnedSemaphorePermit>,
}

impl Visitor {
    /// It has its time anew.
    fn grant(&mut self) {
        let until = Instant::now() + self.silence;
        self.until.as_mut().reset(until);
    }

    /// What is done, or that its time is up.
    fn in_time<T>(&mut self, context: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            return done;
        }
        self.until.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Visitor {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        if read.is_ready() {
            if !std::mem::replace(&mut self.asks, true) {
                self.grant();
            } else if Instant::now() >= self.until.deadline() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        self.in_time(context, read)
    }
}

impl AsyncWrite for Visitor {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() {
            self.asks = false;
            self.grant();
        }
        self.in_time(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn who_says_nothing_is_sent_away_and_makes_place_for_the_next() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let visitors = Visitors { listener, places: Arc::new(Semaphore::new(1)), silence: Duration::from_millis(50) };
        tokio::spawn(async move { axum::serve(visitors, Router::new().route("/livez", get(|| async { "alive\n" }))).await });
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut asking = TcpStream::connect(address).await.unwrap();
        asking.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut said = String::new();
        asking.read_to_string(&mut said).await.unwrap();
        assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("alive\n"), "{said}");
        assert_eq!(silent.read(&mut [0; 8]).await.unwrap_or(0), 0, "it was closed");
    }

    #[tokio::test]
    async fn who_never_ends_a_question_or_takes_no_answer_is_sent_away_too() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let visitors = Visitors { listener, places: Arc::new(Semaphore::new(1)), silence: Duration::from_millis(50) };
        let page = "m".repeat(1 << 20);
        tokio::spawn(async move { axum::serve(visitors, Router::new().route("/metrics", get(|| async { page }))).await });
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET /metrics HTTP/1.1\r\nx: ").await.unwrap();
        let mut bytes = 0;
        while slow.write_all(b"x").await.is_ok() && bytes < 2_000 {
            bytes += 1;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(bytes < 2_000, "it may go on for ever");
        let mut deaf = TcpStream::connect(address).await.unwrap();
        deaf.write_all("GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n".repeat(100).as_bytes()).await.unwrap();
        let mut asking = TcpStream::connect(address).await.unwrap();
        asking.write_all(b"GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut said = Vec::new();
        let answered = tokio::time::timeout(Duration::from_secs(20), asking.read_to_end(&mut said)).await;
        assert!(answered.is_ok() && said.starts_with(b"HTTP/1.1 200"), "the deaf one keeps its place");
        drop(deaf);
    }
}
