//! A record as a person reads it: a short card, one fact a line.

use assay_contract::details::Details;
use assay_contract::record::{Record, Status};
use std::fmt::Write;

/// The card of one record.
pub fn card(record: &Record) -> String {
    let mark = match record.status {
        Status::Complete => "✓",
        Status::Partial => "~",
        Status::Failed => "✗",
    };
    let mut card = format!("{mark} {}\n", shown(&record.asset.uri));
    let failure = record.failure.iter().map(|failure| ("failed", format!("{} · {}", failure.code, failure.message)));
    let thumbnails = record.thumbnails.iter().map(|thumbnail| {
        let place = thumbnail.uri.as_deref().map(|uri| format!(" · {}", shown(uri))).unwrap_or_default();
        (thumbnail.name.as_str(), format!("{} × {} · {}{place}", thumbnail.width, thumbnail.height, size(thumbnail.bytes)))
    });
    let derivatives = record.derivatives.iter().map(|derivative| {
        let place = derivative.uri.as_deref().map(|uri| format!(" · {}", shown(uri))).unwrap_or_default();
        (derivative.name.as_str(), format!("{}{place}", size(derivative.bytes)))
    });
    let issues = record.issues.iter().map(|issue| ("issue", format!("{} · {}", issue.code, issue.message)));
    let digest = record.asset.sha256.iter().map(|sha256| ("sha256", sha256.clone()));
    let lines: Vec<(&str, String)> =
        failure.chain(facts(record)).chain(thumbnails).chain(derivatives).chain(issues).chain(digest).collect();
    // The names of some kinds are long, and a profile names its thumbnails as it likes.
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).clamp(9, 20);
    for (name, value) in lines {
        let _ = writeln!(card, "  {name:<width$} {}", plain(&value));
    }
    card
}

/// What was found, one fact after the other, with the name of each.
pub fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let mut card = Facts(Vec::new());
    if let Some(attributes) = &record.media_attributes {
        let kind = record.details.as_ref().map_or("", |details| details.kind().as_str());
        card.line(kind, &format!("{} · {}", attributes.mime_type, size(attributes.content_length)));
    } else if let Some(detected) = &record.asset.detected_type {
        card.line("detected", detected);
    }
    match &record.details {
        Some(Details::Image(image)) => {
            let frames = image.frame_count.filter(|count| *count > 1).map(|count| format!(" · {}", many(count, "frame")));
            card.line("size", &format!("{}{}", shape(record), frames.unwrap_or_default()));
            card.list(
                "color",
                [
                    image.color_model.clone(),
                    image.bit_depth.map(|bits| format!("{bits} bit")),
                    image.icc_profile.clone(),
                    image.dominant_color.clone(),
                ],
            );
            if let Some(exif) = &image.exif {
                card.list("camera", [exif.make.clone(), exif.model.clone(), exif.taken_at.clone()]);
            }
        }
        Some(Details::Video(video)) => {
            card.line("size", &shape(record));
            card.list(
                "video",
                [Some(video.codec_name.clone()), video.profile.clone(), video.pixel_format.clone(), video.hdr_format.clone()],
            );
            card.list(
                "time",
                [video.duration_s.map(time), video.frame_rate.map(|rate| format!("{:.3} frames/s", rate.value())), counted(record)],
            );
            for track in &video.audio {
                card.list(
                    "audio",
                    [Some(track.codec_name.clone()), track.sample_rate_hz.map(|hz| format!("{hz} Hz")), track.channel_layout.clone()],
                );
            }
        }
        Some(Details::Audio(audio)) => {
            card.list(
                "audio",
                [Some(audio.codec_name.clone()), audio.sample_rate_hz.map(|hz| format!("{hz} Hz")), audio.channel_layout.clone()],
            );
            card.list("time", [audio.duration_s.map(time), audio.bit_rate_bps.map(|bps| format!("{} kbit/s", bps / 1000))]);
        }
        Some(Details::Document(document)) => {
            let first = document.pages.first().map(|page| format!("{:.0} × {:.0} pt", page.width_pt, page.height_pt));
            card.list("pages", [document.page_count.map(|count| count.to_string()), first, document.form.clone()]);
            card.list("document", [document.title.clone(), document.author.clone(), document.producer.clone()]);
            card.list("text", [document.text_characters.map(|count| many(count, "character"))]);
        }
        Some(Details::Dicom(dicom)) => {
            let frames = dicom.frame_count.map(|count| many(count, "frame"));
            card.list("dicom", [dicom.modality.clone(), Some(shape(record)), frames, dicom.photometric.clone()]);
            card.list("syntax", [dicom.transfer_syntax.clone()]);
        }
        Some(Details::TiledImagery(imagery)) => {
            let bands = imagery.bands.first().map(|band| format!("{} × {}", imagery.bands.len(), band.dtype));
            card.list("size", [Some(shape(record)), bands, imagery.compression.clone()]);
            card.list(
                "place",
                [imagery.crs.as_ref().and_then(|crs| crs.name.clone()), imagery.bounds_wgs84.map(|bounds| format!("{bounds:.5?}"))],
            );
        }
        Some(Details::Text(text)) => {
            let words = text.words.map(|words| many(words, "word"));
            card.list("text", [Some(many(text.characters, "character")), words, Some(many(text.lines, "line"))]);
            card.list("written", [Some(text.encoding.clone()), text.newline.clone(), text.language.clone()]);
        }
        Some(Details::Html(page)) => {
            card.list("page", [page.title.clone(), Some(many(page.characters, "character")), page.language.clone()]);
        }
        Some(Details::Conversation(talk)) => {
            card.list("talk", [Some(many(talk.message_count, "message")), Some(talk.participants.join(", "))]);
        }
        None => {}
    }
    card.0
}

struct Facts(Vec<(&'static str, String)>);

impl Facts {
    fn line(&mut self, name: &'static str, value: &str) {
        self.0.push((name, plain(value)));
    }

    fn list<const N: usize>(&mut self, name: &'static str, values: [Option<String>; N]) {
        let present: Vec<String> = values.into_iter().flatten().collect();
        if !present.is_empty() {
            self.line(name, &present.join(" · "));
        }
    }
}

/// A file name may hold anything; a terminal obeys control characters, and marks that turn the writing direction show another name.
pub fn plain(text: &str) -> String {
    let is_obeyed = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if is_obeyed(c) { '\u{fffd}' } else { c }).collect()
}

fn shown(uri: &str) -> String {
    plain(uri.strip_prefix("file:").unwrap_or(uri))
}

fn shape(record: &Record) -> String {
    match record.media_attributes.as_ref().map(|attributes| (attributes.width, attributes.height)) {
        Some((Some(width), Some(height))) => format!("{width} × {height}"),
        _ => "unknown".to_owned(),
    }
}

fn counted(record: &Record) -> Option<String> {
    record.media_attributes.as_ref()?.frame_count.map(|count| many(count, "frame"))
}

/// `1 frame`, `75 frames`
fn many(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Seconds as a player shows them.
pub fn time(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.2} s");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a saturating cast of a positive number of seconds")]
    let whole = seconds.round() as u64;
    format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
}

/// Bytes as people read them: powers of 1,000, as storage is sold.
pub fn size(bytes: u64) -> String {
    const UNITS: [(&str, f64); 4] = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("bytes", 1.0)];
    let bytes = bytes as f64;
    let (unit, scale) = UNITS.into_iter().find(|(_, scale)| bytes >= *scale).unwrap_or(("bytes", 1.0));
    if scale > 1.0 { format!("{:.1} {unit}", bytes / scale) } else { format!("{bytes:.0} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_read_well() {
        assert_eq!([size(0), size(999), size(305_973), size(2_400_000_000)], ["0 bytes", "999 bytes", "306.0 kB", "2.4 GB"]);
        assert_eq!([time(2.0), time(3725.2)], ["2.00 s", "1:02:05"]);
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!([many(0, "frame"), many(1, "frame"), many(2, "frame")], ["0 frames", "1 frame", "2 frames"]);
    }

    #[test]
    fn a_file_name_can_not_drive_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
        assert_eq!(plain("a\u{202e}gpj.exe\u{2066}"), "a\u{fffd}gpj.exe\u{fffd}");
    }
}
