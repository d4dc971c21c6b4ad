//! What a drawing has that its picture lacks: words, parts of pages, newer elements, and pictures whose bytes can't be read.

use resvg::usvg::roxmltree::{Document, Node};

const SVG: &str = "http://www.w3.org/2000/svg";
/// What holds words: in it are letters of SVG, or a part of a page.
const WORDY: [&str; 2] = ["text", "foreignObject"];
/// Elements of a page that show something without any words.
const SHOWN: [&str; 7] = ["img", "svg", "video", "canvas", "iframe", "object", "hr"];
/// Elements of newer or older versions that the renderer passes by.
const PASSED_BY: [&str; 4] = ["hatch", "meshgradient", "solidColor", "solidcolor"];
/// What changes a drawing once it is shown.
const MOVING: [&str; 6] = ["script", "set", "animate", "animateColor", "animateMotion", "animateTransform"];

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

/// Whether a part of a page that shows something without words is left out, or an element that the renderer does not know.
pub(super) fn has_parts(document: &Document<'_>) -> bool {
    let mut end = None;
    document.descendants().filter(Node::is_element).any(|node| {
        let is_inside = end.is_some_and(|end| node.id().get() <= end);
        if !is_inside && node.has_tag_name((SVG, "foreignObject")) && !has_another_form(node) {
            end = node.descendants().next_back().map(|node| node.id().get());
            return false;
        }
        let tag = node.tag_name();
        is_inside && (SHOWN.contains(&tag.name()) || is_coloured(node)) || tag.namespace() == Some(SVG) && PASSED_BY.contains(&tag.name())
    })
}

/// Whether a box of a page is seen though nothing is in it.
fn is_coloured(node: Node<'_, '_>) -> bool {
    node.tag_name().namespace() != Some(SVG)
        && node.attribute("style").is_some_and(|style| ["background", "border"].iter().any(|word| style.contains(word)))
}

/// Whether what is shown may not be what is drawn at first.
pub(super) fn has_motion(document: &Document<'_>) -> bool {
    document.descendants().any(|node| MOVING.contains(&node.tag_name().name()))
        || document.descendants().any(|node| node.tag_name().name() == "style" && node.text().is_some_and(|css| css.contains("@keyframes")))
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
}
