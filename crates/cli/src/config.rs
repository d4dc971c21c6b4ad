//! The configuration: one TOML file, environment over it, `--set` over both; unknown keys are refused, all problems told at once.

mod layers;
mod listed;
mod place;
mod sections;

pub use layers::Problems;
pub use listed::{Listed, listed};
pub use sections::{Config, Hidden};

use crate::args::SettingsArguments;
use std::path::Path;
use toml::Table;

/// What is in force for a command.
pub fn read(arguments: &SettingsArguments) -> Result<Config, Problems> {
    let (table, problems) = layers::layered(arguments);
    sound(&table, &arguments.folder, problems)
}

/// The same, but for queue, store and shelf: those are embedded ones in another folder.
pub fn read_apart(arguments: &SettingsArguments, folder: &Path) -> Result<Config, Problems> {
    let (mut table, problems) = layers::layered(arguments);
    for section in ["store", "shelf", "broker"] {
        table.remove(section);
    }
    sound(&table, folder, problems)
}

/// Looks at everything that a worker on this machine would need: its folders and decoders, and that what it may hold fits.
pub fn check(arguments: &SettingsArguments) -> Result<(), Problems> {
    let (table, mut problems) = layers::layered(arguments);
    let config = Config::from_table(&table, &arguments.folder, &mut problems);
    place::check(&config, &mut problems);
    if let Err(error) = crate::assemble::plan(&config) {
        problems.0.push(crate::exit::told(&error));
    }
    if problems.0.is_empty() { Ok(()) } else { Err(problems) }
}

fn sound(table: &Table, folder: &Path, mut problems: Problems) -> Result<Config, Problems> {
    let config = Config::from_table(table, folder, &mut problems);
    if problems.0.is_empty() { Ok(config) } else { Err(problems) }
}
