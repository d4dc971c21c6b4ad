//! The one connection that a child has: frames to and from its worker.

use assay_contract::exchange::MAX_BLOCK_BYTES;
use assay_contract::frame::{Frame, FrameKind};
use std::cell::RefCell;
use std::io;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

/// Where frames go. A child has a socket, a rehearsal a list.
pub trait Channel {
    /// Sends one frame.
    fn send(&mut self, frame: &Frame) -> io::Result<()>;
    /// Sends a question and waits for its block.
    fn ask(&mut self, frame: &Frame) -> io::Result<Frame>;
}

/// Shared by a child's input and its answer; a child has one thread that speaks.
pub type SharedChannel = Rc<RefCell<dyn Channel>>;

impl Channel for UnixStream {
    fn send(&mut self, frame: &Frame) -> io::Result<()> {
        frame.write_to(self)
    }

    fn ask(&mut self, frame: &Frame) -> io::Result<Frame> {
        frame.write_to(self)?;
        let block = Frame::read_from(self, MAX_BLOCK_BYTES)?;
        if block.kind == FrameKind::Block {
            Ok(block)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "the worker answered a question with another frame"))
        }
    }
}
