//! Attacks by a socket.
#![allow(unsafe_code, reason = "attacks are system calls that no safe code makes")]

use super::{Outcome, judged, text};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::UnixStream;
use std::ptr;
use std::time::Duration;

/// Enough for a server on this machine, and short of every clock.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks as one asks a metadata server; without an address it only wants a socket.
pub(super) fn tcp(address: &str) -> Outcome {
    let Ok(address) = address.parse::<SocketAddr>() else { return socket(libc::AF_INET, libc::SOCK_STREAM) };
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(text)?;
    ask(&mut stream, &address.to_string())
}

/// Sends a datagram, as a lookup of a name that carries bytes out would.
pub(super) fn udp(address: &str) -> Outcome {
    if address.is_empty() {
        return socket(libc::AF_INET, libc::SOCK_DGRAM);
    }
    let socket = UdpSocket::bind("127.0.0.1:0").map_err(text)?;
    socket.send_to(b"carried out", address).map(|bytes| format!("sent {bytes} bytes to {address}")).map_err(text)
}

/// Asks a server that has a path, as docker.sock has.
pub(super) fn unix(path: &str) -> Outcome {
    if path.is_empty() {
        return socket(libc::AF_UNIX, libc::SOCK_STREAM);
    }
    ask(&mut UnixStream::connect(path).map_err(text)?, path)
}

pub(super) fn abstract_unix(name: &str) -> Outcome {
    let address = std::os::unix::net::SocketAddr::from_abstract_name(name).map_err(text)?;
    ask(&mut UnixStream::connect_addr(&address).map_err(text)?, name)
}

/// Uses the one socket it has to reach an address of its choice. The kernel refuses that for a connected stream; it must not be asked.
pub(super) fn send_to() -> Outcome {
    let address = libc::sockaddr_un { sun_family: libc::AF_UNIX.unsigned_abs().try_into().unwrap_or(0), sun_path: [0; 108] };
    // SAFETY: one byte is read from a live variable, and an address of the length it has.
    let sent = unsafe { libc::sendto(0, c"x".as_ptr().cast(), 1, 0, ptr::from_ref(&address).cast(), 2) };
    judged(sent as i64, "sent to an address of its own")
}

fn socket(family: libc::c_int, kind: libc::c_int) -> Outcome {
    // SAFETY: takes numbers.
    judged(unsafe { libc::socket(family, kind, 0) }.into(), "has a socket")
}

fn ask(stream: &mut (impl Read + Write), whom: &str) -> Outcome {
    stream.write_all(b"GET /latest/meta-data/iam/security-credentials/ HTTP/1.0\r\n\r\n").map_err(text)?;
    let mut answer = [0; 64];
    let bytes = stream.read(&mut answer).map_err(text)?;
    Ok(format!("{whom} answered with {bytes} bytes"))
}
