//! Copies of a store: whole or not there, and put back so that nobody notices but the one who asked.

use std::fs;
use std::path::{Path, PathBuf};

use evenkeel_model::Timestamp;
use evenkeel_store::{
    SqliteStore, StackId, Store, StoreError, StoreOptions, audit, back_up, restore, verify,
};

use crate::support::*;

/// The objects that a store remembers.
async fn names(store: &SqliteStore) -> Vec<String> {
    let state = store.load(&stack()).await.unwrap();
    state.instances.keys().map(ToString::to_string).collect()
}

async fn remember(store: &SqliteStore, address: &str) {
    let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
    store.append(&lease, vec![observed(address, "x")]).await.unwrap();
    store.release(&lease).await.unwrap();
}

fn copy_of(place: &Place) -> PathBuf {
    place.directory.path().join("copy")
}

fn files(place: &Place) -> Vec<String> {
    let files = fs::read_dir(place.directory.path()).unwrap();
    let mut names: Vec<String> =
        files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn put_back(place: &Place, from: &Path) -> Result<evenkeel_store::Restored, StoreError> {
    restore(&place.path(), from, Timestamp(1_000_000), &StoreOptions::default())
}

#[tokio::test]
async fn a_copy_is_made_while_the_store_is_in_use_and_replaces_nothing() {
    let place = Place::new();
    let store = place.open().await;
    remember(&store, "a.a").await;
    let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
    let copy = copy_of(&place);
    back_up(&place.path(), &copy, false).unwrap();
    store.append(&lease, vec![observed("a.b", "x")]).await.unwrap();
    assert_eq!(verify(&copy, &StoreOptions::default()).unwrap()[0].lines, 1);
    let before = fs::read(&copy).unwrap();
    assert!(matches!(back_up(&place.path(), &copy, false), Err(StoreError::Exists { .. })));
    assert!(matches!(back_up(&place.path(), &place.path(), true), Err(StoreError::Exists { .. })));
    assert_eq!(fs::read(&copy).unwrap(), before);
    back_up(&place.path(), &copy, true).unwrap();
    assert_eq!(verify(&copy, &StoreOptions::default()).unwrap()[0].lines, 2);
    store.release(&lease).await.unwrap();
    drop(store);
    assert_eq!(files(&place), ["copy", "stack.evenkeel"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_copy_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    drop(place.open().await);
    back_up(&place.path(), &copy_of(&place), false).unwrap();
    assert_eq!(fs::metadata(copy_of(&place)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn what_was_copied_comes_back_under_those_who_have_the_file_open() {
    let place = Place::new();
    let store = place.open().await;
    remember(&store, "a.a").await;
    back_up(&place.path(), &copy_of(&place), false).unwrap();
    remember(&store, "a.b").await;
    let earlier = store.acquire(&stack(), "earlier", 10).await.unwrap();
    store.release(&earlier).await.unwrap();
    let restored = put_back(&place, &copy_of(&place)).unwrap();
    assert!(restored.damage.is_none() && restored.stacks[0].lines == 1);
    let before = &restored.before[0];
    assert_eq!((before.state.serial.0, before.copy.serial.0), (2, 1));
    assert_eq!(names(&store).await, ["a.a"]);
    let kept = restored.kept.unwrap();
    assert_eq!(verify(&kept, &StoreOptions::default()).unwrap()[0].lines, 2);
    // The tokens go on where the replaced store was, so that no earlier holder can write.
    let lease = store.acquire(&stack(), "later", 1000).await.unwrap();
    assert!(lease.token > earlier.token, "{} after {}", lease.token, earlier.token);
    store.append(&lease, vec![observed("a.c", "x")]).await.unwrap();
    drop(store);
    verify(&place.path(), &StoreOptions::default()).unwrap();
    audit(&place.path(), &stack(), &StoreOptions::default()).unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn nothing_is_replaced_under_somebody_who_is_at_work() {
    let place = Place::new();
    let store = place.open().await;
    remember(&store, "a.a").await;
    back_up(&place.path(), &copy_of(&place), false).unwrap();
    let lease = store.acquire(&stack(), "one", 60_000).await.unwrap();
    let refused = put_back(&place, &copy_of(&place));
    assert!(matches!(refused, Err(StoreError::LeaseHeld { .. })), "{refused:?}");
    store.append(&lease, vec![observed("a.b", "x")]).await.unwrap();
    drop(store);
    // Who has died is not waited for.
    put_back(&place, &copy_of(&place)).unwrap();
    assert_eq!(names(&place.open().await).await, ["a.a"]);
}

#[tokio::test]
async fn a_damaged_store_is_set_aside_and_a_lost_one_made() {
    let place = Place::new();
    remember(&place.open().await, "a.a").await;
    back_up(&place.path(), &copy_of(&place), false).unwrap();
    let mut bytes = fs::read(place.path()).unwrap();
    bytes[0..16].fill(b'x');
    fs::write(place.path(), &bytes).unwrap();
    let restored = put_back(&place, &copy_of(&place)).unwrap();
    assert!(matches!(restored.damage, Some(StoreError::NotSqlite { .. })), "{:?}", restored.damage);
    assert_eq!(fs::read(restored.kept.unwrap()).unwrap(), bytes);
    assert_eq!(names(&place.open().await).await, ["a.a"]);
    fs::remove_file(place.path()).unwrap();
    assert!(put_back(&place, &copy_of(&place)).unwrap().kept.is_none());
    assert_eq!(names(&place.open().await).await, ["a.a"]);
}

#[tokio::test]
async fn a_copy_that_is_not_whole_is_not_put_back() {
    let place = Place::new();
    let store = place.open().await;
    remember(&store, "a.a").await;
    let copy = copy_of(&place);
    fs::write(&copy, "no database, and longer than the smallest one could be: ".repeat(20)).unwrap();
    assert!(matches!(put_back(&place, &copy), Err(StoreError::NotSqlite { .. })));
    fs::write(&copy, "").unwrap();
    assert!(matches!(put_back(&place, &copy), Err(StoreError::NotSqlite { .. })));
    back_up(&place.path(), &copy, true).unwrap();
    let conn = rusqlite::Connection::open(&copy).unwrap();
    conn.execute("UPDATE journal SET actor = 'somebody else'", []).unwrap();
    drop(conn);
    assert!(matches!(put_back(&place, &copy), Err(StoreError::Tampered { line: 1, .. })));
    back_up(&place.path(), &copy, true).unwrap();
    rusqlite::Connection::open(&copy).unwrap().pragma_update(None, "user_version", 1000).unwrap();
    assert!(matches!(put_back(&place, &copy), Err(StoreError::Newer { found: 1000, .. })));
    assert_eq!(names(&store).await, ["a.a"]);
}

#[tokio::test]
async fn a_copy_of_several_stacks_brings_all_of_them() {
    let place = Place::new();
    let store = place.open().await;
    for name in ["blue", "green"] {
        let lease = store.acquire(&StackId::from(name), "one", 1000).await.unwrap();
        store.append(&lease, vec![observed(&format!("a.{name}"), "x")]).await.unwrap();
        store.release(&lease).await.unwrap();
    }
    back_up(&place.path(), &copy_of(&place), false).unwrap();
    let lease = store.acquire(&StackId::from("blue"), "one", 1000).await.unwrap();
    store.remove(&lease).await.unwrap();
    put_back(&place, &copy_of(&place)).unwrap();
    let stacks: Vec<String> = store.stacks().await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(stacks, ["blue", "green"]);
    assert_eq!(store.load(&StackId::from("blue")).await.unwrap().instances.len(), 1);
}
