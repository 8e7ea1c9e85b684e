//! The changes that were found so far: in the order of the walk, and found by what they are about.
//!
//! A change is large and there may be a million, so they are not kept in a map: that would leave half of its
//! room empty, and move them around.

use std::collections::BTreeMap;

use evenkeel_model::InstanceAddress;
use evenkeel_state::DeposedKey;

use crate::types::Change;

type Key = (InstanceAddress, Option<DeposedKey>);

/// Changes, one for each object.
#[derive(Default)]
pub(crate) struct Changes {
    all: Vec<Change>,
    places: BTreeMap<Key, usize>,
}

impl Changes {
    /// Takes a change; an earlier one of the same object is forgotten.
    pub(crate) fn insert(&mut self, change: Change) {
        let place = *self.places.entry((change.address.clone(), change.deposed)).or_insert(self.all.len());
        match self.all.get_mut(place) {
            Some(earlier) => *earlier = change,
            None => self.all.push(change),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Makes room for so many more.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.all.reserve(more);
    }

    /// Whether there is a change of the object that is current.
    pub(crate) fn has(&self, address: &InstanceAddress) -> bool {
        self.places.contains_key(&(address.clone(), None))
    }

    /// The changes from an address on, by address.
    pub(crate) fn from(&self, first: InstanceAddress) -> impl Iterator<Item = &Change> {
        self.places.range((first, None)..).filter_map(|(_, place)| self.all.get(*place))
    }

    /// What they are about, by address.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.places.keys()
    }

    /// All of them, by address.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Change> {
        self.places.values().filter_map(|place| self.all.get(*place))
    }

    /// All of them, by address.
    pub(crate) fn sorted(self) -> Vec<Change> {
        let mut all = self.all;
        // Mostly they were found in order. Sorting would take room for that, too.
        if !self.places.values().is_sorted() {
            all.sort_unstable_by(|a, b| (&a.address, a.deposed).cmp(&(&b.address, b.deposed)));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_state::ProviderConfigAddress;

    use super::*;
    use crate::types::ChangeAction;

    fn change(address: &str, action: ChangeAction) -> Change {
        let provider = ProviderConfigAddress {
            module: Vec::new(),
            provider: "hashicorp/aws".parse().unwrap(),
            alias: None,
        };
        Change {
            address: address.parse().unwrap(),
            deposed: None,
            provider,
            action,
            reason: None,
            before: None,
            after: None,
            replace_paths: Vec::new(),
            dependencies: Vec::new(),
            create_before_destroy: false,
            schema_version: 0,
            range: None,
            previous_address: None,
            importing: None,
        }
    }

    #[test]
    fn found_in_any_order_they_are_given_by_address() {
        let mut changes = Changes::default();
        for address in ["t.b[2]", "t.a", "t.b[10]", "t.b[1]"] {
            changes.insert(change(address, ChangeAction::Create));
        }
        changes.insert(change("t.a", ChangeAction::Update));
        assert!(changes.has(&"t.a".parse().unwrap()) && !changes.has(&"t.c".parse().unwrap()));
        let names = |changes: &mut dyn Iterator<Item = &Change>| -> Vec<String> {
            changes.map(|change| change.address.to_string()).collect()
        };
        assert_eq!(names(&mut changes.from("t.b[2]".parse().unwrap())), ["t.b[2]", "t.b[10]"]);
        let sorted = ["t.a", "t.b[1]", "t.b[2]", "t.b[10]"];
        assert_eq!(names(&mut changes.iter()), sorted);
        let all = changes.sorted();
        assert_eq!(names(&mut all.iter()), sorted);
        assert_eq!(all[0].action, ChangeAction::Update);
    }
}
