//! Where a data set's bytes come from: the asset as it lies, or as it is inflated. Read forwards; only the first can also go back.

use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::limits::{DecodeLimits, LimitHit};
use assay_kit::{Input, Stop};
use flate2::read::DeflateDecoder;
use std::io::{self, Read, Seek, SeekFrom};

/// Most bytes that a deflated data set may become: a bomb stops here, the largest honest ones are single images.
pub(crate) const INFLATED_BYTES: u64 = 512 << 20;
/// Most sequences in one another: structured reports have about ten.
pub(crate) const SEQUENCE_DEPTH: usize = 16;
/// Bytes taken at once while skipping what can't be jumped over.
const CHUNK: usize = 32 << 10;

/// Why reading stopped.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The bytes end in the middle of something.
    Ends,
    /// The bytes make no sense; why.
    Damaged(&'static str),
    /// More sequences in one another than [`SEQUENCE_DEPTH`].
    TooDeep,
    /// More than [`INFLATED_BYTES`].
    TooLong,
    /// More bytes were asked of the worker than an asset may cost.
    Allowance,
    /// Nobody is there to tell.
    Stop(Stop),
}

impl Broken {
    /// As a reasoned no; a worker that is gone stays gone.
    pub(crate) fn refusal(self, limits: &DecodeLimits) -> Result<Refusal, Stop> {
        let limit = |name: &str, allowed: u64| Refusal::limit(Code::LimitExceeded, LimitHit::new(name, allowed.saturating_add(1), allowed));
        Ok(match self {
            Self::Ends => Refusal::corrupt("the file ends early"),
            Self::Damaged(why) => Refusal::corrupt(why),
            Self::TooDeep => limit("sequence_depth", SEQUENCE_DEPTH as u64),
            Self::TooLong => limit("inflated_bytes", INFLATED_BYTES),
            Self::Allowance => limit("block_bytes", limits.block_bytes),
            Self::Stop(stop) => return Err(stop),
        })
    }
}

impl From<Stop> for Broken {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// Bytes and a place in them.
pub(crate) struct Source<'a> {
    bytes: Bytes<'a>,
    at: u64,
}

enum Bytes<'a> {
    Plain(&'a mut Input),
    /// With the place where what is deflated begins.
    Inflated(Box<DeflateDecoder<&'a mut Input>>, u64),
}

impl<'a> Source<'a> {
    /// The asset as it lies, from a place on.
    pub(crate) fn plain(input: &'a mut Input, at: u64) -> Self {
        Self { bytes: Bytes::Plain(input), at }
    }

    /// What is deflated from a place on (RFC 1951, without a header); places count inflated bytes, from 0.
    pub(crate) fn inflated(input: &'a mut Input, from: u64) -> Result<Self, Broken> {
        input.seek(SeekFrom::Start(from)).map_err(gone)?;
        Ok(Self { bytes: Bytes::Inflated(Box::new(DeflateDecoder::new(input)), from), at: 0 })
    }

    /// From the first byte again, where it can't go back.
    pub(crate) fn again(self) -> Result<Self, Broken> {
        match self.bytes {
            Bytes::Plain(_) => Ok(self),
            Bytes::Inflated(stream, from) => Self::inflated(stream.into_inner(), from),
        }
    }

    /// Where the next byte comes from.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// Whether `bytes` more may be there: `false` where it is known that they are not.
    pub(crate) fn may_have(&self, bytes: u64) -> bool {
        match &self.bytes {
            Bytes::Plain(input) => self.at.checked_add(bytes).is_some_and(|end| end <= input.length()),
            Bytes::Inflated(..) => self.at.checked_add(bytes).is_some_and(|end| end <= INFLATED_BYTES),
        }
    }

    /// Whether it can go back, and jump.
    pub(crate) fn goes_back(&self) -> bool {
        matches!(self.bytes, Bytes::Plain(_))
    }

    /// Goes to a place; back only in an asset as it lies.
    pub(crate) fn go(&mut self, to: u64) -> Result<(), Broken> {
        match (&self.bytes, to.checked_sub(self.at)) {
            (_, Some(0)) => Ok(()),
            (_, Some(ahead)) => self.skip(ahead),
            (Bytes::Plain(_), None) => {
                self.at = to;
                Ok(())
            }
            (Bytes::Inflated(..), None) => Err(Broken::Damaged("pixels lie before their description")),
        }
    }

    /// Leaves bytes out. Fails where there are fewer.
    pub(crate) fn skip(&mut self, bytes: u64) -> Result<(), Broken> {
        match &self.bytes {
            Bytes::Plain(input) => {
                let end = self.at.checked_add(bytes).filter(|end| *end <= input.length());
                self.at = end.unwrap_or(input.length());
                end.map(|_| ()).ok_or(Broken::Ends)
            }
            Bytes::Inflated(..) => {
                let mut left = bytes;
                let mut chunk = vec![0; CHUNK];
                while left > 0 {
                    let most = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
                    let got = self.some(chunk.get_mut(..most).unwrap_or_default())?;
                    if got == 0 {
                        return Err(Broken::Ends);
                    }
                    left -= got as u64;
                }
                Ok(())
            }
        }
    }

    /// Fills a buffer whole.
    pub(crate) fn fill(&mut self, into: &mut [u8]) -> Result<(), Broken> {
        if self.take(into)? == into.len() { Ok(()) } else { Err(Broken::Ends) }
    }

    /// Fills a buffer as far as there are bytes, and says how far.
    pub(crate) fn take(&mut self, into: &mut [u8]) -> Result<usize, Broken> {
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.some(rest)? {
                0 => break,
                got => done += got,
            }
        }
        Ok(done)
    }

    /// At most `bytes` bytes; fewer where the file ends. Memory is taken only for bytes that are there.
    pub(crate) fn bytes(&mut self, bytes: u64) -> Result<Vec<u8>, Broken> {
        let mut all = Vec::new();
        let mut left = bytes;
        if let Bytes::Plain(input) = &self.bytes {
            left = left.min(input.length().saturating_sub(self.at));
        }
        while left > 0 {
            // Sixteen megabytes at once: of inflated bytes nobody knows how many will come.
            let step = usize::try_from(left.min(16 << 20)).unwrap_or(0);
            let start = all.len();
            all.resize(start + step, 0);
            let got = self.take(all.get_mut(start..).unwrap_or_default())?;
            all.truncate(start + got);
            if got < step {
                break;
            }
            left -= step as u64;
        }
        Ok(all)
    }

    fn some(&mut self, into: &mut [u8]) -> Result<usize, Broken> {
        let got = match &mut self.bytes {
            Bytes::Plain(input) => input.read_at(self.at, into).map_err(gone)?,
            Bytes::Inflated(stream, _) => stream.read(into).map_err(not_inflated)?,
        };
        self.at += got as u64;
        if matches!(self.bytes, Bytes::Inflated(..)) && self.at > INFLATED_BYTES {
            return Err(Broken::TooLong);
        }
        Ok(got)
    }
}

fn gone(error: io::Error) -> Broken {
    if error.kind() == io::ErrorKind::QuotaExceeded { Broken::Allowance } else { Broken::Stop(Stop::Gone(error)) }
}

/// The inflater's own complaints are the file's fault; whatever else comes through it is the worker's.
fn not_inflated(error: io::Error) -> Broken {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Broken::Damaged("the deflated data set can't be inflated"),
        io::ErrorKind::UnexpectedEof => Broken::Ends,
        _ => gone(error),
    }
}
