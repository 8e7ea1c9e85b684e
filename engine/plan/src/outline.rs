//! What is declared in a configuration and what needs what, for people who look at it: drawings of the
//! dependency graph. Nothing is evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::config::Configuration;
use evenkeel_model::Diagnostics;

use crate::graph::{Graph, NodeKind};

/// One declared thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// The names of the calls that lead to its module.
    pub path: Vec<Arc<str>>,
    /// Its name inside the module.
    pub name: String,
    /// What it is.
    pub kind: ItemKind,
}

/// What is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// A resource or data source.
    Resource,
    /// A variable.
    Variable,
    /// A provider configuration.
    Provider,
    /// Anything else: local values, outputs, calls, checks.
    Other,
}

impl Item {
    /// Its name everywhere.
    pub fn address(&self) -> String {
        let prefix: String = self.path.iter().map(|name| format!("module.{name}.")).collect();
        format!("{prefix}{}", self.name)
    }
}

/// Everything that is declared, each with what it needs.
pub type Outline = BTreeMap<Item, BTreeSet<Item>>;

/// Everything, as it is declared.
pub fn outline(configuration: &Configuration) -> (Outline, Diagnostics) {
    let (graph, diagnostics) = Graph::of(configuration);
    let item = |index| graph.graph.node_weight(index).and_then(|node| item(configuration, &node.path, node));
    let all = graph.index.values().filter_map(|index| {
        let needs = graph.needs(*index).filter_map(item).collect();
        Some((item(*index)?, needs))
    });
    (all.collect(), diagnostics)
}

fn item(configuration: &Configuration, path: &[Arc<str>], node: &crate::graph::Node) -> Option<Item> {
    let (kind, name) = match &node.kind {
        NodeKind::Resource(key) => (ItemKind::Resource, key.to_string()),
        NodeKind::Variable(name) => (ItemKind::Variable, format!("var.{name}")),
        NodeKind::Validation(name) => (ItemKind::Other, format!("var.{name} (validation)")),
        NodeKind::Local(name) => (ItemKind::Other, format!("local.{name}")),
        NodeKind::Output(name) => (ItemKind::Other, format!("output.{name}")),
        NodeKind::Call(name) => (ItemKind::Other, format!("module.{name}")),
        NodeKind::Check(name) => (ItemKind::Other, format!("check.{name}")),
        NodeKind::Provider(index) => {
            let module = configuration.module(path)?;
            let block = module.providers.get(*index)?;
            let alias = block.alias.as_ref().map(|alias| format!(".{alias}")).unwrap_or_default();
            let source = module.provider_source(&block.name);
            (ItemKind::Provider, format!("provider[\"{source}\"]{alias}"))
        }
    };
    Some(Item { path: path.to_vec(), name, kind })
}

/// The resources alone: what they need through anything else counts as needed by them, and what is needed
/// anyway through another one is left out.
pub fn resources(outline: &Outline) -> Outline {
    let mut reached: BTreeMap<&Item, BTreeSet<Item>> = BTreeMap::new();
    let wanted = || outline.keys().filter(|item| item.kind == ItemKind::Resource);
    for resource in wanted() {
        reached.insert(resource, nearest(outline, resource));
    }
    let further = |from: &BTreeSet<Item>| {
        let mut found: BTreeSet<&Item> = BTreeSet::new();
        let mut open: Vec<&Item> = from.iter().filter_map(|item| reached.get(item)).flatten().collect();
        while let Some(item) = open.pop() {
            if found.insert(item) {
                open.extend(reached.get(item).into_iter().flatten());
            }
        }
        found
    };
    wanted()
        .map(|resource| {
            let near = reached.get(resource).cloned().unwrap_or_default();
            let implied = further(&near);
            let needs = near.iter().filter(|item| !implied.contains(item)).cloned().collect();
            (resource.clone(), needs)
        })
        .collect()
}

/// The resources that something needs, through anything that is none.
fn nearest(outline: &Outline, from: &Item) -> BTreeSet<Item> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<&Item> = outline.get(from).into_iter().flatten().collect();
    while let Some(item) = open.pop() {
        if !seen.insert(item) {
            continue;
        }
        if item.kind == ItemKind::Resource {
            found.insert(item.clone());
        } else {
            open.extend(outline.get(item).into_iter().flatten());
        }
    }
    found
}
