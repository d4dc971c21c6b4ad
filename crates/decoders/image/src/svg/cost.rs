//! How much drawing asks of the renderer, counted in the tree that it is given: pixels and edges, layers, pictures.

use super::bounds::{LARGEST_REGION, exceeded};
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;
use resvg::tiny_skia::{PathSegment, Point, Transform};
use resvg::usvg::{Group, Node, Paint, Path, Rect, Tree};

/// Steps of some nanoseconds: about four seconds.
const MOST_STEPS: f64 = 400_000_000.0;
/// Of a pixel that is filled.
const FILL: f64 = 0.25;
/// And for each colour of a gradient.
const STOP: f64 = 0.02;
/// Of a pixel of a layer or of a pattern: made, drawn on and laid over what is below.
const LAYER: f64 = 4.0;
/// Of a pixel of an embedded picture, decoded anew for each of its uses.
const PICTURE: f64 = 4.0;
/// Of a segment, however short, and of a row of pixels that it crosses.
const SEGMENT: f64 = 10.0;
const ROW: f64 = 16.0;
/// How many edges an outline has for each segment.
const STROKE: f64 = 2.5;
/// Of a dash: every second part of a pattern is one.
const DASH: f64 = 60.0;
/// Bytes of a pixel.
const PIXEL_BYTES: f64 = 4.0;

/// Refuses a drawing that takes too long or too much memory, at a scale, on a canvas of a size.
pub(super) fn check(tree: &Tree, scale: Transform, [width, height]: [u32; 2], limits: &DecodeLimits) -> Result<(), Refusal> {
    let mut cost = Cost { scale, width: f64::from(width), height: f64::from(height), steps: 0.0, bytes: 0.0 };
    cost.group(tree.root(), 0.0);
    exceeded("svg_layer_bytes", whole(cost.bytes), limits.memory_bytes / 2)?;
    exceeded("svg_drawing_steps", whole(cost.steps), whole(MOST_STEPS))
}

fn whole(number: f64) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and it saturates")]
    let whole = number as u64;
    whole
}

struct Cost {
    scale: Transform,
    width: f64,
    height: f64,
    steps: f64,
    /// The most that layers take at one time.
    bytes: f64,
}

impl Cost {
    /// With layers of `live` bytes below it.
    fn group(&mut self, group: &Group, live: f64) {
        if self.steps > MOST_STEPS {
            return;
        }
        let mut live = live;
        if group.should_isolate() {
            let bounds = group.abs_layer_bounding_box().to_rect();
            let pixels = self.area(bounds).min(self.width * self.height * LARGEST_REGION);
            let layers = 1 + usize::from(group.clip_path().is_some()) + usize::from(group.mask().is_some());
            self.steps += pixels * LAYER * layers as f64;
            live += pixels * PIXEL_BYTES;
            self.bytes = self.bytes.max(live + pixels * PIXEL_BYTES * (layers - 1) as f64);
        }
        for node in group.children() {
            match node {
                Node::Group(group) => self.group(group, live),
                Node::Path(path) => self.path(path, live),
                Node::Image(image) => self.steps += f64::from(image.size().width()) * f64::from(image.size().height()) * PICTURE,
                Node::Text(_) => {}
            }
            // Patterns, masks and clips are drawn anew for whatever wears them.
            node.subroots(|root| self.group(root, live));
        }
    }

    fn area(&self, bounds: Rect) -> f64 {
        bounds.transform(self.scale).map_or(0.0, |bounds| f64::from(bounds.width()) * f64::from(bounds.height()))
    }

    fn path(&mut self, path: &Path, live: f64) {
        let bounds = self.area(path.abs_stroke_bounding_box()).min(self.width * self.height);
        let to_canvas = self.scale.pre_concat(path.abs_transform());
        let line = self.measured(path, to_canvas);
        if let Some(fill) = path.fill() {
            self.steps += line.edges;
            self.paint(fill.paint(), bounds.min(line.covered), to_canvas, live);
        }
        if let Some(stroke) = path.stroke() {
            let (across, down) = to_canvas.get_scale();
            let scale = f64::from(across.max(down));
            let width = f64::from(stroke.width().get()) * scale;
            self.steps += line.edges * STROKE;
            if let Some(dashes) = stroke.dasharray() {
                let pattern: f64 = dashes.iter().map(|dash| f64::from(*dash) * scale).sum();
                self.steps += line.length / pattern.max(f64::MIN_POSITIVE) * dashes.len() as f64 / 2.0 * DASH;
            }
            self.paint(stroke.paint(), bounds.min(line.length * width.max(1.0)), to_canvas, live);
        }
    }

    fn paint(&mut self, paint: &Paint, pixels: f64, to_canvas: Transform, live: f64) {
        match paint {
            Paint::Color(_) => self.steps += pixels * FILL,
            Paint::LinearGradient(gradient) => self.steps += pixels * (FILL + STOP * gradient.stops().len() as f64),
            Paint::RadialGradient(gradient) => self.steps += pixels * (FILL + STOP * gradient.stops().len() as f64),
            Paint::Pattern(pattern) => {
                let (across, down) = to_canvas.pre_concat(pattern.transform()).get_scale();
                let tile = f64::from(pattern.rect().width() * across) * f64::from(pattern.rect().height() * down);
                self.steps += (pixels + tile) * LAYER;
                self.bytes = self.bytes.max(live + tile * PIXEL_BYTES);
            }
        }
    }

    /// Walks a path's segments, curves by their corners; ends early where they are too many.
    fn measured(&self, path: &Path, to_canvas: Transform) -> Line {
        let mut line = Line::default();
        let mapped = |mut point: Point| {
            to_canvas.map_point(&mut point);
            [f64::from(point.x), f64::from(point.y)]
        };
        let (mut last, mut start) = ([0.0; 2], [0.0; 2]);
        for segment in path.data().segments() {
            let corners = match segment {
                PathSegment::MoveTo(point) => {
                    last = mapped(point);
                    start = last;
                    continue;
                }
                PathSegment::LineTo(point) => [Some(mapped(point)), None, None],
                PathSegment::QuadTo(one, point) => [Some(mapped(one)), Some(mapped(point)), None],
                PathSegment::CubicTo(one, two, point) => [Some(mapped(one)), Some(mapped(two)), Some(mapped(point))],
                PathSegment::Close => [Some(start), None, None],
            };
            for corner in corners.into_iter().flatten() {
                let clipped = |[x, y]: [f64; 2]| [x.clamp(0.0, self.width), y.clamp(0.0, self.height)];
                let ([from_x, from_y], [to_x, to_y]) = (clipped(last), clipped(corner));
                let rows = (to_y - from_y).abs();
                line.edges += SEGMENT + ROW * rows;
                // From the canvas' left side to the edge: all that is covered lies between two of these.
                line.covered += rows * f64::midpoint(from_x, to_x);
                line.length += f64::hypot(corner[0] - last[0], corner[1] - last[1]);
                last = corner;
            }
            if self.steps + line.edges > MOST_STEPS {
                break;
            }
        }
        line
    }
}

/// A path on the canvas.
#[derive(Debug, Default)]
struct Line {
    /// Steps of its edges.
    edges: f64,
    /// Pixels that it may cover.
    covered: f64,
    /// Pixels, with what lies outside.
    length: f64,
}
