//! How a value names a part of the drawing: `#name`, or `url(#name)`.

/// All names that a value may be read as: each way of reading it counts, for the parser has one for each property.
pub(super) fn names(value: &str) -> Vec<&str> {
    let mut names = Vec::new();
    // Only a list of filters may hold more than one; nothing else is read behind its first.
    for rest in value.split("url").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('(')) {
        let target = rest.trim_start();
        let quoted = target.chars().next().filter(|letter| matches!(letter, '"' | '\''));
        let inner = target.trim_start_matches(['"', '\'']).trim_start();
        let Some(inner) = inner.strip_prefix('#') else { continue };
        let until = |ends: &[char]| inner.split(ends).next().unwrap_or_default().trim_end();
        let readings = [Some(until(&[' ', ')'])), Some(until(&[')', '"', '\''])), quoted.map(|quote| until(&[quote]))];
        add(&mut names, readings.into_iter().flatten());
    }
    names
}

/// The same for a place that is named by an attribute alone.
pub(super) fn name(value: &str) -> Vec<&str> {
    let mut names = Vec::new();
    if let Some(inner) = value.trim_start().strip_prefix('#') {
        add(&mut names, [inner.split(' ').next().unwrap_or_default(), inner.trim_end()].into_iter());
    }
    names
}

/// Adds each reading once; those of one reference stand together.
fn add<'a>(names: &mut Vec<&'a str>, readings: impl Iterator<Item = &'a str>) {
    let begin = names.len();
    for reading in readings.filter(|reading| !reading.is_empty()) {
        if names.get(begin..).is_some_and(|own| !own.contains(&reading)) {
            names.push(reading);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_in_every_way_that_a_parser_may() {
        for (value, wanted) in [
            ("url(#a)", vec!["a"]),
            (" url( '#a' ) red", vec!["a'", "a"]),
            ("url(\"#a)b\")", vec!["a", "a)b"]),
            ("url(\"#a b\")", vec!["a", "a b"]),
            ("url('#a;b')", vec!["a;b'", "a;b"]),
            ("blur(2) url(#a) url (#b)", vec!["a", "b"]),
            ("url(a)", vec![]),
            ("url(#)", vec![]),
        ] {
            assert_eq!(names(value), wanted, "{value}");
        }
        assert_eq!((name(" #a "), name("#a\t"), name("a")), (vec!["a"], vec!["a\t", "a"], vec![]));
    }
}
