//! The planning that a schema alone decides.
//!
//! The rules are those of Terraform's SDK and its "proposed new state": what configuration sets
//! wins; what it leaves out keeps the prior value where the provider computes it, takes the default
//! where there is one, and is null otherwise. On create, what the provider computes is unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostics, Path, PathStep, Value, json};

use crate::contract::{PlanRequest, PlannedChange};
use crate::diff;

/// Plans a change by the schema: defaults, computed values, equality, replacement.
pub fn plan_by_schema(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
    let planned = planned_value(schema, request.prior, request.config);
    let replace = request.prior.map(|prior| replacements(schema, prior, &planned)).unwrap_or_default();
    PlannedChange { planned, replace, diagnostics: Diagnostics::new() }
}

/// The object after apply, as far as the schema tells.
pub fn planned_value(schema: &Schema, prior: Option<&Value>, config: &Value) -> Value {
    let merged = merge_block(&schema.block, prior, config);
    match prior {
        None => merged,
        Some(prior) => recompute(&schema.block, prior, config, merged),
    }
}

/// The attributes that force a new object when `prior` becomes `planned`.
pub fn replacements(schema: &Schema, prior: &Value, planned: &Value) -> Vec<Path> {
    let mut found = Vec::new();
    replace_in_block(&schema.block, prior, planned, &Path::root(), &mut found);
    found
}

/// The value an attribute has when configuration leaves it out.
pub fn default_value(attribute: &Attribute) -> Option<Value> {
    let default = attribute.default.as_ref()?;
    json::from_plain(default, &attribute.ty).ok()
}

fn merge_block(block: &Block, prior: Option<&Value>, config: &Value) -> Value {
    let attributes = block.attributes.iter().map(|(name, attribute)| {
        let prior = prior.and_then(|prior| prior.get(name));
        let config = config.get(name).cloned().unwrap_or_else(|| Value::null(attribute.ty.clone()));
        (name.clone(), merge_attribute(attribute, prior, config))
    });
    let blocks = block.block_types.iter().map(|(name, nested)| {
        let prior = prior.and_then(|prior| prior.get(name));
        let merged = match config.get(name) {
            Some(config) => merge_nested(nested, prior, config),
            None => Value::null(nested.implied_type()),
        };
        (name.clone(), merged)
    });
    Value::object(attributes.chain(blocks).collect::<Vec<_>>())
}

fn merge_attribute(attribute: &Attribute, prior: Option<&Value>, config: Value) -> Value {
    if attribute.write_only {
        return Value::null(attribute.ty.clone());
    }
    if !config.is_null() {
        return match prior {
            Some(prior) if diff::equivalent(attribute, prior, &config) => prior.clone(),
            _ => config,
        };
    }
    if let Some(default) = default_value(attribute) {
        return default;
    }
    match (attribute.computed, prior) {
        (true, Some(prior)) => prior.clone(),
        (true, None) => Value::unknown(attribute.ty.clone()),
        (false, _) => config,
    }
}

fn merge_nested(nested: &NestedBlock, prior: Option<&Value>, config: &Value) -> Value {
    if nested.computed && is_absent(config) {
        return prior.cloned().unwrap_or_else(|| Value::unknown(nested.implied_type()));
    }
    let element = nested.block.implied_type();
    match (nested.nesting_mode, config.kind()) {
        (Nesting::Single | Nesting::Group, Kind::Object(_)) => {
            merge_block(&nested.block, prior.filter(|prior| !prior.is_null()), config)
        }
        (Nesting::List, Kind::List(_, elements)) => Value::list(
            element,
            elements.iter().enumerate().map(|(index, config)| {
                let prior = prior.and_then(Value::as_elements).and_then(|elements| elements.get(index));
                merge_block(&nested.block, prior, config)
            }),
        ),
        (Nesting::Set, Kind::Set(_, elements)) => Value::set(
            element,
            elements.iter().map(|config| {
                let prior = matching_element(&nested.block, prior, config);
                merge_block(&nested.block, prior, config)
            }),
        ),
        (Nesting::Map, Kind::Map(_, entries)) => Value::map(
            element,
            entries.iter().map(|(key, config)| {
                let prior = prior.and_then(|prior| prior.get(key));
                (key.clone(), merge_block(&nested.block, prior, config))
            }),
        ),
        _ => config.clone(),
    }
}

fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_elements().is_some_and(<[Value]>::is_empty)
}

/// The element of a prior set that a configured element means: the one that agrees in everything
/// that is configured.
fn matching_element<'a>(block: &Block, prior: Option<&'a Value>, config: &Value) -> Option<&'a Value> {
    prior?.as_elements()?.iter().find(|candidate| agrees(block, candidate, config))
}

fn agrees(block: &Block, candidate: &Value, config: &Value) -> bool {
    let attributes = block.attributes.iter().all(|(name, attribute)| {
        let (Some(candidate), Some(config)) = (candidate.get(name), config.get(name)) else { return false };
        match config.is_null() {
            false => diff::equivalent(attribute, candidate, config),
            true => match default_value(attribute) {
                Some(default) => diff::same(candidate, &default),
                None => attribute.computed || candidate.is_null(),
            },
        }
    });
    attributes
        && block.block_types.iter().all(|(name, nested)| match (candidate.get(name), config.get(name)) {
            (Some(candidate), Some(config)) => nested.computed || nested_agrees(nested, candidate, config),
            _ => false,
        })
}

fn nested_agrees(nested: &NestedBlock, candidate: &Value, config: &Value) -> bool {
    let each = |candidate: &Value, config: &Value| agrees(&nested.block, candidate, config);
    match (nested.nesting_mode, candidate.kind(), config.kind()) {
        (Nesting::Single | Nesting::Group, Kind::Object(_), Kind::Object(_)) => each(candidate, config),
        (Nesting::List, Kind::List(_, a), Kind::List(_, b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| each(a, b))
        }
        (Nesting::Set, Kind::Set(_, a), Kind::Set(_, b)) => {
            a.len() == b.len() && b.iter().all(|b| a.iter().any(|a| each(a, b)))
        }
        _ => diff::same(candidate, config),
    }
}

/// Makes computed attributes unknown whose value follows from one that changes; what configuration sets
/// follows from nothing.
fn recompute(block: &Block, prior: &Value, config: &Value, planned: Value) -> Value {
    let changed: Vec<Arc<str>> = diff::paths(prior, &planned)
        .iter()
        .filter_map(|path| path.first_attribute().map(Arc::from))
        .collect();
    if changed.is_empty() {
        return planned;
    }
    let follows =
        |attribute: &Attribute| attribute.recompute_on.iter().any(|on| &**on == "*" || changed.contains(on));
    let mut attributes: BTreeMap<Arc<str>, Value> = planned.as_entries().cloned().unwrap_or_default();
    for (name, attribute) in &block.attributes {
        let set = config.get(name).is_some_and(|value| !value.is_null());
        if follows(attribute) && !set && !changed.contains(name) {
            attributes.insert(name.clone(), Value::unknown(attribute.ty.clone()));
        }
    }
    Value::object(attributes)
}

fn replace_in_block(block: &Block, prior: &Value, planned: &Value, path: &Path, found: &mut Vec<Path>) {
    for (name, attribute) in block.attributes.iter().filter(|(_, attribute)| attribute.force_new) {
        let (Some(a), Some(b)) = (prior.get(name), planned.get(name)) else { continue };
        if !diff::equivalent(attribute, a, b) {
            found.push(path.then(PathStep::Attribute(name.clone())));
        }
    }
    for (name, nested) in &block.block_types {
        let (Some(a), Some(b)) = (prior.get(name), planned.get(name)) else { continue };
        let path = path.then(PathStep::Attribute(name.clone()));
        if nested.force_new && !diff::same(a, b) {
            found.push(path);
            continue;
        }
        match (nested.nesting_mode, a.as_elements(), b.as_elements()) {
            (Nesting::Single | Nesting::Group, _, _) => replace_in_block(&nested.block, a, b, &path, found),
            (Nesting::List, Some(a), Some(b)) => {
                for (index, (a, b)) in a.iter().zip(b).enumerate() {
                    replace_in_block(&nested.block, a, b, &path.then(PathStep::Index(index)), found);
                }
            }
            (Nesting::Set, Some(_), Some(_)) if !diff::same(a, b) && any_force_new(&nested.block) => {
                found.push(path);
            }
            _ => {}
        }
    }
}

fn any_force_new(block: &Block) -> bool {
    block.attributes.values().any(|attribute| attribute.force_new)
}

/// Every computed attribute that configuration does not set, unknown: what a replacement of `prior`
/// looks like.
pub fn as_create(schema: &Schema, config: &Value) -> Value {
    merge_block(&schema.block, None, config)
}
