//! `moved` blocks, and the moves that adding or removing `count` implies: before anything is planned,
//! the objects in state get the addresses that configuration gives them now.
//!
//! Objects are moved in the order in which statements follow each other; what stands at the
//! destination already stays, and the object that cannot move is told of. Whether the statements
//! make sense is checked after the walk, which knows the instances there are ([`Moves::problems`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::config::{Configuration, MoveEndpoint, ResourceKey};
use evenkeel_model::{
    Diagnostic, Diagnostics, InstanceAddress, InstanceKey, ModuleAddress, ResourceAddress, SourceRange,
};
use evenkeel_state::{DeposedKey, Instance, State};
use petgraph::graph::DiGraph;

use crate::register::Register;
use crate::types::Move;
use crate::world::World;

/// One statement that objects have moved.
struct Statement {
    /// The module that says so; in all its instances, or in the one that is given.
    module: Vec<Arc<str>>,
    only: Option<ModuleAddress>,
    from: MoveEndpoint,
    to: MoveEndpoint,
    /// Whether whole resources or calls move, with all their instances.
    whole: bool,
    range: SourceRange,
}

/// What moved, and what was said about it.
pub struct Moves {
    statements: Vec<Statement>,
    /// Places of the statements in the order in which they take effect; `None` when they form a circle.
    order: Option<Vec<usize>>,
    /// Every instance that gets another address.
    pub moves: Vec<Move>,
    /// The objects that were made from something that moved: what they were made from has another name.
    pub renamed_needs: Vec<(InstanceAddress, Option<DeposedKey>)>,
    blocked: Vec<Move>,
}

impl Moves {
    /// The statements of a configuration, carried out on a state; the state as it is then, if anything
    /// moved.
    pub fn new(configuration: &Configuration, state: &State) -> (Self, Option<State>) {
        let mut statements = explicit(configuration);
        statements.extend(implied(configuration, state, &statements));
        let order = order(&statements);
        let (moves, renamed_needs, blocked) = (Vec::new(), Vec::new(), Vec::new());
        let mut moves = Self { statements, order, moves, renamed_needs, blocked };
        let moved = moves.carry_out(state);
        (moves, moved)
    }

    /// The address that an instance had before, if it moved.
    pub fn origins(&self) -> BTreeMap<InstanceAddress, InstanceAddress> {
        self.moves.iter().map(|one| (one.to.clone(), one.from.clone())).collect()
    }

    fn carry_out(&mut self, state: &State) -> Option<State> {
        let order = self.order.clone().filter(|order| !order.is_empty())?;
        let mut places = Places::new(state);
        for statement in order.into_iter().filter_map(|place| self.statements.get(place)) {
            for (from, to) in places.matching(statement) {
                if let Err(origin) = places.carry(&from, &to) {
                    self.blocked.push(Move { from: origin, to });
                }
            }
        }
        self.moves = places.moved();
        if self.moves.is_empty() {
            return None;
        }
        let mut moved = state.clone();
        let objects: Vec<_> = self.moves.iter().map(|one| moved.instances.remove(&one.from)).collect();
        for (one, instance) in self.moves.iter().zip(objects) {
            moved.instances.extend(instance.map(|instance| (one.to.clone(), instance)));
        }
        self.renamed_needs = rename_needs(&mut moved, &self.moves);
        Some(moved)
    }
}

/// Lets objects remember what they were made from by the addresses of now: the order in which they are
/// destroyed one day follows it. Gives the objects that were concerned.
fn rename_needs(state: &mut State, moves: &[Move]) -> Vec<(InstanceAddress, Option<DeposedKey>)> {
    let mut targets: Register<BTreeSet<ResourceAddress>> = Register::default();
    for Move { from, to } in moves.iter().filter(|one| one.from.resource != one.to.resource) {
        targets.entry(&from.resource).insert(to.resource.clone());
    }
    let left: BTreeSet<ResourceAddress> =
        state.instances.keys().map(|address| address.resource.clone()).collect();
    let mut renamed = Vec::new();
    for (address, Instance { current, deposed }) in &mut state.instances {
        let deposed = deposed.iter_mut().map(|(key, object)| (Some(*key), object));
        for (key, object) in current.iter_mut().map(|object| (None, object)).chain(deposed) {
            let found: Vec<ResourceAddress> = object
                .dependencies
                .iter()
                .flat_map(|need| targets.covered_by(need))
                .flatten()
                .cloned()
                .collect();
            if found.is_empty() {
                continue;
            }
            object.dependencies.retain(|need| targets.covered_by(need).is_empty() || left.contains(need));
            object.dependencies.extend(found);
            object.dependencies.sort();
            object.dependencies.dedup();
            renamed.push((address.clone(), key));
        }
    }
    renamed
}

/// Where each object of the state stands, and where it stood at first.
struct Places {
    origins: BTreeMap<InstanceAddress, InstanceAddress>,
    by_path: BTreeMap<Vec<Arc<str>>, BTreeSet<InstanceAddress>>,
}

impl Places {
    fn new(state: &State) -> Self {
        let mut places = Self { origins: BTreeMap::new(), by_path: BTreeMap::new() };
        state.instances.keys().for_each(|address| places.put(address.clone(), address.clone()));
        places
    }

    fn put(&mut self, at: InstanceAddress, origin: InstanceAddress) {
        self.by_path.entry(at.resource.module.without_keys()).or_default().insert(at.clone());
        self.origins.insert(at, origin);
    }

    /// What a statement moves, and where to.
    fn matching(&self, statement: &Statement) -> Vec<(InstanceAddress, InstanceAddress)> {
        let below = statement.source_path();
        let inside = self.by_path.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below));
        let addresses = inside.flat_map(|(_, addresses)| addresses);
        addresses.filter_map(|from| Some((from.clone(), statement.destination(from)?))).collect()
    }

    /// Moves one object; where the destination is taken, tells which one it was.
    fn carry(&mut self, from: &InstanceAddress, to: &InstanceAddress) -> Result<(), InstanceAddress> {
        if from == to {
            return Ok(());
        }
        let Some(origin) = self.origins.get(from).cloned() else { return Ok(()) };
        if self.origins.contains_key(to) {
            return Err(origin);
        }
        self.origins.remove(from);
        if let Some(addresses) = self.by_path.get_mut(&from.resource.module.without_keys()) {
            addresses.remove(from);
        }
        self.put(to.clone(), origin);
        Ok(())
    }

    fn moved(self) -> Vec<Move> {
        let moved = self.origins.into_iter().filter(|(to, from)| to != from);
        moved.map(|(to, from)| Move { from, to }).collect()
    }
}

impl Statement {
    /// The static path of the module in which what moves is found, at or below.
    fn source_path(&self) -> Vec<Arc<str>> {
        let inner = module_of(&self.from).without_keys();
        self.module.iter().cloned().chain(inner).collect()
    }

    /// Where the statement moves an instance to, if it speaks of it.
    fn destination(&self, address: &InstanceAddress) -> Option<InstanceAddress> {
        let (outer, inner) = address.resource.module.0.split_at_checked(self.module.len())?;
        let declared = outer.iter().map(|step| &step.name).eq(&self.module)
            && self.only.as_ref().is_none_or(|only| only.0 == outer);
        if !declared {
            return None;
        }
        let at = |module: Vec<_>| ModuleAddress(outer.iter().cloned().chain(module).collect());
        match (&self.from, &self.to) {
            (MoveEndpoint::Resource(from), MoveEndpoint::Resource(to)) => {
                let found = inner == from.resource.module.0
                    && same_resource(&address.resource, &from.resource)
                    && (self.whole || address.key == from.key);
                let key = if self.whole { address.key.clone() } else { to.key.clone() };
                let resource =
                    ResourceAddress { module: at(to.resource.module.0.clone()), ..to.resource.clone() };
                found.then_some(InstanceAddress { resource, key })
            }
            (MoveEndpoint::Module(from), MoveEndpoint::Module(to)) => {
                let (head, rest) = inner.split_at_checked(from.0.len())?;
                let ((last, before), (from_last, from_before)) = (head.split_last()?, from.0.split_last()?);
                let found = before == from_before
                    && last.name == from_last.name
                    && (self.whole || last.key == from_last.key);
                let mut steps = to.0.clone();
                if self.whole {
                    steps.last_mut()?.key.clone_from(&last.key);
                }
                steps.extend(rest.iter().cloned());
                let resource = ResourceAddress { module: at(steps), ..address.resource.clone() };
                found.then_some(InstanceAddress { resource, key: address.key.clone() })
            }
            _ => None,
        }
    }

    /// Whether what another statement moves may be moved on by this one.
    fn follows(&self, earlier: &Self) -> bool {
        let (from, to) = (Pattern::new(self, &self.from), Pattern::new(earlier, &earlier.to));
        from.is_reached_by(&to)
    }
}

fn module_of(endpoint: &MoveEndpoint) -> &ModuleAddress {
    match endpoint {
        MoveEndpoint::Module(module) => module,
        MoveEndpoint::Resource(instance) => &instance.resource.module,
    }
}

fn same_resource(a: &ResourceAddress, b: &ResourceAddress) -> bool {
    a.mode == b.mode && a.kind == b.kind && a.name == b.name
}

/// An end of a statement with the module around it. A key is either any or a certain one (which may
/// be none).
struct Pattern<'a> {
    steps: Vec<(&'a Arc<str>, Option<&'a Option<InstanceKey>>)>,
    resource: Option<(&'a ResourceAddress, Option<&'a Option<InstanceKey>>)>,
}

impl<'a> Pattern<'a> {
    fn new(statement: &'a Statement, endpoint: &'a MoveEndpoint) -> Self {
        let mut steps: Vec<_> = match &statement.only {
            Some(only) => only.0.iter().map(|step| (&step.name, Some(&step.key))).collect(),
            None => statement.module.iter().map(|name| (name, None)).collect(),
        };
        steps.extend(module_of(endpoint).0.iter().map(|step| (&step.name, Some(&step.key))));
        match endpoint {
            MoveEndpoint::Resource(instance) => {
                let key = (!statement.whole).then_some(&instance.key);
                Self { steps, resource: Some((&instance.resource, key)) }
            }
            MoveEndpoint::Module(_) => {
                if let (true, Some(last)) = (statement.whole, steps.last_mut()) {
                    last.1 = None;
                }
                Self { steps, resource: None }
            }
        }
    }

    /// Whether something that arrives at `to` may be what this pattern speaks of.
    fn is_reached_by(&self, to: &Self) -> bool {
        let steps = self.steps.iter().zip(&to.steps);
        let along = steps.into_iter().all(|(a, b)| a.0 == b.0 && meet(a.1, b.1));
        let deep = match (&self.resource, &to.resource) {
            (_, None) => self.steps.len() >= to.steps.len(),
            (Some(a), Some(b)) => {
                self.steps.len() == to.steps.len() && same_resource(a.0, b.0) && meet(a.1, b.1)
            }
            (None, Some(_)) => false,
        };
        along && deep
    }
}

fn meet(a: Option<&Option<InstanceKey>>, b: Option<&Option<InstanceKey>>) -> bool {
    a.is_none() || b.is_none() || a == b
}

fn explicit(configuration: &Configuration) -> Vec<Statement> {
    let blocks = configuration
        .modules
        .iter()
        .flat_map(|(path, module)| module.moved.iter().map(move |moved| (path, moved)));
    blocks
        .map(|(path, moved)| Statement {
            module: path.clone(),
            only: None,
            from: moved.from.clone(),
            to: moved.to.clone(),
            whole: last_key(&moved.from).is_none() && last_key(&moved.to).is_none(),
            range: moved.range.clone(),
        })
        .collect()
}

fn last_key(endpoint: &MoveEndpoint) -> Option<&InstanceKey> {
    match endpoint {
        MoveEndpoint::Resource(instance) => instance.key.as_ref(),
        MoveEndpoint::Module(module) => module.0.last().and_then(|step| step.key.as_ref()),
    }
}

/// A resource that gained `count` keeps its object as number zero, and one that lost it keeps number
/// zero as its object, unless a statement speaks of it.
fn implied(configuration: &Configuration, state: &State, explicit: &[Statement]) -> Vec<Statement> {
    let mut found = Vec::new();
    for address in state.instances.keys() {
        let zero = Some(InstanceKey::Int(0));
        if address.key.is_some() && address.key != zero {
            continue;
        }
        let path = address.resource.module.without_keys();
        let resource = configuration.module(&path).and_then(|m| m.resources.get(&key_of(&address.resource)));
        let Some(resource) = resource else { continue };
        let to = match (&resource.count, &resource.for_each, &address.key) {
            (Some(_), _, None) => zero,
            (None, None, Some(_)) => None,
            _ => continue,
        };
        let root = ResourceAddress { module: ModuleAddress::root(), ..address.resource.clone() };
        let statement = Statement {
            module: path,
            only: Some(address.resource.module.clone()),
            from: MoveEndpoint::Resource(root.instance(address.key.clone())),
            to: MoveEndpoint::Resource(root.instance(to)),
            whole: false,
            range: resource.range.clone(),
        };
        if !explicit.iter().any(|other| other.speaks_of(&address.resource)) {
            found.push(statement);
        }
    }
    found
}

impl Statement {
    fn speaks_of(&self, resource: &ResourceAddress) -> bool {
        let fits = |endpoint: &MoveEndpoint| {
            let MoveEndpoint::Resource(instance) = endpoint else { return false };
            let pattern = Pattern::new(self, endpoint);
            let steps = &resource.module.0;
            same_resource(resource, &instance.resource)
                && steps.len() == pattern.steps.len()
                && steps.iter().zip(&pattern.steps).all(|(a, b)| a.name == *b.0 && meet(Some(&a.key), b.1))
        };
        fits(&self.from) || fits(&self.to)
    }
}

fn key_of(resource: &ResourceAddress) -> ResourceKey {
    ResourceKey { mode: resource.mode, kind: resource.kind.clone(), name: resource.name.clone() }
}

/// What follows what.
fn graph(statements: &[Statement]) -> DiGraph<usize, ()> {
    let mut graph = DiGraph::new();
    let nodes: Vec<_> = (0..statements.len()).map(|place| graph.add_node(place)).collect();
    let mut by_path: BTreeMap<Vec<Arc<str>>, Vec<usize>> = BTreeMap::new();
    for (place, statement) in statements.iter().enumerate() {
        by_path.entry(statement.source_path()).or_default().push(place);
    }
    for (earlier, &node) in statements.iter().zip(&nodes) {
        let inner = module_of(&earlier.to).without_keys();
        let to: Vec<Arc<str>> = earlier.module.iter().cloned().chain(inner).collect();
        let below = by_path.range(to.clone()..).take_while(|(path, _)| path.starts_with(&to));
        for (&later, statement) in
            below.flat_map(|(_, places)| places).filter_map(|p| Some((p, statements.get(*p)?)))
        {
            if statement.follows(earlier)
                && let Some(&later) = nodes.get(later)
            {
                graph.add_edge(node, later, ());
            }
        }
    }
    graph
}

fn order(statements: &[Statement]) -> Option<Vec<usize>> {
    let graph = graph(statements);
    let order = petgraph::algo::toposort(&graph, None).ok()?;
    Some(order.into_iter().filter_map(|node| graph.node_weight(node).copied()).collect())
}

impl Moves {
    /// What is wrong with the statements, now that the instances are known.
    pub fn problems(&self, world: &World) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let mut ends = Ends::default();
        for statement in &self.statements {
            for place in world.instances_of(&statement.module.as_slice().into()) {
                let address = &world.modules[place].address;
                if statement.only.as_ref().is_none_or(|only| only == address) {
                    statement.check(world, address, &mut ends, &mut diagnostics);
                }
            }
        }
        if !diagnostics.has_errors() && self.order.is_none() {
            diagnostics.push(self.circle());
        }
        if !self.blocked.is_empty() {
            diagnostics.push(self.unresolved());
        }
        diagnostics
    }

    /// Objects that would have to become objects of another type, which no provider here can do.
    pub fn of_other_types(&self) -> Diagnostics {
        let other = |one: &&Move| one.from.resource.kind != one.to.resource.kind;
        let problems = self.moves.iter().filter(other).map(|one| {
            let detail = format!(
                "{} would become {}, an object of another type, which its provider does not support. Remove the \
                 moved block, and import the object under its new address if it exists as such.",
                one.from, one.to
            );
            Diagnostic::error("Unsupported `moved` across resource types", detail).about(&one.to)
        });
        Diagnostics(problems.collect())
    }

    fn circle(&self) -> Diagnostic {
        let graph = graph(&self.statements);
        let circles = petgraph::algo::kosaraju_scc(&graph);
        let circle = circles.into_iter().find(|nodes| nodes.len() > 1).unwrap_or_default();
        let mut lines: Vec<String> = circle
            .into_iter()
            .filter_map(|node| self.statements.get(*graph.node_weight(node)?))
            .map(|statement| format!("{} to {} ({})", statement.from, statement.to, at(&statement.range)))
            .collect();
        lines.sort();
        let detail = format!(
            "These moved blocks form a circle, so there is no address at which the objects end: {}. The last \
             address of a chain must not be moved from.",
            lines.join("; ")
        );
        Diagnostic::error("Cyclic dependency in move statements", detail)
    }

    fn unresolved(&self) -> Diagnostic {
        let lines: Vec<String> =
            self.blocked.iter().map(|one| format!("{} could not move to {}", one.from, one.to)).collect();
        let detail = format!(
            "Objects could not get the addresses that configuration gives them, because other objects are \
             there already: {}. What configuration does not declare at its old address will be destroyed. \
             Resolve it with state commands first, if the objects shall stay.",
            lines.join("; ")
        );
        Diagnostic::warning("Unresolved resource instance address changes", detail)
    }
}

/// Both ends of the statements met so far, by their whole addresses.
#[derive(Default)]
struct Ends {
    from: BTreeMap<String, (String, SourceRange)>,
    to: BTreeMap<String, (String, SourceRange)>,
}

impl Statement {
    fn check(&self, world: &World, module: &ModuleAddress, ends: &mut Ends, diagnostics: &mut Diagnostics) {
        let name = |endpoint: &MoveEndpoint| {
            let prefix = if module.is_root() { String::new() } else { format!("{module}.") };
            format!("{prefix}{endpoint}")
        };
        let (from, to) = (name(&self.from), name(&self.to));
        let mut error = |summary: &str, detail: String| {
            diagnostics.push(Diagnostic::error(summary, detail).at(self.range.clone()));
        };
        if from == to {
            let detail = format!("The block says that {from} moved to where it is. Remove it.");
            return error("Redundant move statement", detail);
        }
        if self.is_declared(world, module) {
            let detail = format!(
                "The block says that {from} moved to {to}, but {from} is still declared. Declare it as {to} \
                 instead, or remove the block."
            );
            error("Moved object still exists", detail);
        }
        let (other, range) = ends.from.entry(from.clone()).or_insert((to.clone(), self.range.clone()));
        if *other != to {
            let detail = format!(
                "A block at {} says that {from} moved to {other}, and this one that it moved to {to}. It can \
                 have moved to one place only.",
                at(range)
            );
            error("Ambiguous move statements", detail);
        }
        let (other, range) = ends.to.entry(to.clone()).or_insert((from.clone(), self.range.clone()));
        if *other != from {
            let detail = format!(
                "A block at {} says that {other} moved to {to}, and this one that {from} did. Only one can have \
                 moved there.",
                at(range)
            );
            error("Ambiguous move statements", detail);
        }
    }

    /// Whether configuration still has what is said to have moved.
    fn is_declared(&self, world: &World, module: &ModuleAddress) -> bool {
        let inner = module_of(&self.from);
        let whole = ModuleAddress(module.0.iter().chain(&inner.0).cloned().collect());
        match &self.from {
            MoveEndpoint::Module(_) => {
                let Some((last, before)) = whole.0.split_last() else { return false };
                let place = world.module_at(&ModuleAddress(before.to_vec()));
                let children = place.and_then(|place| world.modules[place].children.get(&last.name));
                children.is_some_and(|children| self.whole || children.instances.contains_key(&last.key))
            }
            MoveEndpoint::Resource(instance) => {
                let place = world.module_at(&whole);
                let key = key_of(&instance.resource);
                let found = place.and_then(|place| world.modules[place].resources.get(&key));
                found.is_some_and(|found| self.whole || found.values.instances.contains_key(&instance.key))
            }
        }
    }
}

fn at(range: &SourceRange) -> String {
    format!("{}:{},{}", range.filename, range.start.line, range.start.column)
}
