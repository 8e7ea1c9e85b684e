//! What expressions refer to, spelled as Terraform's documents spell it, and followed through variables and
//! outputs to the attributes that a change comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::ast::Expr;
use evenkeel_lang::config::{
    Configuration, Module, Resource, ResourceKey, Traversal, TraversalStep, body_traversals, traversals,
};
use evenkeel_model::{InstanceKey, ModuleAddress, ModuleStep, ResourceMode};
use evenkeel_plan::{ChangeAction, Plan};
use serde_json::{Value as Json, json};

use super::super::super::Schemas;
use super::super::change::key as key_json;

/// A reference taken apart: what it refers to, and the steps into that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    subject: Subject,
    rest: Vec<TraversalStep>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// `var.NAME`, `local.NAME`, `each.value`, `path.module` and so on.
    Named(Arc<str>, Arc<str>),
    /// `self`
    SelfRef,
    /// A resource, or one instance of it.
    Resource(ResourceKey, Option<InstanceKey>),
    /// A module call, one instance of it, or an output.
    Module(ModuleStep, Option<Arc<str>>),
}

impl Target {
    /// What a reference refers to; nothing where it is malformed.
    pub(super) fn of(traversal: &Traversal) -> Option<Self> {
        let steps = &traversal.steps;
        let managed = |kind: &Arc<str>, from: usize| Self::resource(ResourceMode::Managed, kind, steps, from);
        match &*traversal.root {
            "self" => Some(Self { subject: Subject::SelfRef, rest: steps.clone() }),
            "var" | "local" | "each" | "count" | "path" | "terraform" => {
                let subject = Subject::Named(traversal.root.clone(), attribute(steps, 0)?);
                Some(Self { subject, rest: after(steps, 1) })
            }
            "module" => Self::module(steps),
            "data" => Self::resource(ResourceMode::Data, &attribute(steps, 0)?, steps, 1),
            "ephemeral" => Self::resource(ResourceMode::Ephemeral, &attribute(steps, 0)?, steps, 1),
            "resource" => managed(&attribute(steps, 0)?, 1),
            _ => managed(&traversal.root, 0),
        }
    }

    fn resource(mode: ResourceMode, kind: &Arc<str>, steps: &[TraversalStep], at: usize) -> Option<Self> {
        let name = attribute(steps, at)?;
        let key = key(steps, at + 1);
        let rest = after(steps, at + 1 + usize::from(key.is_some()));
        Some(Self { subject: Subject::Resource(ResourceKey { mode, kind: kind.clone(), name }, key), rest })
    }

    fn module(steps: &[TraversalStep]) -> Option<Self> {
        let call = ModuleStep { name: attribute(steps, 0)?, key: key(steps, 1) };
        let at = 1 + usize::from(call.key.is_some());
        let output = attribute(steps, at);
        let rest = after(steps, at + usize::from(output.is_some()));
        Some(Self { subject: Subject::Module(call, output), rest })
    }

    /// The spellings from the longest to the shortest that still names something.
    fn spellings(&self) -> Vec<String> {
        let subject = self.subject.to_string();
        let mut out: Vec<String> = (0..=self.rest.len())
            .rev()
            .map(|length| format!("{subject}{}", spelled(self.rest.iter().take(length))))
            .collect();
        match &self.subject {
            Subject::Resource(resource, Some(_)) => out.push(resource.to_string()),
            Subject::Module(call, Some(_)) => out.push(Subject::Module(call.clone(), None).to_string()),
            Subject::Module(call, None) if call.key.is_some() => out.push(format!("module.{}", call.name)),
            Subject::Module(..) | Subject::Resource(..) | Subject::Named(..) | Subject::SelfRef => {}
        }
        out
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = |key: &Option<InstanceKey>| key.as_ref().map(ToString::to_string).unwrap_or_default();
        match self {
            Self::Named(root, name) => write!(f, "{root}.{name}"),
            Self::SelfRef => write!(f, "self"),
            Self::Resource(resource, instance) => write!(f, "{resource}{}", key(instance)),
            Self::Module(call, None) => write!(f, "module.{}{}", call.name, key(&call.key)),
            Self::Module(call, Some(output)) => write!(f, "module.{}{}.{output}", call.name, key(&call.key)),
        }
    }
}

fn attribute(steps: &[TraversalStep], at: usize) -> Option<Arc<str>> {
    match steps.get(at)? {
        TraversalStep::Attribute(name) => Some(name.clone()),
        TraversalStep::Key(_) => None,
    }
}

fn key(steps: &[TraversalStep], at: usize) -> Option<InstanceKey> {
    match steps.get(at)? {
        TraversalStep::Attribute(_) => None,
        TraversalStep::Key(key) => Some(key.clone()),
    }
}

fn after(steps: &[TraversalStep], at: usize) -> Vec<TraversalStep> {
    steps.iter().skip(at).cloned().collect()
}

fn spelled<'a>(steps: impl Iterator<Item = &'a TraversalStep>) -> String {
    steps
        .map(|step| match step {
            TraversalStep::Attribute(name) => format!(".{name}"),
            TraversalStep::Key(key) => key.to_string(),
        })
        .collect()
}

/// `references` of an expression.
pub(super) fn names(expr: &Expr) -> Vec<String> {
    traversals(expr).iter().filter_map(Target::of).flat_map(|target| target.spellings()).collect()
}

/// A reference and where it stands: the module instance, and the resource in it where that is one.
type Placed = (ModuleAddress, Option<ResourceKey>, Target);

/// `relevant_attributes`: the attributes of resources that what changes is made from, directly or through
/// variables and outputs of modules.
pub(super) fn relevant_attributes(
    plan: &Plan,
    configuration: &Configuration,
    schemas: Schemas<'_>,
) -> Vec<Json> {
    let walk = Walk { configuration, schemas };
    let mut found: BTreeMap<String, Json> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut open = walk.roots(plan);
    while let Some((module, container, target)) = open.pop() {
        let is_repetition =
            matches!(&target.subject, Subject::Named(root, _) if matches!(&**root, "each" | "count"));
        let place = container.as_ref().filter(|_| is_repetition).map(ToString::to_string).unwrap_or_default();
        let spelling = format!("{module}/{place}/{}{}", target.subject, spelled(target.rest.iter()));
        if !seen.insert(spelling) {
            continue;
        }
        if let Subject::Resource(resource, key) = &target.subject
            && let Some(path) = walk.attribute_path(&module, resource, &target.rest)
        {
            let name = format!("{resource}{}", key.as_ref().map(ToString::to_string).unwrap_or_default());
            let name = if module.is_root() { name } else { format!("{module}.{name}") };
            let out = json!({ "resource": name, "attribute": path });
            found.insert(out.to_string(), out);
        }
        open.extend(walk.meaning(&module, container.as_ref(), &target));
    }
    found.into_values().collect()
}

/// The configuration as a web of references.
struct Walk<'a> {
    configuration: &'a Configuration,
    schemas: Schemas<'a>,
}

impl Walk<'_> {
    /// The references of everything that changes.
    fn roots(&self, plan: &Plan) -> Vec<Placed> {
        let changed: BTreeSet<_> = plan
            .changes
            .iter()
            .filter(|change| change.action != ChangeAction::NoOp)
            .map(|change| &change.address.resource)
            .collect();
        let mut out = Vec::new();
        for address in changed {
            let key =
                ResourceKey { mode: address.mode, kind: address.kind.clone(), name: address.name.clone() };
            if let Some(resource) = self.resource(&address.module, &key) {
                let inner = body_traversals(&resource.body);
                out.extend(placed(&address.module, Some(&key), inner));
            }
        }
        let root = self.configuration.root();
        for output in plan.outputs.keys().filter_map(|name| root.outputs.get(name)) {
            out.extend(placed(&ModuleAddress::root(), None, traversals(&output.value)));
        }
        // The outputs of modules are not remembered, so each of them is new.
        for module in instances_of_modules(plan) {
            let outputs = self.module(&module).map(|found| &found.outputs);
            let outputs = outputs.into_iter().flat_map(|outputs| outputs.values());
            out.extend(outputs.flat_map(|output| placed(&module, None, traversals(&output.value))));
        }
        out
    }

    fn module(&self, address: &ModuleAddress) -> Option<&Arc<Module>> {
        self.configuration.module(&address.without_keys())
    }

    fn resource(&self, module: &ModuleAddress, key: &ResourceKey) -> Option<&Resource> {
        self.module(module)?.resources.get(key)
    }

    /// The references that what is referred to is made from.
    fn meaning(
        &self,
        module: &ModuleAddress,
        container: Option<&ResourceKey>,
        target: &Target,
    ) -> Vec<Placed> {
        match &target.subject {
            Subject::Named(root, name) if &**root == "var" => self.of_variable(module, name),
            Subject::Named(root, _) if matches!(&**root, "each" | "count") => {
                let Some(resource) = container.and_then(|key| self.resource(module, key)) else {
                    return Vec::new();
                };
                let repetition = resource.count.iter().chain(&resource.for_each);
                placed(module, container, repetition.flat_map(traversals).collect())
            }
            // Terraform does not look behind local values.
            Subject::Named(..) | Subject::SelfRef => Vec::new(),
            Subject::Resource(key, _) => self.of_resource(module, key, &target.rest),
            Subject::Module(call, output) => self.of_module(module, call, output.as_ref()),
        }
    }

    fn of_variable(&self, module: &ModuleAddress, name: &Arc<str>) -> Vec<Placed> {
        let Some((step, parent)) = module.0.split_last() else { return Vec::new() };
        let parent = ModuleAddress(parent.to_vec());
        let call = self.module(&parent).and_then(|caller| caller.calls.get(&step.name));
        let input = call.and_then(|call| call.inputs.get(name));
        input.map(|input| placed(&parent, None, traversals(input))).unwrap_or_default()
    }

    fn of_module(&self, module: &ModuleAddress, call: &ModuleStep, output: Option<&Arc<str>>) -> Vec<Placed> {
        let mut inner = module.clone();
        inner.0.push(call.clone());
        let Some(callee) = self.module(&inner) else { return Vec::new() };
        let wanted = callee.outputs.values().filter(|found| output.is_none_or(|name| *name == found.name));
        wanted.flat_map(|output| placed(&inner, None, traversals(&output.value))).collect()
    }

    fn of_resource(&self, module: &ModuleAddress, key: &ResourceKey, rest: &[TraversalStep]) -> Vec<Placed> {
        let Some(resource) = self.resource(module, key) else { return Vec::new() };
        let found = match attribute(rest, 0) {
            None => body_traversals(&resource.body),
            Some(name) => {
                let value = resource.body.attribute(&name).map(|attribute| traversals(&attribute.value));
                let blocks = resource.body.blocks.iter().filter(|block| block.kind == name);
                let blocks = blocks.flat_map(|block| body_traversals(&block.body));
                value.into_iter().flatten().chain(blocks).collect()
            }
        };
        placed(module, Some(key), found)
    }

    /// The steps, where they begin with something that the schema knows.
    fn attribute_path(
        &self,
        module: &ModuleAddress,
        key: &ResourceKey,
        rest: &[TraversalStep],
    ) -> Option<Vec<Json>> {
        self.resource(module, key)?;
        let address = evenkeel_model::ResourceAddress {
            module: module.clone(),
            mode: key.mode,
            kind: key.kind.clone(),
            name: key.name.clone(),
        };
        let schema = (self.schemas)(&address)?;
        let mut known = &schema.block;
        for step in rest {
            match step {
                TraversalStep::Key(_) => {}
                TraversalStep::Attribute(name) if known.attributes.contains_key(name) => break,
                TraversalStep::Attribute(name) => {
                    known = &known.block_types.get(name)?.block;
                }
            }
        }
        let step = |step: &TraversalStep| match step {
            TraversalStep::Key(key) => key_json(Some(key)),
            TraversalStep::Attribute(name) => json!(&**name),
        };
        Some(rest.iter().map(step).collect())
    }
}

/// The instances of modules below the root that have resources, or a module with some.
fn instances_of_modules(plan: &Plan) -> BTreeSet<ModuleAddress> {
    let addresses = plan.resources.keys().map(|resource| &resource.module.0);
    let prefixes = addresses.flat_map(|steps| (1..=steps.len()).filter_map(|length| steps.get(..length)));
    prefixes.map(|steps| ModuleAddress(steps.to_vec())).collect()
}

fn placed(module: &ModuleAddress, container: Option<&ResourceKey>, found: Vec<Traversal>) -> Vec<Placed> {
    found.iter().filter_map(Target::of).map(|target| (module.clone(), container.cloned(), target)).collect()
}
