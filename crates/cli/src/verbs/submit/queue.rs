//! Rows and messages of what was vetted: no row stands whose message never comes, as long as that can be helped.
//!
//! A job that we named is nobody else's, so its message goes first: killed in between, there is a message without a row, and whichever
//! worker takes it makes the row. Of a job that its sender named the row goes first, since it says whether the job is known; killed in
//! between, there is a row without a message, and the job is given again with `--again`.

use super::vetting::Named;
use anyhow::Context;
use assay_broker::{Broker, BrokerError};
use assay_contract::{Job, JobId, OrganizationId, TaskId};
use assay_store::{RowState, Store};
use futures::StreamExt;
use std::collections::{HashMap, HashSet};

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

    /// Queues jobs, each with who gave it its id.
    pub(super) async fn take(&mut self, jobs: Vec<(Job, Named)>) -> anyhow::Result<()> {
        let (ours, senders): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|(_, named)| *named == Named::ByUs);
        let jobs = |of: Vec<(Job, Named)>| of.into_iter().map(|(job, _)| job).collect();
        self.take_senders(jobs(senders)).await?;
        self.take_ours(jobs(ours)).await
    }

    /// Messages first, rows after.
    async fn take_ours(&mut self, mut jobs: Vec<Job>) -> anyhow::Result<()> {
        let Sent { unsent, error } = self.send(&jobs).await;
        jobs.retain(|job| !unsent.contains(&job.job_id));
        self.queued += jobs.len() as u64;
        let noted = self.store.enqueue_rows(&jobs).await;
        match error {
            Some(error) => Err(error).context("a row could not be queued"),
            None => noted.map(drop).context("rows could not be noted, each is when a worker takes it: they are queued, and none is lost"),
        }
    }

    /// Rows first, messages after. What the queue did not take is taken back, so that it can be submitted again.
    async fn take_senders(&mut self, jobs: Vec<Job>) -> anyhow::Result<()> {
        let new: HashSet<JobId> = self.store.enqueue_rows(&jobs).await?.into_iter().collect();
        let waiting = self.waiting(jobs.iter().filter(|job| !new.contains(&job.job_id))).await?;
        let mut messages = Vec::with_capacity(jobs.len());
        for mut job in jobs {
            if !new.contains(&job.job_id) {
                let Some(task) = waiting.get(&job.job_id) else {
                    self.passed_over += 1;
                    continue;
                };
                job.task_id.clone_from(task);
                self.sent_again += 1;
            }
            messages.push(job);
        }
        self.queued += new.len() as u64;
        let Sent { mut unsent, error } = self.send(&messages).await;
        let Some(error) = error else { return Ok(()) };
        unsent.retain(|job| new.contains(job));
        let withdrawn = self.store.withdraw_rows(self.organization, &Vec::from_iter(unsent)).await;
        self.queued = self.queued.saturating_sub(*withdrawn.as_ref().unwrap_or(&0));
        let said = match withdrawn {
            Ok(_) => "a job could not be queued; those that were not are unknown again",
            Err(_) => "a job could not be queued, nor its row be taken back: give whole jobs again with --again",
        };
        Err(error).context(said)
    }

    async fn send(&self, jobs: &[Job]) -> Sent {
        let broker = self.broker;
        let sent: Vec<_> = futures::stream::iter(jobs)
            .map(|job| async move { broker.submit(job).await.map_err(|error| (job.job_id.clone(), error)) })
            .buffer_unordered(IN_FLIGHT)
            .collect()
            .await;
        let mut failed = Sent { unsent: HashSet::new(), error: None };
        for (job, error) in sent.into_iter().filter_map(Result::err) {
            failed.error.get_or_insert(error);
            failed.unsent.insert(job);
        }
        failed
    }

    /// Of known jobs those that still wait for their message, where that may be sent again, each with its task.
    async fn waiting(&self, known: impl Iterator<Item = &Job>) -> anyhow::Result<HashMap<JobId, Option<TaskId>>> {
        if self.known == Known::Refused {
            return Ok(HashMap::new());
        }
        let known: Vec<JobId> = known.map(|job| job.job_id.clone()).collect();
        let rows = self.store.rows_of(self.organization, &known).await?;
        Ok(rows.into_iter().filter(|row| row.state == RowState::Queued).map(|row| (row.job_id, row.task_id)).collect())
    }
}

/// What became of messages: those that the queue did not confirm, and why the first of them was not.
struct Sent {
    unsent: HashSet<JobId>,
    error: Option<BrokerError>,
}
