//! Sound.
use crate::ffi::{Demuxer, Stream};
use assay_contract::exchange::Task;
use assay_kit::{Answer, Stop};
pub(crate) fn show(_: &Task, _: &mut Demuxer<'_>, _: &Stream, _: Option<f64>, _: &mut Answer) -> Result<(), Stop> {
    Ok(())
}
