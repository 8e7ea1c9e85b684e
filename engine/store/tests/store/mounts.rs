//! Real file systems that are full or read-only, in a mount namespace of their own, which ends
//! with the process: this binary runs itself again inside it. Where the machine does not allow
//! such namespaces the tests say so and pass; the same errors are tested without them elsewhere.

use std::path::PathBuf;
use std::process::Command;

use evenkeel_store::{SqliteStore, Store, StoreError, StoreOptions, verify};

use crate::support::*;

const DIRECTORY: &str = "EVENKEEL_TEST_MOUNT";

/// Runs `test` of this binary after `script`, in which `$D` is an empty directory to mount on.
fn inside(script: &str, test: &str) {
    let place = Place::new();
    let unshare = |command: &str| {
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--map-root-user", "sh", "-ec", command]);
        unshare
            .env("D", place.directory.path())
            .env("TEST", test)
            .env("BINARY", std::env::current_exe().unwrap());
        unshare.env(DIRECTORY, place.directory.path()).output()
    };
    match unshare("mount -t tmpfs none \"$D\"") {
        Ok(output) if output.status.success() => {}
        Ok(_) | Err(_) => return println!("skipped {test}: no mount namespaces here"),
    }
    let output = unshare(&format!("{script}\nexec \"$BINARY\" --exact \"$TEST\" --nocapture")).unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}\n{err}");
}

/// The store inside the mount, if this is the process that runs there.
fn mounted() -> Option<PathBuf> {
    std::env::var_os(DIRECTORY).map(|directory| PathBuf::from(directory).join("stack.evenkeel"))
}

#[test]
fn a_file_system_that_fills_up() {
    inside("mount -t tmpfs -o size=1m none \"$D\"", "mounts::inside_one_that_fills_up");
}

#[tokio::test]
async fn inside_one_that_fills_up() {
    let Some(path) = mounted() else { return };
    let store = SqliteStore::open(&path, HandClock::at(0)).await.unwrap();
    let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
    let mut confirmed = 0;
    let error = loop {
        match store.append(&lease, vec![observed(&format!("a.a[{confirmed}]"), &"x".repeat(5000))]).await {
            Ok(serial) => confirmed = serial.0,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert!(confirmed > 10, "only {confirmed}");
    assert_eq!(store.load(&stack()).await.unwrap().serial.0, confirmed);
    drop(store);
    // Even the full disk can be looked at, and what was confirmed is there.
    assert_eq!(verify(&path, &StoreOptions::default()).unwrap()[0].serial.0, confirmed);
}

#[test]
fn a_file_system_without_any_space() {
    let script = "mount -t tmpfs -o size=64k none \"$D\"; dd if=/dev/zero of=\"$D/fill\" 2>/dev/null || true";
    inside(script, "mounts::inside_one_without_any_space");
}

#[tokio::test]
async fn inside_one_without_any_space() {
    let Some(path) = mounted() else { return };
    let Err(error) = SqliteStore::open(&path, HandClock::at(0)).await else { panic!("opened") };
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    std::fs::remove_file(path.with_file_name("fill")).unwrap();
    // What was begun is no obstacle once there is space again.
    let error = SqliteStore::open(&path, HandClock::at(0)).await.err();
    assert!(matches!(error, None | Some(StoreError::DiskFull { .. })), "{error:?}");
}

#[test]
fn a_file_system_that_is_read_only() {
    let script = "mount -t tmpfs none \"$D\"
        EVENKEEL_TEST_MAKE=1 \"$BINARY\" --exact \"$TEST\"
        mount -o remount,ro \"$D\"";
    inside(script, "mounts::inside_one_that_is_read_only");
}

#[tokio::test]
async fn inside_one_that_is_read_only() {
    let Some(path) = mounted() else { return };
    if std::env::var_os("EVENKEEL_TEST_MAKE").is_some() {
        let store = SqliteStore::open(&path, HandClock::at(0)).await.unwrap();
        let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
        store.append(&lease, vec![observed("a.b", "1")]).await.unwrap();
        return;
    }
    for path in [path.clone(), path.with_file_name("new.evenkeel")] {
        let Err(error) = SqliteStore::open(&path, HandClock::at(0)).await else { panic!("opened") };
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    }
    let store = SqliteStore::open_read_only(&path, HandClock::at(0)).await.unwrap();
    assert_eq!(store.load(&stack()).await.unwrap().serial.0, 1);
}
