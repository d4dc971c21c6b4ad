//! What namespaces and styles ask of the parsers, counted before they do it.

use super::bounds::exceeded;
use assay_contract::exchange::Refusal;
use memchr::memmem;
use resvg::usvg::roxmltree::{Document, Node};
use std::collections::HashSet;

/// Comparisons of namespaces: each element that declares one compares all that it inherits with each other.
const MOST_NAMESPACE_STEPS: u64 = 300_000_000;
/// Elements times parts of selectors. About four seconds.
const MOST_STYLE_STEPS: u64 = 20_000_000;
/// Parts of one selector: each is looked for in all elements above, for each that was found before.
const MOST_PARTS: u64 = 8;
/// The same where elements lie deeper than this in each other.
const MOST_PARTS_IN_DEPTH: u64 = 4;
const DEPTH: usize = 16;

/// Refuses text whose namespaces alone would take too long.
pub(super) fn check_namespaces(text: &str) -> Result<(), Refusal> {
    let (mut count, mut names) = (0_u64, HashSet::new());
    for at in memmem::find_iter(text.as_bytes(), "xmlns") {
        count += 1;
        let rest = text.as_bytes().get(at + 5..).unwrap_or_default();
        let end = rest.iter().take(64).position(|byte| matches!(byte, b'=' | b' ' | b'>' | b'<' | b'"' | b'\''));
        names.insert(rest.get(..end.unwrap_or(rest.len().min(64))));
    }
    let kinds = names.len() as u64;
    exceeded("svg_namespace_steps", count.saturating_mul(kinds).saturating_mul(kinds) / 2, MOST_NAMESPACE_STEPS)
}

/// Refuses styles that would take too long.
pub(super) fn check_styles(document: &Document<'_>) -> Result<(), Refusal> {
    let styles = document.descendants().filter(|node| node.has_tag_name("style"));
    let mut selectors = Selectors::default();
    for text in styles.flat_map(|style| style.children()).filter_map(|child| child.text()) {
        selectors.count(text);
    }
    if selectors.all == 0 {
        return Ok(());
    }
    let (mut elements, mut depth) = (0_u64, 0);
    let mut above: Vec<Node<'_, '_>> = Vec::new();
    for node in document.descendants().filter(Node::is_element) {
        while above.last().is_some_and(|last| node.parent() != Some(*last)) {
            above.pop();
        }
        above.push(node);
        elements += 1;
        depth = depth.max(above.len());
    }
    exceeded("svg_selector_parts", selectors.longest, if depth > DEPTH { MOST_PARTS_IN_DEPTH } else { MOST_PARTS })?;
    exceeded("svg_style_steps", elements.saturating_mul(selectors.all), MOST_STYLE_STEPS)
}

/// Parts of the selectors of style sheets.
#[derive(Debug, Default, PartialEq, Eq)]
struct Selectors {
    all: u64,
    longest: u64,
}

impl Selectors {
    /// What stands before each brace, part by part.
    fn count(&mut self, css: &str) {
        for rule in css.split('}') {
            for selector in rule.split('{').next().unwrap_or_default().split(',') {
                let parts = selector.split_whitespace().filter(|part| !matches!(*part, ">" | "+" | "~")).count() as u64;
                self.all += parts;
                self.longest = self.longest.max(parts);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_selectors_are_counted_outside_of_braces() {
        let mut selectors = Selectors::default();
        selectors.count("a, b > c { fill: red; stroke: blue } .d .e .f{} ");
        assert_eq!(selectors, Selectors { all: 6, longest: 3 });
    }
}
