//! The configuration: one TOML file, environment over it, `--set` over both; unknown keys are refused, all problems told at once.

mod layers;
mod sections;

pub use layers::Problems;
pub use sections::Config;

use crate::args::SettingsArguments;

/// What is in force for a command.
pub fn read(arguments: &SettingsArguments) -> Result<Config, Problems> {
    let table = layers::layered(arguments)?;
    Config::from_table(&table, &arguments.folder)
}

/// The same, but for queue, store and shelf: those are embedded ones in another folder.
pub fn read_apart(arguments: &SettingsArguments, folder: &std::path::Path) -> Result<Config, Problems> {
    let mut table = layers::layered(arguments)?;
    for section in ["store", "shelf", "broker"] {
        table.remove(section);
    }
    Config::from_table(&table, folder)
}
