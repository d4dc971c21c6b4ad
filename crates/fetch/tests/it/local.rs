//! Local files and inline bytes: the same spools, limits and hashes.

use crate::asking::{bytes_of, code, config, pattern, sha256};
use crate::store::{Reply, Store};
use assay_contract::job::Lane;
use assay_contract::limits::FetchLimits;
use assay_contract::record::SpoolKind;
use assay_contract::{AssetKind, Code};
use assay_fetch::{FetchConfig, Fetcher};

async fn fetcher() -> Fetcher {
    let store = Store::start(|_, _| Reply::new(404)).await;
    Fetcher::new(FetchConfig { spill_above: 1_000_000, ..config(&store) }).unwrap()
}

#[tokio::test]
async fn a_local_file_is_copied_and_hashed() {
    let (fetcher, folder) = (fetcher().await, tempfile::tempdir().unwrap());
    for (length, kind) in [(0, SpoolKind::Memory), (700_000, SpoolKind::Memory), (1_000_001, SpoolKind::EncryptedFile)] {
        let (path, body) = (folder.path().join("asset"), pattern(length));
        std::fs::write(&path, &body).unwrap();
        let fetched = fetcher.open_local(&path, &FetchLimits::default(), None).await.unwrap();
        assert!(bytes_of(&fetched) == body && fetched.spool.kind() == kind, "{length}");
        assert_eq!((fetched.seen.sha256.as_str(), fetched.seen.requests), (sha256(&body).as_str(), 0));
    }
}

#[tokio::test]
async fn what_is_no_readable_file_is_refused_without_hanging() {
    let (fetcher, folder) = (fetcher().await, tempfile::tempdir().unwrap());
    let pipe = folder.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    for (path, expected) in [
        (folder.path().join("absent"), Code::NotFound),
        (folder.path().to_owned(), Code::AddressUnreadable),
        (pipe, Code::AddressUnreadable),
        ("/dev/zero".into(), Code::AddressUnreadable),
    ] {
        assert_eq!(code(fetcher.open_local(&path, &FetchLimits::default(), None).await), expected, "{path:?}");
    }
}

#[tokio::test]
async fn local_limits_are_met_exactly() {
    let (fetcher, folder) = (fetcher().await, tempfile::tempdir().unwrap());
    let limits = FetchLimits { text_bytes: 100, ..FetchLimits::default() };
    for (length, fits) in [(99, true), (100, true), (101, false)] {
        let (path, body) = (folder.path().join("asset"), pattern(length));
        std::fs::write(&path, &body).unwrap();
        let file = fetcher.open_local(&path, &limits, Some(AssetKind::Text)).await;
        let inline = fetcher.spool_bytes(&body, &limits, Some(AssetKind::Text), Lane::Batch).await;
        for outcome in [file, inline] {
            match outcome {
                Ok(fetched) => assert!(fits && bytes_of(&fetched) == body),
                Err(error) => assert!(!fits && error.failure().code == Code::TooLarge),
            }
        }
    }
}
