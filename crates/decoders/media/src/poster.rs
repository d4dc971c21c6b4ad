//! The frame that stands for a video: the first good keyframe at or after a tenth of it.
use crate::ffi::{Demuxer, Stream};
use assay_contract::exchange::Task;
use assay_kit::{Answer, Stop};
pub(crate) fn show(_: &Task, _: &mut Demuxer<'_>, _: &Stream, _: &mut Answer) -> Result<(), Stop> {
    Ok(())
}
