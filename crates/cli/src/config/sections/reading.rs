//! Reads sections and profiles key by key: every problem is told, with its place and without its value.

use crate::config::Problems;
use assay_contract::Profile;
use assay_contract::profile::{DerivativeName, ThumbnailSpec};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
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
    if message.contains("socket address") {
        return "invalid address; the form is ADDRESS:PORT, e.g. 0.0.0.0:9090".to_owned();
    }
    let Some((what, expected)) = message.rsplit_once(", expected ") else { return message.to_owned() };
    // A key's name is no secret, and a misspelt one is found by it.
    if what.starts_with("unknown field ") {
        return message.to_owned();
    }
    let kind = what.split([' ', '`', '"']).take_while(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    format!("{kind}, expected {}", in_words(expected))
}

/// A type as people call it.
fn in_words(expected: &str) -> String {
    let most = match expected {
        "u8" => u64::from(u8::MAX),
        "u16" => u64::from(u16::MAX),
        "u32" => u64::from(u32::MAX),
        "u64" => i64::MAX.unsigned_abs(),
        other => return other.to_owned(),
    };
    format!("a whole number from 0 to {most}")
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
                problems.0.extend(unusable(&profile).into_iter().map(|problem| format!("[profiles.{name}] {problem}")));
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
        let alone = leaves(said).into_iter().flat_map(|(path, leaf)| match leaf.get("thumbnails") {
            Some(Value::Array(list)) => thumbnails(list),
            _ => whole(leaf).err().map(|error| (path, error)).into_iter().collect(),
        });
        let found: Vec<_> = alone.collect();
        if found.is_empty() { vec![("as a whole".to_owned(), error)] } else { found }
    })
}

/// What is wrong with each thumbnail of a list, and its place, counted from 1 as people count.
fn thumbnails(list: &[Value]) -> Vec<(String, String)> {
    let sound = Profile::standard().thumbnails.into_iter().next().and_then(|first| Value::try_from(first).ok());
    let read = |value: Value| value.try_into::<ThumbnailSpec>().err().map(|error| without_value(error.message()));
    let mut found = Vec::new();
    for (place, one) in (1usize..).zip(list) {
        let before = found.len();
        for (key, leaf) in leaves(one) {
            let error = sound.clone().and_then(|sound| read(laid_over(sound, leaf)));
            found.extend(error.map(|error| (format!("thumbnails[{place}].{key}"), error)));
        }
        if found.len() == before {
            found.extend(read(one.clone()).map(|error| (format!("thumbnails[{place}]"), error)));
        }
    }
    found
}

/// What a decoder needs at least, to begin at all: with less, every asset would be told to be at fault.
const LEAST_MEMORY_BYTES: u64 = 64 << 20;
/// The same of each of its times, milliseconds.
const LEAST_MS: u64 = 100;

/// Seconds that a claim may hold: with none, or with more than the store counts, no job would ever be claimed.
pub(super) const CLAIM_LEASE_S: RangeInclusive<u64> = 1..=3_600;

/// What can be read and makes no sense.
fn unusable(profile: &Profile) -> Vec<String> {
    let mut found = Vec::new();
    let limits = &profile.decode;
    for (name, said, least) in [
        ("pixels", limits.pixels, 1),
        ("side_px", limits.side_px.into(), 1),
        ("memory_bytes", limits.memory_bytes, LEAST_MEMORY_BYTES),
        ("cpu_ms", limits.cpu_ms, LEAST_MS),
        ("stall_ms", limits.stall_ms, LEAST_MS),
        ("total_ms", limits.total_ms, LEAST_MS),
    ] {
        if said < least {
            found.push(format!("decode.{name} is {said}; at least {least} is needed for any asset to be decoded"));
        }
    }
    for (name, said) in [("stall_ms", profile.fetch.stall_ms), ("total_ms", profile.fetch.total_ms)] {
        if said < LEAST_MS {
            found.push(format!("fetch.{name} is {said}; at least {LEAST_MS} is needed for any asset to be fetched"));
        }
    }
    for (place, one) in (1usize..).zip(&profile.thumbnails) {
        if one.max_px == 0 {
            found.push(format!("thumbnails[{place}].max_px is 0; at least 1 is needed"));
        }
        if !(1..=100).contains(&one.quality) {
            found.push(format!("thumbnails[{place}].quality must be 1 to 100"));
        }
        if one.name.is_empty() || profile.thumbnails.iter().take(place - 1).any(|before| before.name == one.name) {
            found.push(format!("thumbnails[{place}].name is empty, or another has it"));
        } else if !can_be_named(&one.name) {
            found.push(format!("thumbnails[{place}].name must be 1 to 64 of a-z A-Z 0-9 - _, and no derivative's"));
        }
    }
    found
}

/// Whether a shelf takes this name, and nothing else that is made of an asset has it.
fn can_be_named(name: &str) -> bool {
    let fits = name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    fits && Value::from(name).try_into::<DerivativeName>().is_err()
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
