//! Values as Terraform's own documents have them: in clear, with flags beside them.

use evenkeel_model::value::Kind;
use evenkeel_model::{Marks, Type, Value, json as model};
use serde_json::{Map, Value as Json, json};

use super::super::value::flags;

/// True where a value was declared to be one that must not be shown. Of an unknown collection only that it
/// is one is said.
pub(super) fn sensitive(value: &Value) -> Json {
    flags(value, &|value| match value.marks().declared().is_empty() {
        false => Some(json!(true)),
        true if !value.is_unknown() => None,
        true => match value.ty() {
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => Some(json!([])),
            Type::Map(_) | Type::Object(..) => Some(json!({})),
            _ => Some(json!(false)),
        },
    })
}

/// The value; what is unknown is left out of objects and null elsewhere, and what must not be kept
/// is null.
pub(super) fn clear(value: &Value) -> Json {
    if value.marks().contains(Marks::EPHEMERAL) {
        return Json::Null;
    }
    match value.kind() {
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            Json::Array(elements.iter().map(clear).collect())
        }
        Kind::Map(_, entries) | Kind::Object(entries) => entries
            .iter()
            .filter(|(_, entry)| entry.is_known())
            .map(|(name, entry)| (name.to_string(), clear(entry)))
            .collect::<Map<_, _>>()
            .into(),
        // A zero has no sign there.
        Kind::Number(number) if number.to_string() == "-0" => json!(0),
        Kind::Unknown(..) | Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {
            model::to_plain(value)
        }
    }
}

/// True where a value is unknown.
pub(super) fn unknown(value: &Value) -> Json {
    flags(value, &|value| value.is_unknown().then_some(json!(true)))
}
