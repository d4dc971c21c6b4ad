//! An unnamed temporary file, encrypted with a key that lives only in memory.
//!
//! The blocks of an unnamed file stay readable on the raw disk after it is gone, so nothing is written in the clear.
//! ChaCha20 (RFC 8439) without a tag: the file protects what is left on the disk, not against somebody who changes it while we run.

use chacha20::ChaCha20Legacy;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use rustix::rand::{GetRandomFlags, getrandom};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use zeroize::{Zeroize, Zeroizing};

/// The file and its key; both go on drop.
pub(crate) struct EncryptedFile {
    file: File,
    key: Zeroizing<[u8; 32]>,
}

impl EncryptedFile {
    /// An empty file without a name (`O_TMPFILE`, or unlinked at once where the file system lacks it).
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        let mut key = Zeroizing::new([0_u8; 32]);
        let filled = getrandom(key.as_mut_slice(), GetRandomFlags::empty())?;
        if filled != key.len() {
            return Err(io::Error::other("the kernel gave too few random bytes"));
        }
        Ok(Self { file: tempfile::tempfile_in(folder)?, key })
    }

    /// Encrypts `bytes` in place and writes them. Each offset is written once for each file: a key stream is never used twice.
    pub(crate) fn write_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.apply(bytes, offset)?;
        self.file.write_all_at(bytes, offset)
    }

    /// Reads and decrypts.
    pub(crate) fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        if let Err(error) = self.file.read_exact_at(into, offset).and_then(|()| self.apply(into, offset)) {
            into.zeroize();
            return Err(error);
        }
        Ok(())
    }

    /// The 64-bit block counter of the original cipher, so that no size repeats the key stream; the key is fresh for each file,
    /// so the nonce may be zero.
    fn apply(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let mut cipher = ChaCha20Legacy::new((&*self.key).into(), &[0_u8; 8].into());
        cipher.try_seek(offset).map_err(beyond)?;
        cipher.try_apply_keystream(bytes).map_err(beyond)
    }
}

fn beyond<E>(_: E) -> io::Error {
    io::Error::other("the offset lies beyond the cipher's reach")
}

impl std::fmt::Debug for EncryptedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EncryptedFile(key withheld)")
    }
}
