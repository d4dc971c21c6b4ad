//! The three layers of the configuration, laid over one another as a table of TOML values.

use crate::args::SettingsArguments;
use std::fmt;
use toml::{Table, Value};

/// Everything that is wrong with the configuration.
#[derive(Debug, Default)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} problem(s):", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl std::error::Error for Problems {}

/// Variables that begin like settings and are none.
const NO_SETTINGS: [&str; 4] = ["ASSAY_CONFIG", "ASSAY_LOG", "ASSAY_ORGANIZATION", "ASSAY_TEST_"];

/// File, then environment, then `--set`; what could be read of them, and what is wrong with the rest.
pub fn layered(arguments: &SettingsArguments) -> (Table, Problems) {
    let mut problems = Problems::default();
    let mut table = Table::new();
    if let Some(file) = &arguments.config {
        match std::fs::read_to_string(file) {
            Ok(text) => match text.parse::<Table>() {
                Ok(read) => table = read,
                Err(error) => {
                    let line = error.span().and_then(|at| text.get(..at.start)).map(|before| before.split('\n').count());
                    let line = line.map(|line| format!(" line {line}")).unwrap_or_default();
                    problems.0.push(format!("{}{line}: {}", file.display(), error.message()));
                }
            },
            Err(error) => problems.0.push(format!("{}: {error}", file.display())),
        }
    }
    let mut variables: Vec<(String, String)> = std::env::vars().filter(|(name, _)| name.starts_with("ASSAY_")).collect();
    variables.sort();
    for (name, text) in variables {
        if NO_SETTINGS.iter().any(|other| name.starts_with(other)) {
            continue;
        }
        match name.strip_prefix("ASSAY_").and_then(|rest| rest.split_once('_')) {
            Some((section, key)) => put(&mut table, &section.to_lowercase(), &key.to_lowercase(), &text),
            None => problems.0.push(format!("{name}: no setting; the form is ASSAY_SECTION_KEY, e.g. ASSAY_STORE_URL")),
        }
    }
    for set in &arguments.sets {
        match set.split_once('=').and_then(|(name, text)| Some((name.split_once('.')?, text))) {
            Some(((section, key), text)) => put(&mut table, section, key, text),
            // The value may be a secret: only the name is repeated.
            None => problems.0.push(format!("--set {}: the form is SECTION.KEY=VALUE", set.split('=').next().unwrap_or_default())),
        }
    }
    (table, problems)
}

fn put(table: &mut Table, section: &str, key: &str, text: &str) {
    let entry = table.entry(section.to_owned()).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = entry {
        section.insert(key.to_owned(), value(key, text));
    }
}

/// Settings that are text: a password of digits is not a number.
const TEXTS: [&str; 14] = [
    "url",
    "endpoint",
    "region",
    "access_key_id",
    "secret_access_key",
    "prefix",
    "sts_endpoint",
    "s3_endpoint",
    "spill_folder",
    "proxy",
    "id",
    "decoders",
    "listen",
    "name",
];

/// Numbers, booleans and lists as TOML writes them; anything else is text and needs no quotes.
fn value(key: &str, text: &str) -> Value {
    let typed = format!("v = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("v"));
    match typed {
        Some(quoted @ Value::String(_)) => quoted,
        Some(typed @ (Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Array(_))) if !TEXTS.contains(&key) => typed,
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_needs_no_quotes() {
        assert_eq!(value("attempts", "3"), Value::Integer(3));
        assert_eq!(value("attempts", "true"), Value::Boolean(true));
        assert_eq!(value("attempts", "[\"10.0.0.0/8\"]"), Value::Array(vec![Value::String("10.0.0.0/8".into())]));
        assert_eq!(value("attempts", "postgres://a:b@c/d"), Value::String("postgres://a:b@c/d".into()));
        assert_eq!(value("attempts", "2026-01-01"), Value::String("2026-01-01".into()));
    }

    #[test]
    fn a_secret_of_digits_is_text() {
        assert_eq!(value("secret_access_key", "0123"), Value::String("0123".into()));
        assert_eq!(value("secret_access_key", "1_000"), Value::String("1_000".into()));
        assert_eq!(value("url", "\"quoted\""), Value::String("quoted".into()));
    }
}
