//! What holds the bytes: sealed, encrypted, nameless, and given back however it ends.

use crate::asking::{Urls, bytes_of, code, config, fetch, fetcher, pattern, want};
use crate::store::{Store, serve};
use assay_contract::Code;
use assay_contract::record::SpoolKind;
use assay_fetch::{CancellationToken, FetchConfig, Fetched, Fetcher, Want};
use jiff::Timestamp;
use rustix::fs::SealFlags;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

const MARKER: &[u8] = b"marked-page-of-an-asset-";

fn marked(length: usize) -> Vec<u8> {
    MARKER.iter().copied().cycle().take(length).collect()
}

fn holds_marker(bytes: &[u8]) -> bool {
    bytes.windows(MARKER.len()).any(|window| window == MARKER)
}

/// The descriptors of this process whose target begins so.
fn descriptors(target: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    all.filter(|path| std::fs::read_link(path).is_ok_and(|link| link.to_string_lossy().starts_with(target))).collect()
}

fn inode(fetched: &Fetched) -> u64 {
    rustix::fs::fstat(fetched.spool.memory_fd().unwrap()).unwrap().st_ino
}

/// Whether this process still holds a memfd with that inode.
fn is_open(inode: u64) -> bool {
    descriptors("/memfd:assay-spool").iter().any(|path| std::fs::metadata(path).is_ok_and(|found| found.ino() == inode))
}

async fn spilled(body: Vec<u8>, folder: &std::path::Path) -> (Store, Fetcher, Fetched) {
    let store = Store::start(move |_, asked| serve(&body, "v1", asked)).await;
    let config = FetchConfig { spill_above: 1000, spill_folder: folder.to_owned(), ..config(&store) };
    let fetcher = Fetcher::new(config).unwrap();
    let fetched = fetcher.fetch(&Urls::bucket(&store, "/bucket/key"), want()).await.unwrap();
    (store, fetcher, fetched)
}

#[tokio::test]
async fn memory_is_sealed_against_every_change() {
    let store = Store::start(|_, asked| serve(b"unchangeable", "v1", asked)).await;
    let fetched = fetch(&store).await.unwrap();
    let fd = fetched.spool.memory_fd().unwrap();
    let file = File::from(fd.try_clone_to_owned().unwrap());
    assert!(file.write_at(b"x", 0).is_err());
    assert!(file.write_at(b"x", 12).is_err());
    assert!(file.set_len(3).is_err());
    assert!(file.set_len(30).is_err());
    let seals = rustix::fs::fcntl_get_seals(fd).unwrap();
    assert!(seals.contains(SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL));
    assert!(rustix::io::fcntl_getfd(fd).unwrap().contains(rustix::io::FdFlags::CLOEXEC));
    assert_eq!(file.metadata().unwrap().mode() & 0o111, 0, "nothing in it can be run");
}

#[tokio::test]
async fn nothing_spilled_is_readable_on_disk_or_has_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let body = marked(2_500_000);
    let (_store, fetcher, fetched) = spilled(body.clone(), folder.path()).await;
    assert_eq!(fetched.spool.kind(), SpoolKind::EncryptedFile);
    assert!(fetched.spool.memory_fd().is_none());
    let files = descriptors(&folder.path().to_string_lossy());
    let [file] = files.as_slice() else { panic!("one open file was expected: {files:?}") };
    let mut raw = Vec::new();
    File::open(file).unwrap().read_to_end(&mut raw).unwrap();
    assert_eq!(raw.len(), body.len());
    assert!(!holds_marker(&raw), "the asset lies on the disk in the clear");
    assert!(holds_marker(&body), "the test could not fail");
    assert_eq!(std::fs::metadata(file).unwrap().nlink(), 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(bytes_of(&fetched), body);
    assert_eq!(fetcher.budget().spill_used, 2_500_000);
    let erased = fetched.spool.erase(Timestamp::UNIX_EPOCH);
    assert_eq!((erased.erasure().spool, erased.erasure().bytes), (SpoolKind::EncryptedFile, 2_500_000));
    assert!(descriptors(&folder.path().to_string_lossy()).is_empty());
    assert_eq!(fetcher.budget().spill_used, 0);
}

#[tokio::test]
async fn equal_assets_never_look_equal_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (_a, _, first) = spilled(marked(5_000), folder.path()).await;
    let (_b, _, second) = spilled(marked(5_000), folder.path()).await;
    let raw: Vec<Vec<u8>> = descriptors(&folder.path().to_string_lossy()).iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(raw.len() == 2 && raw[0] != raw[1]);
    assert_eq!(bytes_of(&first), bytes_of(&second));
}

#[tokio::test]
async fn any_range_of_a_spool_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let body = pattern(2_200_000);
    let (store, _, on_disk) = spilled(body.clone(), folder.path()).await;
    let in_memory = fetch(&store).await.unwrap();
    assert_eq!(in_memory.spool.kind(), SpoolKind::Memory);
    for fetched in [&on_disk, &in_memory] {
        for (offset, length) in
            [(0, 1), (63, 2), (64, 64), (1_048_575, 3), (2_199_999, 1), (2_199_990, 100), (2_200_000, 5), (9_000_000, 5), (7, 0)]
        {
            let mut bytes = vec![0xaa; length];
            let count = fetched.spool.read_at(offset as u64, &mut bytes).unwrap();
            let expected = body.get(offset..(offset + length).min(body.len())).unwrap_or_default();
            assert_eq!(&bytes[..count], expected, "{length} bytes at {offset}");
        }
        assert_eq!(fetched.spool.read_at(u64::MAX, &mut [0; 8]).unwrap(), 0);
    }
}

#[tokio::test]
async fn size_chooses_the_spool_exactly() {
    for (length, kind) in [(999, SpoolKind::Memory), (1000, SpoolKind::Memory), (1001, SpoolKind::EncryptedFile)] {
        let folder = tempfile::tempdir().unwrap();
        let (_store, _, fetched) = spilled(pattern(length), folder.path()).await;
        assert_eq!(fetched.spool.kind(), kind, "{length}");
    }
}

#[tokio::test]
async fn a_full_spill_budget_is_spool_full() {
    let store = Store::start(|_, asked| serve(&pattern(asked.target.rsplit('/').next().unwrap().parse().unwrap()), "v1", asked)).await;
    let fetcher = Fetcher::new(FetchConfig { spill_above: 10, spill_budget: 5_000, ..config(&store) }).unwrap();
    let of = |length: usize| Urls::bucket(&store, &format!("/b/{length}"));
    assert_eq!(code(fetcher.fetch(&of(5_001), want()).await), Code::SpoolFull);
    let whole = fetcher.fetch(&of(5_000), want()).await.unwrap();
    assert_eq!(code(fetcher.fetch(&of(11), want()).await), Code::SpoolFull);
    drop(whole);
    assert!(fetcher.fetch(&of(4_999), want()).await.is_ok());
}

#[tokio::test]
async fn erasing_and_dropping_give_the_memory_back() {
    let store = Store::start(|_, asked| serve(&pattern(10_000), "v1", asked)).await;
    let fetcher = fetcher(&store);
    let urls = Urls::bucket(&store, "/bucket/key");
    let first = fetcher.fetch(&urls, want()).await.unwrap();
    let second = fetcher.fetch(&urls, want()).await.unwrap();
    assert_eq!(fetcher.budget().memory_used, 20_000);
    let inodes: Vec<u64> = [&first, &second].iter().map(|fetched| inode(fetched)).collect();
    assert!(inodes.iter().all(|inode| is_open(*inode)));
    drop(first);
    assert_eq!(fetcher.budget().memory_used, 10_000);
    let now = Timestamp::now();
    let erased = second.spool.erase(now);
    assert_eq!((erased.erasure().spool, erased.erasure().bytes, erased.erasure().erased_at), (SpoolKind::Memory, 10_000, now));
    assert_eq!(fetcher.budget().memory_used, 0);
    assert!(!inodes.into_iter().any(is_open));
}

#[tokio::test]
async fn cancelling_ends_a_download_at_once_and_gives_everything_back() {
    let store = Store::start(|_, asked| serve(&pattern(10_000), "v1", asked).hang_after(5_000)).await;
    let fetcher = Arc::new(fetcher(&store));
    let cancel = CancellationToken::new();
    let task = tokio::spawn({
        let (fetcher, urls, want) = (Arc::clone(&fetcher), Urls::bucket(&store, "/bucket/key"), Want { cancel: cancel.clone(), ..want() });
        async move { fetcher.fetch(&urls, want).await }
    });
    while fetcher.budget().memory_used == 0 {
        tokio::task::yield_now().await;
    }
    cancel.cancel();
    assert_eq!(code(task.await.unwrap()), Code::Cancelled);
    assert_eq!(fetcher.budget().memory_used, 0);
}

#[tokio::test]
async fn whoever_waits_for_memory_in_vain_is_told_so() {
    let store = Store::start(|_, asked| serve(&pattern(800), "v1", asked)).await;
    let config = FetchConfig { memory_budget: 1000, interactive_reserve: 100, spill_above: 1000, ..config(&store) };
    let fetcher = Fetcher::new(config).unwrap();
    let urls = Urls::bucket(&store, "/bucket/key");
    let held = fetcher.fetch(&urls, want()).await.unwrap();
    let waiting = Want { deadline: Instant::now() + Duration::from_millis(200), ..want() };
    assert_eq!(code(fetcher.fetch(&urls, waiting).await), Code::SpoolFull);
    assert_eq!((fetcher.budget().memory_used, fetcher.budget().waiting), (800, 0));
    drop(held);
    assert!(fetcher.fetch(&urls, want()).await.is_ok());
}

#[tokio::test]
async fn a_claim_over_the_whole_budget_spills_instead_of_waiting() {
    let store = Store::start(|_, asked| serve(&pattern(5_000), "v1", asked)).await;
    let config = FetchConfig { memory_budget: 4_000, interactive_reserve: 100, spill_above: 10_000, ..config(&store) };
    let fetched = Fetcher::new(config).unwrap().fetch(&Urls::bucket(&store, "/bucket/key"), want()).await.unwrap();
    assert_eq!(fetched.spool.kind(), SpoolKind::EncryptedFile);
}
