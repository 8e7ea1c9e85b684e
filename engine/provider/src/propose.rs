//! The planning that a schema alone decides.
//!
//! The rules are those of Terraform's SDK and its "proposed new state": what configuration sets
//! wins; what it leaves out keeps the prior value where the provider computes it, takes the default
//! where there is one, and is null otherwise. On create, what the provider computes is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use evenkeel_model::value::{Entries, Kind};
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
        (Nesting::Set, Kind::Set(_, elements)) => {
            let prior = prior.and_then(Value::as_elements).unwrap_or_default();
            let meant = meant_elements(&nested.block, prior, elements);
            let merged = elements.iter().zip(meant);
            Value::set(element, merged.map(|(config, prior)| merge_block(&nested.block, prior, config)))
        }
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

/// The elements of a prior set that configured elements mean, each at most once: those that agree in
/// everything that is configured. What could be fewest of them chooses first, so that an element of which
/// little is said does not take what another one needs.
fn meant_elements<'a>(block: &Block, prior: &'a [Value], config: &[Value]) -> Vec<Option<&'a Value>> {
    let mut choices: Vec<(usize, Vec<&'a Value>)> = config
        .iter()
        .map(|config| prior.iter().filter(|candidate| agrees(block, candidate, config)).collect())
        .enumerate()
        .collect();
    choices.sort_by_key(|(_, candidates)| candidates.len());
    let mut taken: BTreeSet<&Value> = BTreeSet::new();
    let mut meant = vec![None; config.len()];
    for (place, candidates) in choices {
        let free = candidates.into_iter().find(|candidate| taken.insert(candidate));
        if let Some(slot) = meant.get_mut(place) {
            *slot = free;
        }
    }
    meant
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
    let mut attributes: BTreeMap<Arc<str>, Value> =
        planned.as_entries().map(Entries::to_map).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A rule of which little is said, and one of which more is said that agrees with it.
    #[test]
    fn elements_of_a_set_keep_one_prior_element_each() {
        let schema = json!({
            "type_name": "test_thing",
            "version": 0,
            "block": { "block_types": { "rule": {
                "nesting_mode": "set",
                "block": { "attributes": { "on": {
                    "type": "bool", "optional": true, "computed": true, "description": "Whether it counts."
                } } },
                "description": "The rule."
            } } }
        });
        let schema: Schema = serde_json::from_value(schema).unwrap();
        let ty = &schema.block.block_types["rule"].block.implied_type();
        let rule = |on: Option<bool>| {
            Value::object([("on", on.map_or(Value::null(evenkeel_model::Type::Bool), Value::bool))])
        };
        let object =
            |rules: &[Value]| Value::object([("rule", Value::set(ty.clone(), rules.iter().cloned()))]);
        let config = object(&[rule(Some(false)), rule(None)]);
        for other in [rule(None), rule(Some(true))] {
            let prior = object(&[rule(Some(false)), other]);
            assert_eq!(planned_value(&schema, Some(&prior), &config), prior);
        }
        let prior = object(&[rule(Some(false))]);
        let planned = planned_value(&schema, Some(&prior), &config);
        let rules = planned.get("rule").and_then(Value::as_elements).unwrap();
        assert_eq!(rules.iter().filter(|rule| rule.get("on").unwrap().is_unknown()).count(), 1);
        assert_eq!(rules.len(), 2);
    }
}
