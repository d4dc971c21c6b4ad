//! The binary `assay`: configuration and one thin function for each verb.

#![allow(unreachable_pub, missing_docs, reason = "a binary has no public API; `pub` here means used by another module")]
mod args;
mod assemble;
mod card;
mod config;
mod exit;
mod gallery;
mod output;
mod progress;
mod tracing_setup;
mod verbs;

use args::{Arguments, Verb};
use clap::Parser;
use exit::Exit;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything is read or started: no core dump, no debugger, nobody reads our memory or environment.
    if let Err(error) = assay_sandbox::harden_self() {
        exit::complain(&format!("this process could not be protected: {error}"));
        return Exit::Usage.into();
    }
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            exit::complain(&format!("no runtime could be started: {error}"));
            return Exit::Usage.into();
        }
    };
    let outcome = runtime.block_on(run(arguments));
    // A blocking read that hangs must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => {
            exit::complain(&exit::told(&error));
            Exit::Usage.into()
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    tracing_setup::start(arguments.verb.log_style())?;
    let settings = &arguments.settings;
    match arguments.verb {
        Verb::Inspect(verb) => verbs::inspect::run(settings, verb).await,
        Verb::Up(verb) => verbs::up::run(settings, verb).await,
        Verb::Worker(verb) => verbs::worker::run(settings, verb).await,
        Verb::Submit(verb) => verbs::submit::run(settings, verb).await,
        Verb::Watch(verb) => verbs::watch::run(settings, verb).await,
        Verb::Integration(verb) => verbs::integration::run(settings, verb).await,
        Verb::Dead(verb) => verbs::dead::run(settings, verb).await,
        Verb::Bench(verb) => verbs::bench::run(settings, verb).await,
        Verb::Explain(verb) => verbs::explain::run(&verb),
        Verb::Config(verb) => verbs::config::run(settings, &verb),
        Verb::Migrate => verbs::migrate::run(settings).await,
        Verb::Schema(verb) => verbs::schema::run(&verb),
    }
}
