//! Objects in state that configuration does not have (any more), and deposed ones.

use evenkeel_lang::config::ResourceKey;
use evenkeel_model::{Diagnostic, InstanceAddress, InstanceKey, ResourceMode};
use evenkeel_state::{DeposedKey, Object};

use super::{Planner, Status};
use crate::drift;
use crate::graph::NodeKind;
use crate::input::Mode;
use crate::types::{ActionReason, Change, ChangeAction, Repetition};

impl Planner<'_> {
    /// Everything in state that the walk did not plan: looked at, and destroyed where it is not
    /// wanted.
    pub(crate) fn remaining_objects(&mut self) {
        self.ask_for_objects();
        if !self.questions.is_empty() {
            return;
        }
        let state = self.input.state;
        for (address, instance) in &state.instances {
            let current = instance.current.as_ref().filter(|_| !self.visited.has(address));
            if current.is_none() && instance.deposed.is_empty() {
                continue;
            }
            if !self.is_selected(address) || self.is_undecided(address) {
                continue;
            }
            if let Some(object) = current {
                self.remaining_object(address, None, object);
            }
            for (key, object) in &instance.deposed {
                self.remaining_object(address, Some(*key), object);
            }
        }
    }

    fn remaining_object(&mut self, address: &InstanceAddress, deposed: Option<DeposedKey>, object: &Object) {
        if self.is_forgotten(address) && self.input.options.mode != Mode::RefreshOnly {
            return self.forget(address, deposed, object);
        }
        let catalog = self.world.catalog.clone();
        let Some(provider) = self.provider_of(&object.provider) else {
            let detail = format!(
                "To work with {address} its original provider configuration at {} is required, but it has been \
                 removed. Put the provider block back, destroy the object with it, and remove the block then.",
                object.provider,
            );
            self.diagnostics
                .push(Diagnostic::error("Provider configuration not present", detail).about(address));
            return;
        };
        let spec = catalog.spec(&provider.address.provider);
        let Some(spec) = spec.and_then(|spec| spec.resource(&address.resource.kind)) else {
            let detail = format!(
                "State has {address}, but the provider {} has no resource type \"{}\" in this version of Evenkeel, \
                 so the object can neither be read nor destroyed.",
                provider.address.provider, address.resource.kind,
            );
            self.diagnostics.push(Diagnostic::error("Resource type not supported", detail).about(address));
            return;
        };
        let answer = self.input.answers.observed.get(&(address.clone(), deposed));
        let seen = match self.seen(address, deposed, object, answer, spec, None) {
            Ok(seen) => seen,
            Err(Status::Pending | Status::Failed | Status::Done) => return,
        };
        let Some(observed) = seen.observed else {
            if deposed.is_none() {
                self.drift.push(drift::gone(address, &seen.expected, None));
            }
            return;
        };
        if self.input.options.mode == Mode::RefreshOnly {
            if deposed.is_none() {
                let found = drift::of(
                    spec.schema(),
                    address,
                    &seen.expected,
                    &observed,
                    &observed,
                    &seen.expected,
                    None,
                );
                self.drift.extend(found);
            }
            return;
        }
        self.check_protection(address);
        let reason = match (deposed, self.input.options.mode) {
            (None, Mode::Normal) => Some(self.orphan_reason(address)),
            _ => None,
        };
        let change = Change {
            address: address.clone(),
            deposed,
            provider: object.provider.clone(),
            action: ChangeAction::Delete,
            reason,
            before: Some(observed),
            after: None,
            replace_paths: Vec::new(),
            dependencies: object.dependencies.clone(),
            create_before_destroy: object.create_before_destroy,
            schema_version: spec.schema().version,
            range: None,
            previous_address: None,
            importing: None,
        };
        self.change(change);
    }

    /// `prevent_destroy` of an object that would be destroyed.
    fn check_protection(&mut self, address: &InstanceAddress) {
        let module = self.world.configuration.module(&address.resource.module.without_keys());
        let key = key_of(address);
        let Some(resource) = module.and_then(|module| module.resources.get(&key)) else { return };
        if resource.lifecycle.prevent_destroy {
            let range = resource.range.clone();
            self.prevented(address, range);
        }
    }

    /// Whether a mistake keeps it open which instances the object's resource has.
    fn is_undecided(&self, address: &InstanceAddress) -> bool {
        let path = address.resource.module.without_keys().into();
        let node = self.world.graph.find(&path, NodeKind::Resource(key_of(address)));
        node.is_some_and(|node| self.status_of(node) != Status::Done)
    }

    pub(crate) fn prevented(&mut self, address: &InstanceAddress, range: evenkeel_model::SourceRange) {
        let detail = format!(
            "Resource {address} has lifecycle.prevent_destroy set, but the plan calls for this resource to be \
             destroyed. Either disable lifecycle.prevent_destroy, or change what calls for it."
        );
        self.diagnostics
            .push(Diagnostic::error("Instance cannot be destroyed", detail).at(range).about(address));
    }

    fn orphan_reason(&self, address: &InstanceAddress) -> ActionReason {
        let path = address.resource.module.without_keys();
        let module = self.world.configuration.module(&path);
        let declared = module.is_some_and(|module| module.resources.contains_key(&key_of(address)));
        if !declared {
            return match self.origins.contains_key(address) {
                true => ActionReason::DeleteBecauseNoMoveTarget,
                false => ActionReason::DeleteBecauseNoResourceConfig,
            };
        }
        let Some(place) = self.world.module_at(&address.resource.module) else {
            // A module that is not called at all has no resources either.
            let path = address.resource.module.without_keys();
            return match self.world.configuration.module(&path) {
                Some(_) => ActionReason::DeleteBecauseNoModule,
                None => ActionReason::DeleteBecauseNoResourceConfig,
            };
        };
        let Some(resolved) = self.world.modules[place].resources.get(&key_of(address)) else {
            return ActionReason::DeleteBecauseNoResourceConfig;
        };
        match (resolved.values.repetition, &address.key) {
            (Repetition::Count, Some(InstanceKey::Int(_))) => ActionReason::DeleteBecauseCountIndex,
            (Repetition::ForEach, Some(InstanceKey::String(_))) => ActionReason::DeleteBecauseEachKey,
            (Repetition::Single | Repetition::Count | Repetition::ForEach, _) => {
                ActionReason::DeleteBecauseWrongRepetition
            }
        }
    }
}

fn key_of(address: &InstanceAddress) -> ResourceKey {
    debug_assert_eq!(address.resource.mode, ResourceMode::Managed, "state has managed objects only");
    ResourceKey {
        mode: address.resource.mode,
        kind: address.resource.kind.clone(),
        name: address.resource.name.clone(),
    }
}
