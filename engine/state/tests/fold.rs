//! Properties of the journal, its fold and its form on disk.

use evenkeel_state::testing::{entry, journal};
use evenkeel_state::{Action, Entry, OutcomeKind, Serial, State, changes};
use proptest::collection::vec;
use proptest::prelude::*;

fn fold(entries: &[Entry]) -> State {
    let mut state = State::default();
    entries.iter().for_each(|entry| state.fold(entry));
    state
}

fn through_json(entries: &[Entry]) -> Vec<Entry> {
    let read = |text: String| serde_json::from_str(&text).expect("an entry that was written can be read");
    entries.iter().map(|entry| read(serde_json::to_string(entry).expect("an entry can be written"))).collect()
}

proptest! {
    #[test]
    fn every_entry_survives_its_form_on_disk(entries in vec(entry(), 0..20)) {
        prop_assert_eq!(through_json(&entries), entries);
    }

    #[test]
    fn an_entry_takes_one_line(entry in entry()) {
        prop_assert!(!serde_json::to_string(&entry).unwrap().contains('\n'));
    }

    #[test]
    fn what_was_read_back_folds_to_the_same(entries in journal()) {
        prop_assert_eq!(fold(&through_json(&entries)), fold(&entries));
    }

    #[test]
    fn folding_goes_on_where_it_stopped(entries in vec(entry(), 0..40), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(entries.len() + 1);
        let mut state = fold(&entries[..cut]);
        entries[cut..].iter().for_each(|entry| state.fold(entry));
        prop_assert_eq!(state, fold(&entries));
    }

    #[test]
    fn the_serial_rises_with_every_change_and_only_then(entries in vec(entry(), 0..40)) {
        let mut state = State::default();
        for entry in &entries {
            let before = state.clone();
            state.fold(entry);
            if changes(entry).is_empty() {
                prop_assert_eq!(&state, &before);
            } else {
                // What is taken over may be further than what was here.
                let from = if let Entry::TakenOver { serial, .. } = entry { *serial } else { Serial(0) };
                prop_assert_eq!(state.serial, Serial(before.serial.max(from).0 + 1));
            }
        }
    }

    #[test]
    fn an_instance_without_objects_is_not_kept(entries in vec(entry(), 0..40)) {
        let state = fold(&entries);
        let empty = state.instances.values().find(|i| i.current.is_none() && i.deposed.is_empty());
        prop_assert!(empty.is_none());
    }

    /// Objects come and go only by saying so: nothing that was made is lost between two entries.
    #[test]
    fn objects_are_accounted_for(entries in journal()) {
        let objects = |state: &State| -> usize {
            state.instances.values().map(|i| i.deposed.len() + usize::from(i.current.is_some())).sum()
        };
        let mut state = State::default();
        for entry in &entries {
            let before = objects(&state);
            state.fold(entry);
            let after = objects(&state);
            match entry {
                Entry::Outcome(outcome) => match outcome.kind {
                    OutcomeKind::Present(_) => prop_assert!(after == before || after == before + 1),
                    OutcomeKind::Absent => prop_assert_eq!(after + 1, before),
                    OutcomeKind::NotCreated { .. } | OutcomeKind::Unchanged => prop_assert_eq!(after, before),
                },
                Entry::Observed { .. } | Entry::Forgotten { .. } => prop_assert!(after.abs_diff(before) <= 1),
                _ => prop_assert_eq!(after, before),
            }
        }
    }

    /// A creation that did not happen leaves what was there before.
    #[test]
    fn a_creation_that_did_not_happen_is_undone(entries in journal()) {
        let mut state = State::default();
        let mut before_intent = std::collections::BTreeMap::new();
        for entry in &entries {
            if let Entry::Intent(intent) = entry && intent.action == Action::Create {
                before_intent.insert((intent.run, intent.step), state.instances.get(&intent.address).cloned());
            }
            state.fold(entry);
            if let Entry::Outcome(outcome) = entry && matches!(outcome.kind, OutcomeKind::NotCreated { .. }) {
                let before = before_intent.remove(&(outcome.run, outcome.step)).expect("an intent comes first");
                prop_assert_eq!(state.instances.get(&outcome.address), before.as_ref());
            }
        }
    }

    #[test]
    fn an_outcome_resolves_its_intent_and_no_other(entries in journal()) {
        let mut state = State::default();
        for entry in &entries {
            let mut expected = state.pending.clone();
            state.fold(entry);
            match entry {
                Entry::Intent(intent) => drop(expected.insert((intent.run, intent.step), (**intent).clone())),
                Entry::Outcome(outcome) => drop(expected.remove(&(outcome.run, outcome.step))),
                _ => {}
            }
            prop_assert_eq!(&state.pending, &expected);
        }
    }
}
