//! An asset's container, which is begun anew for each thing that is made of it.

use crate::ffi::{Demuxer, Opening, Trouble};
use assay_kit::Input;
use std::time::{Duration, Instant};

/// A container that took longer to open is not opened again, but wound back: altered tables can cost seconds each time.
const SLOW: Duration = Duration::from_millis(700);

/// A container and how to get back to its begin.
pub(crate) struct Reel<'i> {
    /// `None` once it could not be begun again.
    demuxer: Option<Demuxer<'i>>,
    opening: Opening,
    is_slow: bool,
}

impl<'i> Reel<'i> {
    /// Opens the container.
    pub(crate) fn open(input: &'i mut Input, opening: Opening) -> Result<Self, Trouble> {
        let began = Instant::now();
        let demuxer = Demuxer::open(input, &opening)?;
        Ok(Self { demuxer: Some(demuxer), opening, is_slow: began.elapsed() > SLOW })
    }

    /// Where the file ends for the container.
    pub(crate) fn end(&self) -> u64 {
        self.opening.end
    }

    /// The same container, which ends earlier than it was thought to.
    pub(crate) fn ending_at(self, end: u64) -> Result<Self, Trouble> {
        let demuxer = self.demuxer.ok_or_else(lost)?;
        Self::open(demuxer.close(), Opening { end, ..self.opening })
    }

    /// The container wherever its reader is now.
    pub(crate) fn demuxer(&mut self) -> Result<&mut Demuxer<'i>, Trouble> {
        self.demuxer.as_mut().ok_or_else(lost)
    }

    /// The container at its begin. It is opened afresh, because not every one can be wound back; one that was slow is wound back all
    /// the same, and where that fails there is no more to be had from it.
    pub(crate) fn begin(&mut self) -> Result<&mut Demuxer<'i>, Trouble> {
        let mut demuxer = self.demuxer.take().ok_or_else(lost)?;
        if self.is_slow {
            demuxer.wind_back().map_err(|trouble| if matches!(trouble, Trouble::Input(_)) { trouble } else { lost() })?;
        } else {
            demuxer = Demuxer::open(demuxer.close(), &self.opening)?;
        }
        Ok(self.demuxer.insert(demuxer))
    }
}

fn lost() -> Trouble {
    Trouble::Failed("the container could not be read a second time".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::containers;

    fn film() -> Vec<u8> {
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fixtures/media/mp4-b-frames.mp4")).unwrap()
    }

    fn times(demuxer: &mut Demuxer<'_>) -> Vec<Option<i64>> {
        std::iter::from_fn(|| demuxer.next_packet().unwrap()).map(|packet| packet.dts).collect()
    }

    #[test]
    fn a_container_begins_again_with_its_first_packet_whether_it_was_slow_or_not() {
        let mut input = Input::whole_in_memory(film());
        let opening = Opening { allowed: containers::allowed(), end: input.length() };
        let mut reel = Reel::open(&mut input, opening).unwrap();
        let first = times(reel.demuxer().unwrap());
        assert!(first.len() > 90, "{}", first.len());
        for is_slow in [false, true, true] {
            reel.is_slow = is_slow;
            assert_eq!(times(reel.begin().unwrap()), first, "slow: {is_slow}");
        }
    }

    #[test]
    fn a_container_that_could_not_be_opened_again_stays_closed() {
        let mut input = Input::whole_in_memory(film());
        let opening = Opening { allowed: containers::allowed(), end: input.length() };
        let mut reel = Reel::open(&mut input, opening).unwrap();
        reel.opening.end = 20;
        assert!(reel.begin().is_err());
        reel.opening.end = 1 << 20;
        assert!(reel.begin().is_err() && reel.demuxer().is_err());
    }
}
