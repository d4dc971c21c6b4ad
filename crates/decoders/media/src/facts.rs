//! What was found, put into the contract's words.

use crate::containers::Called;
use crate::ffi::{Demuxer, DurationSource, Medium, Stream};
use crate::poster::Glimpse;
use crate::storyboard::Played;
use crate::tail::Tail;
use crate::turn::Turn;
use crate::walk::{End, Walked};
use crate::{codec, colour, tags, timing};
use assay_contract::Facts;
use assay_contract::details::{AudioDetails, AudioTrack, Details, Ratio, VideoDetails};
use assay_contract::kind::AssetKind;
use assay_contract::media_attributes::MediaAttributes;

const MICROSECONDS: f64 = 1e6;

/// All that the facts are made from.
pub(crate) struct Found<'f> {
    /// The asset's bytes.
    pub(crate) content_length: u64,
    /// Container and MIME type.
    pub(crate) called: &'f Called,
    /// The container's own duration, start, rate, tags.
    pub(crate) whole: &'f Whole,
    /// All streams.
    pub(crate) streams: &'f [Stream],
    /// Counted packets, when they are.
    pub(crate) walked: Option<&'f Walked>,
    /// From [`crate::edits`].
    pub(crate) has_edit_list: Option<bool>,
    /// What stands behind the sound.
    pub(crate) tail: &'f Tail,
    /// What the pictures themselves said, when one was decoded.
    pub(crate) glimpse: Option<Glimpse>,
    /// Integrated loudness, when it was measured.
    pub(crate) loudness_lufs: Option<f64>,
}

/// What a container says of itself, copied, so that the demuxer is free to go on.
pub(crate) struct Whole {
    duration: Option<(i64, DurationSource)>,
    start: Option<i64>,
    bit_rate: i64,
    chapter_count: u32,
    tags: Vec<(String, String)>,
}

impl Whole {
    pub(crate) fn of(demuxer: &Demuxer<'_>) -> Self {
        Self {
            duration: demuxer.duration(),
            start: demuxer.start(),
            bit_rate: demuxer.bit_rate(),
            chapter_count: demuxer.chapter_count(),
            tags: demuxer.tags(tags::MOST),
        }
    }

    /// The ISO brand.
    pub(crate) fn brand(&self) -> Option<&str> {
        tags::find(&self.tags, "major_brand")
    }
}

impl Found<'_> {
    /// Seconds. A duration that FFmpeg guessed from the bit rate gives way to counted packets; so does one whose clock jumped:
    /// then the container only says how long its last part is, or how wide the gap.
    pub(crate) fn duration(&self, main: &Stream) -> Option<f64> {
        let counted = self.counted(main);
        match (self.declared(), counted) {
            (Some(_), Some(counted)) if self.walked.is_some_and(|walked| walked.jumps > 0) => Some(counted),
            (Some((declared, DurationSource::Timestamps)), Some(counted)) => Some(self.no_longer_than_its_tracks(declared, counted, main)),
            (Some((declared, DurationSource::Timestamps)), _) => Some(declared),
            (_, Some(counted)) => Some(counted),
            (Some((guessed, DurationSource::BitRate)), None) => Some(guessed),
            (None, None) => main.duration.and_then(|ticks| timing::seconds(ticks, main.time_base)).filter(|seconds| *seconds > 0.0),
        }
    }

    /// A movie lasts as long as its longest track (ISO/IEC 14496-12, 8.2.2.3), or doesn't say how long: then the largest number stands there.
    /// What the tables list is there, so a movie that says more is wrong.
    fn no_longer_than_its_tracks(&self, declared: f64, counted: f64, main: &Stream) -> f64 {
        if !self.walked.is_some_and(|walked| walked.table.is_some() && !walked.is_less_than_its_table()) {
            return declared;
        }
        let end = |stream: &Stream, seconds: Option<f64>| {
            let start = stream.start.and_then(|ticks| timing::seconds(ticks, stream.time_base)).unwrap_or(0.0);
            start + seconds.unwrap_or(0.0)
        };
        let tracks =
            self.streams.iter().map(|stream| end(stream, stream.duration.and_then(|ticks| timing::seconds(ticks, stream.time_base))));
        let longest = tracks.fold(end(main, Some(counted)), f64::max);
        if declared > 1.1 * longest + 1.0 { longest } else { declared }
    }

    /// Seconds that are in the file and seconds that it says it has, where it ends early.
    pub(crate) fn cut_short(&self, main: &Stream) -> Option<(f64, f64)> {
        // All that a table lists is there, however short that is beside another track or behind an empty edit.
        if self.walked.is_some_and(|walked| walked.table.is_some() && !walked.is_less_than_its_table()) {
            return None;
        }
        // Where the clock jumped, the container tells how wide the gap is, not what should be there.
        if self.walked.is_some_and(|walked| walked.jumps > 0) {
            return None;
        }
        let (Some((declared, DurationSource::Timestamps)), Some(counted)) = (self.declared(), self.counted(main)) else { return None };
        // Packets may be long and not say how long: the last one may last as any other.
        let last = self.walked.and_then(|walked| timing::seconds(walked.longest_step(), main.time_base)).unwrap_or(0.0);
        // Matroska counts from zero, however much later its first frame is shown.
        let first =
            self.walked.and_then(|walked| walked.frames.first()).filter(|_| matches!(self.called.name.as_str(), "matroska" | "webm"));
        let begin = first.and_then(|frame| timing::seconds(frame.ticks, main.time_base)).unwrap_or(0.0).max(0.0);
        // A stream may begin later than its file: a tenth and a second are no damage.
        (counted + 1.5 * last < 0.9 * (declared - begin) - 1.0).then_some((counted, declared - begin))
    }

    fn declared(&self) -> Option<(f64, DurationSource)> {
        self.whole.duration.map(|(duration, source)| (duration as f64 / MICROSECONDS, source))
    }

    fn counted(&self, main: &Stream) -> Option<f64> {
        self.walked.filter(|walked| walked.end.is_whole()).and_then(|walked| counted(walked, main))
    }

    /// What a player plays: the container's duration from its begin; of a file that ends early, what is there.
    pub(crate) fn played(&self, main: &Stream) -> Played {
        let seconds = |ticks: i64| timing::seconds(ticks, main.time_base).unwrap_or(0.0);
        let Some((walked, first, last)) = self.walked.and_then(|walked| Some((walked, walked.frames.first()?, walked.frames.last()?)))
        else {
            return Played { origin_s: 0.0, length_s: self.duration(main).unwrap_or(0.0) };
        };
        // Where the clock jumps, the frames were put on one that begins with the first of them.
        let origin_s = self.whole.start.filter(|_| walked.jumps == 0).map_or(seconds(first.ticks), |start| start as f64 / MICROSECONDS);
        let is_cut = walked.is_less_than_its_table() || self.cut_short(main).is_some();
        let there_s = seconds(last.ticks.saturating_add(walked.longest_step())) - origin_s;
        Played { origin_s, length_s: self.duration(main).filter(|_| !is_cut).unwrap_or(there_s) }
    }

    /// Facts of a video.
    pub(crate) fn video(&self, main: &Stream) -> Facts {
        let turn = Turn::of(main.display_matrix);
        // In pixels, as every prober tells them; that they may not be square is told by the two aspect ratios, and thumbnails show it.
        let (width, height) = turn.size(main.width, main.height);
        let duration = self.duration(main);
        let counted = self.walked.filter(|walked| walked.end.is_whole());
        let whole = self.walked.filter(|walked| matches!(walked.end, End::Reached | End::Short) && !walked.is_less_than_its_table());
        let pace = whole.and_then(|walked| timing::pace(&walked.frames, walked.span, main.time_base));
        let rate = timing::average([timing::ratio(main.average_rate), timing::ratio(main.nominal_rate)], pace);
        let (frames, method) = self.frame_count(main).unzip();
        let mut flat = MediaAttributes::new(AssetKind::Video, &self.called.mime_type, self.content_length);
        flat.width = Some(width);
        flat.height = Some(height);
        flat.codec = Some(codec::called(main.codec_tag, &main.codec_name));
        flat.duration = duration;
        flat.frame_rate = rate.map(Ratio::value);
        flat.frame_count = frames;
        let of = |medium| self.streams.iter().filter(move |stream| stream.medium == medium);
        let details = VideoDetails {
            container: self.called.name.clone(),
            codec_name: main.codec_name.clone(),
            profile: main.profile.clone(),
            level: (main.level >= 0).then_some(main.level),
            pixel_format: main.pixel_format.clone(),
            bit_depth: main.component_bits,
            stored_width: main.width,
            stored_height: main.height,
            rotation_deg: turn.degrees(),
            sample_aspect_ratio: timing::ratio(main.sample_aspect_ratio),
            display_aspect_ratio: display_ratio(main),
            frame_rate: rate,
            nominal_frame_rate: timing::ratio(main.nominal_rate),
            packet_count: counted.map(|walked| walked.packets),
            frame_count_method: method.map(str::to_owned),
            variable_frame_rate: pace.map(|pace| pace.is_variable),
            duration_s: duration,
            start_s: main
                .start
                .and_then(|ticks| timing::seconds(ticks, main.time_base))
                .or_else(|| self.whole.start.map(|start| start as f64 / MICROSECONDS)),
            bit_rate_bps: positive(main.bit_rate).or_else(|| positive(self.whole.bit_rate)),
            keyframe_count: counted.map(|walked| walked.keyframes),
            field_order: field_order(main.field_order).or(self.glimpse.map(|seen| seen.field_order)).map(str::to_owned),
            color: colour::described(self.glimpse.map_or(main.colour, |glimpse| colour::told(main.colour, glimpse.colour))),
            hdr_format: colour::hdr_format(main, self.glimpse).map(str::to_owned),
            has_edit_list: self.has_edit_list,
            has_negative_timestamps: self.walked.map(|walked| walked.is_before_zero),
            has_b_frames: Some(main.reorders || self.walked.is_some_and(|walked| walked.is_reordered)),
            audio: of(Medium::Audio).map(track).collect(),
            subtitle_count: u32::try_from(of(Medium::Subtitle).count()).unwrap_or(u32::MAX),
            chapter_count: self.whole.chapter_count,
            creation_time: tags::find(&self.whole.tags, "creation_time").map(str::to_owned),
            tags: tags::readable(&self.whole.tags),
        };
        Facts { media_attributes: flat, details: Details::Video(Box::new(details)) }
    }

    /// How many frames a player shows, and how that is known. A file that ends early has its container's table count: what is left
    /// of it agrees with duration and rate, and the packets that are there are told beside it.
    fn frame_count(&self, main: &Stream) -> Option<(u64, &'static str)> {
        let declared = || u64::try_from(main.declared_frames).ok().filter(|frames| *frames > 0).map(|frames| (frames, "declared"));
        let Some(walked) = self.walked else { return declared() };
        match walked.table {
            Some(table) if walked.is_less_than_its_table() => Some((table.shown, "sample-table")),
            _ if walked.end.is_whole() => Some((walked.shown, "packets")),
            _ => declared(),
        }
    }

    /// Facts of an audio file.
    pub(crate) fn audio(&self, main: &Stream) -> Facts {
        let duration = self.duration(main);
        let some = |number: u32| (number > 0).then_some(number);
        let mut flat = MediaAttributes::new(AssetKind::Audio, &self.called.mime_type, self.content_length);
        flat.codec = Some(codec::called(main.codec_tag, &main.codec_name));
        flat.duration = duration;
        flat.sample_rate = some(main.sample_rate);
        flat.channels = some(main.channels);
        // Ogg and Opus keep their tags with the stream.
        let all: Vec<_> = self.whole.tags.iter().chain(&main.tags).chain(&self.tail.tags).cloned().collect();
        let details = AudioDetails {
            container: self.called.name.clone(),
            codec_name: main.codec_name.clone(),
            duration_s: duration,
            sample_rate_hz: flat.sample_rate,
            channels: flat.channels,
            channel_layout: main.channel_layout.clone(),
            bit_depth: Some(main.sample_bits).filter(|bits| *bits > 0),
            bit_rate_bps: positive(main.bit_rate).or_else(|| positive(self.whole.bit_rate)),
            tags: tags::readable(&all),
            has_cover_art: Some(self.tail.has_cover_art || self.streams.iter().any(|stream| stream.is_attached_picture)),
            loudness_lufs: self.loudness_lufs,
        };
        Facts { media_attributes: flat, details: Details::Audio(Box::new(details)) }
    }
}

fn counted(walked: &Walked, main: &Stream) -> Option<f64> {
    let ticks = walked.span.or((walked.sum_of_durations > 0).then_some(walked.sum_of_durations))?;
    timing::seconds(ticks, main.time_base).filter(|seconds| *seconds > 0.0)
}

fn track(stream: &Stream) -> AudioTrack {
    let some = |number: u32| (number > 0).then_some(number);
    AudioTrack {
        codec_name: stream.codec_name.clone(),
        sample_rate_hz: some(stream.sample_rate),
        channels: some(stream.channels),
        channel_layout: stream.channel_layout.clone(),
        bit_rate_bps: positive(stream.bit_rate),
        language: tags::find(&stream.tags, "language")
            .filter(|code| *code != "und" && code.len() <= 16 && code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
            .map(str::to_owned),
        duration_s: stream.duration.and_then(|ticks| timing::seconds(ticks, stream.time_base)),
    }
}

fn display_ratio(stream: &Stream) -> Option<Ratio> {
    let pixel = timing::ratio(stream.sample_aspect_ratio).map_or((1, 1), |ratio| (ratio.num, ratio.den));
    let (num, den) = (u64::from(stream.width) * u64::from(pixel.0), u64::from(stream.height) * u64::from(pixel.1));
    let divisor = greatest_common_divisor(num, den);
    Ratio::new(u32::try_from(num.checked_div(divisor)?).ok()?, u32::try_from(den.checked_div(divisor)?).ok()?)
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

fn field_order(number: u32) -> Option<&'static str> {
    Some(match number {
        1 => "progressive",
        2 => "tt",
        3 => "bb",
        4 => "tb",
        5 => "bt",
        _ => return None,
    })
}

fn positive(number: i64) -> Option<u64> {
    u64::try_from(number).ok().filter(|number| *number > 0)
}
