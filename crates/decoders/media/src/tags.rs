//! Tags of a container, made fit for a record: bounded, readable, without what belongs elsewhere.

use std::collections::BTreeMap;

/// Most tags that are kept.
pub(crate) const MOST: usize = 64;
const LONGEST: usize = 1000;
const LONGEST_KEY: usize = 100;

/// Keys in lower case, values without control characters, both cut to a length.
pub(crate) fn readable(tags: &[(String, String)]) -> BTreeMap<String, String> {
    let mut kept = BTreeMap::new();
    for (key, value) in tags {
        let (key, value) = (clean(key, LONGEST_KEY).to_lowercase(), clean(value, LONGEST));
        if !key.is_empty() && !value.is_empty() && kept.len() < MOST {
            kept.entry(key).or_insert(value);
        }
    }
    kept
}

/// One tag, by its key in any case.
pub(crate) fn find<'t>(tags: &'t [(String, String)], key: &str) -> Option<&'t str> {
    tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
}

fn clean(text: &str, longest: usize) -> String {
    let spaced = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c });
    let kept: String = spaced.filter(|c| !c.is_control() && *c != char::REPLACEMENT_CHARACTER).take(longest).collect();
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_long_values_are_cut() {
        let tags = vec![("TITLE".to_owned(), format!("a\u{1b}[31m\0b\nc{}", "x".repeat(2000))), ("empty".to_owned(), "\u{7}".to_owned())];
        let kept = readable(&tags);
        assert_eq!(kept.len(), 1);
        assert!(kept["title"].starts_with("a[31mb cx"));
        assert_eq!(kept["title"].chars().count(), LONGEST);
    }

    #[test]
    fn no_more_than_the_most_are_kept() {
        let tags: Vec<_> = (0..200).map(|n| (format!("k{n}"), "v".to_owned())).collect();
        assert_eq!(readable(&tags).len(), MOST);
    }
}
