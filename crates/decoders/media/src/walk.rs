//! One pass over the packets of a stream, to count what a container only claims.

use crate::ffi::{Demuxer, Stream, Trouble};
use assay_contract::limits::LimitHit;
use assay_kit::{Answer, Stop};

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// All packets.
    pub(crate) packets: u64,
    /// Packets that a player shows.
    pub(crate) shown: u64,
    /// Packets that are keyframes.
    pub(crate) keyframes: u64,
    /// Presentation times of the shown packets, ticks; where a packet has none, its decoding time.
    pub(crate) times: Vec<i64>,
    /// From the first time to the end of the last packet, ticks.
    pub(crate) span: Option<i64>,
    /// Ticks of all packets' own durations.
    pub(crate) sum_of_durations: i64,
    /// Whether a shown packet is presented before zero.
    pub(crate) is_before_zero: bool,
    /// Whether frames are presented in another order than they are stored.
    pub(crate) is_reordered: bool,
    /// How the walk ended.
    pub(crate) end: End,
}

/// How a walk ended.
#[derive(Debug, Default)]
pub(crate) enum End {
    /// At the end of the stream.
    #[default]
    Reached,
    /// In bytes that make no sense.
    Damaged,
    /// At a limit.
    Limit(LimitHit),
}

/// Counts the packets of one stream; at most `most`.
pub(crate) fn walk(demuxer: &mut Demuxer<'_>, stream: &Stream, most: u64, answer: &mut Answer) -> Result<Walked, Stop> {
    demuxer.only(stream.index);
    let mut walked = Walked::default();
    let mut edges: Option<(i64, i64)> = None;
    let mut before = None;
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
        walked.packets += 1;
        walked.keyframes += u64::from(packet.is_key);
        walked.sum_of_durations = walked.sum_of_durations.saturating_add(packet.duration.max(0));
        if packet.is_corrupt {
            walked.end = End::Damaged;
        }
        let time = packet.pts.or(packet.dts);
        walked.is_reordered |= packet.pts.zip(before).is_some_and(|(pts, before)| pts < before);
        before = packet.pts.or(before);
        // What the times say of presentation counts, also in a negative one that the edit list discards.
        walked.is_before_zero |= time.is_some_and(|time| time < 0);
        if packet.is_discarded {
            continue;
        }
        walked.shown += 1;
        if let Some(time) = time {
            walked.times.push(time);
            let end = time.saturating_add(packet.duration.max(0));
            edges = Some(edges.map_or((time, end), |(first, last)| (first.min(time), last.max(end))));
        }
    }
    walked.span = edges.map(|(first, last)| last.saturating_sub(first)).filter(|span| *span > 0);
    Ok(walked)
}
