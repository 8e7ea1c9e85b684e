//! The rows of a store equal the fold of its journal, for any entries at all.

use evenkeel_state::testing::{entry, journal};
use evenkeel_state::{Entry, State};
use evenkeel_store::{SqliteStore, StackId, Store, StoreOptions, verify};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::*;

async fn appended(store: &SqliteStore, stack: &StackId, entries: &[Entry], chunk: usize) -> State {
    let lease = store.acquire(stack, "one", 1000).await.unwrap();
    for part in entries.chunks(chunk) {
        store.append(&lease, part.to_vec()).await.unwrap();
    }
    store.load(stack).await.unwrap()
}

fn check(cases: u32, entries: impl Strategy<Value = Vec<Entry>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let place = Place::new();
    let store = runtime.block_on(place.open());
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let count = std::cell::Cell::new(0);
    let result = TestRunner::new(config).run(&(entries, 1..8usize), |(entries, chunk)| {
        count.set(count.get() + 1);
        let stack = StackId::from(format!("case-{}", count.get()));
        let mut expected = State::default();
        entries.iter().for_each(|entry| expected.fold(entry));
        let rows = runtime.block_on(appended(&store, &stack, &entries, chunk));
        expected.lineage = rows.lineage.clone();
        prop_assert_eq!(rows, expected);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    verify(&place.path(), &StoreOptions::default()).unwrap();
}

#[test]
fn rows_equal_the_fold_of_any_entries() {
    check(96, vec(entry(), 0..30));
}

#[test]
fn rows_equal_the_fold_of_sensible_journals() {
    check(64, journal());
}
