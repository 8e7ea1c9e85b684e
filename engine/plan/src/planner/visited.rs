//! Which instances configuration has.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_model::{InstanceAddress, InstanceKey, ResourceAddress};

/// Managed instances that were visited: by resource, because all instances of one are visited at once.
#[derive(Default)]
pub(crate) struct Visited(BTreeMap<ResourceAddress, BTreeSet<Option<InstanceKey>>>);

impl Visited {
    /// Takes instances of a resource.
    pub(crate) fn add(
        &mut self,
        resource: &ResourceAddress,
        keys: impl Iterator<Item = Option<InstanceKey>>,
    ) {
        match self.0.get_mut(resource) {
            Some(known) => known.extend(keys),
            None => drop(self.0.insert(resource.clone(), keys.collect())),
        }
    }

    /// Whether an instance is among them.
    pub(crate) fn has(&self, address: &InstanceAddress) -> bool {
        self.0.get(&address.resource).is_some_and(|keys| keys.contains(&address.key))
    }
}
