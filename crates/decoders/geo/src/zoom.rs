//! The zoom levels of web Mercator at which a raster is worth looking at (OGC 17-083r4, annex D.1, tiles of 256 pixels).

use std::f64::consts::PI;

/// Metres of a pixel at level 0: the equator in 256 pixels.
const LEVEL_0: f64 = 2.0 * PI * EARTH_RADIUS / 256.0;
/// WGS 84's, metres.
const EARTH_RADIUS: f64 = 6_378_137.0;
/// Where web Mercator ends.
const LAST_LATITUDE: f64 = 85.051_128_779_8;
const TILE_PX: f64 = 256.0;
/// Beyond it a pixel of the screen is a fifth of a millimetre.
const LAST_LEVEL: i32 = 30;
/// Part of a level that is no reason for the next: pixels a hundredth smaller than those of a level are shown by it.
const CLOSE_ENOUGH: f64 = 0.015;

/// The first level at which the raster is more than one tile, and the one that shows all of its pixels.
/// `bounds` are west, south, east, north in degrees.
pub(crate) fn levels(bounds: [f64; 4], width: u32, height: u32) -> Option<(u8, u8)> {
    let [west, south, east, north] = bounds;
    let turn = if west > east { 360.0 } else { 0.0 };
    let across = (east + turn - west).to_radians() * EARTH_RADIUS;
    let down = northing(north) - northing(south);
    let (width, height) = (f64::from(width), f64::from(height));
    // By the diagonal, as GDAL suggests the size of a warped raster: it does not matter how the raster is turned.
    let pixel = across.hypot(down) / width.hypot(height);
    if !pixel.is_normal() || pixel <= 0.0 {
        return None;
    }
    let last = level((LEVEL_0 / pixel).log2() - CLOSE_ENOUGH);
    let first = level((LEVEL_0 * TILE_PX / across.max(down)).log2());
    Some((first.min(last), last))
}

/// The first whole level that is not below; from 0 to 30.
fn level(exact: f64) -> u8 {
    (0..LAST_LEVEL).find(|level| f64::from(*level) >= exact).and_then(|level| u8::try_from(level).ok()).unwrap_or(30)
}

/// Metres north of the equator in web Mercator.
fn northing(latitude: f64) -> f64 {
    let latitude = latitude.clamp(-LAST_LATITUDE, LAST_LATITUDE).to_radians();
    EARTH_RADIUS * (PI / 4.0 + latitude / 2.0).tan().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_in_a_tile_is_level_0_and_twice_as_many_pixels_are_one_level_more() {
        let world = [-180.0, -85.051_128_779_8, 180.0, 85.051_128_779_8];
        assert_eq!(levels(world, 256, 256), Some((0, 0)));
        assert_eq!(levels(world, 258, 258), Some((0, 0)), "a hundredth more");
        assert_eq!(levels(world, 512, 512), Some((0, 1)));
        assert_eq!(levels(world, 4096, 4096), Some((0, 4)));
    }

    #[test]
    fn a_small_raster_has_its_levels_deep_down_and_the_antimeridian_does_not_widen_it() {
        // 0.1 degrees at the equator are 11.1 km: 10.9 m a pixel, between level 13 (19.1 m) and level 14 (9.55 m).
        assert_eq!(levels([10.0, 0.0, 10.1, 0.1], 1024, 1024), Some((12, 14)));
        assert_eq!(levels([179.95, 0.0, -179.95, 0.1], 1024, 1024), Some((12, 14)));
    }

    #[test]
    fn what_has_no_extent_has_no_levels() {
        assert_eq!(levels([10.0, 5.0, 10.0, 5.0], 100, 100), None);
        assert_eq!(levels([f64::NAN, 5.0, 10.0, 5.0], 100, 100), None);
        assert_eq!(levels([10.0, 5.0, 10.000_000_1, 5.000_000_1], 60_000, 60_000), Some((30, 30)));
    }
}
