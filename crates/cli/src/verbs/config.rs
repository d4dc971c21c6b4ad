//! `assay config`: reports all problems at once, or shows what is in force without its secrets.

use crate::args::{Config, ConfigVerb, SettingsArguments};
use crate::assemble;
use crate::config;
use crate::exit::{Exit, say};

/// Checks or shows the configuration.
pub fn run(settings: &SettingsArguments, arguments: &Config) -> anyhow::Result<Exit> {
    let config = config::read(settings)?;
    let plan = assemble::plan(&config)?;
    match arguments.verb {
        ConfigVerb::Check => say("the configuration is sound")?,
        ConfigVerb::Show => {
            for (name, value) in config.in_force(&plan) {
                say(&format!("{name:<26} {value}"))?;
            }
            for profile in config.profiles.values() {
                say(&format!("\nprofile {}", profile.revision()))?;
                say(&serde_json::to_string_pretty(profile)?)?;
            }
            say(&format!("\n{plan}"))?;
        }
    }
    Ok(Exit::Complete)
}
