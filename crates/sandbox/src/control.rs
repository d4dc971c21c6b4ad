//! The control socket of a fork server: one packet is one frame, with at most one descriptor.
//!
//! `SOCK_SEQPACKET` rather than a stream: a descriptor can't slip from one frame to the next (unix(7)).

use assay_contract::frame::Frame;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Largest packet, bytes: a Hello with many libraries fits many times.
const MAX_PACKET_BYTES: usize = 64 << 10;

/// The worker's end.
pub(crate) struct Control {
    socket: AsyncFd<OwnedFd>,
}

impl Control {
    /// Both ends: ours, and the one that becomes the fork server's stdin.
    #[allow(unsafe_code, reason = "tokio asks for a promise that the descriptor stays the same")]
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        rustix::io::ioctl_fionbio(&ours, true)?;
        // SAFETY: an OwnedFd owns its descriptor, and nothing here replaces or closes it while the AsyncFd has it.
        let socket = unsafe { AsyncFd::register(ours) }?;
        Ok((Self { socket }, theirs))
    }

    /// Sends one frame; a frame that was sent is never cut.
    pub(crate) async fn send(&self, frame: &Frame, descriptor: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let mut packet = Vec::new();
        frame.write_to(&mut packet)?;
        self.socket.async_io(Interest::WRITABLE, |socket| send_with(socket.as_fd(), &packet, descriptor)).await?;
        Ok(())
    }

    /// The next frame; `None` when the fork server is gone.
    pub(crate) async fn receive(&self) -> io::Result<Option<(Frame, Option<OwnedFd>)>> {
        let (packet, descriptor) = self.socket.async_io(Interest::READABLE, |socket| receive_packet(socket.as_fd())).await?;
        if packet.is_empty() {
            return Ok(None);
        }
        Ok(Some((Frame::read_from(&mut packet.as_slice(), 0)?, descriptor)))
    }

    /// Tells the fork server that we are done with it: it reads EOF and exits.
    pub(crate) fn shut(&self) {
        // An error means that it is gone already.
        let _ = rustix::net::shutdown(self.socket.get_ref(), rustix::net::Shutdown::Both);
    }
}

/// Sends bytes with at most one descriptor; returns how many bytes went.
pub(crate) fn send_with(socket: BorrowedFd<'_>, bytes: &[u8], descriptor: Option<BorrowedFd<'_>>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let rights = descriptor.map(|descriptor| [descriptor]);
    if let Some(rights) = &rights {
        ancillary.push(SendAncillaryMessage::ScmRights(rights));
    }
    Ok(sendmsg(socket, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::NOSIGNAL)?)
}

fn receive_packet(socket: BorrowedFd<'_>) -> io::Result<(Vec<u8>, Option<OwnedFd>)> {
    let mut bytes = vec![0; MAX_PACKET_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let got = recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    if got.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a packet longer than any frame of a fork server"));
    }
    bytes.truncate(got.bytes);
    let descriptor = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    Ok((bytes, descriptor))
}
