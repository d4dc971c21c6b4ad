//! `assay config`: reports all problems at once, shows what is in force without its secrets, or lists all settings there are.

use crate::args::{Config, ConfigVerb, SettingsArguments};
use crate::assemble;
use crate::config;
use crate::exit::{Exit, say};
use serde_json::json;

/// Says how settings are given, before the list.
const HOW: &str = "KEY = what is in force where nothing is said. In the file of --config a key stands under its [section]; from the
environment it is ASSAY_SECTION_KEY (ASSAY_STORE_URL), on the command line --set KEY=VALUE. Profiles stand in the file alone:
[profiles.NAME], [profiles.NAME.decode] …, each thumbnail under [[profiles.NAME.thumbnails]]; what one does not say is as in `default`.
ASSAY_LOG is a filter for the log, such as info,assay_fetch=debug.";

/// Checks, shows or lists.
pub fn run(settings: &SettingsArguments, arguments: &Config) -> anyhow::Result<Exit> {
    match arguments.verb {
        ConfigVerb::Check => {
            config::check(settings)?;
            say("the configuration is sound")?;
        }
        ConfigVerb::Show => show(settings)?,
        ConfigVerb::List { json } => list(settings, json)?,
    }
    Ok(Exit::Complete)
}

fn show(settings: &SettingsArguments) -> anyhow::Result<()> {
    let config = config::read(settings)?;
    let plan = assemble::plan(&config)?;
    for (name, value) in config.in_force(&plan) {
        say(&format!("{name:<26} {value}"))?;
    }
    for profile in config.profiles.values() {
        say(&format!("\nprofile {}", profile.revision()))?;
        say(&serde_json::to_string_pretty(profile)?)?;
    }
    say(&format!("\n{plan}"))
}

fn list(settings: &SettingsArguments, as_json: bool) -> anyhow::Result<()> {
    let all = config::listed(&settings.folder)?;
    if !as_json {
        say(HOW)?;
    }
    for config::Listed { key, default, about } in all {
        let line = if as_json {
            json!({ "key": key, "default": default, "about": about }).to_string()
        } else {
            format!("\n{key} = {default}\n    {about}")
        };
        say(&line)?;
    }
    Ok(())
}
