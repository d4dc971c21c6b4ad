//! How much a drawing asks for, counted before a parser or a renderer does it.

use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::limits::LimitHit;
use resvg::tiny_skia::Transform;
use resvg::usvg::filter::{Filter, Kind, Turbulence};
use resvg::usvg::{Group, Node, Tree};

/// Attributes of one element: the parser compares each with all before it. SVG 2 itself has fewer than a hundred that may stand together.
const MOST_ATTRIBUTES: u64 = 256;
/// Steps of filters: pixels of each primitive's region, as many times as its kind works on each. About three seconds.
const MOST_FILTER_STEPS: u64 = 400_000_000;
/// Cells of noise that the renderer can count on one side, with room for what it adds to them.
const MOST_CELLS: f64 = 1_073_741_824.0;
/// How many canvases the renderer's largest filter region has: two more on each side.
pub(super) const LARGEST_REGION: f64 = 25.0;

/// Refuses markup whose elements have too many attributes.
pub(super) fn check_attributes(text: &str) -> Result<(), Refusal> {
    exceeded("svg_attributes", most_attributes(text), MOST_ATTRIBUTES)
}

/// Refuses what asks for more than is allowed.
pub(super) fn exceeded(name: &'static str, asked: u64, allowed: u64) -> Result<(), Refusal> {
    if asked > allowed {
        return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new(name, asked, allowed)));
    }
    Ok(())
}

/// The most that any element has. No value may hold a `<` (XML 1.0, 3.1), so each of them may begin an element: in a comment or an entity
/// too, which counts what will not be parsed but leaves nothing out.
fn most_attributes(text: &str) -> u64 {
    text.split('<').skip(1).map(attributes).max().unwrap_or(0)
}

/// Quoted values up to the end of a tag.
fn attributes(tag: &str) -> u64 {
    let (mut count, mut quote) = (0, None);
    for byte in tag.bytes() {
        match (quote, byte) {
            (None, b'>') => break,
            (None, b'"' | b'\'') => (count, quote) = (count + 1, Some(byte)),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    count
}

/// Refuses a drawing whose filters take too long, at a scale, on a canvas of so many pixels.
pub(super) fn check_filters(tree: &Tree, scale: Transform, canvas: u64) -> Result<(), Refusal> {
    let largest = canvas as f64 * LARGEST_REGION;
    let asked = steps_of_group(tree.root(), scale, largest);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and it saturates")]
    let asked = asked as u64;
    exceeded("svg_filter_steps", asked, MOST_FILTER_STEPS)
}

fn steps_of_group(group: &Group, scale: Transform, largest: f64) -> f64 {
    let to_canvas = scale.pre_concat(group.abs_transform());
    let own: f64 = group.filters().iter().map(|filter| steps_of_filter(filter, to_canvas, largest)).sum();
    let below: f64 = group.children().iter().map(|node| steps_of_node(node, scale, largest)).sum();
    own + below
}

fn steps_of_node(node: &Node, scale: Transform, largest: f64) -> f64 {
    let mut steps = if let Node::Group(group) = node { steps_of_group(group, scale, largest) } else { 0.0 };
    // Patterns, masks and clips are drawn anew for whatever wears them.
    node.subroots(|root| steps += steps_of_group(root, scale, largest));
    steps
}

fn steps_of_filter(filter: &Filter, to_canvas: Transform, largest: f64) -> f64 {
    let Some(region) = filter.rect().transform(to_canvas) else { return 0.0 };
    let pixels = (f64::from(region.width()) * f64::from(region.height())).min(largest);
    let (across, down) = to_canvas.get_scale();
    let rect = filter.rect();
    let side = [rect.left(), rect.right(), rect.top(), rect.bottom()].into_iter().fold(0.0, |side: f32, at| side.max(at.abs()));
    let side = f64::from(side) * f64::from(across.max(down).max(1.0));
    filter.primitives().iter().map(|primitive| pixels * steps_of_pixel(primitive.kind(), [across, down], side)).sum()
}

/// How many cells the finest noise has along the longest side; each octave halves them.
fn cells(noise: &Turbulence, side: f64) -> f64 {
    let frequency = f64::from(noise.base_frequency_x().get().max(noise.base_frequency_y().get()));
    side * frequency * 2.0_f64.powf(noise.num_octaves().into())
}

/// How often a primitive works on each pixel, against one octave of turbulence.
fn steps_of_pixel(kind: &Kind, [across, down]: [f32; 2], side: f64) -> f64 {
    match kind {
        // The renderer's whole numbers end before it does.
        Kind::Turbulence(noise) if cells(noise, side) > MOST_CELLS => f64::INFINITY,
        Kind::Turbulence(noise) => f64::from(noise.num_octaves().max(1)),
        Kind::ConvolveMatrix(matrix) => f64::from(matrix.matrix().columns()) * f64::from(matrix.matrix().rows()),
        Kind::Morphology(shape) => {
            let side = |radius: f32, scale: f32| f64::from(radius * scale * 2.0).max(1.0);
            side(shape.radius_x().get(), across) * side(shape.radius_y().get(), down)
        }
        Kind::GaussianBlur(_) | Kind::DropShadow(_) | Kind::DiffuseLighting(_) | Kind::SpecularLighting(_) => 4.0,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_counted_wherever_an_element_may_begin() {
        let many = |count: usize| "<g ".to_owned() + &"a='>' ".repeat(count) + "/>";
        for (before, after) in [("", ""), ("<!--", ""), ("<!ENTITY e \"<!--\">", ""), ("<!ENTITY e \"", "\">"), ("it's <b c=\"", "")] {
            assert_eq!(most_attributes(&(before.to_owned() + &many(300) + after)), 300, "{before}");
        }
        assert_eq!(most_attributes("<g a=''>'quoted' \"words\" are no attributes</g>"), 1);
        assert!(check_attributes(&many(256)).is_ok() && check_attributes(&many(257)).is_err());
    }
}
