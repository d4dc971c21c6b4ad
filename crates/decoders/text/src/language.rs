//! The language of a text, where it is sure enough.

/// Characters that are looked at: more changes nothing.
const LOOKED_AT: usize = 8_000;
/// Letters without which nothing is said.
const FEWEST_LETTERS: usize = 12;

/// ISO 639-3, or nothing.
pub(crate) fn of(text: &str) -> Option<String> {
    let end = text.char_indices().nth(LOOKED_AT).map_or(text.len(), |(at, _)| at);
    let sample = text.get(..end)?;
    if sample.chars().filter(|c| c.is_alphabetic()).count() < FEWEST_LETTERS {
        return None;
    }
    let found = whatlang::detect(sample)?;
    found.is_reliable().then(|| found.lang().code().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_told_only_where_it_is_sure() {
        let english = "The quick brown fox jumps over the lazy dog while the whole village was watching from the windows of their houses.";
        assert_eq!(of(english).as_deref(), Some("eng"));
        assert_eq!(of("一二三四五六七八九十，这是一个简单的中文句子，用来测试。").as_deref(), Some("cmn"));
        assert_eq!(of("ok"), None);
        assert_eq!(of("12,34;56"), None);
    }
}
