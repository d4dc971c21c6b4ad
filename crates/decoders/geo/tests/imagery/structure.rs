//! How files are built: formats, blocks, overviews, bands, segments, and whether they are cloud optimised.

use super::{codes, details, said};

#[test]
fn a_cog_is_one_and_tells_its_overviews() {
    let said = said("media/geo-cog.tif");
    let told = details(&said);
    let cog = told.cog.as_ref().unwrap();
    assert_eq!((told.format.as_str(), cog.valid, cog.reasons.as_slice()), ("cog", true, [].as_slice()));
    assert_eq!((told.overviews.first(), told.is_tiled), (Some(&[550, 400]), Some(true)));
    assert_eq!(told.compression.as_deref(), Some("YCbCr JPEG"));
}

#[test]
fn a_file_with_its_directory_behind_its_pixels_is_no_cog() {
    // What GDAL leaves where a file is edited: here by hand, the directory at the end.
    let said = said("hostile/geo-overviews-elsewhere.tif");
    let told = details(&said);
    let cog = told.cog.as_ref().unwrap();
    assert_eq!((told.format.as_str(), cog.valid, cog.reasons.len()), ("geotiff", false, 2));
}

#[test]
fn bands_tell_their_type_colour_nodata_and_blocks() {
    let said_float = said("media/geo-float-nodata.tif");
    let band = &details(&said_float).bands[0];
    assert_eq!((band.dtype.as_str(), band.nodata.as_deref()), ("Float32", Some("-9999")));
    assert_eq!((band.color_interpretation.as_deref(), band.block_width), (Some("Gray"), 160));
    let said_big = said("media/geo-bigtiff.tif");
    assert_eq!((details(&said_big).format.as_str(), details(&said_big).is_tiled), ("bigtiff", Some(false)));
    let said_palette = said("media/geo-palette.tif");
    assert_eq!(details(&said_palette).bands[0].color_interpretation.as_deref(), Some("Palette"));
    let said_utm = said("media/geo-utm.tif");
    let utm = details(&said_utm);
    assert_eq!((utm.bands.len(), utm.bands[2].color_interpretation.as_deref(), utm.bands[2].block_height), (3, Some("Blue"), 64));
}

#[test]
fn every_segment_of_a_nitf_is_listed_and_its_classification_shown() {
    let said = said("media/nitf-two-segments.ntf");
    let told = details(&said);
    let nitf = told.nitf.as_ref().unwrap();
    assert_eq!((told.format.as_str(), nitf.version.as_str(), nitf.classification.as_deref()), ("nitf-2.1", "02.10", Some("U")));
    assert_eq!(nitf.date_time.as_deref(), Some("2020-01-02T03:04:05Z"));
    let segments: Vec<_> = nitf
        .image_segments
        .iter()
        .map(|one| (one.id.as_deref(), one.width, one.height, one.band_count, one.compression.as_deref(), one.classification.as_deref()))
        .collect();
    assert_eq!(segments, [(Some("FIRST"), 160, 120, 1, Some("NC"), Some("U")), (Some("SECOND"), 80, 60, 3, Some("NC"), Some("R"))]);
}

#[test]
fn each_version_of_nitf_is_called_by_its_name() {
    for (name, format, compression) in [
        ("nitf-2-0.ntf", "nitf-2.0", Some("NC")),
        ("nsif-jpeg.nsf", "nsif-1.0", Some("C3")),
        ("nitf-jpeg-2000.ntf", "nitf-2.1", Some("C8")),
    ] {
        let said = said(&format!("media/{name}"));
        let told = details(&said);
        let segment = told.nitf.as_ref().unwrap().image_segments.first().unwrap();
        assert_eq!((told.format.as_str(), segment.compression.as_deref()), (format, compression), "{name}");
        assert_eq!(said.facts.as_ref().unwrap().media_attributes.mime_type, "application/vnd.nitf");
    }
}

#[test]
fn a_nitf_without_an_image_has_facts_and_says_that_there_is_nothing_to_show() {
    let said = said("media/nitf-no-image.ntf");
    let flat = &said.facts.as_ref().unwrap().media_attributes;
    assert_eq!((flat.band_count, flat.width, said.thumbnails.len()), (Some(0), None, 0));
    assert_eq!(codes(&said), ["nothing-to-show"]);
}
