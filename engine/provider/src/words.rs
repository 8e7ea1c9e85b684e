//! One meaning, two ways to write it: an argument that is left out and one that is empty, zero or
//! false say the same where the service cannot tell them apart.
//!
//! State taken over from Terraform, configuration and the service each have their own way; without
//! this, the difference would be planned as a change. What is known already keeps its words, and
//! only what means something else is taken from the new value.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_model::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use evenkeel_model::value::Kind;

use crate::diff::{self, is_blank};

/// `value` in the words of `known`, for every attribute and block of a schema.
pub fn of_object(schema: &Schema, known: Option<&Value>, value: Value) -> Value {
    block(&schema.block, known, value)
}

/// An attribute in the words of `known`.
pub fn attribute(attribute: &Attribute, known: Option<&Value>, value: Value) -> Value {
    let known = known.filter(|known| known.is_wholly_known());
    match known {
        _ if value.is_unknown() => value,
        Some(known) if diff::equivalent(attribute, known, &value) => known.clone(),
        // A computed value that nobody knew yet is the service's to tell, even if it is nothing.
        None | Some(_) if attribute.computed && known.is_none_or(Value::is_null) => value,
        Some(known) if is_blank(known) && is_blank(&value) => known.clone(),
        None if is_blank(&value) => Value::null(value.ty()),
        _ => value,
    }
}

/// Nested blocks in the words of `known`.
pub fn nested(nested: &NestedBlock, known: Option<&Value>, value: Value) -> Value {
    let inside = |known: Option<&Value>, value: &Value| block(&nested.block, known, value.clone());
    let priors = known.and_then(Value::as_elements).unwrap_or_default();
    match (nested.nesting_mode, value.kind()) {
        (Nesting::Single | Nesting::Group, Kind::Object(_)) => inside(known, &value),
        (Nesting::List, Kind::List(ty, elements)) => {
            let elements = elements.iter().enumerate();
            Value::list(ty.clone(), elements.map(|(index, element)| inside(priors.get(index), element)))
        }
        (Nesting::Set, Kind::Set(ty, elements)) => {
            Value::set(ty.clone(), elements.iter().map(|element| of_set(&nested.block, priors, element)))
        }
        _ => value,
    }
}

/// The element of a set that means the same, if there is one. What only the service can tell of an
/// element that is planned is no difference.
fn of_set(block: &Block, priors: &[Value], element: &Value) -> Value {
    let means = |prior: &&Value| self::block(block, Some(prior), completed(block, prior, element)) == **prior;
    let same = priors.iter().find(means);
    same.cloned().unwrap_or_else(|| self::block(block, None, element.clone()))
}

/// A value whose unknown computed parts are those of another one.
fn completed(block: &Block, prior: &Value, value: &Value) -> Value {
    let Some(entries) = value.as_entries() else { return value.clone() };
    let entries = entries.iter().map(|(name, value)| {
        let prior = prior.get(name);
        let is_computed = block.attributes.get(name).is_some_and(|attribute| attribute.computed);
        let completed = match (block.block_types.get(name), prior) {
            (None, Some(prior)) if is_computed && value.is_unknown() => prior.clone(),
            (Some(nested), Some(prior)) => completed_blocks(nested, prior, value),
            _ => value.clone(),
        };
        (name.clone(), completed)
    });
    Value::object(entries.collect::<BTreeMap<Arc<str>, Value>>())
}

fn completed_blocks(nested: &NestedBlock, prior: &Value, value: &Value) -> Value {
    match (value.kind(), prior.as_elements()) {
        (Kind::Unknown(..), _) if nested.computed => prior.clone(),
        (Kind::List(ty, elements), Some(priors)) if elements.len() == priors.len() => {
            let pairs = elements.iter().zip(priors);
            Value::list(ty.clone(), pairs.map(|(element, prior)| completed(&nested.block, prior, element)))
        }
        _ => value.clone(),
    }
}

fn block(block: &Block, known: Option<&Value>, value: Value) -> Value {
    let Some(entries) = value.as_entries() else { return value };
    let known_at = |name: &str| known.and_then(|known| known.get(name));
    let entries = entries.iter().map(|(name, value)| {
        let (known, value) = (known_at(name), value.clone());
        let settled = match (block.attributes.get(name), block.block_types.get(name)) {
            (Some(attribute), _) => self::attribute(attribute, known, value),
            (None, Some(nested)) => self::nested(nested, known, value),
            (None, None) => value,
        };
        (name.clone(), settled)
    });
    Value::object(entries.collect::<BTreeMap<Arc<str>, Value>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::json::from_plain;
    use serde_json::{Value as Json, json};

    fn schema() -> Schema {
        let block = json!({ "attributes": {
            "text": { "type": "string", "optional": true },
            "flag": { "type": "bool", "optional": true },
            "days": { "type": "number", "optional": true, "computed": true },
        } });
        serde_json::from_value(json!({ "type_name": "t", "block": {
            "attributes": { "text": { "type": "string", "optional": true } },
            "block_types": {
                "list": { "nesting_mode": "list", "block": block },
                "set": { "nesting_mode": "set", "block": block },
            },
        } }))
        .unwrap()
    }

    fn settled(known: Option<Json>, value: Json) -> Value {
        let ty = schema().ty();
        let known = known.map(|known| from_plain(&known, &ty).unwrap());
        of_object(&schema(), known.as_ref(), from_plain(&value, &ty).unwrap())
    }

    fn value(json: Json) -> Value {
        from_plain(&json, &schema().ty()).unwrap()
    }

    #[test]
    fn what_means_the_same_keeps_its_words() {
        let wordy = json!({ "text": "", "list": [{ "text": "a", "flag": false, "days": 0 }], "set": [
            { "text": "x", "flag": false }, { "text": "y", "flag": true } ] });
        let terse =
            json!({ "list": [{ "text": "a" }], "set": [{ "text": "x" }, { "text": "y", "flag": true }] });
        assert_eq!(settled(Some(wordy.clone()), terse.clone()), value(wordy.clone()));
        let mut back = terse.clone();
        back["list"][0]["days"] = json!(0);
        assert_eq!(settled(Some(terse), wordy), value(back));
    }

    #[test]
    fn what_means_something_else_is_taken() {
        let known = json!({ "text": "a", "list": [{ "flag": true }], "set": [{ "text": "x" }] });
        let seen =
            json!({ "text": "", "list": [{ "flag": false }, { "text": "n" }], "set": [{ "text": "z" }] });
        assert_eq!(settled(Some(known), seen.clone()), value(seen));
    }

    #[test]
    fn what_only_the_service_tells_is_no_difference_in_sets() {
        let known = value(json!({ "set": [{ "text": "a", "days": 3 }] }));
        let element = known.get("set").and_then(Value::as_elements).unwrap()[0].clone();
        let planned = element.with_attribute("days", Value::unknown(evenkeel_model::Type::Number));
        let planned = known.clone().with_attribute("set", Value::set(planned.ty(), [planned]));
        assert_eq!(of_object(&schema(), Some(&known), planned), known);
    }

    #[test]
    fn nothing_known_means_nothing_said() {
        let seen = json!({ "text": "", "list": [{ "flag": false, "days": 0 }], "set": [] });
        assert_eq!(settled(None, seen), value(json!({ "list": [{ "days": 0 }], "set": [] })));
    }
}
