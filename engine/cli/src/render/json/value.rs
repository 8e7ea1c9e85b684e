//! Values in JSON with what must not be shown taken out, and the trees that say where.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::value::Kind;
use evenkeel_model::{Type, Value, json as model};
use serde_json::{Map, Value as Json, json};

/// The value; what must not be shown is null, what is unknown is left out of objects and null
/// elsewhere.
pub(in crate::render) fn redacted(value: &Value) -> Json {
    if !value.marks().is_empty() {
        return Json::Null;
    }
    match value.kind() {
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            Json::Array(elements.iter().map(redacted).collect())
        }
        Kind::Map(_, entries) | Kind::Object(entries) => entries
            .iter()
            .filter(|(_, entry)| entry.is_known() || !entry.marks().is_empty())
            .map(|(name, entry)| (name.to_string(), redacted(entry)))
            .collect::<Map<_, _>>()
            .into(),
        _ => model::to_plain(value),
    }
}

/// True where a value must not be shown; leaves that may are left out of objects.
pub(in crate::render) fn sensitive_flags(value: &Value) -> Json {
    flags(value, &|value| (!value.marks().is_empty()).then_some(json!(true)))
}

/// True where a value is unknown; leaves that are known are left out of objects.
pub(super) fn unknown_flags(value: &Value) -> Json {
    flags(value, &|value| match (value.is_unknown(), value.marks().is_empty()) {
        (true, _) => Some(json!(true)),
        // The names inside are not shown either.
        (false, false) => Some(json!(!value.is_wholly_known())),
        (false, true) => None,
    })
}

/// What the test says of a value, or a tree of the value's shape with what it says of the parts; false
/// is left out of objects.
pub(super) fn flags(value: &Value, test: &dyn Fn(&Value) -> Option<Json>) -> Json {
    if let Some(found) = test(value) {
        return found;
    }
    match value.kind() {
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            Json::Array(elements.iter().map(|element| flags(element, test)).collect())
        }
        Kind::Map(_, entries) | Kind::Object(entries) => entries
            .iter()
            .map(|(name, entry)| (name.to_string(), flags(entry, test)))
            .filter(|(_, flag)| *flag != json!(false))
            .collect::<Map<_, _>>()
            .into(),
        _ => json!(false),
    }
}

/// The root outputs as `output -json` and an `outputs` line have them: by name the type, the value,
/// and whether it must not be shown.
pub fn outputs(outputs: &BTreeMap<Arc<str>, (Value, bool)>) -> Json {
    outputs
        .iter()
        .map(|(name, (value, sensitive))| {
            let sensitive = *sensitive || !value.marks().is_empty();
            let mut output = json!({ "sensitive": sensitive, "type": shown_type(value).to_json() });
            if !sensitive {
                output["value"] = redacted(value);
            }
            (name.to_string(), output)
        })
        .collect::<Map<_, _>>()
        .into()
}

/// The type of the value as far as it may be shown: the names inside what is hidden are hidden too.
pub(super) fn shown_type(value: &Value) -> Type {
    let hide = &mut |value: Value| match value.marks().is_empty() || value.ty().is_primitive() {
        true => value,
        false => Value::unknown(Type::Dynamic),
    };
    value.map_bottom_up(hide).ty()
}
