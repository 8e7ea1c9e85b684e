//! The form of journal entries on disk is a promise: a store written years ago must still be read.
//! `entries.v1.jsonl` holds one line of every shape; lines are added to it and never changed.

use std::collections::BTreeSet;

use evenkeel_state::{Entry, State};

fn lines() -> impl Iterator<Item = (&'static str, Entry)> {
    include_str!("entries.v1.jsonl").lines().map(|line| {
        let entry = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        (line, entry)
    })
}

#[test]
fn lines_are_read_and_written_byte_for_byte() {
    for (line, entry) in lines() {
        assert_eq!(serde_json::to_string(&entry).unwrap(), line);
    }
}

#[test]
fn every_kind_of_entry_is_among_them() {
    let names: BTreeSet<&str> = lines().map(|(_, entry)| entry.name()).collect();
    // A new kind of entry fails to compile here, and wants its lines in the file.
    let all = |entry: &Entry| match entry {
        Entry::RunStarted { .. }
        | Entry::Intent(_)
        | Entry::Outcome(_)
        | Entry::Observed { .. }
        | Entry::Forgotten { .. }
        | Entry::Moved { .. }
        | Entry::Drift(_)
        | Entry::Outputs { .. }
        | Entry::TakenOver { .. }
        | Entry::Approved { .. }
        | Entry::ApprovalUsed { .. }
        | Entry::Identified { .. }
        | Entry::RunFinished { .. } => 13,
    };
    assert!(lines().all(|(_, entry)| all(&entry) == names.len()));
}

#[test]
fn the_tag_of_a_line_is_its_stored_kind() {
    for (line, entry) in lines() {
        assert!(line.starts_with(&format!("{{\"entry\":\"{}\"", entry.name())), "{line}");
    }
}

#[test]
fn the_lines_fold() {
    let mut state = State::default();
    lines().for_each(|(_, entry)| state.fold(&entry));
    // All but the two starts, the two ends, the two drifts and what is said of approvals and accounts change something.
    assert_eq!(state.serial.0, 21);
    assert!(state.pending.is_empty());
    assert_eq!(state.outputs.len(), 1);
}

#[test]
fn tokens_do_not_change_between_versions() {
    use evenkeel_state::{RunId, StepId, Token};
    let token = Token::derive("d1", RunId(1), StepId(2));
    assert_eq!(token.0.len(), 32);
    assert_eq!(&*token.0, "f46569b591e55259ac30ead2ae4425c5");
}
