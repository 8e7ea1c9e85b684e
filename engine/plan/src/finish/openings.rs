//! Ephemeral resources that could not be opened while planning, because what they are made from was not
//! known yet: each is opened when the first step needs it.
//!
//! Nothing is opened here. A step that needs one cannot be finished; whoever asked opens it, says what came
//! of it ([`Finisher::opened`]), and asks again. What was evaluated meanwhile without it is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_lang::config::Resource;
use evenkeel_lang::eval::decode_body;
use evenkeel_model::schema::Schema;
use evenkeel_model::{
    Diagnostic, Diagnostics, InstanceAddress, Marks, ResourceAddress, ResourceMode, SourceRange, Value,
};
use evenkeel_provider::ProviderError;
use evenkeel_state::ProviderConfigAddress;
use petgraph::graph::NodeIndex;

use super::{Finisher, key_of, wholly_known};
use crate::conditions::check_rules;
use crate::ephemeral;
use crate::graph::NodeKind;
use crate::planner::mark_by_schema;
use crate::types::ResourceValues;

/// An ephemeral resource to open. No value here carries marks.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// The instance.
    pub address: InstanceAddress,
    /// The provider block to ask.
    pub provider: ProviderConfigAddress,
    /// Its configuration, wholly known.
    pub provider_config: Value,
    /// The ephemeral resource's own, wholly known.
    pub config: Value,
}

/// Why a step cannot be finished.
#[derive(Clone, Debug, PartialEq)]
pub enum Unfinished {
    /// These have to be opened first; then it can be asked again.
    Closed(Vec<Opening>),
    /// Something is wrong.
    Wrong(Diagnostics),
}

impl From<Diagnostics> for Unfinished {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Wrong(diagnostics)
    }
}

/// What became of the ephemeral resources that were not open when the plan was made.
#[derive(Default)]
pub(super) struct Openings {
    /// Come up since a step was asked for, and not open.
    closed: BTreeSet<(NodeIndex, usize)>,
    /// With which configuration, marks and all, each is being opened.
    asked: BTreeMap<InstanceAddress, Value>,
    /// Why some cannot be used.
    refused: BTreeMap<InstanceAddress, Diagnostics>,
}

impl Finisher {
    /// Takes what came of opening an ephemeral resource.
    pub fn opened(&mut self, address: &InstanceAddress, result: Result<Value, ProviderError>) {
        let config = self.openings.asked.remove(address).unwrap_or_else(Value::empty_object);
        let range = self.range_of(&address.resource);
        let value = result.map_err(|error| failed(address, range, &error)).and_then(|value| {
            let value = self.marked(address, value, &config);
            let problems = self.check_postconditions(address, value.clone());
            if problems.has_errors() { Err(problems) } else { Ok(value) }
        });
        match value {
            Ok(value) => {
                let values = self.values.entry(address.resource.clone()).or_default();
                values.instances.insert(address.key.clone(), value.with_marks(Marks::EPHEMERAL));
            }
            Err(diagnostics) => drop(self.openings.refused.insert(address.clone(), diagnostics)),
        }
        self.forget_made_from(&[address.resource.clone()].into());
    }

    /// What has to be opened to tell, at the end, what is not told by any step.
    pub fn openings_to_settle(
        &mut self,
        unfinished: &BTreeSet<ResourceAddress>,
    ) -> Result<Vec<Opening>, Diagnostics> {
        let blocked = self.made_from(unfinished);
        let ephemeral = self.values.iter().filter(|(address, _)| address.mode == ResourceMode::Ephemeral);
        let closed = ephemeral.filter(|(_, values)| is_closed(values));
        let addresses: Vec<ResourceAddress> = closed.map(|(address, _)| address.clone()).collect();
        for address in addresses {
            let Some((node, place)) = self.place_of(&address)? else { continue };
            let told = |node: &NodeIndex| {
                let kind = &self.world.graph.graph[*node].kind;
                matches!(kind, NodeKind::Check(_) | NodeKind::Output(_) | NodeKind::Validation(_))
            };
            if !blocked.contains(&node) && self.made_from(&[address].into()).iter().any(told) {
                self.openings.closed.insert((node, place));
            }
        }
        match self.unless_closed(Ok(())) {
            Ok(()) => Ok(Vec::new()),
            Err(Unfinished::Closed(openings)) => Ok(openings),
            Err(Unfinished::Wrong(diagnostics)) => Err(diagnostics),
        }
    }

    /// Notes an ephemeral resource that comes up and is not open.
    pub(super) fn note_closed(&mut self, node: NodeIndex, place: usize, values: &ResourceValues) {
        if is_closed(values) {
            self.openings.closed.insert((node, place));
        }
    }

    /// What a step gave, unless something that it needs is not open.
    pub(super) fn unless_closed<T>(&mut self, result: Result<T, Diagnostics>) -> Result<T, Unfinished> {
        if self.openings.closed.is_empty() {
            return Ok(result?);
        }
        let openings = self.next_openings();
        Err(Unfinished::Closed(openings?))
    }

    /// What can be opened of what came up and is not open. Some may need others first.
    fn next_openings(&mut self) -> Result<Vec<Opening>, Diagnostics> {
        let mut waiting = std::mem::take(&mut self.openings.closed);
        let (mut seen, mut found, mut problems) = (BTreeSet::new(), Vec::new(), Diagnostics::new());
        while let Some((node, place)) = waiting.pop_first() {
            if !seen.insert((node, place)) {
                continue;
            }
            let ready = self.ensure_needs(node, place);
            let openings = ready.and_then(|()| self.openings_of(node, place));
            let needed = std::mem::take(&mut self.openings.closed);
            match (needed.is_empty(), openings) {
                (false, _) => waiting.extend(needed),
                (true, Ok(openings)) => found.extend(openings),
                (true, Err(diagnostics)) => problems.extend(diagnostics),
            }
        }
        self.forget(&seen.into_iter().map(|(node, _)| node).collect());
        if problems.has_errors() { Err(problems) } else { Ok(found) }
    }

    fn openings_of(&mut self, node: NodeIndex, place: usize) -> Result<Vec<Opening>, Diagnostics> {
        let found = self.world.graph.graph[node].clone();
        let NodeKind::Resource(key) = found.kind else { return Ok(Vec::new()) };
        let module = self.world.configuration.module(&found.path).cloned();
        let Some(resource) = module.as_ref().and_then(|module| module.resources.get(&key)) else {
            return Ok(Vec::new());
        };
        let address = ResourceAddress {
            module: self.world.modules[place].address.clone(),
            mode: key.mode,
            kind: key.kind,
            name: key.name,
        };
        let values = self.values.get(&address).cloned().unwrap_or_default();
        let closed = values.instances.into_iter().filter(|(_, value)| value.is_unknown());
        closed.map(|(key, _)| self.opening(resource, (node, place), address.instance(key))).collect()
    }

    fn opening(
        &mut self,
        resource: &Resource,
        (node, place): (NodeIndex, usize),
        address: InstanceAddress,
    ) -> Result<Opening, Diagnostics> {
        if let Some(diagnostics) = self.openings.refused.get(&address) {
            return Err(diagnostics.clone());
        }
        let about = |found: Diagnostics| {
            let about = |one: Diagnostic| one.at(resource.range.clone()).about(&address);
            Diagnostics(found.into_iter().map(about).collect())
        };
        let data = self.instance_data(resource, node, place, &address.key)?;
        let provider = self.world.graph.providers.get(&node).map(|provider| provider.address.clone());
        let provider = provider.ok_or_else(|| about(unsupported()))?;
        let provider_config = self.provider_config(&provider)?;
        let schema = self.schema_of(&provider, &address).ok_or_else(|| about(unsupported()))?;
        let scope = self.world.scope_of(place, &data);
        let rules = &resource.lifecycle.preconditions;
        let (mut found, _) = check_rules(rules, &scope, "Resource precondition failed", &address.to_string());
        let (config, problems) = decode_body(&resource.body, &schema.block, &scope, &resource.range);
        found.extend(problems);
        if found.has_errors() {
            return Err(about(found));
        }
        let plain = wholly_known(config.clone().unmark_deep().0, "configuration").map_err(about)?;
        self.openings.asked.insert(address.clone(), config);
        Ok(Opening { address, provider, provider_config, config: plain })
    }

    fn schema_of(&self, provider: &ProviderConfigAddress, address: &InstanceAddress) -> Option<Schema> {
        self.world.catalog.spec(&provider.provider)?.ephemeral(&address.resource.kind).cloned()
    }

    fn marked(&self, address: &InstanceAddress, value: Value, config: &Value) -> Value {
        let config = ephemeral::accepted(config.clone());
        let value = value.with_marks_of(&config).with_echoes_marked(&config);
        let path = address.resource.module.without_keys().into();
        let node = self.world.graph.find(&path, NodeKind::Resource(key_of(&address.resource)));
        let provider = node.and_then(|node| self.world.graph.providers.get(&node));
        match provider.and_then(|provider| self.schema_of(&provider.address, address)) {
            Some(schema) => mark_by_schema(&schema.block, value),
            None => value,
        }
    }

    fn place_of(&mut self, address: &ResourceAddress) -> Result<Option<(NodeIndex, usize)>, Diagnostics> {
        let path = address.module.without_keys().into();
        let node = self.world.graph.find(&path, NodeKind::Resource(key_of(address)));
        Ok(node.zip(self.expand_to(&address.module)?))
    }

    fn range_of(&self, address: &ResourceAddress) -> Option<SourceRange> {
        let module = self.world.configuration.module(&address.module.without_keys())?;
        module.resources.get(&key_of(address)).map(|resource| resource.range.clone())
    }

    fn forget_made_from(&mut self, resources: &BTreeSet<ResourceAddress>) {
        let nodes = self.made_from(resources);
        self.forget(&nodes);
    }

    /// Has everything evaluated again that is made from one of these.
    fn forget(&mut self, nodes: &BTreeSet<NodeIndex>) {
        let following = self.following(nodes.iter().copied().collect());
        self.done.retain(|(node, _)| !following.contains(node));
        self.ready.retain(|(node, _)| !following.contains(node));
        self.configs.clear();
    }
}

/// Whether an instance of an ephemeral resource was not opened. What a plan has of them is unknown.
fn is_closed(values: &ResourceValues) -> bool {
    values.instances.values().any(|value| value.is_unknown() && value.marks().contains(Marks::EPHEMERAL))
}

fn failed(address: &InstanceAddress, range: Option<SourceRange>, error: &ProviderError) -> Diagnostics {
    let summary = format!("Opening {address} failed");
    Diagnostic::error(summary, error.to_string()).at(range).about(address).into()
}

fn unsupported() -> Diagnostics {
    let detail = "Its provider does not have this ephemeral resource in this process.";
    Diagnostic::error("The plan does not fit the providers", detail).into()
}
