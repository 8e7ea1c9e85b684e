//! A store that is being opened may be asked already, and one that is finished says so.

use evenkeel_store::{SqliteStore, StackId, Store, StoreError, StoreOptions};

use crate::support::Place;

#[tokio::test]
async fn what_is_asked_early_waits_until_the_file_is_open() {
    let place = Place::new();
    let store = SqliteStore::begin(&place.path(), place.clock.clone(), StoreOptions::default()).unwrap();
    let stack = StackId::from("default");
    let key = store.make_plan_key(&stack, vec![1; 32]).await.unwrap();
    assert_eq!(key, [1; 32]);
    drop(store);
    assert_eq!(place.open().await.plan_key(&stack).await.unwrap(), Some(key));
}

#[tokio::test]
async fn why_a_file_cannot_be_opened_is_told_to_whoever_asks() {
    let place = Place::new();
    let missing = place.path().join("missing").join("store");
    let store = SqliteStore::begin(&missing, place.clock.clone(), StoreOptions::default()).unwrap();
    for _ in 0..2 {
        let error = store.load(&StackId::from("default")).await.unwrap_err();
        assert!(matches!(error, StoreError::DirectoryMissing { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_finished_store_does_what_it_was_asked_and_accepts_nothing_more() {
    let place = Place::new();
    let store = place.open().await;
    let stack = StackId::from("default");
    let key = store.make_plan_key(&stack, vec![2; 32]).await.unwrap();
    store.finish();
    assert!(matches!(store.load(&stack).await.unwrap_err(), StoreError::Closed { .. }));
    drop(store);
    assert_eq!(place.open().await.plan_key(&stack).await.unwrap(), Some(key));
}
