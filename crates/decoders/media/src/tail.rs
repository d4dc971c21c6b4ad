//! What stands behind the sound of an MP3 or AAC file (APEv2, Lyrics3, ID3v1): its tags are read, and the demuxer never sees it,
//! because it would take bytes of a cover picture for frames.

use assay_kit::Input;

/// Formats of frames that follow each other to the end of the file, where taggers append their own.
const FRAMED: [&str; 9] = ["mp3", "aac", "ac3", "eac3", "dts", "dtshd", "truehd", "mlp", "loas"];
/// More tags one behind the other than any tagger writes.
const MOST_TAGS: usize = 8;
/// Items of one APE tag that are looked at.
const MOST_ITEMS: u32 = 64;
/// Longest text of an item that is kept, bytes.
const LONGEST_VALUE: u32 = 4_000;
const LONGEST_KEY: usize = 255;

/// Where the sound ends, and what was found behind it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    /// The first byte that is no sound.
    pub(crate) end: u64,
    /// Tags, the most telling first.
    pub(crate) tags: Vec<(String, String)>,
    /// Whether a cover picture is among them.
    pub(crate) has_cover_art: bool,
}

impl Tail {
    /// What lies before `end` may be sound. Tags that lie further in were written by more telling formats: they come first.
    fn keep(&mut self, end: u64, tags: Vec<(String, String)>) -> bool {
        self.end = end;
        self.tags.splice(0..0, tags);
        true
    }
}

/// Whether a file of this demuxer may have a tail.
pub(crate) fn may_follow(demuxer: &str) -> bool {
    FRAMED.contains(&demuxer)
}

/// Peels tag after tag off the end of a file.
pub(crate) fn of(input: &mut Input) -> Tail {
    let mut tail = Tail { end: input.length(), ..Tail::default() };
    for _ in 0..MOST_TAGS {
        let before = tail.end;
        if !(ape(input, &mut tail) || lyrics3(input, &mut tail) || id3v1(input, &mut tail)) || tail.end >= before {
            break;
        }
    }
    tail
}

/// 128 bytes that begin with `TAG` (<https://id3.org/ID3v1>).
fn id3v1(input: &mut Input, tail: &mut Tail) -> bool {
    let Some(start) = tail.end.checked_sub(128) else { return false };
    let mut tag = [0; 128];
    if input.read_at(start, &mut tag).ok() != Some(tag.len()) || !tag.starts_with(b"TAG") {
        return false;
    }
    let mut tags = Vec::new();
    let fields = [("title", 3..33), ("artist", 33..63), ("album", 63..93), ("date", 93..97), ("comment", 97..125)];
    for (key, place) in fields {
        let latin1: String =
            tag.get(place).unwrap_or_default().iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
        tags.push((key.to_owned(), latin1));
    }
    if let [.., 0, track, _] = tag
        && track > 0
    {
        tags.push(("track".to_owned(), track.to_string()));
    }
    tail.keep(start, tags)
}

/// `LYRICSBEGIN`, text, six digits of length, `LYRICS200` (<https://id3.org/Lyrics3v2>).
fn lyrics3(input: &mut Input, tail: &mut Tail) -> bool {
    let mut foot = [0; 15];
    let Some(start) = tail.end.checked_sub(15) else { return false };
    if input.read_at(start, &mut foot).ok() != Some(foot.len()) || !foot.ends_with(b"LYRICS200") {
        return false;
    }
    let length = foot.get(..6).and_then(|digits| std::str::from_utf8(digits).ok()).and_then(|digits| digits.parse::<u64>().ok());
    let Some(begin) = length.and_then(|length| start.checked_sub(length)) else { return false };
    let mut mark = [0; 11];
    if input.read_at(begin, &mut mark).ok() != Some(mark.len()) || mark != *b"LYRICSBEGIN" {
        return false;
    }
    tail.keep(begin, Vec::new())
}

/// Items and a footer of 32 bytes, perhaps a header of 32 more (<https://wiki.hydrogenaud.io/index.php?title=APEv2_specification>).
fn ape(input: &mut Input, tail: &mut Tail) -> bool {
    const HAS_HEADER: u32 = 1 << 31;
    let mut foot = [0; 32];
    let Some(start) = tail.end.checked_sub(32) else { return false };
    if input.read_at(start, &mut foot).ok() != Some(foot.len()) || !foot.starts_with(b"APETAGEX") {
        return false;
    }
    let number = |at: usize| foot.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
    let (size, items, flags) = (u64::from(number(12)), number(16), number(20));
    let Some(first) = tail.end.checked_sub(size).filter(|_| size >= 32) else { return false };
    let header = if flags & HAS_HEADER == 0 { 0 } else { 32 };
    let (mut at, mut tags) = (first, Vec::new());
    for _ in 0..items.min(MOST_ITEMS) {
        let Some(item) = ape_item(input, at, start) else { break };
        match item.value {
            Value::Text(text) => tags.push((item.key, text)),
            Value::Binary => tail.has_cover_art |= item.key.starts_with("cover art"),
        }
        at = item.end;
    }
    tail.keep(first.saturating_sub(header), tags)
}

struct ApeItem {
    key: String,
    value: Value,
    end: u64,
}

enum Value {
    Text(String),
    Binary,
}

/// Length, flags, a key that ends with a zero, a value; `None` where that makes no sense.
fn ape_item(input: &mut Input, at: u64, end: u64) -> Option<ApeItem> {
    let mut head = [0; 8 + LONGEST_KEY + 1];
    let got = input.read_at(at, &mut head).ok()?;
    let (&[a, b, c, d, flags, ..], rest) = head.get(..got)?.split_at_checked(8)? else { return None };
    let length = u32::from_le_bytes([a, b, c, d]);
    let key_bytes = rest.iter().position(|byte| *byte == 0)?;
    let key = std::str::from_utf8(rest.get(..key_bytes)?).ok()?.to_lowercase();
    let value_at = at.checked_add(8 + key_bytes as u64 + 1)?;
    let end = value_at.checked_add(length.into()).filter(|next| *next <= end)?;
    // Bits 1 and 2: 0 is UTF-8 text, 1 is binary, 2 is a place elsewhere.
    if flags >> 1 & 3 != 0 {
        return Some(ApeItem { key, value: Value::Binary, end });
    }
    let mut value = vec![0; usize::try_from(length.min(LONGEST_VALUE)).ok()?];
    let got = input.read_at(value_at, &mut value).ok()?;
    value.truncate(got);
    let text = String::from_utf8_lossy(&value).replace('\0', "; ");
    let key = if key == "year" { "date".to_owned() } else { key };
    Some(ApeItem { key, value: Value::Text(text), end })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(flags: u32, key: &str, value: &[u8]) -> Vec<u8> {
        let length = u32::try_from(value.len()).unwrap();
        [&length.to_le_bytes()[..], &flags.to_le_bytes(), key.as_bytes(), b"\0", value].concat()
    }

    fn ape_tag(items: &[Vec<u8>]) -> Vec<u8> {
        let body = items.concat();
        let size = u32::try_from(body.len() + 32).unwrap();
        let count = u32::try_from(items.len()).unwrap();
        let frame = |flags: u32| {
            [b"APETAGEX", &2000_u32.to_le_bytes()[..], &size.to_le_bytes(), &count.to_le_bytes(), &flags.to_le_bytes(), &[0; 8]].concat()
        };
        [frame(0xa000_0000), body, frame(0x8000_0000)].concat()
    }

    fn id3v1_tag(title: &[u8]) -> Vec<u8> {
        let mut tag = b"TAG".to_vec();
        tag.extend(title);
        tag.resize(126, 0);
        tag.extend([7, 255]);
        tag
    }

    fn tail(parts: &[&[u8]]) -> Tail {
        of(&mut Input::whole_in_memory(parts.concat()))
    }

    #[test]
    fn every_tag_behind_the_sound_is_peeled_off_and_read() {
        let ape = ape_tag(&[item(0, "Title", "Grüße".as_bytes()), item(0, "Year", b"1999"), item(2, "Cover Art (Front)", &[0xff; 900])]);
        let lyrics = [b"LYRICSBEGININD0000211".to_vec(), b"000021LYRICS200".to_vec()].concat();
        let found = tail(&[&[1; 500], &ape, &lyrics, &id3v1_tag(b"Old title")]);
        assert_eq!((found.end, found.has_cover_art), (500, true));
        let find = |key: &str| found.tags.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str()).collect::<Vec<_>>();
        assert_eq!((find("title"), find("date"), find("track")), (vec!["Grüße", "Old title"], vec!["1999", ""], vec!["7"]));
    }

    #[test]
    fn sound_without_tags_keeps_its_end() {
        assert_eq!(tail(&[&[1; 500]]).end, 500);
        assert_eq!(tail(&[b"TAG"]).end, 3);
        assert_eq!(tail(&[]).end, 0);
    }

    #[test]
    fn a_tag_that_says_it_is_longer_than_the_file_is_left() {
        let mut ape = ape_tag(&[item(0, "a", b"b")]);
        let foot = ape.len() - 32;
        ape[foot + 12..foot + 16].copy_from_slice(&u32::MAX.to_le_bytes());
        let whole = [&[1; 10][..], &ape].concat();
        assert_eq!(tail(&[&whole]).end, whole.len() as u64);
        assert_eq!(tail(&[&[1; 10], b"LYRICSBEGIN", b"999999LYRICS200"]).end, 36);
    }

    #[test]
    fn an_item_longer_than_its_tag_ends_the_list() {
        let mut long = item(0, "title", b"x");
        long[0] = 200;
        let found = tail(&[&[1; 10], &ape_tag(&[long, item(0, "album", b"never")])]);
        assert_eq!((found.end, found.tags.len()), (10, 0));
    }
}
