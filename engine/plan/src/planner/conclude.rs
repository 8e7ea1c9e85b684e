//! The end of the walk: what it found becomes a plan, questions, or a failure.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use evenkeel_lang::config::Module;
use evenkeel_model::{Diagnostic, Diagnostics, Marks, ResourceAddress, ResourceMode, Severity, Value, json};
use evenkeel_state::State;

use super::{Planner, Status};
use crate::graph::{Node, NodeKind, SELF_REFERENCE, StaticPath};
use crate::input::{Mode, Planning};
use crate::order::Provisioned;
use crate::types::{Check, CheckKind, Move, OutputChange, Plan, ResourceValues};
use crate::world::World;
use crate::{order, validate, verify};

impl Planner<'_> {
    /// Ends the planning; `remembered` is the state with the moves made.
    pub(super) fn conclude(mut self, moves: Vec<Move>, remembered: &State) -> Planning {
        self.warn_of_forgotten();
        self.tell_of_provisioners();
        if self.questions.is_empty() {
            self.refuse_lost_imports();
        }
        let root = self.world.modules.first();
        for (name, value) in root.map(|root| root.outputs.clone()).unwrap_or_default() {
            self.refuse_infinity(&value, format_args!("output value {name:?}"));
        }
        let errored = self.diagnostics.has_errors();
        if errored && !self.never_valid().is_empty() {
            return Planning::Failed(self.diagnostics, None);
        }
        if !self.questions.is_empty() {
            return Planning::Ask(self.questions);
        }
        if !errored && !self.generated.is_empty() {
            return Planning::Generated(self.generated);
        }
        if !errored {
            let mut unvisited = self.never_valid();
            unvisited.0.retain(|one| !validate::is_unsupported(one));
            if !unvisited.is_empty() {
                self.diagnostics.extend(unvisited);
                return Planning::Failed(self.diagnostics, None);
            }
        }
        let provisioned = self.provisioned_changes();
        let mut plan = self.assemble(moves, errored);
        if errored {
            return Planning::Failed(self.diagnostics, Some(Box::new(plan)));
        }
        match order::steps(&plan.changes, &provisioned, self.input.state) {
            Ok(steps) => plan.steps = steps,
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                return Planning::Failed(self.diagnostics, None);
            }
        }
        let violations = verify::violations(&plan, remembered);
        if !violations.is_empty() {
            self.diagnostics.push(Diagnostic::error(
                "The plan contradicts itself",
                format!("This is a bug in Evenkeel; nothing was changed. {}", violations.join("; ")),
            ));
            return Planning::Failed(self.diagnostics, None);
        }
        Planning::Done(Box::new(plan), self.diagnostics)
    }

    /// What is wrong with the configuration whatever the values are, so that nothing that was planned with
    /// it is worth showing: also where there are no instances, so that planning did not come there. That
    /// something needs itself shows only with values, as in Terraform.
    fn never_valid(&self) -> Diagnostics {
        let subject = validate::Subject {
            snapshot: self.input.snapshot,
            configuration: self.input.configuration,
            catalog: &**self.input.catalog,
            options: self.input.options,
        };
        let found = validate::validate_configuration(subject);
        let wrong = |one: &Diagnostic| one.severity == Severity::Error && one.summary != SELF_REFERENCE;
        Diagnostics(found.into_iter().filter(wrong).collect())
    }

    /// The plan without its steps.
    fn assemble(&mut self, moves: Vec<Move>, errored: bool) -> Plan {
        let outputs = self.output_changes();
        let kept_outputs = self.kept_outputs();
        self.drift.sort_by(|a, b| a.address.cmp(&b.address));
        Plan {
            revision: self.input.snapshot.revision.clone(),
            lineage: self.input.state.lineage.clone(),
            base_serial: self.input.state.serial,
            mode: self.input.options.mode,
            providers: std::mem::take(&mut self.provider_versions),
            variables: self.variables(),
            plan_time: self.input.options.plan_time.clone(),
            changes: std::mem::take(&mut self.changes).sorted(),
            steps: Vec::new(),
            outputs,
            moves,
            checks: self.checks(),
            kept_outputs,
            left_alone: std::mem::take(&mut self.left_alone),
            errored,
            partial: self.selection.is_some(),
            drift: std::mem::take(&mut self.drift),
            refreshed: std::mem::take(&mut self.refreshed).into_values().collect(),
            resources: resource_values(&mut self.world),
            digest: OnceLock::new(),
            digest_key: OnceLock::new(),
        }
    }

    /// Everything that has conditions, and what is known of them.
    fn checks(&mut self) -> Vec<Check> {
        let graph = &self.world.graph;
        let declared = graph.graph.node_indices().filter_map(|node| {
            let Node { path, kind } = &graph.graph[node];
            let kind = check_kind(self.input.configuration.module(path)?, kind)?;
            let selected = self.selection.as_ref().is_none_or(|selection| selection.has(node));
            let reached = selected && self.input.options.mode == Mode::Normal;
            let reached = reached && self.status_of(node) == Status::Done;
            Some((kind, graph.graph[node].subject(), reached))
        });
        let declared: Vec<_> = declared.collect();
        std::mem::take(&mut self.world.conditions).into_checks(declared)
    }

    fn is_output_left_alone(&self, name: &Arc<str>) -> bool {
        let Some(selection) = &self.selection else { return false };
        let root: StaticPath = Arc::new([]);
        let node = self.world.graph.find(&root, NodeKind::Output(name.clone()));
        node.is_none_or(|node| !selection.has(node)) || self.input.options.mode == Mode::Destroy
    }

    /// The outputs that the plan does not evaluate, as they were.
    fn kept_outputs(&self) -> BTreeMap<Arc<str>, Option<Value>> {
        let state = &self.input.state.outputs;
        let declared = self.input.configuration.root();
        let kept = state.keys().chain(declared.outputs.keys()).filter(|name| self.is_output_left_alone(name));
        kept.map(|name| (name.clone(), state.get(name).and_then(output_value))).collect()
    }

    /// The provisioners of each change, in their order; none at all where no change has any.
    fn provisioned_changes(&mut self) -> Vec<Provisioned> {
        if self.provisioned.is_empty() {
            return Vec::new();
        }
        let mut provisioned = std::mem::take(&mut self.provisioned);
        self.changes.keys().map(|key| provisioned.remove(key).unwrap_or_default()).collect()
    }

    /// The root variables, with those marked that must not be kept.
    fn variables(&self) -> BTreeMap<Arc<str>, Value> {
        let declared = &self.world.configuration.root().variables;
        let mark = |(name, value): (&Arc<str>, &Value)| {
            let passing = declared.get(name).is_some_and(|variable| variable.ephemeral);
            let marks = if passing { Marks::EPHEMERAL } else { Marks::NONE };
            (name.clone(), value.clone().with_marks(marks))
        };
        self.input.variables.iter().map(mark).collect()
    }

    fn output_changes(&self) -> BTreeMap<Arc<str>, OutputChange> {
        let root = &self.world.modules[0];
        let destroying = self.input.options.mode == Mode::Destroy;
        let state = &self.input.state.outputs;
        let mut found = BTreeMap::new();
        let names = state.keys().chain(root.outputs.keys().filter(|name| !state.contains_key(*name)));
        for name in names {
            if self.is_output_left_alone(name) {
                continue;
            }
            let stored = state.get(name);
            let before = stored.and_then(output_value);
            let after = root.outputs.get(name).filter(|_| !destroying).cloned();
            if after.is_none() && self.diagnostics.has_errors() && root.module.outputs.contains_key(name) {
                continue;
            }
            let declared = root.module.outputs.get(name).is_some_and(|output| output.sensitive);
            let sensitive = declared || stored.is_some_and(|output| output.sensitive);
            let same = match (&before, &after) {
                (Some(before), Some(after)) => {
                    evenkeel_provider::diff::same(before, after)
                        && stored.is_some_and(|output| output.sensitive) == declared
                }
                (None, Some(after)) => after.is_null() && after.is_known(),
                (before, None) => before.is_none(),
            };
            if !same {
                found.insert(name.clone(), OutputChange { before, after, sensitive });
            }
        }
        found
    }
}

/// What the conditions of a node belong to, if it has any.
fn check_kind(module: &Module, kind: &NodeKind) -> Option<CheckKind> {
    let (found, kind) = match kind {
        NodeKind::Validation(name) => {
            (!module.variables.get(name)?.validations.is_empty(), CheckKind::Variable)
        }
        NodeKind::Output(name) => (!module.outputs.get(name)?.preconditions.is_empty(), CheckKind::Output),
        NodeKind::Check(_) => (true, CheckKind::Check),
        NodeKind::Resource(key) => {
            let lifecycle = &module.resources.get(key)?.lifecycle;
            let rules = lifecycle.preconditions.len() + lifecycle.postconditions.len();
            (rules > 0, CheckKind::Resource)
        }
        NodeKind::Provider(_) | NodeKind::Variable(_) | NodeKind::Local(_) | NodeKind::Call(_) => {
            return None;
        }
    };
    found.then_some(kind)
}

/// A root output as it is remembered.
fn output_value(output: &evenkeel_state::OutputValue) -> Option<Value> {
    let value = json::decode(&output.value, &evenkeel_model::Type::Dynamic).ok()?;
    Some(if output.sensitive { value.sensitive() } else { value })
}

/// The values of all resources, which the world has no more use for.
fn resource_values(world: &mut World) -> BTreeMap<ResourceAddress, ResourceValues> {
    let mut found = BTreeMap::new();
    for module in &mut world.modules {
        for (key, resolved) in std::mem::take(&mut module.resources) {
            let address = ResourceAddress {
                module: module.address.clone(),
                mode: key.mode,
                kind: key.kind,
                name: key.name,
            };
            let values = match address.mode {
                ResourceMode::Managed | ResourceMode::Data => resolved.values,
                ResourceMode::Ephemeral => closed(resolved.values),
            };
            found.insert(address, values);
        }
    }
    found
}

/// The instances of an ephemeral resource without what they gave: no plan holds that.
fn closed(values: ResourceValues) -> ResourceValues {
    let nothing = || Value::unknown(evenkeel_model::Type::Dynamic).with_marks(Marks::EPHEMERAL);
    let instances = values.instances.into_keys().map(|key| (key, nothing())).collect();
    ResourceValues { instances, ..values }
}
