//! Appends that wait together are committed together, and do not harm each other.

use std::sync::Arc;
use std::time::Instant;

use evenkeel_state::{Action, Serial};
use evenkeel_store::{StackId, Store, StoreError, StoreOptions, verify};
use tokio::task::JoinSet;

use crate::support::*;

/// A refused append in a group leaves no trace, and the others are not undone with it.
#[tokio::test]
async fn a_refused_append_does_not_harm_its_group() {
    let place = Place::new();
    let store = Arc::new(place.open().await);
    let stale = store.acquire(&stack(), "one", 1000).await.unwrap();
    let good = store.acquire(&stack(), "one", 1000).await.unwrap();
    let mut tasks = JoinSet::new();
    for i in 0..100 {
        let (store, lease) = (store.clone(), if i % 3 == 0 { stale.clone() } else { good.clone() });
        let entry = observed(&format!("a.a[{i}]"), "1");
        tasks.spawn(async move { (i, store.append(&lease, vec![entry]).await) });
    }
    while let Some(done) = tasks.join_next().await {
        let (i, result) = done.unwrap();
        match i % 3 {
            0 => assert!(matches!(result, Err(StoreError::LeaseLost { .. }))),
            _ => assert!(result.is_ok(), "{result:?}"),
        }
    }
    let state = store.load(&stack()).await.unwrap();
    assert_eq!(state.instances.len(), 66);
    assert_eq!(state.serial, Serial(66));
    verify(&place.path(), &StoreOptions::default()).unwrap();
}

/// An append that does not fit fails by itself, with all its entries; smaller ones go on.
#[tokio::test]
async fn a_full_disk_refuses_what_does_not_fit_and_loses_nothing() {
    let place = Place::new();
    let store = Arc::new(place.open_limited(256 * 1024).await);
    let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
    store.append(&lease, vec![observed("a.small", "1")]).await.unwrap();
    let before = store.load(&stack()).await.unwrap();
    let huge = vec![observed("a.first", "1"), observed("a.huge", &"x".repeat(300 * 1024))];
    let (refused, fits) = tokio::join!(
        store.append(&lease, huge),
        store.append(&lease, vec![intent(1, 0, "a.b", Action::Create)])
    );
    let Err(error @ StoreError::DiskFull { .. }) = refused else { panic!("{refused:?}") };
    assert!(error.to_string().contains("stack.evenkeel"), "{error}");
    assert_eq!(fits.unwrap(), Serial(2));
    let after = store.load(&stack()).await.unwrap();
    assert_eq!(after.instances, before.instances);
    assert_eq!(after.pending.len(), 1);
    verify(&place.path(), &StoreOptions::default()).unwrap();
}

/// Until it is full to the last page, every append that was confirmed is there.
#[tokio::test]
async fn a_disk_that_fills_up_keeps_what_was_confirmed() {
    let place = Place::new();
    let store = place.open_limited(200 * 1024).await;
    let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
    let mut confirmed = 0;
    let error = loop {
        let entry = observed(&format!("a.a[{confirmed}]"), &"x".repeat(2000));
        match store.append(&lease, vec![entry]).await {
            Ok(serial) => confirmed = serial.0,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert!(confirmed > 10);
    drop(store);
    let state = place.open().await.load(&stack()).await.unwrap();
    assert_eq!((state.serial.0, state.instances.len() as u64), (confirmed, confirmed));
    verify(&place.path(), &StoreOptions::default()).unwrap();
}

/// Callers that wait share a flush; the figure is printed for whoever asks for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_appenders() {
    const EACH: u64 = 20;
    let place = Place::new();
    let store = Arc::new(place.open().await);
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for i in 0..100 {
        let store = store.clone();
        tasks.spawn(async move {
            let stack = StackId::from(format!("stack-{i}"));
            let lease = store.acquire(&stack, "one", 1000).await.unwrap();
            for n in 1..=EACH {
                let entry = observed(&format!("a.a[{n}]"), "i-0123456789abcdef0");
                assert_eq!(store.append(&lease, vec![entry]).await.unwrap(), Serial(n));
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let per_second = 100.0 * EACH as f64 / start.elapsed().as_secs_f64();
    println!("100 appenders: {per_second:.0} durable appends a second");
    let verified = verify(&place.path(), &StoreOptions::default()).unwrap();
    assert!(verified.len() == 100 && verified.iter().all(|stack| stack.lines == EACH));
}
