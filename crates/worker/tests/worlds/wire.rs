//! A wire to a server that can be cut and joined again: to the worker a server behind it is down.

use std::net::SocketAddr;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A wire from a port of its own to a server on loopback.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    to: SocketAddr,
    carrying: Option<JoinHandle<()>>,
}

impl Wire {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { address: listener.local_addr().unwrap(), to: server, carrying: Some(tokio::spawn(carry(listener, server))) }
    }

    /// Every connection breaks, and new ones are refused.
    pub(crate) async fn cut(&mut self) {
        if let Some(carrying) = self.carrying.take() {
            carrying.abort();
            let _ = carrying.await;
        }
    }

    /// New connections come through again.
    pub(crate) async fn join(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.carrying = Some(tokio::spawn(carry(listener, self.to)));
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if let Some(carrying) = &self.carrying {
            carrying.abort();
        }
    }
}

async fn carry(listener: TcpListener, server: SocketAddr) {
    let mut connections = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        connections.spawn(async move {
            if let Ok(mut far) = TcpStream::connect(server).await {
                let _ = copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}
