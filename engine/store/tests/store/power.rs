//! The power goes: what was acknowledged is there, and of what was not, all or nothing.
//!
//! A power cut keeps the bytes that were flushed and any part of the others. So the log beside the file is
//! cut at every length around its frames and many between, and sectors that no flush covered are left out
//! in any combination; each time a store is opened on what is left.

use std::fs;
use std::path::PathBuf;

use evenkeel_state::Serial;
use evenkeel_store::{SqliteStore, Store, StoreOptions, audit, verify};

use crate::support::*;

/// Bytes that a disk writes or does not write.
const SECTOR: usize = 512;

/// How a log grew.
struct Written {
    file: Vec<u8>,
    log: Vec<u8>,
    /// The length of the log when a write had returned, and the serial that it gave.
    flushed: Vec<(usize, Serial)>,
}

fn log_of(place: &Place) -> PathBuf {
    place.directory.path().join("stack.evenkeel-wal")
}

/// Writes of several sizes, one after the other.
async fn written() -> Written {
    let place = Place::new();
    // Made and closed before, so that the log holds nothing but these.
    drop(place.open().await);
    let store = place.open().await;
    let lease = store.acquire(&stack(), "one", 1_000_000).await.unwrap();
    let mut flushed = Vec::new();
    for group in 0..12_usize {
        let entries = (0..=group % 4).map(|i| {
            let id = "x".repeat(1 + 700 * (group % 3));
            observed(&format!("a.a[{}]", group * 10 + i), &id)
        });
        let serial = store.append(&lease, entries.collect()).await.unwrap();
        flushed.push((fs::read(log_of(&place)).unwrap().len(), serial));
    }
    let (file, log) = (fs::read(place.path()).unwrap(), fs::read(log_of(&place)).unwrap());
    Written { file, log, flushed }
}

/// The serial of what is left; its rows, its journal and its log agree with each other.
async fn left(file: &[u8], log: &[u8]) -> Serial {
    let place = Place::new();
    fs::write(place.path(), file).unwrap();
    fs::write(log_of(&place), log).unwrap();
    let serial = {
        let store = SqliteStore::open(&place.path(), place.clock.clone()).await.unwrap();
        store.load(&stack()).await.unwrap().serial
    };
    let options = StoreOptions::default();
    verify(&place.path(), &options).unwrap();
    if serial != Serial::default() {
        audit(&place.path(), &stack(), &options).unwrap().unwrap().unwrap();
    }
    serial
}

impl Written {
    /// The serial of the last write that was flushed within a length.
    fn acknowledged(&self, length: usize) -> Serial {
        let within = self.flushed.iter().rev().find(|(end, _)| *end <= length);
        within.map(|(_, serial)| *serial).unwrap_or_default()
    }
}

#[tokio::test]
async fn a_log_that_was_cut_off_keeps_what_was_acknowledged() {
    let written = written().await;
    let frames = (32..written.log.len()).step_by(24 + 4096);
    let near_frames = frames.flat_map(|frame| [frame - 1, frame, frame + 1, frame + 24, frame + 25]);
    let between = (0..written.log.len()).step_by(4001);
    for length in near_frames.chain(between).chain([written.log.len()]) {
        let Some(log) = written.log.get(..length) else { continue };
        let found = left(&written.file, log).await;
        assert_eq!(found, written.acknowledged(length), "{length} of {} bytes", written.log.len());
    }
}

#[tokio::test]
async fn sectors_that_no_flush_covered_are_written_in_any_order() {
    let written = written().await;
    // A sequence that is the same everywhere.
    let mut chance: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = |below: usize| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        usize::try_from(chance % below as u64).unwrap()
    };
    let (mut before, mut after) = (0, 0);
    for pair in written.flushed.windows(2) {
        let [(start, acknowledged), (end, attempted)] = pair else { continue };
        for round in 0..6 {
            let mut log = written.log[..*end].to_vec();
            let sectors: Vec<usize> = (start / SECTOR..end.div_ceil(SECTOR)).collect();
            for sector in sectors {
                let range = (sector * SECTOR).max(*start)..((sector + 1) * SECTOR).min(*end);
                // In the first round all of them came to the disk.
                match (round, next(3)) {
                    (0, _) | (_, 0) => {}
                    (_, 1) => log[range].fill(0),
                    _ => range.for_each(|byte| log[byte] = u8::try_from(next(256)).unwrap()),
                }
            }
            let found = left(&written.file, &log).await;
            assert!(found == *acknowledged || found == *attempted, "{found} after {acknowledged}");
            before += usize::from(found == *acknowledged);
            after += usize::from(found == *attempted);
        }
    }
    assert!(before > 0 && after > 0, "both happen: {before} and {after}");
}
