//! The road of every instance: begin, attributes, facts, the groups of the frame in the middle, its pixels, thumbnails.

use crate::attributes::Attributes;
use crate::opening::{self, Opened};
use crate::source::{Broken, Source};
use crate::walk::{Pause, Pixels, Walk};
use crate::{facts, jpeg_ls, jpeg2000, pixels};
use assay_contract::Code;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::failure::Issue;
use assay_contract::profile::{Profile, ThumbnailSpec};
use assay_kit::{Answer, Decoder, Input, Picture, Pixels as Layout, Stop, thumbnail};
use dicom_dictionary_std::uids;
use std::collections::BTreeMap;

/// The decoder of DICOM instances.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dicom;

impl Decoder for Dicom {
    fn family(&self) -> &'static str {
        "dicom"
    }

    fn libraries(&self) -> BTreeMap<String, String> {
        // A test holds these against Cargo.lock.
        let linked = LIBRARIES.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned()));
        // The system's libraries say themselves which they are.
        linked.chain([("charls".to_owned(), jpeg_ls::version()), ("openjpeg".to_owned(), jpeg2000::version())]).collect()
    }

    fn warm(&self) {
        // One thumbnail of each kind touches the resizer's and both encoders' tables. A failure would show at the first asset.
        if let Ok(picture) = Picture::new(64, 64, Layout::Rgb8, vec![128; 64 * 64 * 3]) {
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
        let opened = match opening::open(input) {
            Ok(opened) => opened,
            Err(broken) => return Err(broken.refusal(&task.limits)?.into()),
        };
        let source = if opened.is_deflated { Source::inflated(input, opened.at) } else { Ok(Source::plain(input, opened.at)) };
        let source = match source {
            Ok(source) => source,
            Err(broken) => return Err(broken.refusal(&task.limits)?.into()),
        };
        let mut found = Attributes::new(task.identifiers);
        let mut walk = Walk::new(source, opened.encoding);
        let ended = travel(&mut walk, &mut found, &opened, task, answer);
        if found.is_empty() && !(opened.is_told && ended.is_ok()) {
            return Err(match ended {
                Err(broken) => broken.refusal(&task.limits)?,
                Ok(_) => Refusal::corrupt("no attribute of a DICOM instance was found"),
            }
            .into());
        }
        answer.facts(&facts::of(&found, &opened, task))?;
        tell_unreadable(&found, answer)?;
        match ended {
            Ok(Some(pixels)) => match walk.source_again() {
                Ok(mut source) => pixels::show(&mut source, &pixels, &found, &opened, task, answer),
                Err(broken) => answer.refuse_output(&broken.refusal(&task.limits)?),
            },
            Ok(None) => tell_missing(&found, &opened, answer),
            Err(Broken::Ends) => {
                let sentence = "The file ends early: what could be read was kept, and no thumbnails were made.";
                answer.issue(&Issue::error("truncated-asset", sentence))
            }
            Err(broken) => answer.refuse_output(&broken.refusal(&task.limits)?),
        }
    }
}

/// Goes through the data set up to its pixels, and tells the facts before the groups of frames: there may be very many.
fn travel(
    walk: &mut Walk<'_>,
    found: &mut Attributes,
    opened: &Opened,
    task: &Task,
    answer: &mut Answer,
) -> Result<Option<Pixels>, Broken> {
    loop {
        match walk.on(found, answer)? {
            Pause::FrameGroups => {
                answer.facts(&facts::of(found, opened, task))?;
                walk.want_frame(found.frame_count() / 2);
            }
            Pause::Pixels(pixels) => {
                let ending = walk.look_behind(&pixels, found, answer)?;
                return Ok(Some(Pixels { ending, ..pixels }));
            }
            Pause::End => return Ok(None),
        }
    }
}

fn tell_unreadable(found: &Attributes, answer: &mut Answer) -> Result<(), Stop> {
    if found.unreadable.is_empty() {
        return Ok(());
    }
    let numbers: Vec<String> = found.unreadable.iter().map(|tag| format!("({:04X},{:04X})", tag.group(), tag.element())).collect();
    let sentence = format!("Some attributes have values that are not of their kind and were left out: {}.", numbers.join(", "));
    answer.issue(&Issue::warning("attribute-unreadable", sentence))
}

/// An instance that describes pixels should have some; those of a JPIP syntax lie elsewhere.
fn tell_missing(found: &Attributes, opened: &Opened, answer: &mut Answer) -> Result<(), Stop> {
    if found.rows.is_none() || found.allocated.is_none() {
        return Ok(());
    }
    if matches!(opened.syntax.as_str(), uids::JPIP_REFERENCED | uids::JPIP_REFERENCED_DEFLATE) {
        return answer.refuse_output(&Refusal::unsupported("the pixels lie on another server, which is not asked"));
    }
    let sentence = "The instance describes pixels and holds none, so there are no thumbnails.";
    answer.issue(&Issue::warning("no-pixel-data", sentence))
}

/// The libraries that look at an asset's bytes.
const LIBRARIES: &[(&str, &str)] = &[("flate2", "1.1.11"), ("jxl-oxide", "0.12.6"), ("libjpeg-turbo", "3.1.0")];

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
