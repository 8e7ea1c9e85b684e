//! The audit log: whatever is changed, taken out or put in afterwards is found, in the file and in an
//! exported copy.

use std::path::Path;

use evenkeel_state::{Action, Entry};
use evenkeel_store::{
    AuditHead, SqliteStore, Store, StoreOptions, audit, check_export, export_audit, link_at,
};
use proptest::prelude::*;
use rusqlite::Connection;

use crate::support::{self, Place, observed, outcome, present, stack};

/// A run that made two objects, with what was seen of one of them.
fn entries() -> Vec<Entry> {
    vec![
        support::started(1),
        support::intent(1, 0, "aws_vpc.a", Action::Create),
        outcome(1, 0, "aws_vpc.a", present("vpc-1")),
        support::intent(1, 1, "aws_vpc.b", Action::Create),
        outcome(1, 1, "aws_vpc.b", present("vpc-2")),
        support::finished(1),
        observed("aws_vpc.a", "vpc-1"),
    ]
}

async fn filled(place: &Place) -> SqliteStore {
    let store = place.open().await;
    let lease = store.acquire(&stack(), "ann@host", 60_000).await.unwrap();
    for part in entries().chunks(3) {
        store.append(&lease, part.to_vec()).await.unwrap();
        place.clock.move_by(1_000);
    }
    store
}

fn exported(path: &Path) -> (String, AuditHead) {
    let mut out = Vec::new();
    let head = export_audit(path, &stack(), &mut out).unwrap().unwrap();
    (String::from_utf8(out).unwrap(), head)
}

/// Closes the store, so that another program can write to its file.
fn edit(path: &Path, sql: &str) -> usize {
    Connection::open(path).unwrap().execute(sql, []).unwrap()
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_whole() {
    let place = Place::new();
    let store = filled(&place).await;
    let head = audit(&place.path(), &stack(), &StoreOptions::default()).unwrap().unwrap().unwrap();
    assert_eq!(head.lines, 7);
    let (text, end) = exported(&place.path());
    assert_eq!(end, head);
    assert_eq!(check_export(&text).unwrap(), head);
    assert_eq!(link_at(&place.path(), &stack(), 7).unwrap(), Some(head.link.clone()));
    assert_eq!(link_at(&place.path(), &stack(), 8).unwrap(), None);
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first["actor"], "ann@host");
    assert_eq!(first["kind"], "run_started");
    assert!(!text.contains("vpc-1"), "contents stay in the store");
    // What follows is bound to it.
    let lease = store.acquire(&stack(), "bob@host", 60_000).await.unwrap_err();
    assert!(lease.to_string().contains("ann@host"), "{lease}");
    assert_eq!(audit(&place.path(), &"other".into(), &StoreOptions::default()).unwrap(), None);
}

#[tokio::test]
async fn every_edited_row_is_found() {
    let place = Place::new();
    filled(&place).await.finish();
    for (sql, line) in [
        ("UPDATE journal SET entry = replace(entry, 'vpc-2', 'vpc-3') WHERE seq = 5", 5),
        ("UPDATE journal SET at = at + 1 WHERE seq = 2", 2),
        ("UPDATE journal SET actor = 'eve@host' WHERE seq = 3", 3),
        ("UPDATE journal SET run = NULL WHERE seq = 4", 4),
        ("UPDATE journal SET token = 9 WHERE seq = 6", 6),
        ("UPDATE journal SET address = 'aws_vpc.c' WHERE seq = 7", 7),
        ("UPDATE journal SET link = zeroblob(32) WHERE seq = 1", 1),
        ("UPDATE journal SET link = NULL WHERE seq = 1", 1),
        ("UPDATE journal SET seq = 100 WHERE seq = 3", 3),
        ("DELETE FROM journal WHERE seq = 1", 1),
        ("DELETE FROM journal WHERE seq = 4", 4),
        ("DELETE FROM journal WHERE seq = 7", 7),
        ("UPDATE stacks SET audit_head = zeroblob(32)", 7),
        ("UPDATE stacks SET audit_lines = 6", 7),
    ] {
        let copy = place.directory.path().join("copy");
        std::fs::copy(place.path(), &copy).unwrap();
        assert_eq!(edit(&copy, sql), 1, "{sql}");
        let tampered = audit(&copy, &stack(), &StoreOptions::default()).unwrap().unwrap().expect_err(sql);
        assert_eq!(tampered.line, line, "{sql}: {tampered:?}");
        let (text, _) = exported(&copy);
        if !sql.contains("stacks") && !sql.contains("seq = 7") {
            assert!(check_export(&text).is_err(), "{sql}");
        }
    }
}

#[tokio::test]
async fn every_edited_byte_of_a_copy_is_found() {
    let place = Place::new();
    filled(&place).await.finish();
    let (text, _) = exported(&place.path());
    let bytes = text.as_bytes();
    let mut attempts = 0;
    for at in 0..bytes.len() {
        // A third of the bytes that text can be made of, and those that mean something in JSON.
        let others = (1..=127).step_by(3).map(|step| (bytes[at] + step) & 0x7f);
        for with in
            others.chain([b'0', b'1', b' ', b'\n', b'}', b'"', b'x']).filter(|with| *with != bytes[at])
        {
            let mut changed = bytes.to_vec();
            changed[at] = with;
            let changed = String::from_utf8(changed).unwrap();
            assert!(check_export(&changed).is_err(), "byte {at} became {with}");
            attempts += 1;
        }
        let (start, end) = (String::from_utf8_lossy(&bytes[..at]), String::from_utf8_lossy(&bytes[at + 1..]));
        assert!(check_export(&start).is_err(), "cut at {at}");
        assert!(check_export(&format!("{start}{end}")).is_err(), "without byte {at}");
    }
    assert!(attempts >= 100_000, "{attempts} attempts on {} bytes", bytes.len());
    let lines: Vec<&str> = text.lines().collect();
    for at in 0..lines.len() {
        let mut others = lines.clone();
        others.remove(at);
        assert!(check_export(&(others.join("\n") + "\n")).is_err(), "without line {at}");
        let mut twice = lines.clone();
        twice.insert(at, lines[at]);
        assert!(check_export(&(twice.join("\n") + "\n")).is_err(), "line {at} twice");
    }
}

#[tokio::test]
async fn lines_of_an_older_format_are_bound_when_the_file_is_opened() {
    let place = Place::new();
    filled(&place).await.finish();
    // As the format before it was.
    let conn = Connection::open(place.path()).unwrap();
    for sql in [
        "DROP TABLE data_keys",
        "DROP INDEX journal_of_identities",
        "ALTER TABLE journal DROP COLUMN actor",
        "ALTER TABLE journal DROP COLUMN link",
        "ALTER TABLE stacks DROP COLUMN audit_lines",
        "ALTER TABLE stacks DROP COLUMN audit_head",
    ] {
        conn.execute(sql, []).unwrap();
    }
    conn.pragma_update(None, "user_version", 3).unwrap();
    drop(conn);
    let store = place.open().await;
    let head = audit(&place.path(), &stack(), &StoreOptions::default()).unwrap().unwrap().unwrap();
    assert_eq!(head.lines, 7);
    place.clock.move_by(100_000);
    let lease = store.acquire(&stack(), "bob@host", 60_000).await.unwrap();
    store.append(&lease, vec![support::started(2), support::finished(2)]).await.unwrap();
    assert_eq!(audit(&place.path(), &stack(), &StoreOptions::default()).unwrap().unwrap().unwrap().lines, 9);
    assert_eq!(link_at(&place.path(), &stack(), 7).unwrap(), Some(head.link));
}

proptest! {
    #[test]
    fn no_text_is_a_log_by_chance(text in "[{}\",:a-z0-9\n ]{0,400}") {
        prop_assert!(check_export(&text).is_err());
    }
}
