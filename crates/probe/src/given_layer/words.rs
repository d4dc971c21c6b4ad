//! Words as two layers can agree on them, however each cuts a page into tokens.

/// Hands each word of a text to `take`: letters and digits in a row, in small letters. Where a script puts no spaces between words, each
/// letter is one: nobody cuts them alike.
pub(super) fn each(text: &str, mut take: impl FnMut(&str)) {
    let mut word = String::new();
    for letter in text.chars() {
        let is_spaceless = is_spaceless(letter);
        if !word.is_empty() && (is_spaceless || !letter.is_alphanumeric()) {
            take(&word);
            word.clear();
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        if is_spaceless && !word.is_empty() {
            take(&word);
            word.clear();
        }
    }
    if !word.is_empty() {
        take(&word);
    }
}

/// Thai and Lao, Tibetan, Burmese, Khmer, and the Chinese and Japanese blocks (Unicode 16, `Blocks.txt`). Korean has spaces.
fn is_spaceless(letter: char) -> bool {
    matches!(letter,
        '\u{0e00}'..='\u{0fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{312f}' | '\u{31a0}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        each(text, |word| words.push(word.to_owned()));
        words
    }

    #[test]
    fn words_are_letters_and_digits_in_small_letters() {
        assert_eq!(words("Metal-insulator (MI), 2nd\tÄNDERUNG!"), ["metal", "insulator", "mi", "2nd", "änderung"]);
        assert_eq!(words("안녕 하세요"), ["안녕", "하세요"]);
        assert!(words(" - … ").is_empty());
    }

    #[test]
    fn scripts_without_spaces_are_taken_letter_by_letter() {
        assert_eq!(words("第2版です。PDF版"), ["第", "2", "版", "で", "す", "pdf", "版"]);
    }
}
