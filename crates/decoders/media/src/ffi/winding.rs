//! Where in a container its reader goes on.

use super::{Demuxer, Trouble};
use ffmpeg_next::ffi as av;
use std::ffi::c_int;

impl Demuxer<'_> {
    /// Goes to the first keyframe at or after a time of a stream, or, where there is none, to the last before it.
    pub(crate) fn seek(&mut self, stream: usize, ticks: i64) -> Result<(), Trouble> {
        self.sought(stream, ticks, 0).or_else(|_| self.seek_back(stream, ticks))
    }

    /// Goes to the last keyframe at or before a time of a stream, as far as the container knows; some only go near it.
    pub(crate) fn seek_back(&mut self, stream: usize, ticks: i64) -> Result<(), Trouble> {
        self.sought(stream, ticks, av::AVSEEK_FLAG_BACKWARD)
    }

    /// Goes back to the begin of all streams.
    pub(crate) fn wind_back(&mut self) -> Result<(), Trouble> {
        // SAFETY: an opened context; -1 is the stream that FFmpeg takes for all, whose clock are microseconds.
        let sought = unsafe {
            let start = (*self.context).start_time;
            let start = if start == av::AV_NOPTS_VALUE { 0 } else { start };
            av::av_seek_frame(self.context, -1, start, av::AVSEEK_FLAG_BACKWARD)
        };
        self.checked(sought)
    }

    /// Whether a packet has the same time however it was reached: raw streams only count.
    pub(crate) fn keeps_times(&self) -> bool {
        // SAFETY: an opened context has the static description of its format.
        unsafe { (*(*self.context).iformat).flags & av::AVFMT_NOTIMESTAMPS == 0 }
    }

    fn sought(&mut self, stream: usize, ticks: i64, flags: c_int) -> Result<(), Trouble> {
        let index = c_int::try_from(stream).unwrap_or(-1);
        // SAFETY: an opened context; an index out of range is refused by FFmpeg.
        let sought = unsafe { av::av_seek_frame(self.context, index, ticks, flags) };
        self.checked(sought)
    }
}
