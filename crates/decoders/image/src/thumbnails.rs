//! The thumbnails of a picture, with its transparency kept or laid on white as each spec says.

use assay_contract::exchange::Task;
use assay_contract::profile::Transparency;
use assay_kit::{Answer, Picture, Stop};

/// Makes and sends all that the task wants; returns the smallest one's pixels, with their transparency where any keeps it.
pub(crate) fn make(answer: &mut Answer, task: &Task, picture: &Picture, orientation: u8) -> Result<Option<Picture>, Stop> {
    let flattens = |task: &Task| task.thumbnails.iter().any(|spec| spec.transparency == Transparency::White);
    if !picture.is_transparent() || !flattens(task) {
        return answer.thumbnails(task, picture, orientation);
    }
    let only = |transparency| {
        let mut task = task.clone();
        task.thumbnails.retain(|spec| spec.transparency == transparency);
        task
    };
    let on_white = answer.thumbnails(&only(Transparency::White), &picture.clone().on_white(), orientation)?;
    let kept = answer.thumbnails(&only(Transparency::Keep), picture, orientation)?;
    Ok(kept.or(on_white))
}
