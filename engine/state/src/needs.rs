//! What resources are made from, at any distance. State remembers the nearest ones; Terraform's documents
//! and state files list all of them.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_model::ResourceAddress;

use crate::object::Object;
use crate::snapshot::State;

/// The dependencies among the resources of a state, by their names without keys.
pub struct Needs(BTreeMap<String, BTreeSet<String>>);

impl Needs {
    /// Those of a state.
    pub fn in_state(state: &State) -> Self {
        let mut nearest: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (address, instance) in &state.instances {
            let objects = instance.current.iter().chain(instance.deposed.values());
            let needed = objects.flat_map(|object| object.dependencies.iter().map(static_name));
            nearest.entry(static_name(&address.resource)).or_default().extend(needed);
        }
        Self(nearest)
    }

    /// Everything that an object is made from.
    pub fn of(&self, object: &Object) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open: Vec<String> = object.dependencies.iter().map(static_name).collect();
        while let Some(name) = open.pop() {
            if let Some(further) = self.0.get(&name).filter(|_| !found.contains(&name)) {
                open.extend(further.iter().cloned());
            }
            found.insert(name);
        }
        found
    }
}

/// A resource without the keys of the module instances on the way: what Terraform depends on.
fn static_name(resource: &ResourceAddress) -> String {
    let mut resource = resource.clone();
    resource.module.0.iter_mut().for_each(|step| step.key = None);
    resource.to_string()
}
