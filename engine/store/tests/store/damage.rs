//! Files that were cut off or of which bits were turned: explained, left as they are, and never a panic.

use std::fs;
use std::path::Path;

use evenkeel_store::{SqliteStore, Store, StoreError, StoreOptions, audit, verify};

use crate::support::*;

async fn sample(place: &Place) -> Vec<u8> {
    {
        let store = place.open().await;
        let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
        let entries = (0..40).map(|i| observed(&format!("a.a[{i}]"), &"x".repeat(300))).collect();
        store.append(&lease, entries).await.unwrap();
        store.release(&lease).await.unwrap();
    }
    fs::read(place.path()).unwrap()
}

/// Uses a store as a plan does, and says why that cannot be done.
async fn used(place: &Place) -> Result<(), StoreError> {
    let store = SqliteStore::open(&place.path(), place.clock.clone()).await?;
    store.load(&stack()).await.map(drop)
}

/// Whether all proofs of a file find nothing.
fn is_proved(path: &Path) -> bool {
    let options = StoreOptions::default();
    let whole = verify(path, &options).is_ok();
    whole && matches!(audit(path, &stack(), &options), Ok(Some(Ok(_))))
}

fn is_explained(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Damaged { .. } | StoreError::NotSqlite { .. } | StoreError::ForeignApplication { .. }
    )
}

#[tokio::test]
async fn every_length_of_a_store_that_was_cut_off_is_noticed() {
    let place = Place::new();
    let whole = sample(&place).await;
    // Around every page, and everywhere in between at a stride that meets every remainder.
    let near_pages = (0..whole.len()).step_by(4096).flat_map(|page| [page.saturating_sub(1), page, page + 1]);
    let lengths =
        near_pages.chain((1..whole.len()).step_by(211)).filter(|length| (1..whole.len()).contains(length));
    for length in lengths {
        let part = &whole[..length];
        fs::write(place.path(), part).unwrap();
        let error = used(&place).await.expect_err(&format!("{length} of {} bytes", whole.len()));
        assert!(is_explained(&error), "{length}: {error:?}");
        assert_eq!(fs::read(place.path()).unwrap(), part, "{length}");
        assert!(!is_proved(&place.path()), "{length}");
    }
}

#[tokio::test]
async fn turned_bits_never_panic_and_what_is_refused_is_left_alone() {
    let place = Place::new();
    let whole = sample(&place).await;
    // A sequence that is the same everywhere.
    let mut chance: u64 = 0x2545_f491_4f6c_dd1d;
    let mut next = |below: usize| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        usize::try_from(chance % below as u64).unwrap()
    };
    let mut noticed = 0;
    for _ in 0..400 {
        let mut bytes = whole.clone();
        for _ in 0..=next(3) {
            let place = next(bytes.len());
            bytes[place] ^= 1 << next(8);
        }
        fs::write(place.path(), &bytes).unwrap();
        noticed += usize::from(!is_proved(&place.path()));
        if used(&place).await.is_err() {
            let now = fs::read(place.path()).unwrap();
            // What SQLite opens it may check into; what it does not open stays.
            assert_eq!(now.len(), bytes.len());
        }
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{suffix}", place.path().display()));
        }
    }
    assert!(noticed > 100, "{noticed}");
}

#[tokio::test]
async fn a_store_whose_holder_died_is_checked_when_it_is_opened() {
    let place = Place::new();
    let whole = sample(&place).await;
    let mut bytes = whole.clone();
    // The last page, which no plan reads.
    let page = bytes.len() - 4096;
    bytes[page..page + 8].fill(0xff);
    fs::write(place.path(), &bytes).unwrap();
    let alone = SqliteStore::open(&place.path(), place.clock.clone()).await.map(drop);
    assert!(alone.is_ok(), "after a clean end nothing is read that is not needed: {alone:?}");
    fs::write(place.path(), &bytes).unwrap();
    fs::write(format!("{}-holder-1-0", place.path().display()), "").unwrap();
    let error = SqliteStore::open(&place.path(), place.clock.clone()).await.map(drop).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}
