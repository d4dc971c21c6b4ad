//! One pass over the packets of a stream, to count what a container only claims.

use crate::ffi::{Demuxer, SampleTable, Stream, Trouble};
use crate::timeline::Timeline;
use assay_contract::limits::LimitHit;
use assay_kit::{Answer, Stop};
use std::time::Instant;

/// Codecs, by FFmpeg's names, of which nothing is shown before a keyframe came; of HEVC its decoder shows guesses.
const NEED_A_KEYFRAME: [&str; 3] = ["h264", "mpeg2video", "mpeg1video"];

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// All packets.
    pub(crate) packets: u64,
    /// Packets that a player shows: none that an edit list discards, none that lacks the keyframe it builds on.
    pub(crate) shown: u64,
    /// Packets that are keyframes.
    pub(crate) keyframes: u64,
    /// The shown packets that have a time, by time; where a packet has none of presentation, its decoding time.
    pub(crate) frames: Vec<Shown>,
    /// From the first time to the end of the last packet, ticks.
    pub(crate) span: Option<i64>,
    /// Ticks of all packets' own durations.
    pub(crate) sum_of_durations: i64,
    /// How often the container's clock jumped.
    pub(crate) jumps: u32,
    /// Whether a shown packet is presented before zero.
    pub(crate) is_before_zero: bool,
    /// Whether frames are presented in another order than they are stored.
    pub(crate) is_reordered: bool,
    /// What the container's own table lists, where it has one.
    pub(crate) table: Option<SampleTable>,
    /// How the walk ended.
    pub(crate) end: End,
}

impl Walked {
    /// Whether the container's own table lists more than was there.
    pub(crate) fn is_less_than_its_table(&self) -> bool {
        self.table.is_some_and(|table| self.packets < table.samples)
    }

    /// A recording that was begun, or cut, in the middle of a group of pictures: no player shows what comes before its first keyframe,
    /// in the file or on the screen. `frames` are still in the order of the file.
    fn leave_out_what_nothing_leads_to(&mut self) {
        let before = self.frames.len();
        let Some(first) = self.frames.iter().position(|frame| frame.is_key).filter(|first| *first > 0) else { return };
        self.frames.drain(..first);
        let begin = self.frames.first().map_or(i64::MIN, |frame| frame.ticks);
        self.frames.retain(|frame| frame.ticks >= begin);
        self.shown = self.shown.saturating_sub((before - self.frames.len()) as u64);
    }

    /// The longest time from one shown packet to the next, ticks.
    pub(crate) fn longest_step(&self) -> i64 {
        let steps = self.frames.iter().zip(self.frames.iter().skip(1)).map(|(one, next)| next.ticks.saturating_sub(one.ticks));
        steps.max().unwrap_or(0)
    }
}

/// A packet that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shown {
    /// Presentation time, ticks.
    pub(crate) ticks: i64,
    /// Whether decoding can begin with it.
    pub(crate) is_key: bool,
}

/// How a walk ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// At the end of the stream.
    #[default]
    Reached,
    /// In the middle of the last packet.
    Short,
    /// In bytes that make no sense, or past some.
    Damaged,
    /// At a limit.
    Limit(LimitHit),
    /// At the end of the time that counting may take.
    OutOfTime,
}

impl End {
    /// Whether all that is in the file was counted.
    pub(crate) fn is_whole(&self) -> bool {
        !matches!(self, Self::Limit(_) | Self::OutOfTime)
    }
}

/// Counts the packets of one stream; at most `most`, and until `deadline`.
pub(crate) fn walk(demuxer: &mut Demuxer<'_>, stream: &Stream, most: u64, deadline: Instant, answer: &mut Answer) -> Result<Walked, Stop> {
    demuxer.only(stream.index);
    let mut walked = Walked::default();
    let mut timeline = if demuxer.may_jump() { Timeline::jumping(stream.time_base) } else { Timeline::steady() };
    let (mut edges, mut before): (Option<(i64, i64)>, Option<i64>) = (None, None);
    let (mut damaged, mut is_last_damaged) = (0_u64, false);
    loop {
        let packet = match demuxer.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(Trouble::Input(error)) => return Err(crate::decoder::stopped(error)),
            Err(_) => {
                walked.end = End::Damaged;
                break;
            }
        };
        answer.progress()?;
        if packet.stream != stream.index {
            continue;
        }
        if walked.packets == most {
            walked.end = End::Limit(LimitHit::new("frames", most.saturating_add(1), most));
            break;
        }
        // Looking at the clock costs more than counting a packet.
        if walked.packets % 64 == 63 && Instant::now() > deadline {
            walked.end = End::OutOfTime;
            break;
        }
        walked.packets += 1;
        walked.keyframes += u64::from(packet.is_key);
        walked.sum_of_durations = walked.sum_of_durations.saturating_add(packet.duration.max(0));
        is_last_damaged = packet.is_corrupt;
        damaged += u64::from(packet.is_corrupt);
        let time = timeline.place(&packet);
        walked.is_reordered |= packet.pts.and(time).zip(before).is_some_and(|(pts, before)| pts < before);
        before = packet.pts.and(time).or(before);
        // What the times say of presentation counts, also in a negative one that the edit list discards.
        walked.is_before_zero |= time.is_some_and(|time| time < 0);
        if packet.is_discarded {
            continue;
        }
        walked.shown += 1;
        if let Some(ticks) = time {
            walked.frames.push(Shown { ticks, is_key: packet.is_key });
            let end = ticks.saturating_add(packet.duration.max(0));
            edges = Some(edges.map_or((ticks, end), |(first, last)| (first.min(ticks), last.max(end))));
        }
    }
    if demuxer.may_jump() && NEED_A_KEYFRAME.contains(&stream.codec_name.as_str()) {
        walked.leave_out_what_nothing_leads_to();
    }
    walked.frames.sort_unstable();
    walked.jumps = timeline.jumps();
    walked.table = demuxer.sample_table(stream.index);
    walked.span = edges.map(|(first, last)| last.saturating_sub(first)).filter(|span| *span > 0);
    if walked.end == End::Reached && damaged > 0 {
        walked.end = if damaged == 1 && is_last_damaged { End::Short } else { End::Damaged };
    }
    Ok(walked)
}
