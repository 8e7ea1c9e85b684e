//! What must not be shown, decided once for text and JSON: a value that carries a mark, an attribute
//! that its schema calls sensitive, and whatever stands at the same place on the other side of a
//! change.

use evenkeel_model::schema::{Block, NestedBlock, Nesting, Schema};
use evenkeel_model::value::Kind;
use evenkeel_model::{Marks, Path, Type, Value, json};
use evenkeel_state::Object;
use serde_json::Value as Json;

/// The words that stand for a value, if it must not be shown.
pub(super) fn words(marks: Marks) -> Option<&'static str> {
    if marks.is_empty() {
        None
    } else if !marks.without(Marks::EPHEMERAL).is_empty() {
        Some("(sensitive value)")
    } else {
        Some("(ephemeral value)")
    }
}

/// Both sides of a change, each hiding what the other one hides as well.
pub(super) fn together(before: Option<&Value>, after: Option<&Value>) -> (Option<Value>, Option<Value>) {
    match (before, after) {
        (Some(before), Some(after)) => (Some(before.with_marks_of(after)), Some(after.with_marks_of(before))),
        (before, after) => (before.cloned(), after.cloned()),
    }
}

/// The value with everything marked that its schema calls sensitive.
pub(super) fn by_schema(schema: Option<&Schema>, value: &Value) -> Value {
    match schema {
        Some(schema) if is_sensitive(&schema.block) => mark_block(&schema.block, value),
        _ => value.clone(),
    }
}

fn is_sensitive(block: &Block) -> bool {
    block.attributes.values().any(|attribute| attribute.sensitive)
        || block.block_types.values().any(|nested| is_sensitive(&nested.block))
}

fn mark_block(block: &Block, value: &Value) -> Value {
    let Kind::Object(attributes) = value.kind() else {
        // Not of the schema's shape: nobody can say where the sensitive part would be.
        return if value.is_null() || value.is_unknown() { value.clone() } else { value.clone().sensitive() };
    };
    let attributes = attributes.iter().map(|(name, inner)| {
        let inner = match (block.attributes.get(name), block.block_types.get(name)) {
            (Some(attribute), _) if attribute.sensitive && !inner.is_null() => inner.clone().sensitive(),
            (None, Some(nested)) if is_sensitive(&nested.block) => mark_nested(nested, inner),
            _ => inner.clone(),
        };
        (name.clone(), inner)
    });
    Value::object(attributes.collect::<Vec<_>>()).with_marks(value.marks())
}

fn mark_nested(nested: &NestedBlock, value: &Value) -> Value {
    let marked = match (nested.nesting_mode, value.kind()) {
        (Nesting::Single | Nesting::Group, _) => mark_block(&nested.block, value),
        (Nesting::List, Kind::List(ty, elements)) => {
            Value::list(ty.clone(), elements.iter().map(|element| mark_block(&nested.block, element)))
        }
        (Nesting::List, Kind::Tuple(elements)) => {
            Value::tuple(elements.iter().map(|element| mark_block(&nested.block, element)))
        }
        (Nesting::Map, Kind::Map(ty, entries)) => {
            let entries =
                entries.iter().map(|(key, element)| (key.clone(), mark_block(&nested.block, element)));
            Value::map(ty.clone(), entries.collect::<Vec<_>>())
        }
        (Nesting::Set, Kind::Set(_, elements)) if elements.is_empty() => value.clone(),
        (_, Kind::Null(_) | Kind::Unknown(..)) => value.clone(),
        _ => value.clone().sensitive(),
    };
    marked.with_marks(value.marks())
}

/// The path, cut off where a value on the way is hidden on either side: the names inside are, too.
pub(super) fn visible_path(path: &Path, before: Option<&Value>, after: Option<&Value>) -> Path {
    let is_hidden = |length: &usize| {
        let above = Path(path.0[..*length].to_vec());
        let values = [before, after].into_iter().flatten().filter_map(|value| value.at(&above));
        values.into_iter().any(|value| !value.marks().is_empty())
    };
    let length = (0..path.0.len()).find(is_hidden).unwrap_or(path.0.len());
    Path(path.0[..length].to_vec())
}

/// A remembered object as a value, with everything marked that must not be shown. Where the schema
/// is missing or another one, the value has the shape of its JSON.
pub fn remembered(object: &Object, schema: Option<&Schema>) -> Value {
    let typed = schema.and_then(|schema| object.value(&schema.ty()).ok());
    by_schema(schema, &typed.unwrap_or_else(|| untyped(&object.attributes)))
}

/// What encoded JSON stands for when nobody knows its type; unknown values and marks are kept.
pub(super) fn untyped(encoded: &Json) -> Value {
    json::decode(encoded, &Type::Dynamic).unwrap_or_else(|_| Value::null(Type::Dynamic).sensitive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_json_without_a_type_keeps_its_marks() {
        let value = Value::object([
            ("a", Value::string("x").sensitive()),
            ("?b", Value::tuple([Value::unknown(Type::Number), Value::bool(true)])),
        ]);
        assert_eq!(untyped(&json::encode(&value)), value);
        let open = json::encode_open(&Value::list(Type::String, [Value::string("s").sensitive()]));
        assert_eq!(untyped(&open), Value::list(Type::String, [Value::string("s").sensitive()]));
    }

    #[test]
    fn what_one_side_hides_is_hidden_on_both() {
        let before = Value::object([("a", Value::string("x")), ("b", Value::string("y").sensitive())]);
        let after = Value::object([("a", Value::string("z").sensitive()), ("b", Value::string("y"))]);
        let (before, after) = together(Some(&before), Some(&after));
        for side in [before.unwrap(), after.unwrap()] {
            assert!(side.get("a").unwrap().is_sensitive() && side.get("b").unwrap().is_sensitive());
        }
    }
}
