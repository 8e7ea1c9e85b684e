//! `removed` blocks: objects that are not declared any more and are forgotten instead of destroyed.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::config::{Configuration, RemovedTarget, ResourceKey};
use evenkeel_model::{Diagnostic, Diagnostics, InstanceAddress, Value};
use evenkeel_state::{DeposedKey, Object};

use super::Planner;
use crate::types::{ActionReason, Change, ChangeAction};

/// By static path, of a whole module or of one resource in it: whether objects are destroyed.
pub(crate) type Targets = BTreeMap<(Vec<Arc<str>>, Option<ResourceKey>), bool>;

/// What the `removed` blocks of a configuration are about.
pub(crate) fn targets(configuration: &Configuration) -> Targets {
    let blocks = configuration
        .modules
        .iter()
        .flat_map(|(path, module)| module.removed.iter().map(move |removed| (path, removed)));
    blocks
        .map(|(path, removed)| {
            let (module, key) = match &removed.from {
                RemovedTarget::Module(module) => (module, None),
                RemovedTarget::Resource { module, key } => (module, Some(key.clone())),
            };
            ((path.iter().chain(module).cloned().collect(), key), removed.destroy)
        })
        .collect()
}

/// What is said to be removed and is declared nevertheless.
pub(crate) fn problems(configuration: &Configuration) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for (path, module) in &configuration.modules {
        for removed in &module.removed {
            let inside =
                |steps: &[Arc<str>]| -> Vec<Arc<str>> { path.iter().chain(steps).cloned().collect() };
            let (what, declared) = match &removed.from {
                RemovedTarget::Module(steps) => {
                    ("module", configuration.module(&inside(steps)).map(|_| None))
                }
                RemovedTarget::Resource { module, key } => {
                    let found = configuration.module(&inside(module));
                    let found = found.and_then(|module| module.resources.get(key));
                    ("resource", found.map(|resource| Some(&resource.range)))
                }
            };
            let Some(range) = declared else { continue };
            let place = range.map(|range| format!(" at {}:{}", range.filename, range.start.line));
            let detail = format!(
                "The block says that {} was removed, but it is still declared{}. Remove the declaration, or the \
                 removed block.",
                removed.from,
                place.unwrap_or_default(),
            );
            let summary = format!("Removed {what} still exists");
            diagnostics.push(Diagnostic::error(summary, detail).at(removed.range.clone()));
        }
    }
    diagnostics
}

impl Planner<'_> {
    /// Whether an object that configuration does not have is to be forgotten.
    pub(crate) fn is_forgotten(&self, address: &InstanceAddress) -> bool {
        if self.removed.is_empty() {
            return false;
        }
        let path = address.resource.module.without_keys();
        let resource = ResourceKey {
            mode: address.resource.mode,
            kind: address.resource.kind.clone(),
            name: address.resource.name.clone(),
        };
        let module = self.world.configuration.module(&path);
        if module.is_some_and(|module| module.resources.contains_key(&resource)) {
            return false;
        }
        let around = (0..=path.len()).rev().filter_map(|length| path.get(..length));
        let mut around = around.filter_map(|path| self.removed.get(&(path.to_vec(), None)));
        let own = self.removed.get(&(path.clone(), Some(resource)));
        own.or_else(|| around.next()).is_some_and(|destroy| !destroy)
    }

    /// Plans to forget an object.
    pub(crate) fn forget(&mut self, address: &InstanceAddress, deposed: Option<DeposedKey>, object: &Object) {
        let before = self.remembered_value(address, object);
        let change = Change {
            address: address.clone(),
            deposed,
            provider: object.provider.clone(),
            action: ChangeAction::Forget,
            reason: deposed.is_none().then_some(ActionReason::DeleteBecauseNoResourceConfig),
            before,
            after: None,
            replace_paths: Vec::new(),
            dependencies: object.dependencies.clone(),
            create_before_destroy: object.create_before_destroy,
            schema_version: object.schema_version,
            range: None,
            previous_address: None,
            importing: None,
        };
        self.change(change);
    }

    /// The object as it is remembered, where its type is known.
    fn remembered_value(&self, address: &InstanceAddress, object: &Object) -> Option<Value> {
        let spec = self.world.catalog.spec(&object.provider.provider)?.resource(&address.resource.kind)?;
        object.value(&spec.schema().ty()).ok()
    }

    /// That objects will go on without anybody looking after them is said once.
    pub(crate) fn warn_of_forgotten(&mut self) {
        let forgotten = self.changes.iter().filter(|change| change.action == ChangeAction::Forget);
        let names: Vec<String> = forgotten.map(|change| change.address.to_string()).collect();
        if names.is_empty() {
            return;
        }
        let detail = format!(
            "These objects are forgotten and not destroyed, as their removed blocks say: {}. They go on to exist, \
             and have to be imported to be managed again.",
            names.join(", ")
        );
        let summary = "Some objects will no longer be managed by Terraform";
        self.diagnostics.push(Diagnostic::warning(summary, detail));
    }
}
