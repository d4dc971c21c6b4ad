//! A wire to a server that can be cut and joined again: to whoever speaks through it, the server is down in between.

use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A wire from a port of its own to a server on loopback. It needs a tokio runtime for as long as it carries.
#[derive(Debug)]
pub struct Wire {
    address: SocketAddr,
    to: SocketAddr,
    carrying: Option<JoinHandle<()>>,
}

impl Wire {
    /// A wire that carries.
    pub async fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        Ok(Self { address: listener.local_addr()?, to: server, carrying: Some(tokio::spawn(carry(listener, server))) })
    }

    /// Its near end: `127.0.0.1:port`, the same after each [`Wire::join`].
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every connection breaks, and new ones are refused.
    pub async fn cut(&mut self) {
        if let Some(carrying) = self.carrying.take() {
            carrying.abort();
            let _ = carrying.await;
        }
    }

    /// Every connection breaks, and new ones are taken, heard and closed: a load balancer whose server is gone.
    pub async fn hang_up(&mut self) -> io::Result<()> {
        self.cut().await;
        let listener = TcpListener::bind(self.address).await?;
        self.carrying = Some(tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                // Heard first: what is closed unread breaks instead of ending.
                let _ = near.read(&mut [0; 1024]).await;
            }
        }));
        Ok(())
    }

    /// New connections come through again.
    pub async fn join(&mut self) -> io::Result<()> {
        self.cut().await;
        let listener = TcpListener::bind(self.address).await?;
        self.carrying = Some(tokio::spawn(carry(listener, self.to)));
        Ok(())
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
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            if let Ok(mut far) = TcpStream::connect(server).await {
                let (_, _) = (near.set_nodelay(true), far.set_nodelay(true));
                let _ = copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    #[tokio::test]
    async fn a_wire_that_is_cut_breaks_what_it_carried_and_carries_again_when_joined() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut wire = Wire::to(server.local_addr().unwrap()).await.unwrap();
        for _ in 0..2 {
            let mut near = TcpStream::connect(wire.address()).await.unwrap();
            let (mut far, _) = server.accept().await.unwrap();
            far.write_all(b"through").await.unwrap();
            let mut heard = [0; 7];
            near.read_exact(&mut heard).await.unwrap();
            assert_eq!(&heard, b"through");
            wire.cut().await;
            assert_eq!(far.read(&mut heard).await.unwrap_or(0), 0, "the server sees the end as well");
            assert!(TcpStream::connect(wire.address()).await.is_err());
            wire.hang_up().await.unwrap();
            let mut near = TcpStream::connect(wire.address()).await.unwrap();
            near.write_all(b"anybody").await.unwrap();
            assert_eq!(near.read(&mut heard).await.unwrap(), 0, "an orderly end");
            wire.join().await.unwrap();
        }
    }
}
