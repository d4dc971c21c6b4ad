//! The asset as PDFium reads it: blocks of the kit's input, whole or not at all.

use assay_kit::Input;
use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

/// What went wrong while PDFium read: it only knows that bytes did not come.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadTrouble(Rc<RefCell<Option<io::Error>>>);

impl ReadTrouble {
    /// The first failure, once.
    pub(crate) fn take(&self) -> Option<io::Error> {
        self.0.borrow_mut().take()
    }
}

/// A reader that PDFium may ask for any block.
pub(crate) struct Source<'i> {
    input: &'i mut Input,
    place: u64,
    trouble: ReadTrouble,
}

impl<'i> Source<'i> {
    /// Reads an input; what fails is kept in `trouble`.
    pub(crate) fn new(input: &'i mut Input, trouble: ReadTrouble) -> Self {
        Self { input, place: 0, trouble }
    }
}

impl Read for Source<'_> {
    /// As many bytes as asked for, or none: a short read would be taken for a full one.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.input.read_at(self.place, into) {
            Ok(count) if count == into.len() => {
                self.place += count as u64;
                Ok(count)
            }
            Ok(_) => Ok(0),
            Err(error) => {
                self.trouble.0.borrow_mut().get_or_insert(error);
                Ok(0)
            }
        }
    }
}

impl Seek for Source<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.input.length().checked_add_signed(by),
            SeekFrom::Current(by) => self.place.checked_add_signed(by),
        };
        self.place = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_whole_or_not_at_all() {
        let mut input = Input::whole_in_memory(b"0123456789");
        let mut source = Source::new(&mut input, ReadTrouble::default());
        assert_eq!(source.seek(SeekFrom::End(0)).unwrap(), 10);
        let mut four = [0; 4];
        source.seek(SeekFrom::Start(6)).unwrap();
        assert_eq!((source.read(&mut four).unwrap(), &four), (4, b"6789"));
        source.seek(SeekFrom::Start(7)).unwrap();
        assert_eq!(source.read(&mut four).unwrap(), 0);
        assert!(source.seek(SeekFrom::Current(-8)).is_err());
    }
}
