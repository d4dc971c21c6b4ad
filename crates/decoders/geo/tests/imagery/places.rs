//! Where rasters lie: codes, bounds, zoom levels. Expected numbers are gdalinfo's `wgs84Extent`, cs2cs' where edges are curved.

use super::{codes, details, fixture, looked_at, said};

fn assert_near(found: [f64; 4], wanted: [f64; 4], by: f64) {
    for (found_one, wanted_one) in found.iter().zip(wanted) {
        assert!((found_one - wanted_one).abs() <= by, "{found:?}, not {wanted:?}");
    }
}

#[test]
fn a_utm_raster_has_its_code_and_its_bounds_in_degrees() {
    let said = said("media/geo-utm.tif");
    let told = details(&said);
    let crs = told.crs.as_ref().unwrap();
    assert_eq!((crs.epsg, crs.name.as_deref()), (Some(32633), Some("WGS 84 / UTM zone 33N")));
    assert!(crs.wkt.as_ref().unwrap().starts_with("PROJCRS["));
    assert_eq!(told.geotransform, Some([500_000.0, 10.0, 0.0, 5_200_000.0, 0.0, -10.0]));
    assert_eq!((told.bounds_native, told.pixel_size), (Some([500_000.0, 5_197_600.0, 503_200.0, 5_200_000.0]), Some([10.0, 10.0])));
    assert_near(told.bounds_wgs84.unwrap(), [15.0, 46.931_924_2, 15.042_054_6, 46.953_529_2], 2e-6);
    assert_eq!(said.facts.as_ref().unwrap().media_attributes.bounds, told.bounds_wgs84);
    // 10 m at 47° are 14.6 m of web Mercator: between level 13 (19.1 m) and 14 (9.6 m).
    assert_eq!((told.min_zoom, told.max_zoom), (Some(14), Some(14)));
}

#[test]
fn a_system_without_a_name_has_that_of_its_code() {
    // The first image's corners as eastings and northings of a zone of UTM (ICORDS, IGEOLO): GDAL makes a system of it that has no name.
    let mut bytes = fixture("media/nitf-two-segments.ntf");
    let corners = bytes.windows(7).position(|seven| seven == b"IMFIRST").unwrap() + 371;
    assert_eq!(bytes[corners], b'G');
    bytes[corners..corners + 61].copy_from_slice(b"N335000005200000335015905200000335015905199881335000005199881");
    let said = looked_at(bytes);
    let crs = details(&said).crs.as_ref().unwrap();
    assert_eq!((crs.epsg, crs.name.as_deref()), (Some(32633), Some("WGS 84 / UTM zone 33N")));
}

#[test]
fn a_jpeg_2000_with_a_place_lies_where_a_tiff_of_the_same_scene_lies() {
    let (jpeg, tiff) = (said("media/geo-utm.jpx"), said("media/geo-utm.tif"));
    let (told, same) = (details(&jpeg), details(&tiff));
    assert_eq!((told.format.as_str(), told.compression.as_deref()), ("jpeg2000", Some("JPEG2000")));
    assert_eq!(
        (told.crs.as_ref().unwrap().epsg, told.geotransform, told.bounds_wgs84),
        (Some(32633), same.geotransform, same.bounds_wgs84)
    );
    let flat = jpeg.facts.as_ref().unwrap().media_attributes.clone();
    assert_eq!((flat.mime_type.as_str(), flat.bounds, flat.band_count), ("image/jp2", same.bounds_wgs84, Some(3)));
    assert_eq!((codes(&jpeg), jpeg.thumbnails.len()), (Vec::new(), 2));
}

#[test]
fn a_jpeg_2000_without_a_place_is_handed_to_the_decoder_of_pictures() {
    for bytes in [fixture("media/jp2-lossy.jp2"), fixture("media/geo-utm.jpx")[..300].to_vec()] {
        let said = looked_at(bytes);
        assert!(said.facts.is_none());
        assert_eq!(said.refusal.unwrap().belongs_to.as_deref(), Some("image"));
    }
}

#[test]
fn a_raster_across_the_antimeridian_has_its_west_in_the_east() {
    let said = said("media/geo-antimeridian.tif");
    let told = details(&said);
    assert_near(told.bounds_wgs84.unwrap(), [176.949_458_5, -20.183_110_4, -175.864_019_2, -16.061_232_7], 2e-6);
    assert_eq!(told.max_zoom, Some(6), "not one of a raster around the world");
}

#[test]
fn a_raster_around_the_pole_reaches_it() {
    let said = said("media/geo-polar.tif");
    let [west, south, east, north] = details(&said).bounds_wgs84.unwrap();
    assert_eq!((west, east, north), (-180.0, 180.0, 90.0));
    assert!((south - 64.311_741_9).abs() < 1e-6, "{south}");
}

#[test]
fn a_turned_raster_is_bounded_by_its_corners() {
    let said = said("media/geo-rotated.tif");
    let told = details(&said);
    assert_near(told.bounds_wgs84.unwrap(), [13.727_967, 45.137_091_3, 13.759_056_1, 45.159_189_2], 2e-6);
    let side = 98.0_f64.sqrt();
    assert!(told.pixel_size.unwrap().iter().all(|size| (size - side).abs() < 1e-9));
}

#[test]
fn control_points_place_a_raster_that_has_no_geotransform() {
    let said = said("media/geo-points.tif");
    let told = details(&said);
    assert_eq!((told.gcp_count, told.geotransform, told.crs.as_ref().unwrap().epsg), (Some(4), None, Some(4326)));
    assert_near(told.bounds_wgs84.unwrap(), [8.0, 47.25, 9.0, 48.0], 1e-9);
    assert_eq!(codes(&said), Vec::<&str>::new());
}

#[test]
fn a_system_without_a_code_is_told_and_the_rest_stands() {
    let said = said("media/geo-own-system.tif");
    let told = details(&said);
    assert_eq!(codes(&said), ["invalid-epsg"]);
    assert_eq!((told.crs.as_ref().unwrap().epsg, said.thumbnails.len()), (None, 2));
    assert_near(told.bounds_wgs84.unwrap(), [10.0, 47.703_288_5, 11.087_781_3, 48.243_001_4], 2e-6);
}

#[test]
fn a_code_that_the_registry_has_not_is_no_code() {
    let said = said("hostile/geo-unknown-code.tif");
    assert_eq!(codes(&said), ["invalid-epsg"]);
    assert_eq!(details(&said).crs.as_ref().and_then(|crs| crs.epsg), None);
    assert_eq!(said.facts.as_ref().unwrap().media_attributes.epsg, None);
}

#[test]
fn a_raster_in_simple_coordinates_has_no_degrees_and_no_issue() {
    let said = said("media/geo-no-system.tif");
    let told = details(&said);
    assert_eq!((&told.crs, told.bounds_wgs84, told.min_zoom), (&None, None, None));
    assert_eq!(told.bounds_native, Some([100.0, 155.0, 160.0, 200.0]));
    assert_eq!(codes(&said), Vec::<&str>::new());
}

#[test]
fn numbers_that_are_none_make_no_bounds() {
    for name in ["hostile/geo-numbers-that-are-none.tif", "hostile/geo-far-away.tif"] {
        let said = said(name);
        let told = details(&said);
        assert_eq!(told.bounds_wgs84, None, "{name}");
        assert!(told.bounds_native.iter().flatten().all(|number| number.is_finite()), "{name}");
    }
}
