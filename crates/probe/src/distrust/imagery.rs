//! Where imagery is said to lie: numbers that a map can take, or none.

use super::Lie;
use assay_contract::details::{Details, ImageryDetails};
use assay_contract::{Facts, MediaAttributes};

/// Refuses a place that is none on earth, in either view; facts of other kinds have no place to look at but the flat view's.
pub(super) fn place(said: &Facts) -> Result<(), Lie> {
    let Facts { media_attributes: MediaAttributes { bounds, .. }, details } = said;
    if bounds.is_some_and(|bounds| !is_on_earth(bounds)) {
        return Err(Lie::Number("bounds"));
    }
    let Details::TiledImagery(imagery) = details else { return Ok(()) };
    let ImageryDetails { bounds_wgs84, bounds_native, geotransform, pixel_size, .. } = imagery.as_ref();
    if bounds_wgs84.is_some_and(|bounds| !is_on_earth(bounds)) {
        return Err(Lie::Number("bounds_wgs84"));
    }
    if bounds_native.is_some_and(|bounds| !is_box(bounds)) {
        return Err(Lie::Number("bounds_native"));
    }
    if geotransform.is_some_and(|six| six.iter().any(|number| !number.is_finite())) {
        return Err(Lie::Number("geotransform"));
    }
    if pixel_size.is_some_and(|size| size.iter().any(|side| !side.is_finite() || *side < 0.0)) {
        return Err(Lie::Number("pixel_size"));
    }
    Ok(())
}

/// West, south, east, north in degrees. West may be larger than east: across the antimeridian (RFC 7946, 5.2).
fn is_on_earth([west, south, east, north]: [f64; 4]) -> bool {
    // A number that is none lies in no range.
    let is_longitude = |degrees: f64| (-180.0..=180.0).contains(&degrees);
    let is_latitude = |degrees: f64| (-90.0..=90.0).contains(&degrees);
    is_longitude(west) && is_longitude(east) && is_latitude(south) && is_latitude(north) && south <= north
}

/// Smallest x and y, largest x and y.
fn is_box(bounds: [f64; 4]) -> bool {
    let [left, bottom, right, top] = bounds;
    bounds.iter().all(|number| number.is_finite()) && left <= right && bottom <= top
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_contract::AssetKind;

    fn said(change: impl FnOnce(&mut MediaAttributes, &mut ImageryDetails)) -> Result<(), Lie> {
        let mut media_attributes = MediaAttributes::new(AssetKind::TiledImagery, "image/tiff", 7);
        let mut imagery = ImageryDetails::default();
        change(&mut media_attributes, &mut imagery);
        place(&Facts { media_attributes, details: Details::TiledImagery(Box::new(imagery)) })
    }

    #[test]
    fn a_place_is_on_earth_to_its_very_edges() {
        for good in [[-180.0, -90.0, 180.0, 90.0], [170.0, -20.0, -170.0, -10.0], [7.0, 50.0, 7.0, 50.0]] {
            assert_eq!(said(|flat, whole| (flat.bounds, whole.bounds_wgs84) = (Some(good), Some(good))), Ok(()), "{good:?}");
        }
        for bad in [
            [-180.000_001, 0.0, 1.0, 1.0],
            [0.0, 0.0, 180.000_001, 1.0],
            [0.0, -90.000_001, 1.0, 1.0],
            [0.0, 0.0, 1.0, 90.000_001],
            [0.0, 2.0, 1.0, 1.0],
            [f64::NAN, 0.0, 1.0, 1.0],
            [0.0, 0.0, 1.0, f64::INFINITY],
        ] {
            assert_eq!(said(|flat, _| flat.bounds = Some(bad)), Err(Lie::Number("bounds")), "{bad:?}");
            assert_eq!(said(|_, whole| whole.bounds_wgs84 = Some(bad)), Err(Lie::Number("bounds_wgs84")), "{bad:?}");
        }
    }

    #[test]
    fn its_own_coordinates_are_numbers_in_their_order() {
        assert_eq!(said(|_, whole| whole.bounds_native = Some([-1e9, 0.0, 1e9, 0.0])), Ok(()));
        for bad in [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], [0.0, 0.0, f64::INFINITY, 1.0]] {
            assert_eq!(said(|_, whole| whole.bounds_native = Some(bad)), Err(Lie::Number("bounds_native")), "{bad:?}");
        }
        assert_eq!(said(|_, whole| whole.geotransform = Some([0.0, 1.0, 0.0, f64::NAN, 0.0, -1.0])), Err(Lie::Number("geotransform")));
        assert_eq!(said(|_, whole| whole.pixel_size = Some([1.0, -1.0])), Err(Lie::Number("pixel_size")));
    }
}
