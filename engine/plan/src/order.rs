//! From changes to steps: what must be done before what.
//!
//! - An object is made or changed after everything it is made from.
//! - An object is destroyed after everything that was made from it is destroyed, and, unless it is
//!   destroyed to be made anew, after what no longer needs it was changed.
//! - A replacement follows the destruction of the old object, or the other way round where it is
//!   created first.
//! - A provisioner runs after the call that makes an object and before what needs it, or before the
//!   call that destroys an object and after what was made from it.
//!
//! Where many need many, a join stands between them, so that the number of edges stays linear.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_lang::config::When;
use evenkeel_model::{Diagnostic, ResourceAddress};
use evenkeel_state::{DeposedKey, State, StepId};
use petgraph::graph::{DiGraph, NodeIndex};
use sha2::{Digest, Sha256};

use crate::register::{Register, covering};
use crate::types::{Change, ChangeAction, Step, StepKind};

/// The steps of a plan, each after the ones it needs.
pub fn steps(
    changes: &[Change],
    provisioned: &[Provisioned],
    state: &State,
) -> Result<Vec<Step>, Diagnostic> {
    // That a dependent is changed before what it no longer needs is destroyed is right wherever it
    // is possible. Where it would close a circle, the objects themselves say no more than that
    // what was made from an object goes before it.
    let builder = |patience| Builder { changes, provisioned, state, patience, graph: DiGraph::new() };
    builder(Patience::UntilDependentsChanged)
        .ordered()
        .or_else(|_| builder(Patience::UntilDependentsDestroyed).ordered())
}

/// The provisioners that a change runs, by their places among those of its resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provisioned {
    /// After the object was made.
    pub create: Vec<usize>,
    /// Before it is destroyed.
    pub destroy: Vec<usize>,
}

/// What a final destroy waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    UntilDependentsChanged,
    UntilDependentsDestroyed,
}

/// The steps of one change.
#[derive(Clone, Copy, Default)]
struct Made {
    /// Makes, changes or reads the object.
    forward: Option<Chain>,
    /// Destroys the old one.
    destroy: Option<Chain>,
}

/// Steps of one change that follow each other: a call with the provisioners beside it.
#[derive(Clone, Copy)]
struct Chain {
    first: NodeIndex,
    last: NodeIndex,
}

struct Builder<'a> {
    changes: &'a [Change],
    /// For each of the changes; none where the list is shorter.
    provisioned: &'a [Provisioned],
    state: &'a State,
    patience: Patience,
    /// An edge may be there twice: to look whether it is there would take as long as a node has edges.
    graph: DiGraph<StepKind, ()>,
}

impl<'a> Builder<'a> {
    fn ordered(mut self) -> Result<Vec<Step>, Diagnostic> {
        let made: Vec<Made> = (0..self.changes.len()).map(|index| self.add(index)).collect();
        self.forward_edges(&made);
        self.destroy_edges(&made);
        self.finish()
    }

    fn add(&mut self, change: usize) -> Made {
        let found = &self.changes[change];
        match found.action {
            ChangeAction::Read => self.forward(StepKind::Read { change }),
            ChangeAction::Create => self.forward(StepKind::Create { change, depose: None }),
            ChangeAction::Update => self.forward(StepKind::Update { change }),
            ChangeAction::Delete => {
                let destroy = self.chain(StepKind::Delete { change, deposed: found.deposed });
                Made { forward: None, destroy: Some(destroy) }
            }
            ChangeAction::DeleteThenCreate => {
                let destroy = self.chain(StepKind::Delete { change, deposed: None });
                let forward = self.chain(StepKind::Create { change, depose: None });
                self.graph.add_edge(destroy.last, forward.first, ());
                Made { forward: Some(forward), destroy: Some(destroy) }
            }
            ChangeAction::CreateThenDelete => {
                let key = self.deposed_key(found);
                let forward = self.chain(StepKind::Create { change, depose: Some(key) });
                let destroy = self.chain(StepKind::Delete { change, deposed: Some(key) });
                self.graph.add_edge(forward.last, destroy.first, ());
                Made { forward: Some(forward), destroy: Some(destroy) }
            }
            ChangeAction::Forget | ChangeAction::NoOp => Made::default(),
        }
    }

    fn forward(&mut self, kind: StepKind) -> Made {
        Made { forward: Some(self.chain(kind)), destroy: None }
    }

    /// A call with the provisioners that run before or after it.
    fn chain(&mut self, call: StepKind) -> Chain {
        let (before, after) = self.beside(&call);
        let node = self.graph.add_node(call);
        let mut chain = Chain { first: node, last: node };
        for kind in before.into_iter().rev() {
            let earlier = self.graph.add_node(kind);
            self.graph.add_edge(earlier, chain.first, ());
            chain.first = earlier;
        }
        for kind in after {
            let later = self.graph.add_node(kind);
            self.graph.add_edge(chain.last, later, ());
            chain.last = later;
        }
        chain
    }

    /// The provisioners that run before a call, and those after it.
    fn beside(&self, call: &StepKind) -> (Vec<StepKind>, Vec<StepKind>) {
        let Some(change) = call.change() else { return Default::default() };
        let Some(provisioned) = self.provisioned.get(change) else { return Default::default() };
        let steps = |when, places: &[usize]| {
            places.iter().map(|&provisioner| StepKind::Provision { change, when, provisioner }).collect()
        };
        match call {
            StepKind::Create { .. } => (Vec::new(), steps(When::Create, &provisioned.create)),
            StepKind::Delete { .. } => (steps(When::Destroy, &provisioned.destroy), Vec::new()),
            StepKind::Update { .. }
            | StepKind::Read { .. }
            | StepKind::Provision { .. }
            | StepKind::Join { .. } => Default::default(),
        }
    }

    /// A key that the instance does not have yet: the same for the same plan.
    fn deposed_key(&self, change: &Change) -> DeposedKey {
        let taken = self.state.instances.get(&change.address).map(|instance| &instance.deposed);
        let seed = format!("{}\n{}\n{}", self.state.lineage, self.state.serial, change.address);
        let digest = Sha256::digest(seed);
        let first = digest.iter().take(4).fold(0_u32, |key, byte| (key << 8) | u32::from(*byte));
        let mut key = DeposedKey(first);
        while taken.is_some_and(|taken| taken.contains_key(&key)) {
            key = DeposedKey(key.0.wrapping_add(1));
        }
        key
    }

    /// What an object is made from comes first.
    fn forward_edges(&mut self, made: &[Made]) {
        let mut groups: Register<Vec<NodeIndex>> = Register::default();
        for (change, made) in self.changes.iter().zip(made) {
            groups.entry(&change.address.resource).extend(made.forward.map(|chain| chain.last));
        }
        let mut ends: BTreeMap<&ResourceAddress, Option<NodeIndex>> = BTreeMap::new();
        for (change, made) in self.changes.iter().zip(made) {
            let Some(Chain { first: step, last }) = made.forward else { continue };
            for needed in &change.dependencies {
                let end = *ends.entry(needed).or_insert_with(|| {
                    let steps = groups.covered_by(needed).into_iter().flatten().copied().collect();
                    self.join(needed, steps)
                });
                if let Some(end) = end.filter(|end| *end != last) {
                    self.graph.add_edge(end, step, ());
                }
            }
        }
    }

    /// What was made from an object goes first. The dependents of an object that is destroyed for
    /// good or after its replacement also have their changes first: they may have used it.
    fn destroy_edges(&mut self, made: &[Made]) {
        let mut destroyed: BTreeMap<&'a ResourceAddress, Vec<NodeIndex>> = BTreeMap::new();
        let mut changed: BTreeMap<&'a ResourceAddress, Vec<NodeIndex>> = BTreeMap::new();
        for (change, made) in self.changes.iter().zip(made) {
            for needed in prior_dependencies(self.state, change) {
                destroyed.entry(needed).or_default().extend(made.destroy.map(|chain| chain.last));
                // One that is replaced stops using it by being destroyed; to wait for the new one
                // as well would make cycles that nobody needs.
                if change.action == ChangeAction::Update {
                    changed.entry(needed).or_default().extend(made.forward.map(|chain| chain.last));
                }
            }
        }
        let mut joins = BTreeMap::new();
        let mut ends = BTreeMap::new();
        for (change, made) in self.changes.iter().zip(made) {
            let Some(Chain { first: step, last }) = made.destroy else { continue };
            let resource = &change.address.resource;
            let early = change.action == ChangeAction::DeleteThenCreate;
            let ends = ends.entry((resource, early)).or_insert_with(|| {
                let all = covering(resource).into_iter();
                all.filter_map(|dependency| {
                    *joins.entry((dependency.clone(), early)).or_insert_with(|| {
                        let mut before = destroyed.get(&dependency).cloned().unwrap_or_default();
                        if !early && self.patience == Patience::UntilDependentsChanged {
                            before.extend(changed.get(&dependency).into_iter().flatten());
                        }
                        self.join(&dependency, before)
                    })
                })
                .collect::<Vec<NodeIndex>>()
            });
            for end in ends.iter().filter(|end| **end != last) {
                self.graph.add_edge(*end, step, ());
            }
        }
    }

    /// One step that stands for all of `steps`.
    fn join(&mut self, resource: &ResourceAddress, steps: Vec<NodeIndex>) -> Option<NodeIndex> {
        match steps[..] {
            [] => None,
            [one] => Some(one),
            _ => {
                let join = self.graph.add_node(StepKind::Join { resource: resource.clone() });
                for step in steps {
                    self.graph.add_edge(step, join, ());
                }
                Some(join)
            }
        }
    }

    fn finish(self) -> Result<Vec<Step>, Diagnostic> {
        let order = petgraph::algo::toposort(&self.graph, None).map_err(|_| self.cycle())?;
        let mut place = vec![StepId(0); self.graph.node_count()];
        for (number, node) in order.iter().enumerate() {
            place[node.index()] = StepId(u32::try_from(number).unwrap_or(u32::MAX));
        }
        let steps = order.iter().map(|&node| {
            let needs: BTreeSet<StepId> = self
                .graph
                .neighbors_directed(node, petgraph::Direction::Incoming)
                .map(|needed| place[needed.index()])
                .collect();
            Step { id: place[node.index()], kind: self.graph[node].clone(), needs }
        });
        Ok(steps.collect())
    }

    fn cycle(&self) -> Diagnostic {
        let component = petgraph::algo::kosaraju_scc(&self.graph).into_iter().find(|nodes| nodes.len() > 1);
        let mut names: Vec<String> = component
            .unwrap_or_default()
            .into_iter()
            .filter_map(|node| self.graph[node].change())
            .map(|index| {
                let change = &self.changes[index];
                format!("{} ({})", change.address, change.action.names().join(", then "))
            })
            .collect();
        names.sort();
        names.dedup();
        Diagnostic::error(
            format!("Cycle: {}", names.join(", ")),
            "These changes each have to come before the others. Usually a lifecycle.create_before_destroy on \
             only some of them is the cause; set it on all of them, or make the change in two revisions.",
        )
    }
}

/// What the object that a change is about was made from, as state remembers it.
fn prior_dependencies<'s>(
    state: &'s State,
    change: &Change,
) -> impl Iterator<Item = &'s ResourceAddress> + use<'s> {
    let instance = state.instances.get(&change.address);
    let object = instance.and_then(|instance| match change.deposed {
        Some(key) => instance.deposed.get(&key),
        None => instance.current.as_ref(),
    });
    let own = change.address.resource.clone();
    object.into_iter().flat_map(|object| &object.dependencies).filter(move |needed| !needed.covers(&own))
}
