//! Runs a command with one private RabbitMQ and one private PostgreSQL: `with-servers cargo nextest run`.

use anyhow::{Context, Result};
use assay_testkit::{postgres, rabbitmq};
use std::process::{Command, ExitCode};

#[allow(clippy::disallowed_methods, reason = "running the command is what this program is for")]
fn main() -> Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let program = words.next().context("say what to run: with-servers COMMAND [ARGUMENT…]")?;
    let node = std::thread::spawn(rabbitmq::PrivateRabbit::start);
    let database = postgres::start()?;
    let node = node.join().map_err(|_| anyhow::anyhow!("starting RabbitMQ panicked"))??;
    let status = Command::new(&program)
        .args(words)
        .env(rabbitmq::GIVEN, node.given())
        .env(postgres::GIVEN, database.url())
        .status()
        .with_context(|| format!("{} can't be run", program.display()))?;
    // A command that a signal ended has no code of its own.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    drop((node, database));
    Ok(ExitCode::from(code))
}
