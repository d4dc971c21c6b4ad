//! Reads sections and profiles key by key: every problem is told, with its place and without its value.

use crate::config::Problems;
use assay_contract::Profile;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Each key by itself, so that every problem is told and says where it is.
pub(super) fn section<T: DeserializeOwned + Default>(table: &Table, name: &str, problems: &mut Problems) -> T {
    let Some(value) = table.get(name) else { return T::default() };
    let Value::Table(keys) = value else {
        // The usual error repeats the value, which may be a secret.
        problems.0.push(format!("{name}: this is a section; write [{name}] and its settings under it"));
        return T::default();
    };
    let mut sound = Table::new();
    for (key, value) in keys {
        match T::deserialize(Table::from_iter([(key.clone(), value.clone())])) {
            Ok(_) => drop(sound.insert(key.clone(), value.clone())),
            Err(error) => problems.0.push(format!("[{name}] {key}: {}", without_value(error.message()))),
        }
    }
    T::deserialize(sound).unwrap_or_default()
}

/// serde's own words quote what they found, which may be a secret: the kind of it is enough.
fn without_value(message: &str) -> String {
    let Some((what, expected)) = message.rsplit_once(", expected ") else { return message.to_owned() };
    // A key's name is no secret, and a misspelt one is found by it.
    if what.starts_with("unknown field ") {
        return message.to_owned();
    }
    let kind = what.split([' ', '`', '"']).take_while(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    format!("{kind}, expected {expected}")
}

/// Every profile; `default` is always there.
pub(super) fn profiles(table: &Table, problems: &mut Problems) -> BTreeMap<String, Profile> {
    let standard = Profile::standard();
    let mut profiles = BTreeMap::from([(standard.name.clone(), standard.clone())]);
    let Some(value) = table.get("profiles") else { return profiles };
    let Value::Table(named) = value else {
        problems.0.push("[profiles]: write [profiles.NAME]".to_owned());
        return profiles;
    };
    for (name, value) in named {
        match profile(&standard, value) {
            Ok(profile) => {
                profiles.insert(name.clone(), Profile { name: name.clone(), ..profile });
            }
            Err(found) => problems.0.extend(found.into_iter().map(|(path, error)| format!("[profiles.{name}] {path}: {error}"))),
        }
    }
    profiles
}

/// What a profile does not say is as in the standard one. The error has each problem with its place.
fn profile(standard: &Profile, said: &Value) -> Result<Profile, Vec<(String, String)>> {
    let whole = |said: Value| -> Result<Profile, String> {
        let base = Value::try_from(standard).map_err(|error| error.to_string())?;
        laid_over(base, said).try_into().map_err(|error: toml::de::Error| without_value(error.message()))
    };
    whole(said.clone()).map_err(|error| {
        let alone = leaves(said).into_iter().filter_map(|(path, leaf)| Some((path, whole(leaf).err()?)));
        let found: Vec<_> = alone.collect();
        if found.is_empty() { vec![("as a whole".to_owned(), error)] } else { found }
    })
}

/// Each setting of a table, within as much of the table as leads to it, and its path: `decode.pixels`.
fn leaves(value: &Value) -> Vec<(String, Value)> {
    let Value::Table(table) = value else { return Vec::new() };
    let within = |key: &String, value: Value| Value::Table(Table::from_iter([(key.clone(), value)]));
    let below = table.iter().map(|(key, value)| match leaves(value) {
        deeper if deeper.is_empty() => vec![(key.clone(), within(key, value.clone()))],
        deeper => deeper.into_iter().map(|(path, leaf)| (format!("{key}.{path}"), within(key, leaf))).collect(),
    });
    below.collect::<Vec<_>>().concat()
}

fn laid_over(base: Value, over: Value) -> Value {
    match (base, over) {
        (Value::Table(mut base), Value::Table(over)) => {
            for (key, value) in over {
                let under = base.remove(&key);
                base.insert(key, under.map_or(value.clone(), |under| laid_over(under, value)));
            }
            Value::Table(base)
        }
        (_, over) => over,
    }
}
