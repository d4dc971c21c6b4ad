//! The fork server's loop: forks on request, reaps, tells the worker. It never maps or reads a byte of an asset.

use crate::child;
use crate::decoder::Decoder;
use crate::kernel;
use crate::lockdown::Confined;
use assay_contract::exchange::{Exited, Launch, Launched};
use assay_contract::frame::{Frame, FrameKind};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use rustix::process::{Pid, PidfdFlags, getpid, pidfd_open};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A child at work.
struct Running {
    ticket: u64,
    pid: Pid,
    pidfd: OwnedFd,
}

/// Serves until the worker closes its end.
pub(crate) fn run(decoder: &impl Decoder, mut control: OwnedFd, confined: &Confined) -> io::Result<()> {
    let server = getpid();
    let mut running: Vec<Running> = Vec::new();
    loop {
        let (is_asked, ended) = wait_for_news(&control, &running)?;
        // From the back, so that the places before stay what they are.
        for place in ended.into_iter().rev() {
            reap(&control, &running.swap_remove(place))?;
        }
        if !is_asked {
            continue;
        }
        let Some((launch, job)) = receive(control.as_fd())? else { return Ok(()) };
        match kernel::fork() {
            Ok(None) => child::live(decoder, &mut control, &job, confined, &launch, server),
            Ok(Some(pid)) => {
                let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
                let launched = Launched { ticket: launch.ticket, pid: pid.as_raw_pid(), errno: 0 };
                send(control.as_fd(), &Frame::new(FrameKind::Launched, &launched, Vec::new())?, Some(pidfd.as_fd()))?;
                running.push(Running { ticket: launch.ticket, pid, pidfd });
            }
            Err(error) => {
                let launched = Launched { ticket: launch.ticket, pid: 0, errno: error.raw_os_error().unwrap_or(0) };
                send(control.as_fd(), &Frame::new(FrameKind::Launched, &launched, Vec::new())?, None)?;
            }
        }
    }
}

/// Whether the worker has a wish, and the places of the children that ended.
fn wait_for_news(control: &OwnedFd, running: &[Running]) -> io::Result<(bool, Vec<usize>)> {
    let mut watched: Vec<PollFd<'_>> = std::iter::once(PollFd::new(control, PollFlags::IN))
        .chain(running.iter().map(|child| PollFd::new(&child.pidfd, PollFlags::IN)))
        .collect();
    loop {
        match poll(&mut watched, None) {
            Err(Errno::INTR) => {}
            result => {
                result?;
                break;
            }
        }
    }
    let mut news = watched.iter().map(|one| !one.revents().is_empty());
    let is_asked = news.next().unwrap_or(false);
    Ok((is_asked, news.enumerate().filter_map(|(place, ended)| ended.then_some(place)).collect()))
}

fn reap(control: &OwnedFd, child: &Running) -> io::Result<()> {
    let end = kernel::wait(child.pid)?;
    let exited = Exited { ticket: child.ticket, code: end.code, signal: end.signal, cpu_us: end.cpu_us, peak_bytes: end.peak_bytes };
    send(control.as_fd(), &Frame::new(FrameKind::Exited, &exited, Vec::new())?, None)
}

/// Sends one frame as one packet, with at most one descriptor.
pub(crate) fn send(control: BorrowedFd<'_>, frame: &Frame, descriptor: Option<BorrowedFd<'_>>) -> io::Result<()> {
    let packet = frame.prologue();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let rights = descriptor.map(|descriptor| [descriptor]);
    if let Some(rights) = &rights {
        ancillary.push(SendAncillaryMessage::ScmRights(rights));
    }
    sendmsg(control, &[IoSlice::new(&packet)], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The worker's next wish, with the job's own socket; `None` when the worker is gone.
fn receive(control: BorrowedFd<'_>) -> io::Result<Option<(Launch, OwnedFd)>> {
    let mut packet = [0; 4096];
    let (bytes, job) = receive_with(control, &mut packet)?;
    let Some(mut packet) = packet.get(..bytes).filter(|packet| !packet.is_empty()) else { return Ok(None) };
    let frame = Frame::read_from(&mut packet, 0)?;
    let job = job.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a launch without a socket"))?;
    Ok(Some((frame.head()?, job)))
}

/// Receives bytes with at most one descriptor.
pub(crate) fn receive_with(socket: BorrowedFd<'_>, into: &mut [u8]) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let got = recvmsg(socket, &mut [IoSliceMut::new(into)], &mut ancillary, RecvFlags::CMSG_CLOEXEC | RecvFlags::WAITALL)?;
    let descriptor = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    Ok((got.bytes, descriptor))
}
