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

/// The asset, for one reader after the other.
pub(crate) type SharedInput<'i> = Rc<RefCell<&'i mut Input>>;

/// What is read behind a part of the asset, instead of the rest of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Bytes of the asset that are read.
    pub(crate) from: u64,
    /// And what then.
    pub(crate) bytes: Vec<u8>,
}

/// A reader that PDFium may ask for any block.
pub(crate) struct Source<'i> {
    input: SharedInput<'i>,
    ending: Ending,
    place: u64,
    trouble: ReadTrouble,
}

impl<'i> Source<'i> {
    /// Reads an input as it is; what fails is kept in `trouble`.
    pub(crate) fn new(input: SharedInput<'i>, trouble: ReadTrouble) -> Self {
        let from = input.borrow().length();
        Self::ending(input, Ending { from, bytes: Vec::new() }, trouble)
    }

    /// Reads an input with another ending.
    pub(crate) fn ending(input: SharedInput<'i>, ending: Ending, trouble: ReadTrouble) -> Self {
        Self { input, ending, place: 0, trouble }
    }

    fn length(&self) -> u64 {
        self.ending.from + self.ending.bytes.len() as u64
    }

    fn read_at(&self, into: &mut [u8]) -> io::Result<usize> {
        let before = usize::try_from(self.ending.from.saturating_sub(self.place)).unwrap_or(usize::MAX).min(into.len());
        let (own, made) = into.split_at_mut(before);
        let count = if own.is_empty() { 0 } else { self.input.borrow_mut().read_at(self.place, own)? };
        if count < own.len() {
            return Ok(count);
        }
        let begin = usize::try_from(self.place.saturating_sub(self.ending.from)).unwrap_or(usize::MAX);
        let rest = self.ending.bytes.get(begin..).unwrap_or_default();
        let more = made.len().min(rest.len());
        made.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
        Ok(count + more)
    }
}

impl Read for Source<'_> {
    /// As many bytes as asked for, or none: a short read would be taken for a full one.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.read_at(into) {
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
            SeekFrom::End(by) => self.length().checked_add_signed(by),
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
        let mut source = Source::new(Rc::new(RefCell::new(&mut input)), ReadTrouble::default());
        assert_eq!(source.seek(SeekFrom::End(0)).unwrap(), 10);
        let mut four = [0; 4];
        source.seek(SeekFrom::Start(6)).unwrap();
        assert_eq!((source.read(&mut four).unwrap(), &four), (4, b"6789"));
        source.seek(SeekFrom::Start(7)).unwrap();
        assert_eq!(source.read(&mut four).unwrap(), 0);
        assert!(source.seek(SeekFrom::Current(-8)).is_err());
    }
    #[test]
    fn an_ending_is_read_as_if_it_were_the_file_s() {
        let mut input = Input::whole_in_memory(b"0123456789");
        let ending = Ending { from: 8, bytes: b"end".to_vec() };
        let mut source = Source::ending(Rc::new(RefCell::new(&mut input)), ending, ReadTrouble::default());
        assert_eq!(source.seek(SeekFrom::End(0)).unwrap(), 11);
        for (from, want) in [(0, b"0123"), (6, b"67en"), (7, b"7end")] {
            let mut four = [0; 4];
            source.seek(SeekFrom::Start(from)).unwrap();
            assert_eq!((source.read(&mut four).unwrap(), &four), (4, want));
        }
        source.seek(SeekFrom::Start(8)).unwrap();
        assert_eq!((source.read(&mut [0; 3]).unwrap(), source.read(&mut [0; 1]).unwrap()), (3, 0));
    }
}
