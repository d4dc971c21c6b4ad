//! Which element a name means, and which attributes count: as the parser takes them, whatever other namespaces hold beside.

use resvg::usvg::roxmltree::{Attribute, Document, Node};
use std::collections::HashMap;

/// Namespaces of attributes that the parser reads as its own; it reads those without any too.
const OWN: [&str; 3] = ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink", "http://www.w3.org/XML/1998/namespace"];
/// Elements that the parser knows, but `style`; it passes by all others and whatever lies in them.
const ELEMENTS: [&str; 52] = [
    "a",
    "circle",
    "clipPath",
    "defs",
    "ellipse",
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feConvolveMatrix",
    "feDiffuseLighting",
    "feDisplacementMap",
    "feDistantLight",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feImage",
    "feMerge",
    "feMergeNode",
    "feMorphology",
    "feOffset",
    "fePointLight",
    "feSpecularLighting",
    "feSpotLight",
    "feTile",
    "feTurbulence",
    "filter",
    "g",
    "image",
    "line",
    "linearGradient",
    "marker",
    "mask",
    "path",
    "pattern",
    "polygon",
    "polyline",
    "radialGradient",
    "rect",
    "stop",
    "svg",
    "switch",
    "symbol",
    "text",
    "textPath",
    "tref",
    "tspan",
    "use",
];

/// Elements by their names.
#[derive(Debug, Default)]
pub(super) struct Names<'a, 'input> {
    /// What `use` takes: the first that has an attribute of that name, of whatever namespace.
    first: HashMap<&'a str, Node<'a, 'input>>,
    /// What all else takes: the last that the parser reads.
    last: HashMap<&'a str, Node<'a, 'input>>,
    /// The last of all, which it might be if the parser read more than we know.
    last_of_all: HashMap<&'a str, Node<'a, 'input>>,
}

impl<'a, 'input> Names<'a, 'input> {
    pub(super) fn of(document: &'a Document<'input>) -> Self {
        let (mut names, mut is_read) = (Self::default(), Vec::new());
        for node in document.descendants() {
            let place = node.id().get_usize();
            is_read.resize(place, false);
            let is_open = node.parent().is_none_or(|parent| {
                let is_closed = matches!(parent.tag_name().name(), "use" | "text");
                is_read.get(parent.id().get_usize()).copied().unwrap_or(false) && !is_closed
            });
            is_read.push(node.is_root() || is_open && is_known(node));
            if let Some(name) = node.attribute("id") {
                names.first.entry(name).or_insert(node);
            }
            if let Some(name) = attribute(node, "id") {
                names.last_of_all.insert(name, node);
                if is_read.last() == Some(&true) {
                    names.last.insert(name, node);
                }
            }
        }
        names
    }

    /// The one that `use` makes a copy of.
    pub(super) fn used(&self, name: &str) -> Option<Node<'a, 'input>> {
        self.first.get(name).copied()
    }

    /// All that a name may mean to whatever is not `use`.
    pub(super) fn meant(&self, name: &str) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
        let (last, other) = (self.last.get(name).copied(), self.last_of_all.get(name).copied());
        last.into_iter().chain(other.filter(|other| last != Some(*other)))
    }
}

/// An attribute's value as the parser finds it.
pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes().find(|attribute| attribute.name() == name && is_own(attribute)).map(|attribute| attribute.value())
}

/// Whether the parser reads an attribute at all.
pub(super) fn is_own(attribute: &Attribute<'_, '_>) -> bool {
    attribute.namespace().is_none_or(|namespace| OWN.contains(&namespace))
}

fn is_known(node: Node<'_, '_>) -> bool {
    let tag = node.tag_name();
    let is_named = OWN.first() == tag.namespace().as_ref() || tag.namespace().is_none();
    node.is_element() && is_named && ELEMENTS.contains(&tag.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_what_the_parser_reads() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:f='urn:f'><g id='n' x='1'/><g f:id='n' id='m' x='2'/><f:g id='n'/>\
            <mask xml:id='n' x='3'/><metadata><mask id='n'/></metadata><use><g id='n'/></use><g f:id='n' x='4'/></svg>";
        let document = Document::parse(svg).unwrap();
        let names = Names::of(&document);
        assert_eq!(names.used("n").and_then(|node| node.attribute("x")), Some("1"));
        assert_eq!(names.meant("n").next().and_then(|node| node.attribute("x")), Some("3"));
        assert_eq!(names.meant("m").next().and_then(|node| node.attribute("x")), Some("2"));
        assert!(names.meant("o").next().is_none());
    }
}
