//! `kill -9` at any moment leaves a store that opens, whose rows equal the fold of its journal, and
//! that has everything that was confirmed.
//!
//! The test binary runs itself again as the victim: [`victim`] does nothing unless it is told the
//! path of a store.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use evenkeel_state::{Action, OutcomeKind};
use evenkeel_store::{SqliteStore, StackId, Store, StoreOptions, verify};

use crate::support::*;

const ROUNDS: u64 = 24;
const STACKS: u64 = 4;
const PATH: &str = "EVENKEEL_TEST_STORE";
const ROUND: &str = "EVENKEEL_TEST_ROUND";

/// Appends until it is killed, and says what was confirmed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn victim() {
    let (Ok(path), Ok(round)) = (std::env::var(PATH), std::env::var(ROUND)) else { return };
    let round: u64 = round.parse().unwrap();
    // Each round is an hour later, so that the lease of the one before has expired.
    let clock = HandClock::at(3_600_000 * (round as i64 + 1));
    let store = Arc::new(SqliteStore::open(Path::new(&path), clock).await.unwrap());
    let tasks: Vec<_> = (0..STACKS).map(|i| tokio::spawn(append_for_ever(store.clone(), i))).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn append_for_ever(store: Arc<SqliteStore>, number: u64) {
    let stack = StackId::from(format!("stack-{number}"));
    let lease = store.acquire(&stack, &format!("victim {}", std::process::id()), 1000).await.unwrap();
    let run = store.next_run(&lease).await.unwrap().0;
    store.append(&lease, vec![started(run)]).await.unwrap();
    for step in 0.. {
        let at = format!("a.a[{}]", step % 7);
        let action = if step % 5 == 4 { Action::Delete } else { Action::Create };
        store.append(&lease, vec![intent(run, step, &at, action)]).await.unwrap();
        let kind = match action {
            Action::Delete => OutcomeKind::Absent,
            Action::Create | Action::Update | Action::Provision => {
                present(&"x".repeat((step as usize * 997) % 20_000))
            }
        };
        let serial = store.append(&lease, vec![outcome(run, step, &at, kind)]).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nconfirmed {number} {run} {serial}").unwrap();
        out.flush().unwrap();
    }
}

/// Runs the victim and kills it after so many confirmations; gives the last serial and run of each stack.
fn kill_after(path: &Path, round: u64, confirmations: u64) -> BTreeMap<u64, (u64, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::victim", "--nocapture", "--test-threads=1"])
        .env(PATH, path)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut confirmed = BTreeMap::new();
    let mut left = confirmations;
    for line in lines {
        let line = line.unwrap();
        let Some(rest) = line.strip_prefix("confirmed ") else { continue };
        let mut numbers = rest.split(' ').map(|number| number.parse::<u64>().unwrap());
        let mut next = || numbers.next().unwrap();
        let (stack, run, serial) = (next(), next(), next());
        confirmed.insert(stack, (serial, run));
        if left == 0 {
            // What it says until the signal arrives counts as well, so reading goes on.
            child.kill().unwrap();
        }
        left = left.saturating_sub(1);
    }
    assert!(!child.wait().unwrap().success(), "the victim ended by itself");
    confirmed
}

#[test]
fn killed_at_any_moment_nothing_confirmed_is_lost() {
    let place = Place::new();
    let path = place.path();
    let mut runs = BTreeMap::new();
    for round in 0..ROUNDS {
        // A small generator of awkward moments; the machine's own timing does the rest.
        let confirmations = round * round * 7919 % 61;
        let confirmed = kill_after(&path, round, confirmations);
        let verified = verify(&path, &StoreOptions::default()).unwrap();
        for (stack, (serial, run)) in confirmed {
            let name = StackId::from(format!("stack-{stack}"));
            let found = verified.iter().find(|verified| verified.stack == name).expect("the stack is there");
            assert!(found.serial.0 >= serial, "{name} had confirmed {serial}, and has {}", found.serial);
            let before = runs.insert(stack, run).unwrap_or(0);
            assert!(run > before, "run {run} was given out after {before}");
        }
    }
}

/// Nobody waits for a lease whose holder was killed, where the system can tell.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_killed_holder_is_succeeded_at_once() {
    let place = Place::new();
    kill_after(&place.path(), 0, 3);
    // The victim's own time, at which its leases are alive.
    place.clock.set(3_600_000);
    let store = place.open().await;
    for number in 0..STACKS {
        let stack = StackId::from(format!("stack-{number}"));
        let lease = store.acquire(&stack, "successor", 1000).await.unwrap();
        store.append(&lease, vec![observed("a.b", "1")]).await.unwrap();
        store.release(&lease).await.unwrap();
    }
    drop(store);
    assert_eq!(holders(&place).len(), 0);
}

/// A store that was closed without giving its lease back holds nobody up either; one that is open does.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_closed_store_is_succeeded_at_once_and_an_open_one_is_not() {
    let place = Place::new();
    let (one, two) = (place.open().await, place.open().await);
    one.acquire(&stack(), "one", 1000).await.unwrap();
    assert!(two.acquire(&stack(), "two", 1000).await.is_err());
    drop(one);
    assert_eq!(holders(&place).len(), 1);
    let lease = two.acquire(&stack(), "two", 1000).await.unwrap();
    assert_eq!(lease.token.0, 2);
    // The evidence is gone: then a lease has to expire.
    drop(two);
    for file in holders(&place) {
        std::fs::remove_file(file).unwrap();
    }
    let three = place.open().await;
    assert!(three.acquire(&stack(), "three", 1000).await.is_err());
    place.clock.move_by(1000);
    three.acquire(&stack(), "three", 1000).await.unwrap();
}

#[cfg(target_os = "linux")]
fn holders(place: &Place) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(place.directory.path()).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.to_string_lossy().contains("-holder-")).collect()
}
