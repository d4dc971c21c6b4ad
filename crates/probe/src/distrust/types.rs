//! Every MIME type that a decoder gives an asset: a child can't invent one.

use crate::sniff::Family;

/// Whether a family's decoder may call an asset so.
pub(super) fn knows(family: Family, mime_type: &str) -> bool {
    let types = match family {
        Family::Image => IMAGE,
        Family::Media => MEDIA,
        Family::Document => &["application/pdf"],
        Family::Dicom => &["application/dicom"],
        Family::Geo => &["image/tiff", "image/jp2", "application/vnd.nitf"],
        Family::Text => &["text/plain", "text/html", "application/json", "application/xml", "application/vnd.labelbox.conversational"],
    };
    types.contains(&mime_type)
}

#[rustfmt::skip]
const IMAGE: &[&str] = &[
    "image/avif", "image/bmp", "image/gif", "image/heic", "image/heic-sequence", "image/heif", "image/heif-sequence", "image/j2c",
    "image/jp2", "image/jpeg", "image/jph", "image/jpx", "image/jxl", "image/png", "image/qoi", "image/svg+xml", "image/tiff",
    "image/vnd.adobe.photoshop", "image/vnd.microsoft.icon", "image/vnd.radiance", "image/webp", "image/x-adobe-dng",
    "image/x-canon-cr2", "image/x-canon-cr3", "image/x-cursor", "image/x-exr", "image/x-fujifilm-raf", "image/x-nikon-nef",
    "image/x-olympus-orf", "image/x-panasonic-rw2", "image/x-pentax-pef", "image/x-portable-arbitrarymap", "image/x-portable-bitmap",
    "image/x-portable-graymap", "image/x-portable-pixmap", "image/x-raw", "image/x-samsung-srw", "image/x-sony-arw", "image/x-tga",
];

#[rustfmt::skip]
const MEDIA: &[&str] = &[
    "application/gxf", "application/mxf",
    "audio/3gpp", "audio/3gpp2", "audio/aac", "audio/ac3", "audio/amr", "audio/basic", "audio/eac3", "audio/flac", "audio/mp4",
    "audio/mpeg", "audio/ogg", "audio/vnd.dolby.mlp", "audio/vnd.dts", "audio/vnd.dts.hd", "audio/vnd.rn-realaudio", "audio/webm",
    "audio/x-aiff", "audio/x-ape", "audio/x-caf", "audio/x-dff", "audio/x-dsf", "audio/x-loas", "audio/x-matroska", "audio/x-ms-wma",
    "audio/x-msvideo", "audio/x-musepack", "audio/x-nsv", "audio/x-nut", "audio/x-tak", "audio/x-tta", "audio/x-unknown",
    "audio/x-voc", "audio/x-w64", "audio/x-wav", "audio/x-wavpack",
    "video/3gpp", "video/3gpp2", "video/aac", "video/ac3", "video/av1", "video/basic", "video/eac3", "video/flac", "video/h263",
    "video/h264", "video/h265", "video/mp2t", "video/mp4", "video/mp4v-es", "video/mpeg", "video/ogg", "video/quicktime", "video/vc1",
    "video/vnd.dolby.mlp", "video/vnd.dts", "video/vnd.dts.hd", "video/vnd.rn-realvideo", "video/webm", "video/x-aiff", "video/x-ape",
    "video/x-caf", "video/x-dff", "video/x-dsf", "video/x-dv", "video/x-flv", "video/x-ivf", "video/x-matroska", "video/x-motion-jpeg",
    "video/x-ms-wmv", "video/x-msvideo", "video/x-musepack", "video/x-nsv", "video/x-nut", "video/x-tak", "video/x-tta",
    "video/x-unknown", "video/x-voc", "video/x-w64", "video/x-wav", "video/x-wavpack", "video/x-yuv4mpeg",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The quoted MIME types of a source, its tests and other names aside.
    fn written(source: &str) -> BTreeSet<&str> {
        let code = source.split("#[cfg(test)]").next().unwrap();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("aliases:") && !line.trim_start().starts_with("//"));
        let quoted = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
        let is_type = |text: &&str| {
            text.split_once('/').is_some_and(|(left, right)| {
                ["image", "audio", "video", "application", "text"].contains(&left) && !right.is_empty() && !right.contains(['/', ' '])
            })
        };
        quoted.filter(is_type).collect()
    }

    /// Where a decoder learns a new type it must be added above, or whatever has it is believed no more.
    #[test]
    fn every_type_that_a_decoder_gives_is_known() {
        for (family, sources) in [
            (Family::Image, &[include_str!("../../../decoders/image/src/format.rs")][..]),
            (Family::Media, &[include_str!("../../../decoders/media/src/containers.rs")]),
            (Family::Document, &[include_str!("../../../decoders/document/src/describe.rs")]),
            (Family::Dicom, &[include_str!("../../../decoders/dicom/src/facts.rs")]),
            (Family::Geo, &[include_str!("../../../decoders/geo/src/facts.rs")]),
            (
                Family::Text,
                &[
                    include_str!("../../../decoders/text/src/decoder.rs"),
                    include_str!("../../../decoders/text/src/page.rs"),
                    include_str!("../../../decoders/text/src/plain.rs"),
                    include_str!("../../../decoders/text/src/talk.rs"),
                ],
            ),
        ] {
            let types: BTreeSet<&str> = sources.iter().flat_map(|source| written(source)).collect();
            assert!(!types.is_empty(), "{}", family.as_str());
            for mime_type in types {
                assert!(knows(family, mime_type), "{}: {mime_type}", family.as_str());
            }
        }
    }
}
