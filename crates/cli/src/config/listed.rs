//! Every setting there is, with its default and its meaning, as the types that read them say it.

use super::sections::{AccessSection, BrokerSection, FetchSection, ShelfSection, StoreSection, WorkerSection};
use super::{Config, Problems};
use assay_contract::Profile;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use std::path::Path;
use toml::Table;

/// One setting.
#[derive(Debug)]
pub struct Listed {
    /// Its section and name: `store.url`, `profiles.NAME.decode.pixels`.
    pub key: String,
    /// What stands in for it where nothing is said; for what is derived, what this machine gives.
    pub default: String,
    /// What it means, with its unit.
    pub about: String,
}

/// Every setting, section by section.
pub fn listed(folder: &Path) -> anyhow::Result<Vec<Listed>> {
    let nothing_said = Config::from_table(&Table::new(), folder, &mut Problems::default());
    let plan = crate::assemble::plan(&nothing_said)?;
    let sections = [
        ("store", schema::<StoreSection>()),
        ("shelf", schema::<ShelfSection>()),
        ("broker", schema::<BrokerSection>()),
        ("access", schema::<AccessSection>()),
        ("fetch", schema::<FetchSection>()),
        ("worker", schema::<WorkerSection>()),
    ];
    let about = |name: &str| {
        let (section, key) = name.split_once('.').unwrap_or_default();
        let schema = sections.iter().find(|(other, _)| *other == section).map(|(_, schema)| schema);
        sentence(schema.and_then(|schema| schema.get("properties")?.get(key)).unwrap_or(&Value::Null))
    };
    let mut all: Vec<Listed> = nothing_said
        .in_force(&plan)
        .into_iter()
        .map(|(key, value)| Listed {
            key: key.to_owned(),
            default: value.trim_end_matches("(default)").trim_end().to_owned(),
            about: about(key),
        })
        .collect();
    let standard = Profile::standard();
    let mut defaults = serde_json::to_value(&standard).unwrap_or_default();
    // Left out of a profile's own JSON where it is the usual one.
    if let (Some(object), Ok(identifiers)) = (defaults.as_object_mut(), serde_json::to_value(standard.identifiers)) {
        object.insert("identifiers".to_owned(), identifiers);
    }
    below("profiles.NAME", &schema::<Profile>(), Some(&defaults), &mut all);
    Ok(all)
}

/// Each property of a schema that is none of an object, down to the lists.
fn below(path: &str, schema: &Value, default: Option<&Value>, all: &mut Vec<Listed>) {
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        // A profile's name is in its header.
        if path == "profiles.NAME" && name == "name" {
            continue;
        }
        let (key, default) = (format!("{path}.{name}"), default.and_then(|default| default.get(name)).or(property.get("default")));
        if property.get("properties").is_some() {
            below(&key, property, default, all);
            continue;
        }
        let text = match default {
            Some(Value::String(word)) => word.clone(),
            Some(value) => value.to_string(),
            None => "(must be said)".to_owned(),
        };
        all.push(Listed { default: text, about: sentence(property), key: key.clone() });
        if let Some(items) = property.get("items") {
            below(&format!("{key}[]"), items, None, all);
        }
    }
}

/// What a property means, and the words that it takes.
fn sentence(property: &Value) -> String {
    let said = property.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ");
    let of = |schema: &Value| {
        let one = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten().filter_map(|one| one.get("const"));
        let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        one.chain(listed).filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let words = [of(property), property.get("items").map(of).unwrap_or_default()].concat();
    if words.is_empty() { said } else { format!("{said} One of {}.", words.join(", ")) }
}

fn schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn all() -> Vec<Listed> {
        listed(Path::new("/srv/assay")).unwrap()
    }

    #[test]
    fn every_setting_that_can_be_said_is_listed_with_a_default_and_a_sentence() {
        let all = all();
        for one in &all {
            assert!(!one.default.is_empty() && one.about.ends_with('.'), "{one:?}");
        }
        let keys: BTreeSet<&str> = all.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys.len(), all.len());
        let schemas = [("store", schema::<StoreSection>()), ("shelf", schema::<ShelfSection>()), ("broker", schema::<BrokerSection>())];
        let more = [("access", schema::<AccessSection>()), ("fetch", schema::<FetchSection>()), ("worker", schema::<WorkerSection>())];
        for (section, schema) in schemas.iter().chain(&more) {
            for key in schema["properties"].as_object().unwrap().keys() {
                assert!(keys.contains(format!("{section}.{key}").as_str()), "{section}.{key} is not listed");
            }
        }
    }

    #[test]
    fn a_profile_is_listed_down_to_its_thumbnails() {
        let all = all();
        let one = |key: &str| all.iter().find(|one| one.key == key).unwrap_or_else(|| panic!("{key} is not listed"));
        assert_eq!(one("profiles.NAME.decode.cpu_ms").default, "30000");
        assert!(one("profiles.NAME.fetch.image_bytes").about.contains("bytes"));
        assert!(one("profiles.NAME.derivatives").about.contains("storyboard-cues"));
        assert_eq!(one("profiles.NAME.identifiers").default, "omit");
        assert!(one("profiles.NAME.thumbnails[].format").about.contains("webp, jpeg"));
        assert_eq!(one("profiles.NAME.thumbnails[].transparency").default, "keep");
    }
}
