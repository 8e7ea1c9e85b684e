//! Expressions that somebody asks, answered from a configuration and what is known of its objects:
//! as state remembers them, or as a plan would leave them.
//!
//! Nothing is looked at and nothing is planned here. What is not known has an unknown value, and
//! what is wrong with the configuration spoils only the values that need it.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::ast::Expr;
use evenkeel_lang::config::Resource;
use evenkeel_lang::eval::evaluate;
use evenkeel_model::convert::concrete;
use evenkeel_model::{Diagnostics, ResourceAddress, Type, Value, json};
use evenkeel_provider::Catalog;
use evenkeel_state::{Object, State};

use crate::expand::expand;
use crate::graph::{Node, NodeKind};
use crate::input::Input;
use crate::planner::mark_by_schema;
use crate::types::{Repetition, ResourceValues};
use crate::world::World;

/// Answers expressions of the root module.
pub struct Console {
    world: World,
}

impl Console {
    /// Evaluates the configuration with the values of resources that are known. Problems are given
    /// beside it; most expressions have an answer all the same.
    pub fn new(input: &Input<'_>, known: &BTreeMap<ResourceAddress, ResourceValues>) -> (Self, Diagnostics) {
        let mut variables = input.variables.clone();
        for (name, variable) in &input.configuration.root().variables {
            if !variable.has_default {
                variables.entry(name.clone()).or_insert_with(|| Value::unknown(concrete(&variable.ty)));
            }
        }
        let (mut world, mut diagnostics) = World::new(
            input.snapshot.clone(),
            input.configuration.clone(),
            input.catalog.clone(),
            input.options.clone(),
            variables,
        );
        for node in world.graph.order.clone() {
            let Some(found) = world.graph.graph.node_weight(node).cloned() else { continue };
            match &found.kind {
                NodeKind::Resource(_) => set_resource(&mut world, &found, known),
                _ => diagnostics.extend(world.evaluate(node)),
            }
        }
        (Self { world }, diagnostics)
    }

    /// The value of an expression.
    pub fn evaluate(&self, expr: &Expr) -> (Value, Diagnostics) {
        evaluate(expr, &self.world.scope(0))
    }
}

fn set_resource(world: &mut World, node: &Node, known: &BTreeMap<ResourceAddress, ResourceValues>) {
    let NodeKind::Resource(key) = &node.kind else { return };
    let module = world.configuration.module(&node.path).cloned();
    let Some(resource) = module.as_ref().and_then(|module| module.resources.get(key)) else { return };
    for place in world.instances_of(&node.path) {
        let Some(module) = world.modules.get(place) else { continue };
        let address = ResourceAddress {
            module: module.address.clone(),
            mode: key.mode,
            kind: key.kind.clone(),
            name: key.name.clone(),
        };
        let values = known.get(&address).map(|known| instances(world, place, resource, known));
        world.set_resource(place, key.clone(), values.unwrap_or_else(unknown));
    }
}

/// Nothing is known: not even how many instances there are.
fn unknown() -> ResourceValues {
    let instances = BTreeMap::from([(None, Value::unknown(Type::Dynamic))]);
    ResourceValues { repetition: Repetition::Single, instances }
}

/// The instances that configuration wants, with the values that are known of them.
fn instances(world: &World, place: usize, resource: &Resource, known: &ResourceValues) -> ResourceValues {
    let expansion = expand(resource.count.as_ref(), resource.for_each.as_ref(), &world.scope(place));
    let Ok(expansion) = expansion else { return known.clone() };
    let instances = expansion.instances.into_iter().map(|(key, _)| {
        let value = known.instances.get(&key).cloned();
        (key, value.unwrap_or_else(|| Value::unknown(Type::Dynamic)))
    });
    ResourceValues { repetition: expansion.repetition, instances: instances.collect() }
}

/// The objects of a state, as values.
pub fn remembered(
    state: &State,
    catalog: &Arc<dyn Catalog + Send + Sync>,
) -> BTreeMap<ResourceAddress, ResourceValues> {
    let mut found: BTreeMap<ResourceAddress, ResourceValues> = BTreeMap::new();
    for (address, instance) in &state.instances {
        let Some(object) = &instance.current else { continue };
        let value = decode(&address.resource, object, &**catalog);
        let value = value.unwrap_or_else(|| Value::unknown(Type::Dynamic));
        found.entry(address.resource.clone()).or_default().instances.insert(address.key.clone(), value);
    }
    found
}

/// An object with the type of its schema; `None` where no provider of today understands it.
fn decode(address: &ResourceAddress, object: &Object, catalog: &dyn Catalog) -> Option<Value> {
    let spec = catalog.spec(&object.provider.provider)?.resource(&address.kind)?;
    let schema = spec.schema();
    let upgraded = match object.schema_version == schema.version {
        true => None,
        false => spec.upgrade(object.schema_version, &object.attributes),
    };
    let ty = schema.ty();
    let value =
        upgraded.map_or_else(|| object.attributes.decode(&ty), |upgraded| json::decode(&upgraded, &ty));
    let value = value.ok()?;
    Some(mark_by_schema(&schema.block, value))
}
