//! What a drawing wants from outside of itself, wherever markup and styles can say it.

use resvg::usvg::roxmltree::{Document, Node};

/// Attributes that may name a paint, a filter, a clip, a mask or a marker by `url(…)` (SVG 2, 13.2 and on).
const PAINTED: [&str; 10] =
    ["fill", "stroke", "filter", "mask", "clip-path", "marker", "marker-start", "marker-mid", "marker-end", "style"];

/// Whether anything that would be drawn refers to a place outside of the file.
pub(super) fn wants_outside(document: &Document<'_>) -> bool {
    document.descendants().any(|node| match node.pi() {
        Some(instruction) => instruction.target == "xml-stylesheet",
        None => is_outside(node),
    })
}

fn is_outside(node: Node<'_, '_>) -> bool {
    let element = node.tag_name().name();
    node.attributes().any(|attribute| match attribute.name() {
        // A link and a script are not drawn, whatever they name.
        "href" => !matches!(element, "a" | "script") && is_elsewhere(attribute.value(), element),
        name => PAINTED.contains(&name) && has_outside_url(attribute.value()),
    }) || element == "style" && node.children().filter_map(|child| child.text()).any(|css| has_outside_url(css) || imports(css))
}

/// A picture may lie in its own `data:`; everything else is found by `#` and a name, or not at all.
fn is_elsewhere(reference: &str, element: &str) -> bool {
    let reference = reference.trim();
    let is_data = reference.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
    !(reference.is_empty() || reference.starts_with('#') || is_data && matches!(element, "image" | "feImage"))
}

/// `url(…)` of something else than a part of this file or data.
fn has_outside_url(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    value.split("url(").skip(1).any(|rest| {
        let target = rest.trim_start().trim_start_matches(['"', '\'']).trim_start();
        !target.starts_with('#') && !target.starts_with("data:") && !target.starts_with(')')
    })
}

fn imports(css: &str) -> bool {
    css.to_ascii_lowercase().contains("@import")
}
