//! `assay migrate`: brings the store's schema up to date.

use crate::args::SettingsArguments;
use crate::assemble::no_store;
use crate::config;
use crate::exit::{Exit, say};
use anyhow::Context;
use assay_store::Store;

/// Applies what is pending and prints it.
pub async fn run(settings: &SettingsArguments) -> anyhow::Result<Exit> {
    let config = config::read(settings)?;
    let url = config.store.url.context("store.url is not set")?.0;
    let cannot = || no_store(&url);
    let store = Store::open(&url).await.with_context(cannot)?;
    let applied = store.migrate().await.with_context(cannot)?;
    for step in &applied {
        say(&format!("applied {} {}", step.version, step.name))?;
    }
    if applied.is_empty() {
        say("the schema is up to date")?;
    }
    Ok(Exit::Complete)
}
