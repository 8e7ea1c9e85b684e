//! `-target` and `-exclude`: a part of the configuration to plan for.
//!
//! A target takes with it everything it needs; what is excluded takes with it everything that needs
//! it. What is left alone keeps its value from state, for those who refer to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use evenkeel_lang::config::ResourceKey;
use evenkeel_model::address::AddressError;
use evenkeel_model::{InstanceAddress, ModuleAddress, ResourceAddress};
use evenkeel_state::State;
use petgraph::graph::NodeIndex;

use crate::graph::{Graph, NodeKind};
use crate::input::{Mode, Options};
use crate::register::Register;

/// What an address on the command line stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A module call or one instance of it, with everything inside.
    Module(ModuleAddress),
    /// A resource with all its instances.
    Resource(ResourceAddress),
    /// One instance of a resource that repeats.
    Instance(InstanceAddress),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module(module) => module.fmt(f),
            Self::Resource(resource) => resource.fmt(f),
            Self::Instance(instance) => instance.fmt(f),
        }
    }
}

impl FromStr for Target {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<InstanceAddress>() {
            Ok(instance) if instance.key.is_none() => Ok(Self::Resource(instance.resource)),
            Ok(instance) => Ok(Self::Instance(instance)),
            Err(error) => {
                // What is a module becomes an address when a resource follows.
                let inside = format!("{text}.any.any").parse::<InstanceAddress>().map_err(|_| error)?;
                Ok(Self::Module(inside.resource.module))
            }
        }
    }
}

impl Target {
    /// Whether it means an instance.
    pub fn covers(&self, address: &InstanceAddress) -> bool {
        match self {
            Self::Module(module) => {
                let steps = &address.resource.module.0;
                steps.len() >= module.0.len()
                    && steps.iter().zip(&module.0).all(|(own, wanted)| {
                        own.name == wanted.name && (wanted.key.is_none() || wanted.key == own.key)
                    })
            }
            Self::Resource(resource) => resource.covers(&address.resource),
            Self::Instance(instance) => {
                instance.resource.covers(&address.resource) && instance.key == address.key
            }
        }
    }

    /// Whether it means some instance of a declared resource.
    fn concerns(&self, path: &[std::sync::Arc<str>], key: &ResourceKey) -> bool {
        let module = match self {
            Self::Module(module) => return path.starts_with(&module.without_keys()),
            Self::Resource(resource) => resource,
            Self::Instance(instance) => &instance.resource,
        };
        module.module.without_keys() == path
            && module.mode == key.mode
            && module.kind == key.kind
            && module.name == key.name
    }
}

/// What is planned when not everything is.
pub(crate) struct Selection {
    options: Options,
    /// What of the configuration is planned.
    nodes: BTreeSet<NodeIndex>,
    /// Resources of which only the instances that are named are planned.
    by_instance: BTreeSet<NodeIndex>,
    /// What a destroy destroys.
    destroyed: BTreeSet<InstanceAddress>,
}

impl Selection {
    /// The selection that options make; `None` when everything is planned.
    pub(crate) fn new(graph: &Graph, options: &Options, state: &State) -> Option<Self> {
        if options.targets.is_empty() && options.excludes.is_empty() {
            return None;
        }
        let mut selection = Self {
            options: options.clone(),
            nodes: graph.order.iter().copied().collect(),
            by_instance: BTreeSet::new(),
            destroyed: BTreeSet::new(),
        };
        if !options.targets.is_empty() {
            selection.target(graph);
        }
        selection.exclude(graph);
        if options.mode == Mode::Destroy {
            selection.destroyed = selection.objects(state);
        }
        Some(selection)
    }

    fn target(&mut self, graph: &Graph) {
        let direct = concerned(graph, &self.options.targets);
        let first = direct.iter().flat_map(|node| graph.needs(*node)).collect();
        let needed = spread(first, |node| graph.needs(node).collect());
        self.nodes = needed.union(&direct).copied().collect();
        self.by_instance = direct;
        let outputs = graph.order.iter().copied().filter(|&node| {
            let found = &graph.graph[node];
            let nearest = graph.nearest(node);
            found.path.is_empty()
                && matches!(found.kind, NodeKind::Output(_))
                && !nearest.is_empty()
                && nearest.keys().all(|resource| self.nodes.contains(resource))
        });
        let outputs = spread(outputs.collect(), |node| graph.needs(node).collect());
        self.nodes.extend(outputs);
    }

    fn exclude(&mut self, graph: &Graph) {
        let whole: Vec<Target> = self.options.excludes.clone();
        let whole: Vec<Target> =
            whole.into_iter().filter(|target| !matches!(target, Target::Instance(_))).collect();
        let users = |node| graph.graph.neighbors_directed(node, petgraph::Direction::Outgoing).collect();
        let out = spread(concerned(graph, &whole).into_iter().collect(), users);
        self.nodes.retain(|node| !out.contains(node));
    }

    /// The objects that a destroy is about: what is meant, and what was made from it; without what is
    /// excluded, and what that was made from.
    fn objects(&self, state: &State) -> BTreeSet<InstanceAddress> {
        let Options { targets, excludes, .. } = &self.options;
        let all = || state.instances.keys();
        let mut found: BTreeSet<InstanceAddress> = match targets.is_empty() {
            true => all().cloned().collect(),
            false => {
                let meant = all().filter(|address| targets.iter().any(|target| target.covers(address)));
                with_dependents(state, meant.cloned().collect())
            }
        };
        let kept = all().filter(|address| excludes.iter().any(|target| target.covers(address)));
        let kept = with_dependencies(state, kept.cloned().collect());
        found.retain(|address| !kept.contains(address));
        found
    }

    /// Whether a node is planned.
    pub(crate) fn has(&self, node: NodeIndex) -> bool {
        self.nodes.contains(&node)
    }

    /// Whether an instance is planned; `node` is its resource, where configuration has it.
    pub(crate) fn has_instance(&self, node: Option<NodeIndex>, address: &InstanceAddress) -> bool {
        if self.options.mode == Mode::Destroy {
            return self.destroyed.contains(address);
        }
        let covered = |targets: &[Target]| targets.iter().any(|target| target.covers(address));
        if covered(&self.options.excludes) {
            return false;
        }
        match node {
            Some(node) if self.by_instance.contains(&node) => covered(&self.options.targets),
            Some(node) => self.nodes.contains(&node),
            None => self.options.targets.is_empty() || covered(&self.options.targets),
        }
    }
}

fn concerned(graph: &Graph, targets: &[Target]) -> BTreeSet<NodeIndex> {
    let nodes = graph.order.iter().copied();
    nodes
        .filter(|&node| match &graph.graph[node].kind {
            NodeKind::Resource(key) => {
                targets.iter().any(|target| target.concerns(&graph.graph[node].path, key))
            }
            _ => false,
        })
        .collect()
}

fn spread(first: Vec<NodeIndex>, next: impl Fn(NodeIndex) -> Vec<NodeIndex>) -> BTreeSet<NodeIndex> {
    let mut found = BTreeSet::new();
    let mut open = first;
    while let Some(node) = open.pop() {
        if found.insert(node) {
            open.extend(next(node));
        }
    }
    found
}

fn dependencies(state: &State, address: &InstanceAddress) -> Vec<ResourceAddress> {
    let instance = state.instances.get(address);
    let objects = instance.into_iter().flat_map(|one| one.current.iter().chain(one.deposed.values()));
    objects.flat_map(|object| object.dependencies.iter().cloned()).collect()
}

fn with_dependents(state: &State, first: BTreeSet<InstanceAddress>) -> BTreeSet<InstanceAddress> {
    // Dependents by what they name, so that each is looked at once for each name.
    let mut users: BTreeMap<ResourceAddress, Vec<&InstanceAddress>> = BTreeMap::new();
    for address in state.instances.keys() {
        for needed in dependencies(state, address) {
            users.entry(needed).or_default().push(address);
        }
    }
    let mut open: Vec<InstanceAddress> = first.into_iter().collect();
    let mut found = BTreeSet::new();
    while let Some(address) = open.pop() {
        if found.contains(&address) {
            continue;
        }
        for dependency in crate::register::covering(&address.resource) {
            let users = users.get(&dependency).into_iter().flatten();
            open.extend(users.filter(|user| !found.contains(**user)).map(|user| (*user).clone()));
        }
        found.insert(address);
    }
    found
}

fn with_dependencies(state: &State, first: BTreeSet<InstanceAddress>) -> BTreeSet<InstanceAddress> {
    let mut register: Register<Vec<&InstanceAddress>> = Register::default();
    state.instances.keys().for_each(|address| register.entry(&address.resource).push(address));
    let mut open: Vec<InstanceAddress> = first.into_iter().collect();
    let mut found = BTreeSet::new();
    while let Some(address) = open.pop() {
        if found.contains(&address) {
            continue;
        }
        for needed in dependencies(state, &address) {
            let all = register.covered_by(&needed).into_iter().flatten();
            open.extend(all.filter(|one| !found.contains(**one)).map(|one| (*one).clone()));
        }
        found.insert(address);
    }
    found
}
