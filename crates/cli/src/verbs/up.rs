//! `assay up`: queue, store, shelf and worker in one process and one folder.

use crate::args::{SettingsArguments, Up};
use crate::config;
use crate::exit::Exit;
use crate::verbs::worker::{Signals, at_work, hire};
use assay_worker::Crew;
use std::time::Duration;

/// Runs everything until SIGTERM, or until there is nothing left to do.
pub async fn run(settings: &SettingsArguments, arguments: Up) -> anyhow::Result<Exit> {
    let mut signals = Signals::heard()?;
    let Some(shift) = hire(config::read(settings)?, &mut signals).await? else { return Ok(Exit::Complete) };
    if arguments.until_idle {
        let idle = shift.crew.clone();
        tokio::spawn(async move {
            wait_until_idle(&idle).await;
            idle.drain();
        });
    }
    at_work(&shift.crew, &mut signals).await?;
    Ok(Exit::Complete)
}

/// Idle is: nothing ready, nothing out, nothing resting, twice in a row.
async fn wait_until_idle(crew: &Crew) {
    let mut quiet = 0;
    while quiet < 2 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        quiet = match crew.rooms().broker.depths().await {
            Ok(depths) if [depths.interactive, depths.batch].iter().all(|lane| lane.ready + lane.unacknowledged + lane.resting == 0) => {
                quiet + 1
            }
            _ => 0,
        };
    }
}
