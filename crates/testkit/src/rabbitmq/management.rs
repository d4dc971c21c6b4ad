//! Asks RabbitMQ's management plugin over loopback; HTTP/1.0, so that an answer ends with its connection.

use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// `guest:guest` in base64; the account exists on loopback only.
const ACCOUNT: &str = "Z3Vlc3Q6Z3Vlc3Q=";

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(20);

/// The management plugin of one node.
#[derive(Debug, Clone)]
pub(super) struct Management {
    /// `127.0.0.1:port`.
    host: String,
}

impl Management {
    /// At `http://host:port`.
    pub(super) fn at(url: &str) -> Result<Self> {
        let host = url.strip_prefix("http://").context("the management address does not begin with http://")?;
        Ok(Self { host: host.trim_end_matches('/').to_owned() })
    }

    /// On this machine.
    pub(super) fn local(port: u16) -> Self {
        Self { host: format!("127.0.0.1:{port}") }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    pub(super) fn get(&self, path: &str) -> Result<String> {
        self.ask("GET", path, "")
    }

    pub(super) fn put(&self, path: &str, body: &str) -> Result<String> {
        self.ask("PUT", path, body)
    }

    pub(super) fn post(&self, path: &str, body: &str) -> Result<String> {
        self.ask("POST", path, body)
    }

    pub(super) fn delete(&self, path: &str) -> Result<()> {
        self.ask("DELETE", path, "").map(drop)
    }

    fn ask(&self, verb: &str, path: &str, body: &str) -> Result<String> {
        let mut stream = TcpStream::connect(&self.host)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        write!(
            stream,
            "{verb} {path} HTTP/1.0\r\nHost: {}\r\nAuthorization: Basic {ACCOUNT}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len(),
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        if !status.starts_with('2') {
            bail!("{verb} {path}: {status} {}", body.chars().take(300).collect::<String>());
        }
        Ok(body.to_owned())
    }
}
