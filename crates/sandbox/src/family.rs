//! One decoder family: its present fork server, renewed when it is lost or has served enough.

use crate::error::{ChildFailure, StartError};
use crate::server::ForkServer;
use assay_contract::exchange::Hello;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// A fork server is renewed after so many children: its address layout, which all of them share, changes.
const CHILDREN_PER_SERVER: u64 = 10_000;
/// So many starts within [`WITHIN`] and a family is left alone.
const MOST_STARTS: usize = 10;
const WITHIN: Duration = Duration::from_mins(1);

/// One decoder family.
pub(crate) struct Family {
    name: String,
    program: PathBuf,
    /// What the first fork server said; a later one that says less is refused at its start.
    pub(crate) hello: Hello,
    closed: AtomicBool,
    // Held over the start of a fork server, so that a hundred decodes that find it lost start one and not a hundred.
    present: Mutex<Present>,
}

struct Present {
    server: Option<Arc<ForkServer>>,
    starts: VecDeque<Instant>,
}

impl Family {
    /// Starts a family's first fork server.
    pub(crate) async fn start(name: &str, program: PathBuf) -> Result<Self, StartError> {
        let server = ForkServer::start(name, &program).await?;
        Ok(Self {
            name: name.to_owned(),
            program,
            hello: server.hello().clone(),
            closed: AtomicBool::new(false),
            present: Mutex::new(Present { server: Some(Arc::new(server)), starts: VecDeque::new() }),
        })
    }

    /// The fork server to ask now.
    pub(crate) async fn server(&self) -> Result<Arc<ForkServer>, ChildFailure> {
        let mut present = self.present.lock().await;
        if self.closed.load(Ordering::Acquire) {
            return Err(ChildFailure::Closed);
        }
        if let Some(server) = &present.server
            && !server.is_lost()
            && server.children() < CHILDREN_PER_SERVER
        {
            return Ok(server.clone());
        }
        present.may_start(&self.name)?;
        tracing::info!(family = %self.name, "starting a fork server anew");
        let server = ForkServer::start(&self.name, &self.program).await.map_err(|error| ChildFailure::Restart(Box::new(error)))?;
        let server = Arc::new(server);
        // The one before lives on until its last child is gone.
        present.server = Some(server.clone());
        Ok(server)
    }

    /// Ends the fork server and its children.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let server = self.present.lock().await.server.take();
        if let Some(server) = server {
            server.dismiss();
            if let Some(server) = Arc::into_inner(server) {
                server.end().await;
            }
        }
    }
}

impl Present {
    /// Counts a start, or refuses it.
    fn may_start(&mut self, family: &str) -> Result<(), ChildFailure> {
        let now = Instant::now();
        self.starts.retain(|start| now.duration_since(*start) < WITHIN);
        if self.starts.len() >= MOST_STARTS {
            return Err(ChildFailure::KeepsDying { family: family.to_owned(), starts: MOST_STARTS, within: WITHIN });
        }
        self.starts.push_back(now);
        Ok(())
    }
}
