//! Rust without its comments and literals, so that a rule about code never trips over a sentence.

use super::tree::Source;

/// `text` with each character of a comment, string or character literal turned into a space; lines stay where they are.
pub(crate) fn bare(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end > at {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

/// `path:line` of each line of bare code that `wrong` picks.
pub(crate) fn lines_where(source: &Source, wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let code = bare(&source.text);
    let hits = code.lines().zip(source.text.lines()).enumerate().filter(|(_, (code, _))| wrong(code));
    hits.map(|(at, (_, line))| format!("{}:{}: {}", source.path, at + 1, line.trim())).collect()
}

/// Whether `word` stands in `code` with no letter, digit or `_` on either side.
pub(crate) fn has_word(code: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| !code[..at].ends_with(joins) && !code[at + word.len()..].starts_with(joins))
}

/// Where the comment or literal that begins at `at` ends; `at` itself where none begins.
fn literal_end(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    let after_name = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match chars[at] {
        '/' if next == Some('/') => chars[at..].iter().position(|c| *c == '\n').map_or(chars.len(), |n| at + n),
        '/' if next == Some('*') => block_end(chars, at),
        '"' => quoted_end(chars, at + 1, '"'),
        // `r"`, `r#"`; `br"` and `b"` begin with a letter that is kept.
        'r' if !after_name || chars[at - 1] == 'b' => raw_end(chars, at),
        // A lifetime has no closing quote two or, with a backslash, more characters on.
        '\'' if next == Some('\\') || chars.get(at + 2) == Some(&'\'') => quoted_end(chars, at + 1, '\''),
        _ => at,
    }
}

fn quoted_end(chars: &[char], mut at: usize, quote: char) -> usize {
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

fn raw_end(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + 1 + hashes) != Some(&'"') {
        return at;
    }
    let mut end = at + 2 + hashes;
    while end < chars.len() && !(chars[end] == '"' && chars[end + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes) {
        end += 1;
    }
    (end + 1 + hashes).min(chars.len())
}

fn block_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut end) = (0, at);
    while end < chars.len() {
        match (chars[end], chars.get(end + 1)) {
            ('/', Some('*')) => (depth, end) = (depth + 1, end + 2),
            ('*', Some('/')) => (depth, end) = (depth - 1, end + 2),
            _ => end += 1,
        }
        if depth == 0 {
            break;
        }
    }
    end.min(chars.len())
}

#[test]
fn comments_and_literals_are_blanked_and_code_is_kept() {
    let text =
        "let a = \"unsafe \\\" x\"; // unsafe\nlet b = 'u'; let c: &'static str = r#\"un\"safe\"#; /* un /* sa */ fe */ unsafe { d() }";
    let code = bare(text);
    assert_eq!(code.matches("unsafe").count(), 1);
    assert_eq!(code.lines().count(), 2);
    assert!(code.contains("&'static str") && code.contains("d()"));
}

#[test]
fn a_word_is_not_part_of_a_longer_one() {
    assert!(has_word("pub unsafe fn a()", "unsafe"));
    assert!(!has_word("#![allow(unsafe_code)]", "unsafe"));
}
