//! The static dependency graph of a configuration: one node per declared thing, not per instance,
//! so that its size is that of the text and the walk over it is linear.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::ast::Expr;
use evenkeel_lang::config::{
    CheckRule, Configuration, Module, ModuleCall, Next, Reference, Referenced, Resource, ResourceKey,
    body_references, references,
};
use evenkeel_model::{Diagnostic, Diagnostics, ProviderAddress, ResourceMode};
use evenkeel_state::ProviderConfigAddress;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

/// The summary of what is wrong with something that needs itself.
pub const SELF_REFERENCE: &str = "Self-referential block";

/// The static path of a module: the names of the calls that lead to it.
pub type StaticPath = Arc<[Arc<str>]>;

/// One declared thing, in the order of modules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// The module it is declared in.
    pub path: StaticPath,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeKind {
    /// A provider block, by its place in the module.
    Provider(usize),
    /// An input variable.
    Variable(Arc<str>),
    /// The validation rules of an input variable.
    Validation(Arc<str>),
    /// A local value.
    Local(Arc<str>),
    /// An output value.
    Output(Arc<str>),
    /// A module call: how often it repeats.
    Call(Arc<str>),
    /// A resource or data source.
    Resource(ResourceKey),
    /// The assertions of a `check` block.
    Check(Arc<str>),
}

impl NodeKind {
    /// What sorts before every other kind.
    const FIRST: Self = Self::Provider(0);
}

impl Node {
    /// What its conditions are about.
    pub fn subject(&self) -> String {
        match &self.kind {
            NodeKind::Validation(name) => {
                Self { path: self.path.clone(), kind: NodeKind::Variable(name.clone()) }.label()
            }
            _ => self.label(),
        }
    }

    /// How messages name it.
    pub fn label(&self) -> String {
        let prefix: String = self.path.iter().map(|name| format!("module.{name}.")).collect();
        match &self.kind {
            NodeKind::Variable(name) => format!("{prefix}var.{name}"),
            NodeKind::Validation(name) => format!("{prefix}var.{name} (validation)"),
            NodeKind::Local(name) => format!("{prefix}local.{name}"),
            NodeKind::Output(name) => format!("{prefix}output.{name}"),
            NodeKind::Call(name) => format!("{prefix}module.{name}"),
            NodeKind::Provider(index) => format!("{prefix}provider #{index}"),
            NodeKind::Resource(key) => format!("{prefix}{key}"),
            NodeKind::Check(name) => format!("{prefix}check.{name}"),
        }
    }
}

/// The provider block a resource uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderUse {
    /// Its address, as state keeps it.
    pub address: ProviderConfigAddress,
    /// Where the block stands; `None` when it is implied and empty.
    pub block: Option<(StaticPath, usize)>,
}

/// The graph, an order to walk it in, and what follows from it for resources.
pub struct Graph {
    /// Edges go from what is needed to what needs it.
    pub graph: DiGraph<Node, ()>,
    /// Node by identity.
    pub index: BTreeMap<Node, NodeIndex>,
    /// All nodes, needed ones first.
    pub order: Vec<NodeIndex>,
    /// The resources named by `depends_on` of a resource or of the module calls around it.
    pub explicit: BTreeMap<NodeIndex, BTreeSet<NodeIndex>>,
    /// The provider block of each resource.
    pub providers: BTreeMap<NodeIndex, ProviderUse>,
    /// Resources whose replacement is created first: by their own setting, or because something
    /// that needs them is.
    pub create_before_destroy: BTreeSet<NodeIndex>,
    /// What each node is made from.
    nearest: Vec<Arc<Nearest>>,
}

/// The resources that a node needs, through anything that is no managed resource; with each, how many
/// of the module calls around the node have the same instance there. Below that, every instance of a
/// call is meant.
pub type Nearest = BTreeMap<NodeIndex, usize>;

impl Graph {
    /// The graph of a configuration, built once for all rounds and for the apply. Cycles are reported; the
    /// graph then has no order.
    pub fn of(configuration: &Configuration) -> (Arc<Self>, Diagnostics) {
        let built = configuration.derived(Self::build);
        (built.0.clone(), built.1.clone())
    }

    fn build(configuration: &Configuration) -> (Arc<Self>, Diagnostics) {
        let mut builder = Builder::new(configuration);
        builder.add_nodes();
        builder.add_edges();
        let (graph, diagnostics) = builder.finish();
        (Arc::new(graph), diagnostics)
    }

    /// The node of a module's thing.
    pub fn find(&self, path: &StaticPath, kind: NodeKind) -> Option<NodeIndex> {
        self.index.get(&Node { path: path.clone(), kind }).copied()
    }

    /// The resources that a node needs, directly or through values.
    pub fn nearest(&self, node: NodeIndex) -> &Nearest {
        &self.nearest[node.index()]
    }

    /// The nodes that a node needs directly.
    pub fn needs(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        self.graph.neighbors_directed(node, petgraph::Direction::Incoming)
    }
}

/// Which provider block a provider reference inside a module means.
///
/// A block of the module itself wins; otherwise the call's `providers` map, or for a default
/// configuration the same provider of the calling module; at the root an empty block is implied.
pub fn resolve_provider(
    configuration: &Configuration,
    path: &StaticPath,
    name: &str,
    alias: Option<&Arc<str>>,
) -> ProviderUse {
    let (mut path, mut name, mut alias) = (path.clone(), Arc::<str>::from(name), alias.cloned());
    while let Some(module) = configuration.module(&path) {
        let source = module.provider_source(&name);
        if let Some(index) =
            module.providers.iter().position(|block| block.name == name && block.alias == alias)
        {
            let address = ProviderConfigAddress { module: path.to_vec(), provider: source, alias };
            return ProviderUse { address, block: Some((path, index)) };
        }
        let Some((call_name, parent)) = path.split_last() else { break };
        let parent: StaticPath = parent.into();
        let Some(parent_module) = configuration.module(&parent) else { break };
        let key = alias.as_ref().map_or_else(|| name.to_string(), |alias| format!("{name}.{alias}"));
        match parent_module.calls.get(call_name).and_then(|call| call.providers.get(key.as_str())) {
            Some(passed) => (name, alias) = (passed.name.clone(), passed.alias.clone()),
            None if alias.is_some() => {
                let address = ProviderConfigAddress { module: path.to_vec(), provider: source, alias };
                return ProviderUse { address, block: None };
            }
            None => name = local_name_of(parent_module, &source, &name),
        }
        path = parent;
    }
    let provider = configuration
        .module(&path)
        .map_or_else(|| ProviderAddress::implied(&name), |module| module.provider_source(&name));
    ProviderUse { address: ProviderConfigAddress { module: path.to_vec(), provider, alias }, block: None }
}

/// What a module calls the provider with the given source.
fn local_name_of(module: &Module, source: &ProviderAddress, name: &Arc<str>) -> Arc<str> {
    if module.provider_source(name) == *source {
        return name.clone();
    }
    let declared = module.required_providers.iter().find(|(_, required)| required.source == *source);
    declared.map_or_else(|| source.kind.clone(), |(local, _)| local.clone())
}

struct Builder<'a> {
    configuration: &'a Configuration,
    graph: DiGraph<Node, ()>,
    index: BTreeMap<Node, NodeIndex>,
    edges: BTreeSet<(NodeIndex, NodeIndex)>,
    explicit: BTreeMap<NodeIndex, BTreeSet<NodeIndex>>,
    providers: BTreeMap<NodeIndex, ProviderUse>,
}

impl<'a> Builder<'a> {
    fn new(configuration: &'a Configuration) -> Self {
        Self {
            configuration,
            graph: DiGraph::new(),
            index: BTreeMap::new(),
            edges: BTreeSet::new(),
            explicit: BTreeMap::new(),
            providers: BTreeMap::new(),
        }
    }

    fn modules(&self) -> Vec<(StaticPath, Arc<Module>)> {
        let modules = &self.configuration.modules;
        modules.iter().map(|(path, module)| (path.as_slice().into(), module.clone())).collect()
    }

    fn add_nodes(&mut self) {
        for (path, module) in self.modules() {
            let variables = module
                .variables
                .keys()
                .flat_map(|name| [NodeKind::Variable(name.clone()), NodeKind::Validation(name.clone())]);
            let kinds = variables
                .chain(module.locals.keys().cloned().map(NodeKind::Local))
                .chain(module.outputs.keys().cloned().map(NodeKind::Output))
                .chain(module.calls.keys().cloned().map(NodeKind::Call))
                .chain((0..module.providers.len()).map(NodeKind::Provider))
                .chain(module.resources.keys().cloned().map(NodeKind::Resource))
                .chain(module.checks.keys().cloned().map(NodeKind::Check));
            for kind in kinds {
                let node = Node { path: path.clone(), kind };
                let index = self.graph.add_node(node.clone());
                self.index.insert(node, index);
            }
        }
    }

    fn add_edges(&mut self) {
        for (path, module) in self.modules() {
            self.variable_edges(&path, &module);
            for local in module.locals.values() {
                let node = self.at(&path, NodeKind::Local(local.name.clone()));
                self.expression_edges(node, &path, &local.value);
            }
            for output in module.outputs.values() {
                let node = self.at(&path, NodeKind::Output(output.name.clone()));
                self.expression_edges(node, &path, &output.value);
                self.reference_edges(node, &path, &output.depends_on);
                self.rule_edges(node, &path, &output.preconditions);
            }
            for call in module.calls.values() {
                let node = self.at(&path, NodeKind::Call(call.name.clone()));
                self.repetition_edges(node, &path, &call.count, &call.for_each);
            }
            for (place, block) in module.providers.iter().enumerate() {
                let node = self.at(&path, NodeKind::Provider(place));
                for found in body_references(&block.body) {
                    self.reference_edge(node, &path, &found);
                }
            }
            for resource in module.resources.values() {
                self.resource_edges(&path, resource);
            }
            for check in module.checks.values() {
                let node = self.at(&path, NodeKind::Check(check.name.clone()));
                self.rule_edges(node, &path, &check.asserts);
            }
            self.call_edges(&path);
        }
        self.import_edges();
    }

    /// What a block says about the import of an object is needed to plan the resource.
    fn import_edges(&mut self) {
        let root: StaticPath = Arc::new([]);
        let configuration = self.configuration;
        for import in &configuration.root().imports {
            let path: StaticPath = import.to.modules.iter().map(|step| step.name.clone()).collect();
            let node = self.at(&path, NodeKind::Resource(import.to.resource.clone()));
            self.expression_edges(node, &root, &import.id);
            for expr in import.for_each.iter().chain(import.to.keys()) {
                self.expression_edges(node, &root, expr);
            }
        }
    }

    fn at(&self, path: &StaticPath, kind: NodeKind) -> Option<NodeIndex> {
        self.index.get(&Node { path: path.clone(), kind }).copied()
    }

    fn edge(&mut self, needed: Option<NodeIndex>, by: Option<NodeIndex>) {
        if let (Some(needed), Some(by)) = (needed, by) {
            self.edges.insert((needed, by));
        }
    }

    /// Everything inside a module needs to know how often the module is called.
    fn call_edges(&mut self, path: &StaticPath) {
        let Some((call, parent)) = self.call_of(path) else { return };
        let call = self.at(&parent, NodeKind::Call(call.name.clone()));
        for node in
            self.from(path).take_while(|(node, _)| node.path == *path).map(|(_, at)| at).collect::<Vec<_>>()
        {
            self.edge(call, Some(node));
        }
    }

    /// The nodes of a module and of all that sort after it, in order: first its own, then those of the
    /// modules below.
    fn from(&self, path: &StaticPath) -> impl Iterator<Item = (&Node, NodeIndex)> {
        let first = Node { path: path.clone(), kind: NodeKind::FIRST };
        self.index.range(first..).map(|(node, index)| (node, *index))
    }

    fn call_of(&self, path: &StaticPath) -> Option<(&'a ModuleCall, StaticPath)> {
        let (name, parent) = path.split_last()?;
        let call = self.configuration.module(parent)?.calls.get(name)?;
        Some((call, parent.into()))
    }

    fn variable_edges(&mut self, path: &StaticPath, module: &Module) {
        let call = self.call_of(path);
        for variable in module.variables.values() {
            let node = self.at(path, NodeKind::Variable(variable.name.clone()));
            if let Some((call, parent)) = &call
                && let Some(input) = call.inputs.get(&variable.name)
            {
                self.expression_edges(node, parent, input);
            }
            let validation = self.at(path, NodeKind::Validation(variable.name.clone()));
            self.edge(node, validation);
            self.rule_edges(validation, path, &variable.validations);
        }
    }

    fn resource_edges(&mut self, path: &StaticPath, resource: &Resource) {
        let Some(node) = self.at(path, NodeKind::Resource(resource.key.clone())) else { return };
        for found in body_references(&resource.body) {
            self.reference_edge(Some(node), path, &found);
        }
        self.repetition_edges(Some(node), path, &resource.count, &resource.for_each);
        self.rule_edges(Some(node), path, &resource.lifecycle.preconditions);
        let own = Reference::Resource(resource.key.clone());
        for rule in &resource.lifecycle.postconditions {
            for found in [&rule.condition, &rule.error_message].into_iter().flat_map(references) {
                if found.reference != own {
                    self.reference_edge(Some(node), path, &found);
                }
            }
        }
        for trigger in &resource.lifecycle.replace_triggered_by {
            self.expression_edges(Some(node), path, trigger);
        }
        // A provisioner of an object that is destroyed refers to nothing but the object.
        for provisioner in &resource.provisioners {
            for found in body_references(&provisioner.body) {
                if found.reference != own {
                    self.reference_edge(Some(node), path, &found);
                }
            }
        }
        self.explicit_edges(node, path, &resource.depends_on);
        let mut inner = path.clone();
        while let Some((call, parent)) = self.call_of(&inner) {
            self.explicit_edges(node, &parent, &call.depends_on);
            inner = parent;
        }
        let alias = resource.provider.as_ref().and_then(|provider| provider.alias.as_ref());
        let provider = resolve_provider(self.configuration, path, resource.provider_name(), alias);
        if let Some((module, place)) = &provider.block {
            self.edge(self.at(module, NodeKind::Provider(*place)), Some(node));
        }
        self.providers.insert(node, provider);
    }

    fn explicit_edges(&mut self, node: NodeIndex, path: &StaticPath, depends_on: &[Referenced]) {
        for found in depends_on {
            for needed in self.targets(path, found) {
                self.edge(Some(needed), Some(node));
                if matches!(self.graph[needed].kind, NodeKind::Resource(_)) {
                    self.explicit.entry(node).or_default().insert(needed);
                }
            }
            if let Reference::Module { name, .. } = &found.reference {
                for needed in self.resources_below(path, name) {
                    self.edge(Some(needed), Some(node));
                    self.explicit.entry(node).or_default().insert(needed);
                }
            }
        }
    }

    fn resources_below(&self, path: &StaticPath, call: &Arc<str>) -> Vec<NodeIndex> {
        let child: StaticPath = path.iter().cloned().chain([call.clone()]).collect();
        self.from(&child)
            .take_while(|(node, _)| node.path.starts_with(&child))
            .filter(|(node, _)| matches!(node.kind, NodeKind::Resource(_)))
            .map(|(_, index)| index)
            .collect()
    }

    fn repetition_edges(
        &mut self,
        node: Option<NodeIndex>,
        path: &StaticPath,
        count: &Option<Expr>,
        for_each: &Option<Expr>,
    ) {
        for expression in [count, for_each].into_iter().flatten() {
            self.expression_edges(node, path, expression);
        }
    }

    fn rule_edges(&mut self, node: Option<NodeIndex>, path: &StaticPath, rules: &[CheckRule]) {
        for rule in rules {
            self.expression_edges(node, path, &rule.condition);
            self.expression_edges(node, path, &rule.error_message);
        }
    }

    fn expression_edges(&mut self, node: Option<NodeIndex>, path: &StaticPath, expression: &Expr) {
        for found in references(expression) {
            self.reference_edge(node, path, &found);
        }
    }

    fn reference_edges(&mut self, node: Option<NodeIndex>, path: &StaticPath, all: &[Referenced]) {
        for found in all {
            self.reference_edge(node, path, found);
        }
    }

    fn reference_edge(&mut self, node: Option<NodeIndex>, path: &StaticPath, found: &Referenced) {
        for needed in self.targets(path, found) {
            // A validation names its own variable, and has nothing to wait for in itself.
            let own = Some(needed) == node && matches!(self.graph[needed].kind, NodeKind::Validation(_));
            self.edge(Some(needed).filter(|_| !own), node);
        }
    }

    fn targets(&self, path: &StaticPath, found: &Referenced) -> Vec<NodeIndex> {
        match &found.reference {
            Reference::Variable(name) => self.variable_targets(path, name),
            Reference::Local(name) => self.at(path, NodeKind::Local(name.clone())).into_iter().collect(),
            Reference::Resource(key) => self.at(path, NodeKind::Resource(key.clone())).into_iter().collect(),
            Reference::Module { name, output } => {
                self.module_targets(path, name, output.as_ref(), found.next == Next::Attribute)
            }
            Reference::EachKey
            | Reference::EachValue
            | Reference::Count
            | Reference::Path
            | Reference::Terraform
            | Reference::SelfRef => Vec::new(),
        }
    }

    /// What uses a variable waits until its value was found valid.
    fn variable_targets(&self, path: &StaticPath, name: &Arc<str>) -> Vec<NodeIndex> {
        let declared = self.configuration.module(path).and_then(|module| module.variables.get(name));
        let validated = declared.is_some_and(|variable| !variable.validations.is_empty());
        let validation = validated.then(|| NodeKind::Validation(name.clone()));
        let kinds = [NodeKind::Variable(name.clone())].into_iter().chain(validation);
        kinds.filter_map(|kind| self.at(path, kind)).collect()
    }

    fn module_targets(
        &self,
        path: &StaticPath,
        name: &Arc<str>,
        output: Option<&Arc<str>>,
        without_key: bool,
    ) -> Vec<NodeIndex> {
        let child: StaticPath = path.iter().cloned().chain([name.clone()]).collect();
        let call = self.at(path, NodeKind::Call(name.clone()));
        let declared = self.configuration.module(path).and_then(|module| module.calls.get(name));
        let repeated = declared.is_some_and(|call| call.count.is_some() || call.for_each.is_some());
        let output = output.filter(|_| !(repeated && without_key));
        // What names no output is looked for in the value of the whole call.
        let outputs = match output.and_then(|output| self.at(&child, NodeKind::Output(output.clone()))) {
            Some(output) => vec![output],
            None => {
                let module = self.configuration.module(&child);
                let names = module.into_iter().flat_map(|module| module.outputs.keys());
                names.filter_map(|name| self.at(&child, NodeKind::Output(name.clone()))).collect()
            }
        };
        call.into_iter().chain(outputs).collect()
    }

    fn finish(mut self) -> (Graph, Diagnostics) {
        for (needed, by) in std::mem::take(&mut self.edges) {
            self.graph.add_edge(needed, by, ());
        }
        let (order, diagnostics) = match petgraph::algo::toposort(&self.graph, None) {
            Ok(order) => (validations_early(&self.graph, order), Diagnostics::new()),
            Err(_) => (Vec::new(), cycles(&self.graph)),
        };
        let nearest = nearest_resources(&self.graph, &order);
        let create_before_destroy = self.create_before_destroy(&nearest, &order);
        let graph = Graph {
            graph: self.graph,
            index: self.index,
            order,
            explicit: self.explicit,
            providers: self.providers,
            create_before_destroy,
            nearest,
        };
        (graph, diagnostics)
    }

    /// A resource that is replaced before the old one is destroyed cannot need one that is
    /// destroyed first; so the setting spreads to everything needed.
    fn create_before_destroy(&self, nearest: &[Arc<Nearest>], order: &[NodeIndex]) -> BTreeSet<NodeIndex> {
        let mut found = BTreeSet::new();
        for &node in order.iter().rev() {
            let NodeKind::Resource(key) = &self.graph[node].kind else { continue };
            let module = self.configuration.module(&self.graph[node].path);
            let own = module
                .and_then(|module| module.resources.get(key))
                .is_some_and(|resource| resource.lifecycle.create_before_destroy);
            if own || found.contains(&node) {
                found.insert(node);
                found.extend(nearest[node.index()].keys().copied());
            }
        }
        found
    }
}

/// The order with validations as early as may be, so that what uses a variable comes after them: root
/// variables first, and each validation right behind the last thing it needs.
fn validations_early(graph: &DiGraph<Node, ()>, order: Vec<NodeIndex>) -> Vec<NodeIndex> {
    let is_validation = |node: NodeIndex| matches!(graph[node].kind, NodeKind::Validation(_));
    let is_given =
        |node: &NodeIndex| graph[*node].path.is_empty() && matches!(graph[*node].kind, NodeKind::Variable(_));
    let (given, rest): (Vec<NodeIndex>, Vec<NodeIndex>) = order.into_iter().partition(is_given);
    let mut missing: BTreeMap<NodeIndex, usize> = BTreeMap::new();
    let mut early = Vec::with_capacity(given.len() + rest.len());
    for node in given.into_iter().chain(rest).filter(|node| !is_validation(*node)) {
        early.push(node);
        let mut users: Vec<NodeIndex> = graph
            .neighbors_directed(node, petgraph::Direction::Outgoing)
            .filter(|user| is_validation(*user))
            .collect();
        users.sort();
        for user in users {
            let count = || graph.neighbors_directed(user, petgraph::Direction::Incoming).count();
            let left = missing.entry(user).or_insert_with(count);
            *left = left.saturating_sub(1);
            if *left == 0 {
                early.push(user);
            }
        }
    }
    early
}

fn nearest_resources(graph: &DiGraph<Node, ()>, order: &[NodeIndex]) -> Vec<Arc<Nearest>> {
    let empty = Arc::new(Nearest::new());
    let mut nearest = vec![empty; graph.node_count()];
    for &node in order {
        let needs: Vec<NodeIndex> =
            graph.edges_directed(node, petgraph::Direction::Incoming).map(|edge| edge.source()).collect();
        nearest[node.index()] = match needs[..] {
            // A chain of values shares what it needs.
            [one] if shares(graph, node, one) => nearest[one.index()].clone(),
            _ => Arc::new(gather(graph, node, &needs, &nearest)),
        };
    }
    nearest
}

fn shares(graph: &DiGraph<Node, ()>, node: NodeIndex, needed: NodeIndex) -> bool {
    let Node { path, kind } = &graph[needed];
    !matches!(kind, NodeKind::Resource(_)) && common(graph, node, needed) == path.len()
}

fn gather(
    graph: &DiGraph<Node, ()>,
    node: NodeIndex,
    needs: &[NodeIndex],
    nearest: &[Arc<Nearest>],
) -> Nearest {
    let mut found = Nearest::new();
    let mut note = |resource: NodeIndex, depth: usize| {
        found.entry(resource).and_modify(|known| *known = depth.min(*known)).or_insert(depth);
    };
    for &needed in needs {
        let common = common(graph, node, needed);
        let mut managed = false;
        if let NodeKind::Resource(key) = &graph[needed].kind {
            note(needed, common);
            managed = key.mode == ResourceMode::Managed;
        }
        if !managed {
            nearest[needed.index()].iter().for_each(|(&resource, &depth)| note(resource, depth.min(common)));
        }
    }
    found
}

/// How many module calls a node and one that it refers to have in common.
fn common(graph: &DiGraph<Node, ()>, node: NodeIndex, needed: NodeIndex) -> usize {
    let Node { path, kind } = &graph[node];
    // The value of a variable is an expression of the calling module.
    let own = match kind {
        NodeKind::Variable(_) => path.split_last().map_or(&path[..], |(_, parent)| parent),
        _ => path,
    };
    own.iter().zip(graph[needed].path.iter()).take_while(|(a, b)| a == b).count()
}

fn cycles(graph: &DiGraph<Node, ()>) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    // Kosaraju's way, because Tarjan's recurses as deep as a chain is long.
    for component in petgraph::algo::kosaraju_scc(graph) {
        let cyclic = component.len() > 1
            || component.first().is_some_and(|&node| graph.find_edge(node, node).is_some());
        if !cyclic {
            continue;
        }
        let mut names: Vec<String> = component.iter().map(|&node| graph[node].label()).collect();
        names.sort();
        let detail = match &names[..] {
            [one] => format!("{one} refers to itself. Remove the reference."),
            _ => format!(
                "{} need each other, so none of them can be evaluated first. Remove one of the references.",
                names.join(", ")
            ),
        };
        let summary = match &names[..] {
            [_] => SELF_REFERENCE.to_owned(),
            _ => format!("Cycle: {}", names.join(", ")),
        };
        diagnostics.push(Diagnostic::error(summary, detail));
    }
    diagnostics
}
