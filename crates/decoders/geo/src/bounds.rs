//! Where a raster lies: its outline, in its own coordinates and in degrees, across the antimeridian and around a pole.

/// Steps along each edge: a straight edge of a projection is a curve in degrees.
const STEPS: u32 = 32;
/// Degrees that two numbers of a whole turn may differ.
const TURN: f64 = 359.999_999;

/// Points around a raster in pixels and lines, in order, each corner once.
pub(crate) fn outline(width: u32, height: u32) -> Vec<(f64, f64)> {
    let (width, height) = (f64::from(width), f64::from(height));
    let part = |n: u32| f64::from(n) / f64::from(STEPS);
    let top = (0..STEPS).map(|n| (width * part(n), 0.0));
    let right = (0..STEPS).map(|n| (width, height * part(n)));
    let bottom = (0..STEPS).map(|n| (width * (1.0 - part(n)), height));
    let left = (0..STEPS).map(|n| (0.0, height * (1.0 - part(n))));
    top.chain(right).chain(bottom).chain(left).collect()
}

/// A pixel and line in the coordinate system (<https://gdal.org/en/stable/tutorials/geotransforms_tut.html>).
pub(crate) fn placed(geotransform: &[f64; 6], (pixel, line): (f64, f64)) -> (f64, f64) {
    let [x, x_by_pixel, x_by_line, y, y_by_pixel, y_by_line] = geotransform;
    (x + pixel * x_by_pixel + line * x_by_line, y + pixel * y_by_pixel + line * y_by_line)
}

/// Smallest x and y, largest x and y. `None` where a number is none.
pub(crate) fn native(geotransform: &[f64; 6], width: u32, height: u32) -> Option<[f64; 4]> {
    let (width, height) = (f64::from(width), f64::from(height));
    let corners = [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)].map(|corner| placed(geotransform, corner));
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for (x, y) in corners {
        let [left, bottom, right, top] = bounds;
        bounds = [left.min(x), bottom.min(y), right.max(x), top.max(y)];
    }
    bounds.iter().all(|number| number.is_finite()).then_some(bounds)
}

/// West, south, east and north of an outline in longitude and latitude; west is larger than east across the antimeridian.
/// `None` where fewer than half of the points have a place.
pub(crate) fn degrees(outline: &[Option<(f64, f64)>]) -> Option<[f64; 4]> {
    let points: Vec<(f64, f64)> = outline.iter().flatten().copied().collect();
    let (first, _) = *points.first()?;
    if points.len() * 2 < outline.len() || points.len() < 3 {
        return None;
    }
    // Longitudes that go on where others would jump by a turn: no step is longer than half of one.
    let (mut unrolled, mut before) = (first, first);
    let (mut west, mut east) = (first, first);
    let (mut south, mut north) = (f64::INFINITY, f64::NEG_INFINITY);
    for (longitude, latitude) in points.iter().copied().chain([(first, f64::NAN)]) {
        unrolled += shortest(longitude - before);
        before = longitude;
        // `min` and `max` leave out the last one, which is no number.
        (south, north) = (south.min(latitude), north.max(latitude));
        (west, east) = (west.min(unrolled), east.max(unrolled));
    }
    if (unrolled - first).abs() > 180.0 {
        // All the way around: a pole lies within.
        let middle = f64::midpoint(south, north);
        return Some(if middle >= 0.0 { [-180.0, south, 180.0, 90.0] } else { [-180.0, -90.0, 180.0, north] });
    }
    if east - west >= TURN {
        return Some([-180.0, south, 180.0, north]);
    }
    Some([turned(west, Side::West), south, turned(east, Side::East), north])
}

#[derive(Clone, Copy)]
enum Side {
    West,
    East,
}

/// A longitude from -180 to 180; what lies on the antimeridian keeps its side.
fn turned(longitude: f64, side: Side) -> f64 {
    let turned = (longitude + 180.0).rem_euclid(360.0) - 180.0;
    match side {
        Side::East if turned <= -180.0 => 180.0,
        _ => turned,
    }
}

/// A difference of longitudes the short way round.
fn shortest(difference: f64) -> f64 {
    // Half a turn exactly may be either way: it is left as it is.
    if difference.abs() <= 180.0 { difference } else { (difference + 180.0).rem_euclid(360.0) - 180.0 }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "bounds are rounded before they are compared")]
mod tests {
    use super::*;

    /// An outline whose coordinates are degrees already, as some registers have them: beyond 180 or not.
    fn of(geotransform: [f64; 6], width: u32, height: u32, turn: fn(f64) -> f64) -> [f64; 4] {
        let points: Vec<_> =
            outline(width, height).into_iter().map(|point| placed(&geotransform, point)).map(|(x, y)| Some((turn(x), y))).collect();
        degrees(&points).unwrap().map(|number| (number * 1e6).round() / 1e6)
    }

    fn wrapped(longitude: f64) -> f64 {
        (longitude + 180.0).rem_euclid(360.0) - 180.0
    }

    #[test]
    fn a_raster_across_the_antimeridian_has_its_west_in_the_east() {
        let across = [170.0, 1.0, 0.0, -10.0, 0.0, -1.0];
        assert_eq!(of(across, 20, 10, |x| x), [170.0, -20.0, -170.0, -10.0]);
        assert_eq!(of(across, 20, 10, wrapped), [170.0, -20.0, -170.0, -10.0]);
        let up_to_it = [170.0, 1.0, 0.0, -10.0, 0.0, -1.0];
        assert_eq!(of(up_to_it, 10, 10, wrapped), [170.0, -20.0, 180.0, -10.0]);
        assert_eq!(of([-180.0, 1.0, 0.0, 0.0, 0.0, -1.0], 10, 10, |x| x), [-180.0, -10.0, -170.0, 0.0]);
    }

    #[test]
    fn the_whole_world_is_whole_from_either_zero() {
        for west in [-180.0, 0.0] {
            assert_eq!(of([west, 1.0, 0.0, 90.0, 0.0, -1.0], 360, 180, |x| x), [-180.0, -90.0, 180.0, 90.0]);
        }
    }

    #[test]
    fn a_pole_within_is_told_by_going_all_the_way_around() {
        let around = |south: f64| (0..64).map(|n| Some((wrapped(f64::from(n) * 5.625), south))).collect::<Vec<_>>();
        assert_eq!(degrees(&around(70.0)), Some([-180.0, 70.0, 180.0, 90.0]));
        assert_eq!(degrees(&around(-60.0)), Some([-180.0, -90.0, 180.0, -60.0]));
    }

    #[test]
    fn a_turned_raster_is_bounded_by_its_corners() {
        let turned = [10.0, 0.5, 0.5, 50.0, 0.5, -0.5];
        assert_eq!(native(&turned, 10, 10), Some([10.0, 45.0, 20.0, 55.0]));
        assert_eq!(of(turned, 10, 10, |x| x), [10.0, 45.0, 20.0, 55.0]);
    }

    #[test]
    fn an_outline_that_is_mostly_nowhere_has_no_bounds() {
        let points: Vec<_> = (0..10).map(|n| (n < 4).then_some((f64::from(n), 0.0))).collect();
        assert_eq!(degrees(&points), None);
        assert_eq!(native(&[f64::MAX, f64::MAX, 0.0, 0.0, 0.0, 0.0], 10, 10), None);
    }
}
