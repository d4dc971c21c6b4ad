//! `assay config`: reports all problems at once, or shows what is in force without its secrets.

use crate::args::{Config, ConfigVerb, SettingsArguments};
use crate::assemble::{self, withheld};
use crate::config;
use crate::exit::{Exit, say};

/// Checks or shows the configuration.
pub fn run(settings: &SettingsArguments, arguments: &Config) -> anyhow::Result<Exit> {
    let config = config::read(settings)?;
    let plan = assemble::plan(&config)?;
    match arguments.verb {
        ConfigVerb::Check => say("the configuration is sound")?,
        ConfigVerb::Show => {
            let secret =
                |secret: &Option<config::Hidden>| secret.as_ref().map_or_else(|| "(not set)".to_owned(), |hidden| withheld(&hidden.0));
            let plain = |text: &Option<String>| text.clone().unwrap_or_else(|| "(not set)".to_owned());
            say(&format!("store.url          {}", secret(&config.store.url)))?;
            say(&format!("broker.url         {}", secret(&config.broker.url)))?;
            say(&format!(
                "shelf.url          {}",
                config.shelf.url.clone().map_or_else(|| "(not set)".to_owned(), |url| withheld(&url.into()))
            ))?;
            say(&format!("access.region      {}", plain(&config.access.region)))?;
            say(&format!("access.s3_endpoint {}", plain(&config.access.s3_endpoint)))?;
            for profile in config.profiles.values() {
                say(&format!("profile            {}", profile.revision()))?;
            }
            say(&plan.to_string())?;
        }
    }
    Ok(Exit::Complete)
}
