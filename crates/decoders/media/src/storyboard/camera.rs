//! Gets single frames out of a container: a keyframe by itself, any other by decoding on from the keyframe before it.

use super::Shoot;
use super::plan::Take;
use crate::ffi::{Demuxer, FrameSeen, StreamDecoder, Trouble, Wanted};
use crate::still::{self, Halt};
use crate::timeline::Timeline;
use crate::timing;
use crate::turn::Turn;
use assay_contract::storyboard::TILE_PX;
use assay_kit::{Answer, Picture, Stop};
use std::time::Instant;

/// So many frames ahead are read past rather than sought: a seek costs some reads of its own.
const NEAR_FRAMES: usize = 60;
/// How far before a keyframe is sought where its own time leads past it: some containers only know when packets are decoded.
const MARGIN_SECONDS: f64 = 1.0;

/// A container and the decoder of its video. It is asked for frames in the order of the film.
pub(super) struct Camera<'c, 'i> {
    shoot: Shoot<'c>,
    demuxer: &'c mut Demuxer<'i>,
    decoder: StreamDecoder,
    timeline: Timeline,
    deadline: Instant,
    seeks: bool,
    /// A packet that was read too early: the container still holds it.
    held: Option<Seen>,
    /// Time of the packet that was read last; `None` at the begin, the end of time where it is not known.
    read_to: Option<i64>,
    /// Time of the frame that was decoded last; `None` where the next one begins anew.
    decoded_to: Option<i64>,
}

/// Where a container's reader is when a camera is set up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    AtBegin,
    Elsewhere,
}

/// What is known of a packet of the video.
#[derive(Clone, Copy)]
struct Seen {
    ticks: Option<i64>,
    is_key: bool,
}

impl<'c, 'i> Camera<'c, 'i> {
    /// Opens the decoder.
    pub(super) fn set_up(shoot: Shoot<'c>, demuxer: &'c mut Demuxer<'i>, reader: Reader, deadline: Instant) -> Result<Self, Trouble> {
        let main = shoot.main;
        let decoder = demuxer.decoder(main.index, still::coded_pixels(shoot.task, main))?;
        demuxer.only(main.index);
        let is_steady = shoot.walked.jumps == 0;
        let timeline = if is_steady { Timeline::steady() } else { Timeline::jumping(main.time_base) };
        // The clock that jumps is only known to who reads all packets.
        let seeks = is_steady && demuxer.keeps_times();
        let read_to = (reader == Reader::Elsewhere).then_some(i64::MAX);
        Ok(Self { shoot, demuxer, decoder, timeline, deadline, seeks, held: None, read_to, decoded_to: None })
    }

    /// Whether frames can be had again that were passed.
    pub(super) fn seeks(&self) -> bool {
        self.seeks
    }

    /// A keyframe, by its packet alone; `None` where that is not enough, or not in time.
    pub(super) fn keyframe(&mut self, take: Take, answer: &mut Answer) -> Result<Option<Picture>, Stop> {
        if !self.go_to(take.ticks, answer)? {
            return Ok(None);
        }
        self.decoder.restart();
        // Damage shows in what comes out, or does not.
        let _ = self.demuxer.feed(&mut self.decoder);
        self.decoder.drain();
        match self.decoder.receive() {
            Some(frame) => self.picture(&frame),
            None => Ok(None),
        }
    }

    /// Any frame, or the one that is shown soonest after it; `None` where there is none, or not in time.
    pub(super) fn frame(&mut self, take: Take, answer: &mut Answer) -> Result<Option<Picture>, Stop> {
        let key = self.key_before(take.ticks);
        let is_on_the_way = self.decoded_to.is_some_and(|at| at < take.ticks && key.is_none_or(|key| key <= at));
        if !is_on_the_way && !self.start(key, answer)? {
            return Ok(None);
        }
        loop {
            while let Some(frame) = self.decoder.receive() {
                let Some(ticks) = frame.ticks else { continue };
                self.decoded_to = Some(ticks);
                if ticks >= take.ticks {
                    return if ticks <= take.latest { self.picture(&frame) } else { Ok(None) };
                }
            }
            let Some(seen) = self.next(answer)? else { break };
            let is_before = seen.ticks.is_some_and(|ticks| ticks < take.ticks);
            self.decoder.make(if is_before { Wanted::References } else { Wanted::All });
            // A damaged packet may be followed by a whole one.
            let _ = self.demuxer.feed(&mut self.decoder);
        }
        // The end: what the decoder holds back is all there is.
        self.decoder.drain();
        self.decoded_to = None;
        while let Some(frame) = self.decoder.receive() {
            if frame.ticks.is_some_and(|ticks| (take.ticks..=take.latest).contains(&ticks)) {
                return self.picture(&frame);
            }
        }
        Ok(None)
    }

    fn picture(&self, frame: &FrameSeen) -> Result<Option<Picture>, Stop> {
        let Shoot { task, main, .. } = self.shoot;
        match still::picture(task, main, &self.decoder, frame, TILE_PX) {
            Ok(picture) => Ok(Some(picture.oriented(Turn::of(main.display_matrix).orientation()))),
            Err(Halt::Refused(_)) => Ok(None),
            Err(Halt::Stop(stop)) => Err(stop),
        }
    }

    /// The last keyframe that is shown no later.
    fn key_before(&self, ticks: i64) -> Option<i64> {
        let frames = &self.shoot.walked.frames;
        let before = frames.get(..frames.partition_point(|frame| frame.ticks <= ticks)).unwrap_or_default();
        before.iter().rev().find(|frame| frame.is_key).map(|frame| frame.ticks)
    }

    /// Makes the decoder begin at a keyframe, or, where none is known, at the begin of the film.
    fn start(&mut self, key: Option<i64>, answer: &mut Answer) -> Result<bool, Stop> {
        self.decoded_to = None;
        let is_there = match key {
            Some(ticks) => self.go_to(ticks, answer)?,
            None => self.read_to.is_none() || self.wound_back(),
        };
        self.decoder.restart();
        self.decoder.make(Wanted::All);
        if is_there && key.is_some() {
            let _ = self.demuxer.feed(&mut self.decoder);
        }
        Ok(is_there)
    }

    fn wound_back(&mut self) -> bool {
        self.held = None;
        self.seeks && self.demuxer.wind_back().is_ok()
    }

    /// Goes to the packet of a keyframe, so that it is the one that is fed next; `false` where it can't be found, or not in time.
    fn go_to(&mut self, ticks: i64, answer: &mut Answer) -> Result<bool, Stop> {
        if !self.seeks || self.is_near(ticks) {
            let is_there = self.reach(ticks, answer)?;
            if is_there || !self.seeks {
                return Ok(is_there);
            }
        }
        let margin = timing::seconds(1, self.shoot.main.time_base).map_or(0.0, |tick| MARGIN_SECONDS / tick);
        #[expect(clippy::cast_possible_truncation, reason = "a float's cast saturates")]
        let margin = margin as i64;
        for back in [0, margin] {
            if self.is_late() {
                return Ok(false);
            }
            if self.demuxer.seek_back(self.shoot.main.index, ticks.saturating_sub(back)).is_err() {
                // What lies ahead can be read all the same.
                self.seeks = false;
                return self.reach(ticks, answer);
            }
            self.held = None;
            if self.reach(ticks, answer)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a time lies not far ahead of what was read last.
    fn is_near(&self, ticks: i64) -> bool {
        let frames = &self.shoot.walked.frames;
        let place = |ticks: i64| frames.partition_point(|frame| frame.ticks < ticks);
        let at = self.read_to.map_or(0, place);
        place(ticks).checked_sub(at).is_some_and(|ahead| ahead <= NEAR_FRAMES)
    }

    /// Reads on to the packet of a keyframe; `false` where a later one comes first.
    fn reach(&mut self, ticks: i64, answer: &mut Answer) -> Result<bool, Stop> {
        loop {
            let seen = match self.held.take() {
                Some(seen) => seen,
                None => match self.next(answer)? {
                    Some(seen) => seen,
                    None => return Ok(false),
                },
            };
            match seen.ticks.filter(|_| seen.is_key) {
                Some(at) if at == ticks => return Ok(true),
                Some(at) if at > ticks => {
                    self.held = Some(seen);
                    return Ok(false);
                }
                _ => {}
            }
        }
    }

    /// The next packet of the video; `None` at the end, at damage, and when the time is over.
    fn next(&mut self, answer: &mut Answer) -> Result<Option<Seen>, Stop> {
        loop {
            answer.progress()?;
            if self.is_late() {
                return Ok(None);
            }
            let packet = match self.demuxer.next_packet() {
                Ok(Some(packet)) => packet,
                Err(Trouble::Input(error)) => return Err(crate::decoder::stopped(error)),
                Ok(None) | Err(_) => return Ok(None),
            };
            if packet.stream == self.shoot.main.index {
                let ticks = self.timeline.place(&packet);
                self.read_to = ticks.or(self.read_to);
                return Ok(Some(Seen { ticks, is_key: packet.is_key }));
            }
        }
    }

    fn is_late(&self) -> bool {
        Instant::now() > self.deadline
    }
}
