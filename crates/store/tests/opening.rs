//! Opening: what each address gives, and what an error never says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't go on fails")]

use assay_contract::{Code, Secret};
use assay_store::{Store, StoreError};
use assay_testkit::postgres;
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn an_embedded_store_is_readable_by_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a #1 %20é?.db");
    let store = Store::open(&Secret::new(format!("sqlite://{}", path.display()))).await.unwrap();
    store.ping().await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        assert!(name.starts_with("a #1 %20é?.db"), "{name}");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_store_in_memory_lasts_as_long_as_it_is_held() {
    let store = Store::open(&Secret::new("sqlite::memory:".to_owned())).await.unwrap();
    let (one, two) = tokio::join!(store.migrations_pending(), store.ping());
    assert_eq!(one.unwrap(), []);
    two.unwrap();
}

#[tokio::test]
async fn postgresql_is_migrated_only_when_asked() {
    let server = postgres::shared().unwrap();
    let url = Secret::new(server.create_database().unwrap());
    let store = Store::open(&url).await.unwrap();
    let pending = store.migrations_pending().await.unwrap();
    assert_eq!(pending.first().map(|first| (first.version, first.name.as_str())), Some((1, "begin")));
    // Two that migrate at once take turns.
    let other = Store::open(&url).await.unwrap();
    let (mine, theirs) = tokio::join!(store.migrate(), other.migrate());
    mine.unwrap();
    theirs.unwrap();
    assert_eq!(store.migrations_pending().await.unwrap(), []);
}

#[tokio::test]
async fn an_error_never_shows_the_connection_string() {
    let planted = "planted-Pa55";
    for url in [
        format!("postgres://user:{planted}@host:{planted}/db"),
        format!("postgres://user:{planted}@127.0.0.1:1/db"),
        format!("mysql://user:{planted}@host/db"),
        format!("sqlite:///nowhere/{planted}/store.db"),
        planted.to_owned(),
    ] {
        let url = Secret::new(url);
        let error = match Store::open(&url).await {
            Ok(store) => store.ping().await.unwrap_err(),
            Err(error) => error,
        };
        let said = format!("{error} {error:?} {:?}", error.failure());
        assert!(!said.contains(planted), "{said}");
    }
}

/// Slow: the pool asks a server that refuses for five seconds before it gives up.
#[tokio::test]
async fn a_server_that_is_down_is_our_own_outage() {
    let store = Store::open(&Secret::new("postgres://nobody@127.0.0.1:1/db".to_owned())).await.unwrap();
    let error = store.ping().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert_eq!(error.failure().code, Code::StoreUnavailable);
    assert!(error.failure().retryable);
}

/// As a load balancer does whose database is gone, and a database that ends while it is asked.
#[tokio::test]
async fn a_connection_that_is_closed_before_its_answer_is_our_own_outage() {
    let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://nobody@{}/db", door.local_addr().unwrap());
    let hangs_up = async {
        while let Ok((mut caller, _)) = door.accept().await {
            // Read, so that the end is an orderly one.
            let _ = tokio::io::AsyncReadExt::read(&mut caller, &mut [0; 64]).await;
        }
    };
    let asked = async { Store::open(&Secret::new(url)).await.unwrap().ping().await.unwrap_err() };
    let error = tokio::select! { error = asked => error, () = hangs_up => unreachable!("it listens on") };
    assert_eq!(error.failure().code, Code::StoreUnavailable, "{error:?}");
}

#[tokio::test]
async fn a_store_works_again_after_its_server_was_restarted() {
    let server = postgres::start().unwrap();
    let store = Store::open(&Secret::new(server.create_database().unwrap())).await.unwrap();
    store.migrate().await.unwrap();
    server.restart().unwrap();
    // The pool may still hold a connection that died: it is tested before it is used.
    store.ping().await.unwrap();
}
