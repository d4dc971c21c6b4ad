//! The stream of jobs that a worker takes from, the interactive lane first.

use crate::delivery::Delivery;
use tokio::sync::{mpsc, watch};

/// Jobs as they come. Dropping it stops consuming, as [`Deliveries::stop`] does.
#[derive(Debug)]
pub struct Deliveries {
    interactive: mpsc::Receiver<Delivery>,
    batch: mpsc::Receiver<Delivery>,
    stop: watch::Sender<Flow>,
    stopped: watch::Receiver<Flow>,
}

/// Whether new deliveries are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Taking,
    Stopped,
}

/// The broker's end of one lane.
#[derive(Debug, Clone)]
pub(crate) struct Intake {
    pub(crate) out: mpsc::Sender<Delivery>,
    pub(crate) flow: watch::Receiver<Flow>,
}

impl Intake {
    /// Returns when no new deliveries are wanted: stopped, or nobody listens any more.
    pub(crate) async fn stopped(&mut self) {
        // An error means that the stream was dropped, which is a stop as well.
        let _ = self.flow.wait_for(|flow| *flow == Flow::Stopped).await;
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *self.flow.borrow() == Flow::Stopped || self.out.is_closed()
    }
}

impl Deliveries {
    /// A stream and the ends of both lanes, with room for what may be out at once.
    pub(crate) fn open(interactive: u16, batch: u16) -> (Self, Intake, Intake) {
        let (stop, stopped) = watch::channel(Flow::Taking);
        let (interactive_out, interactive) = mpsc::channel(usize::from(interactive).max(1));
        let (batch_out, batch) = mpsc::channel(usize::from(batch).max(1));
        let interactive_intake = Intake { out: interactive_out, flow: stopped.clone() };
        let batch_intake = Intake { out: batch_out, flow: stopped.clone() };
        (Self { interactive, batch, stop, stopped }, interactive_intake, batch_intake)
    }

    /// The next job, of the interactive lane where both have one. `None` after [`Deliveries::stop`] or when the broker was closed;
    /// never because of a lost connection. Cancel-safe.
    pub async fn next(&mut self) -> Option<Delivery> {
        let mut stopped = self.stopped.clone();
        let delivery = loop {
            let received = async {
                tokio::select! {
                    biased;
                    Some(delivery) = self.interactive.recv() => Some(delivery),
                    Some(delivery) = self.batch.recv() => Some(delivery),
                    else => None,
                }
            };
            let delivery = tokio::select! {
                biased;
                _ = stopped.wait_for(|flow| *flow == Flow::Stopped) => None,
                delivery = received => delivery,
            };
            // Lost while it waited here, with the connection it came by: it comes again.
            if delivery.as_ref().is_none_or(|delivery| !delivery.is_lost()) {
                break delivery;
            }
        };
        if delivery.is_none() {
            self.stop();
            self.interactive.close();
            self.batch.close();
            // Not begun: they go back to the queue by being dropped.
            while self.interactive.try_recv().is_ok() {}
            while self.batch.try_recv().is_ok() {}
        }
        delivery
    }

    /// Takes no new jobs. Those that are out can still be settled; those that nobody has taken yet go back to the queue.
    pub fn stop(&self) {
        self.stop.send_replace(Flow::Stopped);
    }

    /// A handle that stops this stream from elsewhere, for a signal's listener.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Stops a [`Deliveries`] while somebody else waits in [`Deliveries::next`].
#[derive(Debug, Clone)]
pub struct Stopper(watch::Sender<Flow>);

impl Stopper {
    /// As [`Deliveries::stop`].
    pub fn stop(&self) {
        self.0.send_replace(Flow::Stopped);
    }
}
