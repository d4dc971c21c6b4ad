//! Logs: ids only, one line an event; JSON for machines, quiet beside a command's own output.

use tracing_subscriber::EnvFilter;

/// Who reads the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStyle {
    /// A person at a terminal: warnings only, on standard error.
    Command,
    /// An operator: a line an event, JSON, on standard error.
    Service,
}

/// Starts logging; `ASSAY_LOG` holds a filter such as `info,assay_fetch=debug`.
#[allow(clippy::disallowed_methods, reason = "`cli` is where the environment is read")]
pub fn start(style: LogStyle) -> anyhow::Result<()> {
    let fallback = match style {
        LogStyle::Command => "error",
        // lapin writes a returned message, body and all, as a warning.
        LogStyle::Service => "info,sqlx=warn,lapin=error,aws=warn,aws_config=error,hyper=warn,reqwest=warn",
    };
    let wish = std::env::var("ASSAY_LOG").unwrap_or_else(|_| fallback.to_owned());
    let filter = EnvFilter::try_new(&wish).map_err(|error| anyhow::anyhow!("ASSAY_LOG can't be read: {error}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match style {
        LogStyle::Command => builder.without_time().with_target(false).init(),
        LogStyle::Service => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
