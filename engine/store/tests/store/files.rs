//! Files that are no store, or cannot be written: each with its own error, and left as they were.

use std::fs;
use std::path::Path;

use evenkeel_store::{SqliteStore, Store, StoreError, StoreOptions, verify};

use crate::support::*;

async fn opening_fails(path: &Path) -> StoreError {
    let options = StoreOptions { busy_timeout_ms: 20, ..StoreOptions::default() };
    let Err(error) = SqliteStore::open_with(path, HandClock::at(0), options).await else {
        panic!("{} was opened", path.display())
    };
    assert!(error.to_string().contains(&*path.to_string_lossy()), "{error} does not name the file");
    assert!(error.remedy().ends_with('.'), "{}", error.remedy());
    error
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let place = Place::new();
    for content in [
        "x",
        &"x".repeat(511),
        &"\0".repeat(512),
        &"x".repeat(512),
        "resource \"aws_vpc\" \"main\" {}\n",
        &"no database ".repeat(10_000),
    ] {
        fs::write(place.path(), content).unwrap();
        let error = opening_fails(&place.path()).await;
        assert!(matches!(error, StoreError::NotSqlite { .. }), "{error:?}");
        assert_eq!(fs::read_to_string(place.path()).unwrap(), content);
        assert_eq!(fs::read_dir(place.directory.path()).unwrap().count(), 1);
    }
}

#[tokio::test]
async fn a_database_of_another_application_is_left_alone() {
    for script in [
        "PRAGMA application_id = 1",
        "CREATE TABLE t (a)",
        "PRAGMA user_version = 3",
        "PRAGMA user_version = -1",
    ] {
        let place = Place::new();
        rusqlite::Connection::open(place.path()).unwrap().execute_batch(script).unwrap();
        let before = fs::read(place.path()).unwrap();
        let error = opening_fails(&place.path()).await;
        assert!(matches!(error, StoreError::ForeignApplication { .. }), "{script}: {error:?}");
        assert_eq!(fs::read(place.path()).unwrap(), before);
    }
}

#[tokio::test]
async fn a_newer_store_is_left_alone() {
    let place = Place::new();
    drop(place.open().await);
    let conn = rusqlite::Connection::open(place.path()).unwrap();
    conn.pragma_update(None, "user_version", 1000).unwrap();
    let error = opening_fails(&place.path()).await;
    assert!(matches!(error, StoreError::Newer { found: 1000, .. }), "{error:?}");
    let Err(error) = SqliteStore::open_read_only(&place.path(), place.clock.clone()).await else { panic!() };
    assert!(matches!(error, StoreError::Newer { .. }), "{error:?}");
}

#[tokio::test]
async fn a_damaged_store_is_left_alone() {
    let place = Place::new();
    {
        let store = place.open().await;
        let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
        let entries = (0..200).map(|i| observed(&format!("a.a[{i}]"), &"x".repeat(500))).collect();
        store.append(&lease, entries).await.unwrap();
    }
    let mut bytes = fs::read(place.path()).unwrap();
    let length = bytes.len();
    bytes[4096..length - 4096].fill(0xa5);
    fs::write(place.path(), &bytes).unwrap();
    let error = match SqliteStore::open(&place.path(), place.clock.clone()).await {
        Err(error) => error,
        Ok(store) => store.load(&stack()).await.unwrap_err(),
    };
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert!(matches!(verify(&place.path(), &StoreOptions::default()), Err(StoreError::Damaged { .. })));
    assert_eq!(fs::read(place.path()).unwrap(), bytes);
}

#[tokio::test]
async fn paths_that_lead_nowhere() {
    let place = Place::new();
    let missing = place.directory.path().join("missing/stack.evenkeel");
    assert!(matches!(opening_fails(&missing).await, StoreError::DirectoryMissing { .. }));
    assert!(matches!(opening_fails(place.directory.path()).await, StoreError::NotAFile { .. }));
    let read = SqliteStore::open_read_only(&place.path(), place.clock.clone()).await;
    assert!(matches!(read, Err(StoreError::NotFound { .. })));
    assert!(!place.path().exists());
}

#[tokio::test]
async fn an_empty_file_becomes_a_store_but_not_by_reading_it() {
    let place = Place::new();
    fs::write(place.path(), "").unwrap();
    let read = SqliteStore::open_read_only(&place.path(), place.clock.clone()).await;
    assert!(matches!(read, Err(StoreError::Outdated { found: 0, .. })));
    drop(place.open().await);
    assert!(verify(&place.path(), &StoreOptions::default()).unwrap().is_empty());
}

#[tokio::test]
async fn a_foreign_writer_is_waited_for_and_then_named() {
    let place = Place::new();
    drop(place.open().await);
    let options = StoreOptions { busy_timeout_ms: 20, ..StoreOptions::default() };
    let store = SqliteStore::open_with(&place.path(), place.clock.clone(), options).await.unwrap();
    let foreign = rusqlite::Connection::open(place.path()).unwrap();
    foreign.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.acquire(&stack(), "one", 1000).await;
    assert!(matches!(refused, Err(StoreError::Locked { .. })), "{refused:?}");
    // Reading does not wait for a writer.
    store.load(&stack()).await.unwrap();
    foreign.execute_batch("ROLLBACK").unwrap();
    store.acquire(&stack(), "one", 1000).await.unwrap();
}

#[tokio::test]
async fn two_that_open_a_new_file_at_once_share_it() {
    for _ in 0..8 {
        let place = Place::new();
        let (one, two) = tokio::join!(place.open(), place.open());
        let lease = one.acquire(&stack(), "one", 1000).await.unwrap();
        one.append(&lease, vec![observed("a.b", "1")]).await.unwrap();
        assert_eq!(two.load(&stack()).await.unwrap().serial.0, 1);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_store_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let store = place.open().await;
    store.acquire(&stack(), "one", 1000).await.unwrap();
    let modes: Vec<_> = fs::read_dir(place.directory.path())
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().permissions().mode() & 0o777)
        .collect();
    // The file, its log, the index of the log, and what its holder keeps locked.
    assert!((3..=4).contains(&modes.len()) && modes.iter().all(|mode| *mode == 0o600), "{modes:?}");
}
