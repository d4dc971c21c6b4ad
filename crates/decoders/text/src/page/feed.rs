//! Gives a page to the tokenizer tag by tag, so that no tag has more attributes than are worth comparing with each other.

use super::tokens::{Place, Reader};
use assay_kit::Stop;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};
use memchr::{memchr, memchr_iter, memmem};

/// Attributes of one tag. The tokenizer compares each with all before it (<https://html.spec.whatwg.org/#attribute-name-state>); no
/// element has as many that mean something.
pub(super) const MOST_ATTRIBUTES: u64 = 256;
/// Bytes between two looks at the clock.
const PIECE_BYTES: usize = 16 << 10;

/// A page on its way through the tokenizer.
pub(super) struct Feed<'p, L> {
    tokenizer: Tokenizer<Reader>,
    rest: &'p str,
    /// Asked now and then whether to go on.
    look: L,
    /// The most attributes that a tag has, where some were left out.
    pub(super) most_attributes: Option<u64>,
}

/// Whether all was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    Whole,
    /// Time was up.
    Partly,
}

impl<'p, L: FnMut() -> Result<Read, Stop>> Feed<'p, L> {
    pub(super) fn new(page: &'p str, look: L) -> Self {
        // A mark at the page's begin is gone already; at a piece's begin it would be a character.
        let options = TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() };
        Self { tokenizer: Tokenizer::new(Reader::default(), options), rest: page, look, most_attributes: None }
    }

    /// Reads to the end, or until time is up.
    pub(super) fn run(&mut self) -> Result<Read, Stop> {
        while !self.rest.is_empty() {
            let read = match self.tokenizer.sink.place() {
                Place::Text => self.step(),
                Place::Raw(name) => self.raw_step(&name),
                Place::Plain => self.pass(self.rest.len()),
            }?;
            if read == Read::Partly && !self.rest.is_empty() {
                return Ok(Read::Partly);
            }
        }
        self.tokenizer.end();
        Ok(Read::Whole)
    }

    /// What the reader saw.
    pub(super) fn finish(self) -> Reader {
        self.tokenizer.sink
    }

    /// Text, and the tag, the comment or the like that ends it.
    fn step(&mut self) -> Result<Read, Stop> {
        let bytes = self.rest.as_bytes();
        // Others are text: a page of nothing else would cost a step for each.
        let begins = |at: &usize| bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?'));
        let Some(at) = memchr_iter(b'<', bytes).find(begins) else { return self.pass(bytes.len()) };
        let after = bytes.get(at + 1..).unwrap_or_default();
        let name = match after {
            [b'/', letter, ..] if letter.is_ascii_alphabetic() => 1,
            [letter, ..] if letter.is_ascii_alphabetic() => 0,
            [b'!', b'-', b'-', ..] => return self.comment(at),
            // Ends of other things: `<!doctype html>`, `<?xml ?>`, `</ >`.
            _ => return self.pass(memchr(b'>', after).map_or(bytes.len(), |end| at + end + 2)),
        };
        let named = after.iter().skip(name).position(|byte| is_end_of_name(*byte)).map_or(bytes.len(), |length| at + 1 + name + length);
        self.tag(named)
    }

    /// A tag, whose name ends at some place.
    fn tag(&mut self, named: usize) -> Result<Read, Stop> {
        let tag = Attributes::of(self.rest.as_bytes().get(named..).unwrap_or_default());
        if tag.count <= MOST_ATTRIBUTES {
            return self.pass(named + tag.end);
        }
        self.most_attributes = self.most_attributes.max(Some(tag.count));
        let read = self.pass(named + tag.kept)?;
        if read == Read::Partly {
            return Ok(read);
        }
        self.rest = self.rest.get(tag.end - tag.kept..).unwrap_or_default();
        if tag.is_closed {
            self.give(">");
        }
        Ok(read)
    }

    /// Everything up to the `>` at which the tokenizer sees the end of a comment.
    fn comment(&mut self, at: usize) -> Result<Read, Stop> {
        let before = self.tokenizer.sink.marks();
        let mut read = self.pass(at + 4)?;
        while self.tokenizer.sink.marks() == before && read == Read::Whole && !self.rest.is_empty() {
            let bytes = self.rest.as_bytes();
            // No comment ends at another: `-->`, `--!>`, and right behind its begin `>`.
            let may_end = |at: &usize| at.checked_sub(1).is_none_or(|before| matches!(bytes.get(before), Some(b'-' | b'!')));
            let end = memchr_iter(b'>', bytes).find(may_end).map_or(bytes.len(), |end| end + 1);
            read = self.pass(end)?;
        }
        Ok(read)
    }

    /// Text of an element that has no other elements in it, and what may be its end.
    fn raw_step(&mut self, name: &str) -> Result<Read, Stop> {
        let bytes = self.rest.as_bytes();
        let may_end = |at: &usize| {
            let named = at + 2 + name.len();
            let is_end = bytes.get(at + 2..named).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()));
            is_end && bytes.get(named).is_some_and(|byte| is_end_of_name(*byte))
        };
        let Some(at) = memmem::find_iter(bytes, b"</").find(may_end) else { return self.pass(bytes.len()) };
        let named = at + 2 + name.len();
        // Nothing but the tokenizer knows whether it takes this for the end: then it keeps the letters to itself.
        self.pass(at + 1)?;
        let before = self.tokenizer.sink.letters();
        let read = self.pass(named - at)?;
        if read == Read::Partly || self.tokenizer.sink.letters() != before || !matches!(self.tokenizer.sink.place(), Place::Raw(_)) {
            return Ok(read);
        }
        self.tag(0)
    }

    /// Gives so many bytes on.
    fn pass(&mut self, count: usize) -> Result<Read, Stop> {
        let mut left = count.min(self.rest.len());
        while left > 0 {
            let mut end = left.min(PIECE_BYTES);
            while !self.rest.is_char_boundary(end) {
                end += 1;
            }
            let (piece, after) = self.rest.split_at(end);
            self.rest = after;
            left = left.saturating_sub(end);
            self.give(piece);
            if (self.look)()? == Read::Partly {
                return Ok(Read::Partly);
            }
        }
        Ok(Read::Whole)
    }

    fn give(&self, piece: &str) {
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from_slice(piece));
        let _ = self.tokenizer.feed(&queue);
    }
}

/// What ends the name of a tag.
fn is_end_of_name(byte: u8) -> bool {
    matches!(byte, b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// What follows the name of a tag.
#[derive(Debug, Default, PartialEq, Eq)]
struct Attributes {
    count: u64,
    /// Bytes of those that are not too many.
    kept: usize,
    /// Bytes of all, with the `>`.
    end: usize,
    is_closed: bool,
}

/// Where in a tag a byte is (<https://html.spec.whatwg.org/#before-attribute-name-state> and on).
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Quoted(u8),
    Value,
}

impl Attributes {
    fn of(tag: &[u8]) -> Self {
        let mut seen = Self { kept: tag.len(), end: tag.len(), ..Self::default() };
        let mut state = At::BeforeName;
        for (at, byte) in tag.iter().enumerate() {
            let is_space = is_end_of_name(*byte) && !matches!(byte, b'>' | b'/');
            state = match (state, *byte) {
                (At::Quoted(quote), byte) => {
                    if byte == quote {
                        At::BeforeName
                    } else {
                        state
                    }
                }
                (_, b'>') => {
                    seen.end = at + 1;
                    seen.is_closed = true;
                    break;
                }
                (At::BeforeName | At::Name | At::AfterName, b'/') => At::BeforeName,
                (At::BeforeName | At::AfterName | At::BeforeValue, _) if is_space => state,
                (At::Value, _) if is_space => At::BeforeName,
                (At::Name, _) if is_space => At::AfterName,
                (At::Name | At::AfterName, b'=') => At::BeforeValue,
                (At::BeforeName | At::AfterName, _) => {
                    seen.count += 1;
                    if seen.count == MOST_ATTRIBUTES + 1 {
                        seen.kept = at;
                    }
                    At::Name
                }
                (At::BeforeValue, quote @ (b'"' | b'\'')) => At::Quoted(quote),
                (At::BeforeValue, _) => At::Value,
                (At::Name | At::Value, _) => state,
            };
        }
        seen.kept = seen.kept.min(seen.end);
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_told_apart_as_the_standard_does() {
        for (tag, count) in [
            (">", 0),
            ("/>", 0),
            (" a>", 1),
            (" a b=c d='> e' f=\"'>\">", 4),
            (" a = b c>", 2),
            (" a=b/c d/e>", 3),
            (" a=\"b\"c=d>", 2),
            (" =a =b>", 1),
            (" a=>", 1),
            (" a='", 1),
        ] {
            let seen = Attributes::of(tag.as_bytes());
            assert_eq!((seen.count, seen.end, seen.is_closed), (count, tag.len(), tag.ends_with('>')), "{tag}");
        }
    }
}
