//! What markup asks of the parser and of what makes a tree of it, counted before they do it.

use super::bounds::exceeded;
use assay_contract::exchange::Refusal;
use memchr::memmem;
use resvg::usvg::roxmltree::{Document, Node};
use std::collections::{HashMap, HashSet};

/// Comparisons of namespaces: each element that declares one compares all that it inherits with each other.
const MOST_NAMESPACE_STEPS: u64 = 300_000_000;
/// Elements times parts of selectors. About four seconds.
const MOST_STYLE_STEPS: u64 = 20_000_000;
/// Parts of one selector: each is looked for in all elements above, for each that was found before.
const MOST_PARTS: u64 = 8;
/// The same where elements lie deeper than this in each other.
const MOST_PARTS_IN_DEPTH: u64 = 4;
const DEPTH: usize = 16;
/// What `use` adds to a drawing: elements, and one more for each so many bytes of a path. About four seconds.
const MOST_USED: u64 = 100_000;
const PATH_BYTES: u64 = 200;
/// Rounds in which uses of uses are followed; with two in each, no more are needed to be too much.
const ROUNDS: u32 = 24;

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

/// Refuses styles and uses that would take too long.
pub(super) fn check_document(document: &Document<'_>) -> Result<(), Refusal> {
    check_styles(document)?;
    check_uses(document)
}

fn check_styles(document: &Document<'_>) -> Result<(), Refusal> {
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

fn check_uses(document: &Document<'_>) -> Result<(), Refusal> {
    let mut names = HashMap::new();
    let mut uses = Vec::new();
    let mut own = Vec::new();
    for node in document.descendants() {
        let place = node.id().get_usize();
        own.resize(place + 1, 0);
        let path = node.attribute("d").or_else(|| node.attribute("points")).map_or(0, str::len) as u64;
        if let Some(weight) = own.last_mut() {
            *weight = u64::from(node.is_element()) + path / PATH_BYTES;
        }
        if let Some(name) = node.attribute("id") {
            names.insert(name, place);
        }
        if node.has_tag_name(("http://www.w3.org/2000/svg", "use")) {
            let target =
                node.attributes().find(|attribute| attribute.name() == "href").and_then(|href| href.value().trim().strip_prefix('#'));
            uses.extend(target.map(|target| (place, target)));
        }
    }
    let uses: HashMap<usize, usize> = uses.into_iter().filter_map(|(place, name)| Some((place, *names.get(name)?))).collect();
    if uses.is_empty() {
        return Ok(());
    }
    let plain: u64 = own.iter().sum();
    let mut sums = own.clone();
    for _ in 0..ROUNDS {
        let next = round(document, &own, &uses, &sums);
        let asked = next.first().copied().unwrap_or(0).saturating_sub(plain);
        exceeded("svg_used_elements", asked, MOST_USED)?;
        if next == sums {
            break;
        }
        sums = next;
    }
    Ok(())
}

/// What each element comes to with everything below it, and with what it uses as the last round found it.
fn round(document: &Document<'_>, own: &[u64], uses: &HashMap<usize, usize>, last: &[u64]) -> Vec<u64> {
    let mut sums = own.to_vec();
    // The last first: whatever lies in an element comes after it.
    for node in document.descendants().rev() {
        let place = node.id().get_usize();
        let used = uses.get(&place).and_then(|target| last.get(*target)).copied().unwrap_or(0);
        let Some(sum) = sums.get_mut(place) else { continue };
        *sum = sum.saturating_add(used);
        let sum = *sum;
        if let Some(parent) = node.parent().and_then(|parent| sums.get_mut(parent.id().get_usize())) {
            *parent = parent.saturating_add(sum);
        }
    }
    sums
}

#[cfg(test)]
#[allow(clippy::format_collect, reason = "a test's file is made once, and short to read")]
mod tests {
    use super::*;

    #[test]
    fn parts_of_selectors_are_counted_outside_of_braces() {
        let mut selectors = Selectors::default();
        selectors.count("a, b > c { fill: red; stroke: blue } .d .e .f{} ");
        assert_eq!(selectors, Selectors { all: 6, longest: 3 });
    }

    #[test]
    fn uses_of_uses_are_followed_wherever_they_stand() {
        let svg = |body: &str| format!("<svg xmlns='http://www.w3.org/2000/svg'>{body}</svg>");
        let check = |body: &str| check_uses(&Document::parse(&svg(body)).unwrap()).is_ok();
        let laughs = |levels: usize| -> String {
            (1..levels).map(|n| format!("<g id='g{n}'>{}</g>", format!("<use href='#g{}'/>", n - 1).repeat(10))).collect()
        };
        assert!(check("<g id='g0'/><use href='#g0'/>"));
        assert!(check(&format!("<g id='g0'/>{}", laughs(5))) && !check(&format!("<g id='g0'/>{}", laughs(7))));
        assert!(!check(&format!("<use href='#g6'/><defs>{}</defs><g id='g0'/>", laughs(7))));
    }
}
