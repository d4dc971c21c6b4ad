//! What a drawing has that its picture lacks: words, pictures whose bytes can't be read, and styles that the renderer does not know.

use resvg::usvg::roxmltree::{Document, Node};

const SVG: &str = "http://www.w3.org/2000/svg";
/// What holds words: in it are letters of SVG, or a part of a page.
const WORDY: [&str; 2] = ["text", "foreignObject"];
/// Attributes that hold styles or colours.
const STYLED: [&str; 7] = ["style", "fill", "stroke", "stop-color", "flood-color", "lighting-color", "color"];
/// Functions of newer styles that are drawn as nothing or in black.
const FUNCTIONS: [&str; 8] = ["var(", "lab(", "lch(", "color(", "color-mix(", "hwb(", "light-dark(", "env("];
/// Selectors that the renderer takes for no element.
const SELECTORS: [&str; 9] = [":nth-", ":not(", ":is(", ":where(", ":has(", ":last-", ":only-", ":first-of", ":empty"];
/// Conditions that do not hold for a picture on a light screen.
const ABSENT: [&str; 2] = ["print", "prefers-"];

/// Whether any words are left out. Texts may lie in texts, a thousand deep: each is looked at once, with the outermost around it.
pub(super) fn has_words(document: &Document<'_>) -> bool {
    let mut end = None;
    document.descendants().any(|node| {
        if end.is_some_and(|end| node.id().get() <= end) || !is_wordy(node) || has_another_form(node) {
            return false;
        }
        end = node.descendants().next_back().map(|node| node.id().get());
        node.descendants().any(|node| node.is_text() && is_shown(node) && node.text().is_some_and(|text| !text.trim().is_empty()))
    })
}

fn is_wordy(node: Node<'_, '_>) -> bool {
    WORDY.iter().any(|name| node.has_tag_name((SVG, *name)))
}

/// Whether a `switch` shows something else in place of a part of a page.
fn has_another_form(node: Node<'_, '_>) -> bool {
    let is_form = |other: Node<'_, '_>| other.tag_name().namespace() == Some(SVG) && !other.has_tag_name("foreignObject");
    let switch = node.parent().filter(|parent| parent.has_tag_name((SVG, "switch")));
    node.has_tag_name("foreignObject") && switch.is_some_and(|switch| switch.children().any(is_form))
}

/// Rules and programs are no words.
fn is_shown(text: Node<'_, '_>) -> bool {
    text.parent().is_none_or(|parent| !matches!(parent.tag_name().name(), "style" | "script" | "title" | "desc"))
}

/// Whether the bytes of any picture that lies in the drawing as `data:` can't be read.
pub(super) fn has_unreadable_data(document: &Document<'_>) -> bool {
    let pictures = document.descendants().filter(|node| matches!(node.tag_name().name(), "image" | "feImage"));
    pictures.flat_map(|node| node.attributes()).any(|attribute| attribute.name() == "href" && !is_readable(attribute.value()))
}

/// What is no `data:` at all, or not in letters for bytes, is not judged here (RFC 2397; the WHATWG's forgiving decoding of base 64).
fn is_readable(reference: &str) -> bool {
    let reference = reference.trim();
    if !reference.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        return true;
    }
    let Some((head, body)) = reference.split_once(',') else { return false };
    let is_base64 = head.rsplit(';').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("base64"));
    let body = body.split('#').next().unwrap_or_default();
    if !is_base64 || body.contains('%') {
        return true;
    }
    let (mut letters, mut fill) = (0_usize, 0_usize);
    for byte in body.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        match byte {
            b'=' => fill += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if fill == 0 => letters += 1,
            _ => return false,
        }
    }
    letters % 4 != 1 && (fill == 0 || fill <= 2 && (letters + fill).is_multiple_of(4))
}

/// Whether styles ask for something that is not drawn as it is meant.
pub(super) fn has_unknown_styles(document: &Document<'_>) -> bool {
    document.descendants().any(|node| {
        let in_attributes = node.attributes().filter(|attribute| STYLED.contains(&attribute.name()));
        in_attributes.map(|attribute| attribute.value()).any(has_unknown_function)
            || node.tag_name().name() == "style" && node.children().filter_map(|child| child.text()).any(is_unknown_sheet)
    })
}

fn has_unknown_function(value: &str) -> bool {
    value.contains('(') && FUNCTIONS.iter().any(|name| value.contains(name))
}

fn is_unknown_sheet(css: &str) -> bool {
    let mut rules = String::with_capacity(css.len());
    for (at, part) in css.split("/*").enumerate() {
        // What ends a comment is followed by rules again.
        rules.push_str(if at == 0 { part } else { part.split_once("*/").map_or("", |(_, behind)| behind) });
    }
    let conditions = rules.split("@media").skip(1).filter_map(|rest| rest.split('{').next());
    let mut selectors = rules.split('}').filter_map(|rule| rule.split('{').next());
    has_unknown_function(&rules)
        || conditions.into_iter().any(|condition| !ABSENT.iter().any(|absent| condition.contains(absent)))
        || selectors.any(|selector| SELECTORS.iter().any(|unknown| selector.contains(unknown)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_for_bytes_are_judged_as_browsers_do() {
        for readable in
            ["data:image/png;base64,AAAA", "DATA:;base64, QUI\n= ", "data:,@@", "data:image/png;base64,AA%3D%3D", "dog.png", "#a"]
        {
            assert!(is_readable(readable), "{readable}");
        }
        for unreadable in ["data:image/png;base64,@@@@", "data:image/png;base64,AAAAA", "data:image/png;base64,A=AA", "data:image/png"] {
            assert!(!is_readable(unreadable), "{unreadable}");
        }
    }

    #[test]
    fn only_styles_that_would_be_drawn_otherwise_are_told() {
        for known in [
            "rect{fill:hsl(120, 50%, 50%)} a:hover{fill:red} .not{fill:red}",
            "@media print{rect{fill:red}} @media (prefers-color-scheme: dark) {rect{fill:red}}",
            "@font-face{font-family:a} /* var(--c) :nth-child(2) */ rect:first-child{fill:red}",
        ] {
            assert!(!is_unknown_sheet(known), "{known}");
        }
        for unknown in [
            ":root{--c:red}rect{fill:var(--c)}",
            "@media screen{rect{fill:red}}",
            "rect:nth-child(2){fill:red}",
            "a{fill:red} rect:not(.b){fill:red}",
            "rect{fill:oklch(60% .2 20)}",
        ] {
            assert!(is_unknown_sheet(unknown), "{unknown}");
        }
    }
}
