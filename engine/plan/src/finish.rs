//! Completes, at apply time, the values that waited for earlier steps.
//!
//! Nothing is decided here: the same expressions are evaluated again with what earlier steps gave,
//! and the result must agree with what the plan promised, or the step is refused. A value of the
//! configuration is evaluated when the first step needs it; by then everything it refers to is
//! final, because the step comes after all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::config::{Configuration, Resource, ResourceKey};
use evenkeel_lang::eval::decode_body;
use evenkeel_model::{
    Diagnostic, Diagnostics, InstanceAddress, InstanceKey, Marks, ModuleAddress, ResourceAddress,
    ResourceMode, Snapshot, Type, Value,
};
use evenkeel_provider::{Catalog, PlanRequest, check};
use evenkeel_state::{ProviderConfigAddress, StepId};
use petgraph::graph::NodeIndex;

use crate::conditions::check_rules;
use crate::ephemeral;
use crate::expand::{InstanceData, expand};
use crate::graph::{Node, NodeKind, ProviderUse, StaticPath};
use crate::input::Options;
use crate::planner::mark_by_schema;
use crate::types::{
    Change, ChangeAction, Check, CheckKind, CheckStatus, Plan, ResourceValues, Step, StepKind,
};
use crate::world::World;

mod openings;
mod provision;

use openings::Openings;
pub use openings::{Opening, Unfinished};
pub use provision::{LocalExec, Withheld};

/// Everything a step's call needs. No value here carries marks but `planned`.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// The provider block to use.
    pub provider: ProviderConfigAddress,
    /// Its configuration, wholly known.
    pub provider_config: Value,
    /// The object's or data source's configuration, wholly known; null for a delete.
    pub config: Value,
    /// The same with its marks: what no message may quote.
    pub marked: Value,
    /// What the object shall become, with marks for storing it; `None` for reads and deletes.
    pub planned: Option<Value>,
    /// The object as the plan saw it; `None` for creates and reads.
    pub prior: Option<Value>,
    /// The type of the object by its schema, for storing it.
    pub ty: Type,
}

/// Finishes the steps of one plan.
pub struct Finisher {
    plan: Arc<Plan>,
    world: World,
    /// Every resource as far as it is known now.
    values: BTreeMap<ResourceAddress, ResourceValues>,
    /// Nodes that have their final value.
    done: BTreeSet<(NodeIndex, usize)>,
    /// Nodes all of whose needs have their final value.
    ready: BTreeSet<(NodeIndex, usize)>,
    /// What `each` is in the instances of the resources with `for_each` that have come up.
    expansions: BTreeMap<(NodeIndex, usize), BTreeMap<Option<InstanceKey>, InstanceData>>,
    /// Variables that have a value now and were not validated with it.
    validations: Vec<(Arc<str>, usize)>,
    /// Provider configurations that have come up.
    configs: BTreeMap<ProviderConfigAddress, Value>,
    /// Place of each node in the order of evaluation.
    position: Vec<usize>,
    /// What cannot have its final value, because something it is made from failed.
    blocked: BTreeSet<NodeIndex>,
    /// The ephemeral resources that were not open when the plan was made.
    openings: Openings,
    broken: Diagnostics,
}

impl Finisher {
    /// A finisher for a plan and the configuration it was made from.
    pub fn new(
        plan: Arc<Plan>,
        snapshot: Arc<Snapshot>,
        configuration: Arc<Configuration>,
        catalog: Arc<dyn Catalog + Send + Sync>,
        options: &Options,
    ) -> Self {
        let (world, broken) =
            World::new(snapshot, configuration, catalog, options.clone(), plan.variables.clone());
        let mut position = vec![0; world.graph.graph.node_count()];
        for (place, node) in world.graph.order.iter().enumerate() {
            position[node.index()] = place;
        }
        let values = plan.resources.clone();
        Self {
            plan,
            world,
            values,
            done: BTreeSet::new(),
            ready: BTreeSet::new(),
            expansions: BTreeMap::new(),
            validations: Vec::new(),
            configs: BTreeMap::new(),
            position,
            blocked: BTreeSet::new(),
            openings: Openings::default(),
            broken,
        }
    }

    /// What the ephemeral resources give that were opened for this apply; the plan has none of it.
    pub fn with_opened(mut self, opened: BTreeMap<InstanceAddress, Value>) -> Self {
        for (address, value) in opened {
            let values = self.values.entry(address.resource.clone()).or_default();
            values.instances.insert(address.key, value.with_marks(Marks::EPHEMERAL));
        }
        self
    }

    /// The plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Completes a step; everything it needs must have been recorded. Where ephemeral resources have to be
    /// opened first, it says which, and is asked again when they are. Joins have nothing to finish.
    pub fn finish(&mut self, step: StepId) -> Result<Finished, Unfinished> {
        if self.broken.has_errors() {
            return Err(self.broken.clone().into());
        }
        let plan = self.plan.clone();
        let step = plan.step(step).ok_or_else(|| no_such_step(step))?;
        let change = plan.change_of(step).ok_or_else(|| no_such_step(step.id))?;
        let finished = self.finished(step, change);
        self.unless_closed(finished.map_err(|diagnostics| about(change, diagnostics)))
    }

    fn finished(&mut self, step: &Step, change: &Change) -> Result<Finished, Diagnostics> {
        match &step.kind {
            StepKind::Delete { .. } => self.finish_delete(change),
            StepKind::Read { .. } => self.finish_read(change),
            StepKind::Create { .. } | StepKind::Update { .. } => self.finish_managed(change),
            StepKind::Provision { .. } | StepKind::Join { .. } => Err(no_such_step(step.id)),
        }
    }

    /// Records what a step gave: the applied object, or what the data source said. Tells what
    /// conditions on it are not met.
    pub fn record(&mut self, address: &InstanceAddress, value: Value) -> Diagnostics {
        let values = self.values.entry(address.resource.clone()).or_default();
        values.instances.insert(address.key.clone(), value.clone());
        self.world.set_instance(&address.resource, &address.key, value.clone());
        self.check_postconditions(address, value)
    }

    /// The root outputs as they are after the steps recorded so far; outputs that are null or still
    /// wait for something are left out.
    pub fn outputs(
        &mut self,
        unfinished: &BTreeSet<ResourceAddress>,
    ) -> (BTreeMap<Arc<str>, Value>, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let kept = self.plan.kept_outputs.iter();
        let mut found: BTreeMap<Arc<str>, Value> =
            kept.filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect();
        if self.plan.partial {
            diagnostics.push(incomplete());
        }
        if self.plan.mode == crate::Mode::Destroy {
            return (found, diagnostics);
        }
        let root = self.world.configuration.root().clone();
        self.blocked = self.made_from(unfinished);
        diagnostics.extend(self.settle());
        let path: StaticPath = Arc::new([]);
        let plan = self.plan.clone();
        for name in root.outputs.keys().filter(|name| !plan.kept_outputs.contains_key(*name)) {
            let Some(node) = self.world.graph.find(&path, NodeKind::Output(name.clone())) else { continue };
            let (problems, value) = match plan.outputs.get(name) {
                Some(change) if self.blocked.contains(&node) => (Diagnostics::new(), change.before.clone()),
                Some(_) | None => self.output(node, name),
            };
            diagnostics.extend(problems);
            found.extend(value.map(|value| (name.clone(), value)));
        }
        (found, diagnostics)
    }

    /// One root output; none where it is null or wrong.
    fn output(&mut self, node: NodeIndex, name: &Arc<str>) -> (Diagnostics, Option<Value>) {
        let problems = self.ensure_with(node, 0);
        if problems.has_errors() {
            let before = self.plan.outputs.get(name).and_then(|change| change.before.clone());
            return (problems, before);
        }
        let value = self.world.modules[0].outputs.get(name);
        (problems, value.filter(|value| !value.is_null()).map(known_parts))
    }

    /// Everything that is made from resources, directly or not.
    fn made_from(&self, resources: &BTreeSet<ResourceAddress>) -> BTreeSet<NodeIndex> {
        let graph = &self.world.graph;
        let find = |resource: &ResourceAddress| {
            let path: StaticPath = resource.module.without_keys().into();
            graph.find(&path, NodeKind::Resource(key_of(resource)))
        };
        self.following(resources.iter().filter_map(find).collect())
    }

    /// These nodes and everything that needs them, directly or not.
    fn following(&self, mut open: Vec<NodeIndex>) -> BTreeSet<NodeIndex> {
        let graph = &self.world.graph;
        let mut found = BTreeSet::new();
        while let Some(node) = open.pop() {
            if found.insert(node) {
                open.extend(graph.graph.neighbors_directed(node, petgraph::Direction::Outgoing));
            }
        }
        found
    }

    /// Checks what could not be told while planning, and the checks, which look at the end.
    fn settle(&mut self) -> Diagnostics {
        self.world.settling = true;
        let plan = self.plan.clone();
        let open = |check: &&Check| check.kind == CheckKind::Check || check.status() == CheckStatus::Unknown;
        let open: Vec<&Check> = plan.checks.iter().filter(open).collect();
        if open.is_empty() {
            return Diagnostics::new();
        }
        let labels: BTreeSet<&str> = open.iter().map(|check| &*check.address).collect();
        let mut diagnostics = self.settle_nodes(&labels);
        for check in open.iter().filter(|check| check.kind == CheckKind::Resource) {
            let unknown = check.instances.iter().filter(|(_, found)| found.status == CheckStatus::Unknown);
            for address in unknown.filter_map(|(address, _)| address.parse::<InstanceAddress>().ok()) {
                diagnostics.extend(self.settle_instance(&address));
            }
        }
        diagnostics
    }

    /// Evaluates the conditions that are nodes of their own, in every instance of their modules.
    fn settle_nodes(&mut self, labels: &BTreeSet<&str>) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let mut place = 0;
        // Modules that are called come after those that call them.
        while let Some(instance) = self.world.modules.get(place) {
            let (path, module) = (instance.path.clone(), instance.module.clone());
            let calls = module.calls.keys().cloned().map(NodeKind::Call);
            let checks = module.checks.keys().cloned().map(NodeKind::Check);
            let outputs = module.outputs.keys().cloned().map(NodeKind::Output);
            let rules = module.variables.keys().cloned().map(NodeKind::Validation);
            for kind in calls.chain(rules).chain(outputs).chain(checks) {
                let node = Node { path: path.clone(), kind };
                let wanted = matches!(node.kind, NodeKind::Call(_)) || labels.contains(&*node.subject());
                let node = self.world.graph.index.get(&node).copied();
                let node = node.filter(|node| wanted && !self.blocked.contains(node));
                diagnostics.extend(node.map(|node| self.ensure_with(node, place)).unwrap_or_default());
            }
            place += 1;
        }
        diagnostics
    }

    /// The postconditions of an object that had no step.
    fn settle_instance(&mut self, address: &InstanceAddress) -> Diagnostics {
        let carried_out = |change: &Change| change.address == *address && change.action.has_steps();
        let path: StaticPath = address.resource.module.without_keys().into();
        let node = self.world.graph.find(&path, NodeKind::Resource(key_of(&address.resource)));
        if node.is_some_and(|node| self.blocked.contains(&node)) || self.plan.changes.iter().any(carried_out)
        {
            return Diagnostics::new();
        }
        let values = self.values.get(&address.resource);
        let value = values.and_then(|values| values.instances.get(&address.key)).cloned();
        value.map(|value| self.check_postconditions(address, value)).unwrap_or_default()
    }

    fn finish_delete(&mut self, change: &Change) -> Result<Finished, Diagnostics> {
        let provider_config = self.provider_config(&change.provider)?;
        let catalog = self.world.catalog.clone();
        let spec = catalog
            .spec(&change.provider.provider)
            .and_then(|spec| spec.resource(&change.address.resource.kind))
            .ok_or_else(|| unsupported(change))?;
        Ok(Finished {
            provider: change.provider.clone(),
            provider_config,
            config: Value::null(Type::Dynamic),
            marked: Value::null(Type::Dynamic),
            planned: None,
            prior: change.before.clone().map(|before| before.unmark_deep().0),
            ty: spec.schema().ty(),
        })
    }

    fn finish_read(&mut self, change: &Change) -> Result<Finished, Diagnostics> {
        let (resource, node, place) = self.locate(&change.address)?;
        self.ensure_needs(node, place)?;
        let data = self.instance_data(&resource, node, place, &change.address.key)?;
        let provider_config = self.provider_config(&change.provider)?;
        let catalog = self.world.catalog.clone();
        let schema = catalog
            .spec(&change.provider.provider)
            .and_then(|spec| spec.data_source(&resource.key.kind))
            .ok_or_else(|| unsupported(change))?;
        let scope = self.world.scope_of(place, &data);
        let (config, mut diagnostics) = decode_body(&resource.body, &schema.block, &scope, &resource.range);
        diagnostics.extend(ephemeral::refuse_in(&schema.block, &config));
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let marked = config;
        let config = wholly_known(marked.clone().unmark_deep().0, "configuration")?;
        let provider = change.provider.clone();
        let ty = schema.ty();
        Ok(Finished { provider, provider_config, config, marked, planned: None, prior: None, ty })
    }

    fn finish_managed(&mut self, change: &Change) -> Result<Finished, Diagnostics> {
        let (resource, node, place) = self.locate(&change.address)?;
        self.ensure_needs(node, place)?;
        let data = self.instance_data(&resource, node, place, &change.address.key)?;
        let provider_config = self.provider_config(&change.provider)?;
        let catalog = self.world.catalog.clone();
        let spec = catalog
            .spec(&change.provider.provider)
            .and_then(|spec| spec.resource(&resource.key.kind))
            .ok_or_else(|| unsupported(change))?;
        let scope = self.world.scope_of(place, &data);
        let rules = &resource.lifecycle.preconditions;
        let (failed, _) =
            check_rules(rules, &scope, "Resource precondition failed", &change.address.to_string());
        if failed.has_errors() {
            return Err(failed);
        }
        let block = &spec.schema().block;
        let (config, mut diagnostics) = decode_body(&resource.body, block, &scope, &resource.range);
        diagnostics.extend(ephemeral::refuse_in(block, &config));
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let config = ephemeral::accepted(config);
        let prior = match change.action {
            ChangeAction::Update => change.before.clone().map(|before| before.unmark_deep().0),
            ChangeAction::Create | ChangeAction::DeleteThenCreate | ChangeAction::CreateThenDelete => None,
            ChangeAction::Delete | ChangeAction::Read | ChangeAction::Forget | ChangeAction::NoOp => {
                return Err(unsupported(change));
            }
        };
        let config = match change.before.as_ref().filter(|_| prior.is_some()) {
            Some(prior) => {
                crate::planner::ignore_changes(block, &resource.lifecycle.ignore_changes, prior, config)
            }
            None => config,
        };
        let plain = wholly_known(config.clone().unmark_deep().0, "configuration")?;
        let request =
            PlanRequest { provider_config: &provider_config, prior: prior.as_ref(), config: &plain };
        let planned = spec.plan(&request);
        if planned.diagnostics.has_errors() {
            return Err(planned.diagnostics);
        }
        let promised = change.after.clone().unwrap_or_else(|| Value::null(Type::Dynamic)).unmark_deep().0;
        let merged = keep_promise(change, &promised, &planned.planned)?;
        Ok(Finished {
            provider: change.provider.clone(),
            provider_config,
            config: plain,
            planned: Some(mark_by_schema(block, merged.with_marks_of(&config).with_echoes_marked(&config))),
            marked: config,
            prior,
            ty: spec.schema().ty(),
        })
    }

    fn locate(&mut self, address: &InstanceAddress) -> Result<(Resource, NodeIndex, usize), Diagnostics> {
        let missing = || {
            let detail = format!("{address} is not in the configuration that the plan was made from.");
            Diagnostics::from(Diagnostic::error("The plan does not fit its configuration", detail))
        };
        let place = self.expand_to(&address.resource.module)?.ok_or_else(missing)?;
        let path: StaticPath = address.resource.module.without_keys().into();
        let key = key_of(&address.resource);
        let module = self.world.configuration.module(&path).ok_or_else(missing)?;
        let resource = module.resources.get(&key).cloned().ok_or_else(missing)?;
        let node = self.world.graph.find(&path, NodeKind::Resource(key)).ok_or_else(missing)?;
        Ok((resource, node, place))
    }

    /// Expands the calls that lead to a module instance.
    fn expand_to(&mut self, module: &ModuleAddress) -> Result<Option<usize>, Diagnostics> {
        let mut place = 0;
        for step in &module.0 {
            let path = self.world.modules[place].path.clone();
            let Some(node) = self.world.graph.find(&path, NodeKind::Call(step.name.clone())) else {
                return Ok(None);
            };
            let diagnostics = self.ensure_with(node, place);
            if diagnostics.has_errors() {
                return Err(diagnostics);
            }
            let children = self.world.modules[place].children.get(&step.name);
            match children.and_then(|children| children.instances.get(&step.key)) {
                Some(child) => place = *child,
                None => return Ok(None),
            }
        }
        Ok(Some(place))
    }

    fn instance_data(
        &mut self,
        resource: &Resource,
        node: NodeIndex,
        place: usize,
        key: &Option<InstanceKey>,
    ) -> Result<InstanceData, Diagnostics> {
        match key {
            None => Ok(InstanceData::default()),
            Some(InstanceKey::Int(index)) if resource.count.is_some() => {
                Ok(InstanceData { count_index: Some(*index), each: None })
            }
            Some(_) => {
                if !self.expansions.contains_key(&(node, place)) {
                    let scope = self.world.scope(place);
                    let expansion = expand(resource.count.as_ref(), resource.for_each.as_ref(), &scope)?;
                    self.expansions.insert((node, place), expansion.instances.into_iter().collect());
                }
                let found = self.expansions.get(&(node, place)).and_then(|instances| instances.get(key));
                found.cloned().ok_or_else(|| {
                    Diagnostics::from(Diagnostic::error(
                        "The instances changed during apply",
                        "The for_each argument gives other keys now than when the plan was made. Plan again.",
                    ))
                })
            }
        }
    }

    fn provider_config(&mut self, address: &ProviderConfigAddress) -> Result<Value, Diagnostics> {
        if let Some(config) = self.configs.get(address) {
            return Ok(config.clone());
        }
        let config = self.evaluate_provider_config(address)?;
        self.configs.insert(address.clone(), config.clone());
        Ok(config)
    }

    fn evaluate_provider_config(&mut self, address: &ProviderConfigAddress) -> Result<Value, Diagnostics> {
        let path: StaticPath = address.module.as_slice().into();
        let module = self.world.configuration.module(&path).cloned();
        let index = module.and_then(|module| {
            module.providers.iter().position(|block| {
                block.alias == address.alias && module.provider_source(&block.name) == address.provider
            })
        });
        if let Some(index) = index
            && let Some(node) = self.world.graph.find(&path, NodeKind::Provider(index))
        {
            for place in self.world.instances_of(&path) {
                let problems = self.ensure_with(node, place);
                if problems.has_errors() {
                    return Err(problems);
                }
            }
        }
        let block = index.map(|index| (path, index));
        let found = self.world.provider_config(&ProviderUse { address: address.clone(), block });
        let config = found.ok_or_else(|| {
            Diagnostics::from(Diagnostic::error(
                "Provider configuration not present",
                format!("The configuration of {address} could not be evaluated."),
            ))
        })?;
        wholly_known(config.unmark_deep().0, "provider configuration")
    }

    /// Gives everything that a node needs its final value. A module call that comes up has to be
    /// expanded before it is known which outputs of its instances are needed, so this goes on until
    /// nothing new comes up.
    fn ensure_needs(&mut self, node: NodeIndex, place: usize) -> Result<(), Diagnostics> {
        if self.ready.contains(&(node, place)) {
            return Ok(());
        }
        let mut diagnostics = Diagnostics::new();
        loop {
            let needs = self.world.needs_at(node, place);
            let open: Vec<_> = needs.into_iter().filter(|needed| !self.done.contains(needed)).collect();
            if open.is_empty() {
                break;
            }
            for (needed, place) in open {
                diagnostics.extend(self.ensure_with(needed, place));
            }
        }
        // A value that is not valid must not be used.
        while let Some((name, place)) = self.validations.pop() {
            let path = self.world.modules[place].path.clone();
            let rules = self.world.graph.find(&path, NodeKind::Validation(name));
            diagnostics.extend(rules.map(|rules| self.ensure_with(rules, place)).unwrap_or_default());
        }
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        self.ready.insert((node, place));
        Ok(())
    }

    /// Gives a node its final value, and before it everything it needs.
    fn ensure_with(&mut self, node: NodeIndex, place: usize) -> Diagnostics {
        // Module calls have to be expanded before it is known which instances are needed, so the
        // nodes are found and evaluated round by round until nothing new comes up.
        let mut diagnostics = Diagnostics::new();
        loop {
            let wanted = self.missing(node, place);
            let mut progress = false;
            for (node, place) in wanted {
                if self.done.insert((node, place)) {
                    progress = true;
                    match self.world.graph.graph[node].kind.clone() {
                        NodeKind::Resource(key) => self.materialise(node, place, key),
                        kind => {
                            diagnostics.extend(self.world.evaluate_at(node, place));
                            if let NodeKind::Variable(name) = kind {
                                self.validations.push((name, place));
                            }
                        }
                    }
                }
            }
            if !progress {
                return diagnostics;
            }
        }
    }

    /// What has no final value yet among a node and all it needs, needed ones first.
    fn missing(&self, node: NodeIndex, place: usize) -> Vec<(NodeIndex, usize)> {
        let mut seen = BTreeSet::new();
        let mut open = vec![(node, place)];
        while let Some((node, place)) = open.pop() {
            if self.done.contains(&(node, place)) || !seen.insert((node, place)) {
                continue;
            }
            if !matches!(self.world.graph.graph[node].kind, NodeKind::Resource(_)) {
                open.extend(self.world.needs_at(node, place));
            }
        }
        let mut found: Vec<(NodeIndex, usize)> = seen.into_iter().collect();
        found.sort_by_key(|(node, place)| (self.position[node.index()], *place));
        // Calls first and alone, as long as there are any: what else is needed follows from them.
        let is_call =
            |(node, _): &(NodeIndex, usize)| matches!(self.world.graph.graph[*node].kind, NodeKind::Call(_));
        match found.iter().position(is_call) {
            Some(first) => found.into_iter().take(first + 1).collect(),
            None => found,
        }
    }

    fn materialise(&mut self, node: NodeIndex, place: usize, key: ResourceKey) {
        let address = ResourceAddress {
            module: self.world.modules[place].address.clone(),
            mode: key.mode,
            kind: key.kind.clone(),
            name: key.name.clone(),
        };
        let values = self.values.get(&address).cloned().unwrap_or_default();
        if key.mode == ResourceMode::Ephemeral {
            self.note_closed(node, place, &values);
        }
        self.world.set_resource(place, key, values);
    }

    fn check_postconditions(&mut self, address: &InstanceAddress, value: Value) -> Diagnostics {
        let Ok((resource, node, place)) = self.locate(address) else { return Diagnostics::new() };
        if resource.lifecycle.postconditions.is_empty() {
            return Diagnostics::new();
        }
        if let Err(diagnostics) = self.ensure_needs(node, place) {
            return diagnostics;
        }
        let data = match self.instance_data(&resource, node, place, &address.key) {
            Ok(data) => data,
            Err(diagnostics) => return diagnostics,
        };
        let mut scope = self.world.scope_of(place, &data);
        scope.self_value = Some(value);
        let rules = &resource.lifecycle.postconditions;
        check_rules(rules, &scope, "Resource postcondition failed", &address.to_string()).0
    }
}

/// The value with nothing in place of what a partial plan leaves open.
fn known_parts(value: &Value) -> Value {
    if value.is_wholly_known() {
        return value.clone();
    }
    value.map_bottom_up(&mut |value| match value.is_unknown() {
        true => Value::null(value.ty()).with_marks(value.marks()),
        false => value,
    })
}

/// The same, with the place and the address of a change.
fn about(change: &Change, diagnostics: Diagnostics) -> Diagnostics {
    let about = |diagnostic: Diagnostic| diagnostic.at(change.range.clone()).about(&change.address);
    Diagnostics(diagnostics.into_iter().map(about).collect())
}

fn key_of(address: &ResourceAddress) -> ResourceKey {
    ResourceKey { mode: address.mode, kind: address.kind.clone(), name: address.name.clone() }
}

/// That only a part was planned, for when it has been carried out.
pub fn incomplete() -> Diagnostic {
    Diagnostic::warning(
        "Applied changes may be incomplete",
        "The plan was made with -target or -exclude, so some of what configuration says may not have been done. \
         Plan again without these options to see what is left.",
    )
}

fn no_such_step(step: StepId) -> Diagnostics {
    Diagnostic::error("The plan has no such step", format!("Step {step} has nothing to finish.")).into()
}

fn unsupported(change: &Change) -> Diagnostics {
    let detail = format!("{} cannot be carried out by the providers of this process.", change.address);
    Diagnostic::error("The plan does not fit the providers", detail).into()
}

fn wholly_known(value: Value, what: &str) -> Result<Value, Diagnostics> {
    if value.is_wholly_known() {
        return Ok(value);
    }
    let detail = format!(
        "The {what} still has unknown values though everything it refers to was applied. This is a bug in \
         Evenkeel or in a provider."
    );
    Err(Diagnostic::error("Unknown value during apply", detail).into())
}

/// The planned value with its unknowns filled in; refused when it says something else than the plan
/// did.
fn keep_promise(change: &Change, promised: &Value, now: &Value) -> Result<Value, Diagnostics> {
    let violations = check::refined(promised, now);
    let Some(violation) = violations.first() else { return Ok(now.clone()) };
    let detail = format!(
        "The plan for {} promised something else than its configuration gives now that everything it refers to \
         is known: {violation}. Nothing was done for it. Plan again; if this happens again, it is a bug in the \
         provider {}.",
        change.address, change.provider.provider,
    );
    Err(Diagnostic::error("Provider produced inconsistent final plan", detail).into())
}
