//! The road of every picture: header, facts, limits, pixels, colour, thumbnails, facts again.

use crate::colour::{self, Profile as ColorProfile};
use crate::ffi::libtiff;
use crate::format::{self, Wish};
use crate::{heif, jp2, thumbnails, tiff, tint};
use assay_contract::Code;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::failure::Issue;
use assay_contract::profile::{Profile, ThumbnailSpec};
use assay_kit::decoder::Threads;
use assay_kit::picture::check_pixels;
use assay_kit::{Answer, Decoder, Input, Picture, Pixels, Stop, thumbnail};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The decoder of pictures.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImageDecoder;

impl Decoder for ImageDecoder {
    fn family(&self) -> &'static str {
        "image"
    }

    fn libraries(&self) -> BTreeMap<String, String> {
        // A test holds these against Cargo.lock.
        let linked = LIBRARIES.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned()));
        // The system's libraries say themselves which they are.
        linked
            .chain([
                ("libheif".to_owned(), heif::version()),
                ("libtiff".to_owned(), libtiff::version()),
                ("openjpeg".to_owned(), jp2::version()),
            ])
            .collect()
    }

    fn threads(&self) -> Threads {
        // libde265 has none without.
        Threads::UpToFour
    }

    fn warm(&self) {
        heif::warm();
        // One thumbnail of each kind touches the resizer's and both encoders' tables. A failure would show at the first asset.
        if let Ok(picture) = Picture::new(64, 64, Pixels::Rgb8, vec![128; 64 * 64 * 3]) {
            for spec in Profile::standard().thumbnails {
                let spec = ThumbnailSpec { max_px: 32, ..spec };
                drop(picture.fitted(spec.max_px).map(|small| thumbnail::encode(&small, &spec)));
            }
        }
    }

    fn decode(&self, task: &Task, input: &mut Input, answer: &mut Answer) -> Result<(), Stop> {
        if input.length() == 0 {
            return Err(Refusal::new(Code::EmptyAsset, "0 bytes").into());
        }
        if tiff::has_place(input).map_err(Stop::Gone)? {
            return Err(Refusal::unsupported("the TIFF has a place on earth, which makes it imagery").belonging_to("geo").into());
        }
        // Every format here wants its bytes as one buffer; half of the child's memory is left for pixels.
        let bytes = input.whole(task.limits.memory_bytes / 2)?;
        let format =
            format::choose(&task.mime_type, &bytes).ok_or_else(|| Refusal::unsupported("not a picture of a format that is read"))?;
        let mut seen = (format.look)(&bytes, &task.limits)?;
        let profile = seen.icc.take().and_then(|icc| match ColorProfile::parse(&icc) {
            Ok(profile) => Some(profile),
            Err(issue) => {
                seen.issues.push(issue);
                None
            }
        });
        seen.details.icc_profile = profile.as_ref().map(ColorProfile::name);
        let profile =
            profile.or(seen.cicp.and_then(ColorProfile::of_cicp)).or(seen.gamma.map(ColorProfile::of_gamma)).filter(|_| !seen.is_srgb);
        answer.facts(&seen.facts(format, task))?;
        for issue in &seen.issues {
            answer.issue(issue)?;
        }
        let (decoded_width, decoded_height) = seen.decoded_size();
        if let Err(refusal) = check_pixels(task, decoded_width, decoded_height) {
            return answer.refuse_output(&refusal);
        }
        let Some(longest_px) = task.thumbnails.iter().map(|spec| spec.max_px).max() else { return Ok(()) };
        let decoded = {
            let voice = RefCell::new(&mut *answer);
            // Where nobody listens any more, the next word says so.
            let alive = || drop(voice.borrow_mut().progress());
            (format.decode)(&bytes, &seen, &Wish { longest_px, limits: &task.limits, alive: &alive })
        };
        let decoded = match decoded {
            Ok(decoded) => decoded,
            // Facts stand: only the pictures are refused.
            Err(refusal) => return answer.refuse_output(&refusal),
        };
        answer.progress()?;
        for issue in &decoded.issues {
            answer.issue(issue)?;
        }
        if let Some(damage) = &decoded.damage {
            let sentence = format!("A part of the picture is damaged or missing, and its thumbnails show what could be read ({damage}).");
            answer.issue(&Issue::error(Code::CorruptAsset.as_str(), sentence))?;
        }
        let (picture, issue) = colour::to_srgb(decoded.samples, profile.as_ref(), longest_px)?;
        if let Some(issue) = issue {
            answer.issue(&issue)?;
        }
        if let Some(smallest) = thumbnails::make(answer, task, &picture, seen.turn())? {
            seen.details.dominant_color = tint::dominant_color(&smallest);
            seen.details.thumbhash = Some(tint::thumbhash(&smallest)?);
            answer.facts(&seen.facts(format, task))?;
        }
        Ok(())
    }
}

/// The libraries that look at an asset's bytes.
pub(crate) const LIBRARIES: &[(&str, &str)] = &[
    ("exr", "1.74.2"),
    ("gif", "0.14.2"),
    ("image", "0.25.10"),
    ("image-webp", "0.2.4"),
    ("jxl-oxide", "0.12.6"),
    ("kamadak-exif", "0.6.2"),
    ("libjpeg-turbo", "3.1.0"),
    ("moxcms", "0.8.1"),
    ("png", "0.18.1"),
    ("qoi", "0.4.1"),
    ("resvg", "0.49.0"),
    ("tiff", "0.11.3"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_in_records_are_the_ones_that_are_linked() {
        let lock = include_str!("../../../../Cargo.lock");
        for (name, version) in LIBRARIES.iter().filter(|(name, _)| *name != "libjpeg-turbo") {
            assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"")), "{name} {version}");
        }
        // turbojpeg-sys builds the libjpeg-turbo that it brings along.
        assert!(lock.contains("name = \"turbojpeg-sys\"\nversion = \"1.2.0\""));
    }
}
