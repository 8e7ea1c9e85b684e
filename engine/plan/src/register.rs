//! Something kept for each resource, found by what dependencies say of it.
//!
//! A dependency may name a resource in all instances of a module call (a module step without a key).
//! Both directions are answered without looking at what has nothing to do with the question.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{ModuleAddress, ModuleStep, ResourceAddress, ResourceMode};

/// A resource without the instances of the modules around it.
type Static = (Vec<Arc<str>>, ResourceMode, Arc<str>, Arc<str>);

/// Something for each resource.
pub struct Register<T>(BTreeMap<Static, BTreeMap<ModuleAddress, T>>);

impl<T> Default for Register<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Default> Register<T> {
    /// What is kept for a resource, to be changed.
    pub fn entry(&mut self, resource: &ResourceAddress) -> &mut T {
        self.0.entry(statically(resource)).or_default().entry(resource.module.clone()).or_default()
    }
}

impl<T> Register<T> {
    /// What is kept for the resources that a dependency covers, in order.
    pub fn covered_by(&self, dependency: &ResourceAddress) -> Vec<&T> {
        let Some(instances) = self.0.get(&statically(dependency)) else { return Vec::new() };
        let wanted = &dependency.module.0;
        // Those with the same keys up to the first one left open stand side by side; no key sorts
        // before all keys.
        let fixed = wanted.iter().position(|step| step.key.is_none()).unwrap_or(wanted.len());
        let fits = |module: &ModuleAddress| {
            module.0.iter().zip(wanted).all(|(own, wanted)| wanted.key.is_none() || wanted.key == own.key)
        };
        instances
            .range(dependency.module.clone()..)
            .take_while(|(module, _)| module.0.get(..fixed) == wanted.get(..fixed))
            .filter(|(module, _)| fits(module))
            .map(|(_, kept)| kept)
            .collect()
    }
}

/// The dependencies that cover a resource and leave open all keys from some module call inwards, as
/// the planner writes them; the resource itself first.
pub fn covering(resource: &ResourceAddress) -> Vec<ResourceAddress> {
    let mut found = vec![resource.clone()];
    for open in (0..resource.module.0.len()).rev() {
        let mut wider = resource.clone();
        let without_key = |step: &mut ModuleStep| step.key = None;
        wider.module.0.iter_mut().skip(open).for_each(without_key);
        if found.last() != Some(&wider) {
            found.push(wider);
        }
    }
    found
}

fn statically(resource: &ResourceAddress) -> Static {
    (resource.module.without_keys(), resource.mode, resource.kind.clone(), resource.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(text: &str) -> ResourceAddress {
        text.parse::<evenkeel_model::InstanceAddress>().unwrap().resource
    }

    #[test]
    fn a_step_without_key_covers_every_instance_of_the_call() {
        let all = [
            "t.r",
            "module.a.t.r",
            "module.a[0].t.r",
            "module.a[0].module.b.t.r",
            "module.a[0].module.b[\"x\"].t.r",
            "module.a[1].module.b[\"x\"].t.r",
            "module.a[1].module.b[\"x\"].t.other",
        ];
        let mut register: Register<Vec<&str>> = Register::default();
        all.iter().for_each(|text| register.entry(&resource(text)).push(text));
        let found = |text: &str| -> Vec<&str> {
            register.covered_by(&resource(text)).into_iter().flatten().copied().collect()
        };
        assert_eq!(found("t.r"), ["t.r"]);
        assert_eq!(found("module.a.t.r"), ["module.a.t.r", "module.a[0].t.r"]);
        assert_eq!(found("module.a[0].t.r"), ["module.a[0].t.r"]);
        assert_eq!(found("module.a[0].module.b.t.r"), all[3..5]);
        assert_eq!(found("module.a.module.b.t.r"), all[3..6]);
        for dependency in all {
            for other in all {
                let covers = resource(dependency).covers(&resource(other));
                assert_eq!(found(dependency).contains(&other), covers, "{dependency} {other}");
                assert_eq!(covering(&resource(other)).contains(&resource(dependency)), covers);
            }
        }
    }
}
