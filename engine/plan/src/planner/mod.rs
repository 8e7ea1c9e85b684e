//! The walk: every node once, needed ones first; then what is left in state; then the plan.

mod changes;
mod conclude;
mod cursor;
mod data;
mod ephemeral;
mod imports;
mod instance;
mod observed;
mod orphans;
mod provisioning;
mod removed;
mod triggers;
mod visited;

use changes::Changes;
use cursor::Cursor;
pub use imports::identified;
pub(crate) use imports::identifier;
pub(crate) use instance::{ignore_changes, mark_by_schema};
use observed::Remembered;
use visited::Visited;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::config::{Resource, ResourceKey};
use evenkeel_model::{
    Diagnostic, Diagnostics, InstanceAddress, ModuleAddress, ModuleStep, ProviderAddress, ResourceAddress,
    ResourceMode, Severity, SourceRange, Type, Value,
};
use evenkeel_provider::ProviderSpec;
use evenkeel_state::{DeposedKey, ProviderConfigAddress};
use petgraph::graph::NodeIndex;

use crate::expand::{Expansion, expand};
use crate::graph::{Node, NodeKind, ProviderUse};
use crate::ignored;
use crate::input::{Input, Mode, Options, Planning, Question};
use crate::moves::Moves;
use crate::order::Provisioned;
use crate::target::Selection;
use crate::types::{Change, Drift, Refreshed, ResourceValues};
use crate::world::World;

/// Makes a plan, or says what it needs to know first. Pure: called again with more answers it goes
/// the same way again, farther.
pub fn plan(input: &Input<'_>) -> Planning {
    let mut later = Diagnostics::new();
    later.extend(removed::problems(input.configuration));
    if later.has_errors() {
        return Planning::Failed(later, None);
    }
    let (moves, moved) = Moves::new(input.configuration, input.state);
    let current = Input { state: moved.as_ref().unwrap_or(input.state), ..*input };
    let mut planner = Planner::new(&current);
    let misplaced = moves.of_other_types();
    if misplaced.has_errors() {
        return Planning::Failed(misplaced, None);
    }
    planner.origins = moves.origins();
    planner.walk();
    planner.remaining_objects();
    if let Err(problems) = planner.take_moves(&moves) {
        let warnings = planner.diagnostics.into_iter().filter(|one| one.severity == Severity::Warning);
        return Planning::Failed(Diagnostics(warnings.chain(problems).collect()), None);
    }
    planner.remember_renamed_needs(&moves);
    planner.conclude(moves.moves, input.state)
}

/// The configurations of provider blocks, for looking at what an interrupted run left behind before
/// any plan is made. Blocks that cannot be evaluated without asking anybody are left out.
pub fn provider_configs(
    input: &Input<'_>,
    wanted: &BTreeSet<ProviderConfigAddress>,
) -> Result<BTreeMap<ProviderConfigAddress, Value>, Diagnostics> {
    let options = Options { mode: Mode::Destroy, ..input.options.clone() };
    let input = Input { options: &options, ..*input };
    let mut planner = Planner::new(&input);
    planner.walk();
    if planner.diagnostics.has_errors() {
        return Err(planner.diagnostics);
    }
    let known = wanted.iter().filter_map(|address| {
        let config = planner.world.provider_config(&planner.provider_of(address)?)?;
        let config = config.unmark_deep().0;
        config.is_wholly_known().then(|| (address.clone(), config))
    });
    Ok(known.collect())
}

/// How far a node came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// It has its value.
    Done,
    /// An answer is missing.
    Pending,
    /// It is wrong, which a diagnostic has said; what needs it is passed over.
    Failed,
}

pub(crate) struct Planner<'a> {
    pub(crate) input: &'a Input<'a>,
    pub(crate) world: World,
    status: Vec<Status>,
    pub(crate) questions: Vec<Question>,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) changes: Changes,
    pub(crate) drift: Vec<Drift>,
    pub(crate) refreshed: BTreeMap<(InstanceAddress, Option<DeposedKey>), Refreshed>,
    /// Static paths and keys of the resources that have changes.
    pub(crate) changing: BTreeSet<(Vec<Arc<str>>, ResourceKey)>,
    /// The configurations of provider blocks that objects in state name, as far as they are evaluated.
    pub(crate) provider_configs: BTreeMap<ProviderConfigAddress, Value>,
    /// Managed instances that configuration has.
    pub(crate) visited: Visited,
    /// Where the instances that moved were before.
    pub(crate) origins: BTreeMap<InstanceAddress, InstanceAddress>,
    /// What is not declared any more, and whether its objects are destroyed.
    pub(crate) removed: removed::Targets,
    /// What is to be imported, as far as it is evaluated.
    pub(crate) imports: BTreeMap<InstanceAddress, imports::Wanted>,
    /// The provisioners that each change runs.
    pub(crate) provisioned: BTreeMap<(InstanceAddress, Option<DeposedKey>), Provisioned>,
    /// Provisioners that the plan would run and does not, and where they stand.
    pub(crate) not_run: BTreeMap<(Arc<str>, InstanceAddress), SourceRange>,
    /// Blocks for resources that are only stubs.
    pub(crate) generated: BTreeMap<ResourceAddress, String>,
    /// Instances that are not planned and keep the values that state has.
    pub(crate) left_alone: BTreeSet<InstanceAddress>,
    /// What is planned, when not everything is.
    selection: Option<Selection>,
    provider_versions: BTreeMap<ProviderAddress, Arc<str>>,
    /// The provider block that was asked for last, and its configuration as [`Self::config_of`] gives it:
    /// objects that follow each other mostly have the same.
    last_config: Option<(ProviderConfigAddress, Option<Value>)>,
    /// The types of objects, by the place of their schema in memory.
    types: BTreeMap<usize, Type>,
}

/// What all instances of one resource in one module instance share.
pub(crate) struct Subject<'a> {
    pub(crate) node: NodeIndex,
    pub(crate) place: usize,
    pub(crate) resource: &'a Resource,
    pub(crate) address: ResourceAddress,
    pub(crate) provider: ProviderConfigAddress,
    pub(crate) provider_config: Value,
    pub(crate) dependencies: Vec<ResourceAddress>,
    pub(crate) create_before_destroy: bool,
}

impl<'a> Planner<'a> {
    /// Where the graph has circles, that is told and there is nothing to walk.
    fn new(input: &'a Input<'a>) -> Self {
        let (world, diagnostics) = World::new(
            input.snapshot.clone(),
            input.configuration.clone(),
            input.catalog.clone(),
            input.options.clone(),
            input.variables.clone(),
        );
        let nodes = world.graph.graph.node_count();
        let untouched = if diagnostics.has_errors() { Status::Failed } else { Status::Done };
        let selection = Selection::new(&world.graph, input.options, input.state);
        Self {
            input,
            world,
            status: vec![untouched; nodes],
            questions: Vec::new(),
            diagnostics,
            changes: Changes::default(),
            drift: Vec::new(),
            refreshed: BTreeMap::new(),
            changing: BTreeSet::new(),
            provider_configs: BTreeMap::new(),
            visited: Visited::default(),
            origins: BTreeMap::new(),
            removed: removed::targets(input.configuration),
            imports: BTreeMap::new(),
            provisioned: BTreeMap::new(),
            generated: BTreeMap::new(),
            left_alone: BTreeSet::new(),
            not_run: BTreeMap::new(),
            selection,
            provider_versions: BTreeMap::new(),
            last_config: None,
            types: BTreeMap::new(),
        }
    }

    fn walk(&mut self) {
        let relevant = (self.input.options.mode == Mode::Destroy).then(|| self.needed_by_providers());
        for node in self.world.graph.order.clone() {
            if relevant.as_ref().is_some_and(|relevant| !relevant.contains(&node)) {
                continue;
            }
            if self.selection.as_ref().is_some_and(|selection| !selection.has(node)) {
                self.status[node.index()] = self.leave_alone(node);
                continue;
            }
            let needs = self.world.graph.needs(node).map(|needed| self.status[needed.index()]).max();
            self.status[node.index()] = match needs {
                Some(worse @ (Status::Pending | Status::Failed)) => worse,
                Some(Status::Done) | None => self.visit(node),
            };
            if self.status[node.index()] == Status::Failed {
                self.fail_variable(node);
            }
        }
    }

    /// A value that is not valid must not be used.
    fn fail_variable(&mut self, node: NodeIndex) {
        let Node { path, kind: NodeKind::Validation(name) } = &self.world.graph.graph[node] else { return };
        if let Some(variable) = self.world.graph.find(path, NodeKind::Variable(name.clone())) {
            self.status[variable.index()] = Status::Failed;
        }
    }

    /// What is not selected keeps the values that state has.
    fn leave_alone(&mut self, node: NodeIndex) -> Status {
        let found = self.world.graph.graph[node].clone();
        let NodeKind::Resource(key) = found.kind else { return Status::Done };
        let Some(module) = self.world.configuration.module(&found.path).cloned() else { return Status::Done };
        let Some(resource) = module.resources.get(&key) else { return Status::Done };
        let places = self.world.instances_of(&found.path).into_iter();
        let statuses = places.map(|place| {
            let address = self.resource_address(place, &key);
            self.take_from_state(place, resource, &address)
        });
        statuses.max().unwrap_or(Status::Done)
    }

    /// How far a node came.
    pub(crate) fn status_of(&self, node: NodeIndex) -> Status {
        self.status.get(node.index()).copied().unwrap_or(Status::Failed)
    }

    /// Whether an instance is planned at all.
    pub(crate) fn is_selected(&self, address: &InstanceAddress) -> bool {
        let Some(selection) = &self.selection else { return true };
        let ResourceAddress { module, mode, kind, name } = &address.resource;
        let key = ResourceKey { mode: *mode, kind: kind.clone(), name: name.clone() };
        let path = module.without_keys().into();
        selection.has_instance(self.world.graph.find(&path, NodeKind::Resource(key)), address)
    }

    /// A destroy needs no more of configuration than the provider blocks.
    fn needed_by_providers(&self) -> BTreeSet<NodeIndex> {
        let graph = &self.world.graph;
        let mut found = BTreeSet::new();
        let mut open: Vec<NodeIndex> = graph
            .order
            .iter()
            .copied()
            .filter(|&node| matches!(graph.graph[node].kind, NodeKind::Provider(_) | NodeKind::Call(_)))
            .collect();
        while let Some(node) = open.pop() {
            if found.insert(node) {
                open.extend(graph.needs(node));
            }
        }
        found
    }

    fn visit(&mut self, node: NodeIndex) -> Status {
        let found = self.world.graph.graph[node].clone();
        let NodeKind::Resource(key) = found.kind else {
            let diagnostics = self.world.evaluate(node);
            let failed = diagnostics.has_errors();
            self.diagnostics.extend(diagnostics);
            return if failed { Status::Failed } else { Status::Done };
        };
        let Some(module) = self.world.configuration.module(&found.path).cloned() else { return Status::Done };
        let Some(resource) = module.resources.get(&key) else { return Status::Done };
        let imports = self.input.options.mode == Mode::Normal && key.mode == ResourceMode::Managed;
        if imports && !self.evaluate_imports(&found.path, &key) {
            return Status::Failed;
        }
        let mut status = Status::Done;
        for place in self.world.instances_of(&found.path) {
            status = status.max(self.visit_resource(node, place, resource));
        }
        status
    }

    fn visit_resource(&mut self, node: NodeIndex, place: usize, resource: &Resource) -> Status {
        let address = self.resource_address(place, &resource.key);
        let managed = resource.key.mode == ResourceMode::Managed;
        if managed && self.input.options.mode != Mode::Normal {
            return self.take_from_state(place, resource, &address);
        }
        let expansion = expand(resource.count.as_ref(), resource.for_each.as_ref(), &self.world.scope(place));
        let expansion = match expansion {
            Ok(expansion) => expansion,
            Err(diagnostics) => {
                for diagnostic in diagnostics {
                    self.diagnostics.push(diagnostic.about(&address));
                }
                return Status::Failed;
            }
        };
        if let Err(refusal) = self.world.count(&expansion) {
            self.diagnostics.push(refusal.at(resource.range.clone()).about(&address));
            return Status::Failed;
        }
        if expansion.instances.is_empty() {
            let values = ResourceValues { repetition: expansion.repetition, ..ResourceValues::default() };
            self.world.set_resource(place, resource.key.clone(), values);
            return Status::Done;
        }
        let catalog = self.world.catalog.clone();
        let Some(provider) = self.world.graph.providers.get(&node).cloned() else { return Status::Failed };
        let Some(spec) = self.spec(&*catalog, &provider, resource, &address) else { return Status::Failed };
        let Some(provider_config) = self.world.provider_config(&provider) else { return Status::Failed };
        let subject = Subject {
            node,
            place,
            resource,
            dependencies: self.dependencies(node, place),
            create_before_destroy: self.world.graph.create_before_destroy.contains(&node),
            address,
            provider: provider.address,
            provider_config,
        };
        match resource.key.mode {
            ResourceMode::Managed => self.managed(&subject, spec, expansion),
            ResourceMode::Data => self.data(&subject, spec, expansion),
            ResourceMode::Ephemeral => self.ephemeral(&subject, spec, expansion),
        }
    }

    fn managed(&mut self, subject: &Subject<'_>, spec: &dyn ProviderSpec, expansion: Expansion) -> Status {
        let kind = &subject.resource.key.kind;
        let Some(spec) = spec.resource(kind) else {
            self.unknown_type(subject, "resource type", &spec.resource_kinds());
            return Status::Failed;
        };
        let mut values = ResourceValues { repetition: expansion.repetition, ..ResourceValues::default() };
        let mut status = Status::Done;
        for problem in ignored::check(&spec.schema().block, subject.resource) {
            if problem.severity == Severity::Error {
                status = Status::Failed;
            }
            self.diagnostics.push(problem.about(&subject.address));
        }
        let total = expansion.instances.len();
        // Who was visited is asked about what is remembered, and about imports.
        let is_asked =
            !self.input.state.instances.is_empty() || !self.input.configuration.root().imports.is_empty();
        if is_asked {
            let keys = expansion.instances.iter().map(|(key, _)| key.clone());
            self.visited.add(&subject.address, keys);
        }
        let input = self.input;
        let first = subject.address.instance(None);
        let mut state = Cursor::at(&input.state.instances, &first);
        let mut answers = Cursor::at(&input.answers.observed, &(first, None));
        for (place, (key, data)) in expansion.instances.into_iter().enumerate() {
            let address = subject.address.instance(key.clone());
            let object = state.get(&address).and_then(|instance| instance.current.as_ref());
            let answer = object.and_then(|_| answers.get(&(address.clone(), None)));
            // The first instance is evaluated before anything is asked, because it has most of the
            // mistakes that the others have too; those are evaluated once, when there is an answer.
            if place > 0 && self.is_selected(&address) && self.is_unanswered(object, answer) {
                status = status.max(Status::Pending);
                continue;
            }
            if !self.is_selected(&address) {
                let Some(object) = object else { continue };
                match self.decode(&address, object, spec, Some(subject.resource.range.clone())) {
                    Ok(value) => drop(values.instances.insert(key, value)),
                    Err(worse) => status = status.max(worse),
                }
                self.left_alone.insert(address);
                continue;
            }
            let before = self.changes.len();
            match self.plan_instance(subject, spec, &address, data, Remembered { object, answer }) {
                Ok(value) => drop(values.instances.insert(key, value)),
                Err(worse) => status = status.max(worse),
            }
            // Where the first one changes, the others mostly do.
            if place == 0 && self.changes.len() > before {
                self.changes.reserve(total);
            }
        }
        self.world.set_resource(subject.place, subject.resource.key.clone(), values);
        status
    }

    /// Where state has the same one, that: addresses that share their texts are compared without reading
    /// them, and each instance is looked for several times.
    fn resource_address(&self, place: usize, key: &ResourceKey) -> ResourceAddress {
        let own = ResourceAddress {
            module: self.world.modules[place].address.clone(),
            mode: key.mode,
            kind: key.kind.clone(),
            name: key.name.clone(),
        };
        let first = own.instance(None);
        let remembered = self.input.state.instances.range(&first..).next();
        remembered.filter(|(known, _)| known.resource == own).map_or(own, |(known, _)| known.resource.clone())
    }

    fn spec<'c>(
        &mut self,
        catalog: &'c (dyn evenkeel_provider::Catalog + Send + Sync),
        provider: &ProviderUse,
        resource: &Resource,
        address: &ResourceAddress,
    ) -> Option<&'c dyn ProviderSpec> {
        if let Some(spec) = catalog.spec(&provider.address.provider) {
            let version = spec.version().into();
            self.provider_versions.insert(provider.address.provider.clone(), version);
            return Some(spec);
        }
        let supported: Vec<String> = catalog.supported().iter().map(ToString::to_string).collect();
        let detail = format!(
            "{address} needs the provider {}, which Evenkeel does not have. It has: {}.",
            provider.address.provider,
            if supported.is_empty() { "none".to_owned() } else { supported.join(", ") },
        );
        let diagnostic = Diagnostic::error("Provider not supported", detail);
        self.diagnostics.push(diagnostic.at(resource.range.clone()).about(address));
        None
    }

    pub(crate) fn unknown_type(&mut self, subject: &Subject<'_>, what: &str, kinds: &[&str]) {
        let kind = &subject.resource.key.kind;
        let hint = evenkeel_lang::eval::did_you_mean(kind, kinds.iter().copied());
        let hint = hint.map(|name| format!(" Did you mean \"{name}\"?")).unwrap_or_default();
        let detail = format!(
            "The provider {} does not support {what} \"{kind}\".{hint} It supports: {}.",
            subject.provider.provider,
            kinds.join(", "),
        );
        let summary = match what {
            "data source" => "Invalid data source",
            "ephemeral resource" => "Invalid ephemeral resource",
            _ => "Invalid resource type",
        };
        let diagnostic = Diagnostic::error(summary, detail);
        self.diagnostics.push(diagnostic.at(subject.resource.range.clone()).about(&subject.address));
    }

    /// The resources an instance is made from. A module step without a key stands for all instances of
    /// the call, so that a list is as long as the configuration and not as the number of instances.
    fn dependencies(&self, node: NodeIndex, place: usize) -> Vec<ResourceAddress> {
        let graph = &self.world.graph;
        let own = &self.world.modules[place].address;
        let nearest = graph.nearest(node).iter();
        let addresses = nearest.filter_map(|(&needed, &depth)| match &graph.graph[needed] {
            Node { path, kind: NodeKind::Resource(key) } if key.mode != ResourceMode::Ephemeral => {
                let below = path.iter().skip(depth).map(|name| ModuleStep { name: name.clone(), key: None });
                let module = ModuleAddress(own.0.iter().take(depth).cloned().chain(below).collect());
                Some(ResourceAddress {
                    module,
                    mode: key.mode,
                    kind: key.kind.clone(),
                    name: key.name.clone(),
                })
            }
            _ => None,
        });
        let unique: BTreeSet<ResourceAddress> = addresses.collect();
        unique.into_iter().collect()
    }

    /// What is wrong with `moved` blocks is known only now. A destroy asks nothing of configuration.
    /// Their mistakes are told alone: others are likely to follow from them.
    fn take_moves(&mut self, moves: &Moves) -> Result<(), Diagnostics> {
        if self.input.options.mode == Mode::Normal {
            let problems = moves.problems(&self.world);
            if problems.has_errors() && self.questions.is_empty() {
                return Err(problems);
            }
            self.diagnostics.extend(problems);
        }
        if self.selection.is_some() {
            self.diagnostics.push(Diagnostic::warning(
                "Resource targeting is in effect",
                "With -target or -exclude the result may not be what configuration says as a whole. This is for \
                 recovering from mistakes and for getting around faults, and not for every day.",
            ));
            self.refuse_moves_outside(moves)?;
        }
        Ok(())
    }

    /// What objects were made from is written down by its new name, whatever else becomes of them.
    fn remember_renamed_needs(&mut self, moves: &Moves) {
        for key @ (address, deposed) in &moves.renamed_needs {
            let instance = self.input.state.instances.get(address);
            let object = instance.and_then(|instance| match deposed {
                Some(key) => instance.deposed.get(key),
                None => instance.current.as_ref(),
            });
            let (address, deposed, object) = (address.clone(), *deposed, object.cloned());
            self.refreshed.entry(key.clone()).or_insert(Refreshed { address, deposed, object });
        }
    }

    /// An object must not be moved from or to where nothing is planned.
    fn refuse_moves_outside(&self, moves: &Moves) -> Result<(), Diagnostics> {
        let outside = |address: &&InstanceAddress| !self.is_selected(address);
        let addresses = moves.moves.iter().flat_map(|one| [&one.from, &one.to]);
        let names: BTreeSet<String> = addresses.filter(outside).map(ToString::to_string).collect();
        if names.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = names.into_iter().collect();
        let detail = format!(
            "Objects move from or to addresses that the options leave out: {}. Take them in as well, or plan \
             for everything.",
            names.join(", ")
        );
        let summary = "Moved resource instances excluded by targeting";
        Err(Diagnostic::error(summary, detail).into())
    }

    /// Notes a change.
    pub(crate) fn change(&mut self, mut change: Change) {
        change.previous_address = self.origins.get(&change.address).cloned();
        change.importing = self.import_of(&change.address).filter(|_| change.deposed.is_none());
        let ResourceAddress { module, mode, kind, name } = &change.address.resource;
        let key = ResourceKey { mode: *mode, kind: kind.clone(), name: name.clone() };
        let path = module.without_keys();
        let declared = self.world.configuration.module(&path).cloned();
        if let Some(resource) = declared.as_ref().and_then(|module| module.resources.get(&key)) {
            self.note_provisioners(&change, resource);
        }
        if change.action.has_steps() {
            self.changing.insert((path, key));
        }
        self.changes.insert(change);
    }
}
