//! `assay worker`: takes jobs from the configured broker until it is told to drain.

use crate::args::{SettingsArguments, Worker};
use crate::assemble;
use crate::config::{self, Config};
use crate::exit::{Exit, say};
use anyhow::Context;
use assay_worker::{Crew, health, telemetry};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

/// Runs a worker, or prints its plan.
pub async fn run(settings: &SettingsArguments, arguments: Worker) -> anyhow::Result<Exit> {
    let config = config::read(settings)?;
    if arguments.plan {
        say(&assemble::plan(&config)?.to_string())?;
        return Ok(Exit::Complete);
    }
    let shift = hire(config).await?;
    at_work(&shift.crew).await?;
    Ok(Exit::Complete)
}

/// A crew, and what runs beside it for as long as this is held.
pub struct Shift {
    pub crew: Crew,
    _beside: JoinSet<()>,
}

/// A crew with its rooms, metrics and pages.
pub async fn hire(config: Config) -> anyhow::Result<Shift> {
    let plan = assemble::plan(&config)?;
    let listen = config.worker.listen;
    let metrics = PrometheusBuilder::new().install_recorder().context("metrics can't be set up")?;
    telemetry::describe();
    let mut beside = JoinSet::new();
    beside.spawn(telemetry::fold_for_ever(metrics.clone()));
    let crew = Crew::new(Arc::new(assemble::rooms(config, &plan).await?));
    tracing::info!(worker = crew.rooms().settings.worker.id, sandbox = ?crew.rooms().sandbox.posture(), decodes = plan.slots.decodes, fetches = plan.slots.fetches, "at work");
    if let Some(address) = listen {
        let listener = tokio::net::TcpListener::bind(address).await.with_context(|| format!("worker.listen {address} can't be bound"))?;
        let pages = crew.clone();
        beside.spawn(async move {
            if let Err(error) = health::serve(listener, pages, metrics).await {
                tracing::error!(%error, "the health pages ended");
            }
        });
    }
    Ok(Shift { crew, _beside: beside })
}

/// Works until SIGTERM or SIGINT, then drains. A second signal ends at once.
pub async fn at_work(crew: &Crew) -> anyhow::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let work = crew.work();
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            ended = &mut work => return ended.context("the broker ended the work"),
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if crew.is_draining() {
            anyhow::bail!("ended by a second signal; jobs that were at work come again");
        }
        tracing::info!("draining: no new jobs are taken");
        crew.drain();
    }
}
