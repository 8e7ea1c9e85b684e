//! Values in JSON: plain, as cty writes them for `output -json` and `jsonencode`; and encoded,
//! which keeps unknown values and marks, for plans, journal and state.
//!
//! Plain JSON of a type that leaves something open (`Dynamic`) wraps the value with its type, as
//! cty does: `{"type": ..., "value": ...}`. The encoded form reserves object keys that start with
//! `?`; a user's own key that starts so gets one more.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::number::Number;
use crate::ty::Type;
use crate::value::{Kind, Marks, Refinements, Value};

/// JSON that does not fit the type it should have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonError(pub String);

/// A number as JSON, digit for digit. JSON has no infinite numbers; whoever stores values refuses them
/// before (see [`Value::has_infinity`]).
pub fn number_to_json(number: &Number) -> Json {
    serde_json::from_str(&number.to_string()).unwrap_or(Json::Null)
}

/// Plain JSON. Marks are dropped (the caller decides who may see it); unknown values become null.
pub fn to_plain(value: &Value) -> Json {
    match value.kind() {
        Kind::Unknown(..) | Kind::Null(_) => Json::Null,
        Kind::Bool(value) => json!(value),
        Kind::Number(number) => number_to_json(number),
        Kind::String(text) => json!(&**text),
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            Json::Array(elements.iter().map(to_plain).collect())
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.to_string(), to_plain(value))).collect())
        }
    }
}

/// The value that plain JSON stands for by itself: objects and tuples, as `jsondecode` gives.
pub fn from_plain_untyped(json: &Json) -> Result<Value, JsonError> {
    Ok(match json {
        Json::Null => Value::null(Type::Dynamic),
        Json::Bool(value) => Value::bool(*value),
        Json::Number(number) => Value::from(Kind::Number(parse_number(number.as_str())?)),
        Json::String(text) => Value::string(text),
        Json::Array(elements) => {
            Value::tuple(elements.iter().map(from_plain_untyped).collect::<Result<Vec<_>, _>>()?)
        }
        Json::Object(entries) => Value::object(
            entries
                .iter()
                .map(|(key, json)| Ok((key.as_str(), from_plain_untyped(json)?)))
                .collect::<Result<Vec<_>, JsonError>>()?,
        ),
    })
}

/// The value of the given type that plain JSON stands for. Attributes that are missing are null;
/// ones that the type does not have are refused.
pub fn from_plain(json: &Json, ty: &Type) -> Result<Value, JsonError> {
    decode_with(json, ty, false)
}

/// JSON that keeps unknown values and marks; read back with [`decode`] and the same type.
pub fn encode(value: &Value) -> Json {
    let inner = encode_kind(value.kind());
    match value.marks() {
        Marks::NONE => inner,
        marks => json!({"?marks": encode_marks(marks), "?value": inner}),
    }
}

/// [`encode`] for a place of the given type: wherever that leaves the type open, the value's own type
/// goes with it, so that a list does not come back as a tuple.
pub fn encode_as(value: &Value, ty: &Type) -> Json {
    if !ty.has_dynamic() {
        return encode(value);
    }
    if !value.marks().is_empty() {
        let inner = encode_as(&value.clone().unmark().0, ty);
        return json!({"?marks": encode_marks(value.marks()), "?value": inner});
    }
    match (value.kind(), ty) {
        (Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Null(Type::Dynamic), Type::Dynamic) => {
            encode(value)
        }
        (_, Type::Dynamic) => encode_open(value),
        (Kind::Object(entries), Type::Object(object)) => {
            let entries = entries.iter().map(|(name, value)| {
                let ty = object.attributes.get(name).unwrap_or(&Type::Dynamic);
                (escape_key(name), encode_as(value, ty))
            });
            Json::Object(entries.collect())
        }
        (Kind::Map(_, entries), Type::Map(element)) => {
            let entries = entries.iter().map(|(key, value)| (escape_key(key), encode_as(value, element)));
            Json::Object(entries.collect())
        }
        (Kind::List(_, elements), Type::List(element)) | (Kind::Set(_, elements), Type::Set(element)) => {
            Json::Array(elements.iter().map(|value| encode_as(value, element)).collect())
        }
        (Kind::Tuple(elements), Type::Tuple(types)) => {
            Json::Array(elements.iter().zip(types.iter()).map(|(value, ty)| encode_as(value, ty)).collect())
        }
        _ => encode(value),
    }
}

/// Reads what [`encode`] or [`encode_as`] wrote.
pub fn decode(json: &Json, ty: &Type) -> Result<Value, JsonError> {
    decode_with(json, ty, true)
}

fn encode_marks(marks: Marks) -> Vec<&'static str> {
    [(Marks::SENSITIVE, "sensitive"), (Marks::EPHEMERAL, "ephemeral"), (Marks::ECHO, "echo")]
        .into_iter()
        .filter(|(mark, _)| marks.contains(*mark))
        .map(|(_, name)| name)
        .collect()
}

fn decode_marks(json: &Json) -> Result<Marks, JsonError> {
    let names = json.as_array().ok_or_else(|| JsonError("marks must be an array".into()))?;
    names.iter().try_fold(Marks::NONE, |marks, name| match name.as_str() {
        Some("sensitive") => Ok(marks.union(Marks::SENSITIVE)),
        Some("ephemeral") => Ok(marks.union(Marks::EPHEMERAL)),
        Some("echo") => Ok(marks.union(Marks::ECHO)),
        _ => Err(JsonError(format!("unknown mark {name}"))),
    })
}

fn encode_kind(kind: &Kind) -> Json {
    match kind {
        Kind::Unknown(ty, refinements) => {
            let mut out = Map::new();
            out.insert("?unknown".into(), ty.to_json());
            if let Some(refinements) = refinements {
                out.insert("?refined".into(), encode_refinements(refinements));
            }
            Json::Object(out)
        }
        Kind::Null(_) => Json::Null,
        Kind::Bool(value) => json!(value),
        Kind::Number(number) => number_to_json(number),
        Kind::String(text) => json!(&**text),
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            Json::Array(elements.iter().map(encode).collect())
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (escape_key(key), encode(value))).collect())
        }
    }
}

/// A key of an object or map as the encoded form has it.
pub fn escape_key(key: &str) -> String {
    if key.starts_with('?') { format!("?{key}") } else { key.to_owned() }
}

fn encode_refinements(refinements: &Refinements) -> Json {
    let bound = |bound: &Option<(Number, bool)>| {
        bound.as_ref().map(|(number, inclusive)| json!([number.to_string(), inclusive]))
    };
    json!({
        "not_null": refinements.not_null,
        "prefix": refinements.prefix.as_deref(),
        "min": bound(&refinements.min),
        "max": bound(&refinements.max),
        "length_min": refinements.length_min,
        "length_max": refinements.length_max,
    })
}

fn decode_refinements(json: &Json) -> Result<Refinements, JsonError> {
    let bound = |name: &str| -> Result<Option<(Number, bool)>, JsonError> {
        match json.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(bound) => {
                let text = bound.get(0).and_then(Json::as_str).unwrap_or_default();
                Ok(Some((parse_number(text)?, bound.get(1).and_then(Json::as_bool).unwrap_or_default())))
            }
        }
    };
    Ok(Refinements {
        not_null: json.get("not_null").and_then(Json::as_bool).unwrap_or_default(),
        prefix: json.get("prefix").and_then(Json::as_str).map(Arc::from),
        min: bound("min")?,
        max: bound("max")?,
        length_min: json.get("length_min").and_then(Json::as_u64),
        length_max: json.get("length_max").and_then(Json::as_u64),
    })
}

fn parse_number(text: &str) -> Result<Number, JsonError> {
    text.parse().map_err(|_| JsonError(format!("{text} is not a number in range")))
}

fn decode_with(json: &Json, ty: &Type, encoded: bool) -> Result<Value, JsonError> {
    if encoded && let Json::Object(entries) = json {
        if let Some(unknown) = entries.get("?unknown") {
            let ty = Type::from_json(unknown).map_err(|e| JsonError(e.to_string()))?;
            let refinements = entries.get("?refined").map(decode_refinements).transpose()?;
            return Ok(Kind::Unknown(ty, refinements.map(Arc::new)).into());
        }
        if let (Some(marks), Some(inner)) = (entries.get("?marks"), entries.get("?value")) {
            return Ok(decode_with(inner, ty, true)?.with_marks(decode_marks(marks)?));
        }
    }
    if json.is_null() {
        return Ok(Value::null(ty.clone()));
    }
    let wrong = || JsonError(format!("expected {}, found {}", ty.friendly_name(), json_kind(json)));
    match ty {
        Type::Dynamic if encoded => decode_open(json),
        Type::Dynamic => match (json.get("type"), json.get("value")) {
            (Some(inner), Some(value)) => {
                let ty = Type::from_json(inner).map_err(|e| JsonError(e.to_string()))?;
                decode_with(value, &ty, false)
            }
            _ => from_plain_untyped(json),
        },
        Type::Bool => json.as_bool().map(Value::bool).ok_or_else(wrong),
        Type::Number => match json {
            Json::Number(number) => Ok(Kind::Number(parse_number(number.as_str())?).into()),
            Json::String(text) => Ok(Kind::Number(parse_number(text)?).into()),
            _ => Err(wrong()),
        },
        Type::String => json.as_str().map(Value::string).ok_or_else(wrong),
        Type::List(element) => {
            Ok(Value::list((**element).clone(), decode_elements(json, element, encoded, wrong)?))
        }
        Type::Set(element) => {
            Ok(Value::set((**element).clone(), decode_elements(json, element, encoded, wrong)?))
        }
        Type::Map(element) => {
            let entries = json.as_object().ok_or_else(wrong)?;
            let entries: Result<Vec<_>, JsonError> = entries
                .iter()
                .map(|(key, json)| Ok((unescape(key, encoded), decode_with(json, element, encoded)?)))
                .collect();
            Ok(Value::map((**element).clone(), entries?))
        }
        Type::Tuple(types) => {
            let elements =
                json.as_array().filter(|elements| elements.len() == types.len()).ok_or_else(wrong)?;
            let elements: Result<Vec<_>, _> =
                elements.iter().zip(types.iter()).map(|(json, ty)| decode_with(json, ty, encoded)).collect();
            Ok(Value::tuple(elements?))
        }
        Type::Object(object) => {
            let entries = json.as_object().ok_or_else(wrong)?;
            if let Some(extra) =
                entries.keys().find(|key| !object.attributes.contains_key(unescape(key, encoded)))
            {
                return Err(JsonError(format!("unsupported attribute \"{extra}\"")));
            }
            let attributes: Result<Vec<_>, JsonError> = object
                .attributes
                .iter()
                .map(|(name, ty)| {
                    let json = match encoded && name.starts_with('?') {
                        true => entries.get(&escape_key(name)),
                        false => entries.get(&**name),
                    };
                    let value = json
                        .map_or_else(|| Ok(Value::null(ty.clone())), |json| decode_with(json, ty, encoded));
                    Ok((name.clone(), value.map_err(|e| JsonError(format!("{name}: {e}")))?))
                })
                .collect();
            Ok(Value::object(attributes?))
        }
    }
}

/// Encoded JSON under an open type: a wrapper with the type, or a value that speaks for itself.
fn decode_open(json: &Json) -> Result<Value, JsonError> {
    match (json.get("?type"), json.get("?value")) {
        (Some(ty), Some(value)) => {
            let ty = Type::from_json(ty).map_err(|e| JsonError(e.to_string()))?;
            decode_with(value, &ty, true)
        }
        _ => decode_untyped(json),
    }
}

/// Encoded JSON whose type nobody wrote down: objects and tuples, with the marks and unknown values
/// inside them.
fn decode_untyped(json: &Json) -> Result<Value, JsonError> {
    let inside = |json: &Json| decode_with(json, &Type::Dynamic, true);
    match json {
        Json::Array(elements) => {
            Ok(Value::tuple(elements.iter().map(inside).collect::<Result<Vec<_>, _>>()?))
        }
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, json)| Ok((unescape(key, true), inside(json)?)));
            Ok(Value::object(entries.collect::<Result<Vec<_>, JsonError>>()?))
        }
        plain => from_plain_untyped(plain),
    }
}

/// [`encode`] for a place whose type is open: the value's own type goes with it.
pub fn encode_open(value: &Value) -> Json {
    json!({"?type": value.ty().to_json(), "?value": encode(value)})
}

/// The key that a key of the encoded form stands for.
pub fn unescape_key(key: &str) -> &str {
    key.strip_prefix('?').unwrap_or(key)
}

fn unescape(key: &str, encoded: bool) -> &str {
    if encoded { unescape_key(key) } else { key }
}

fn decode_elements(
    json: &Json,
    ty: &Type,
    encoded: bool,
    wrong: impl Fn() -> JsonError,
) -> Result<Vec<Value>, JsonError> {
    json.as_array().ok_or_else(wrong)?.iter().map(|json| decode_with(json, ty, encoded)).collect()
}

fn json_kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_values_keep_everything() {
        let ty = Type::object([
            ("a", Type::map(Type::String)),
            ("?b", Type::Number),
            ("c", Type::set(Type::String)),
            ("d", Type::String),
        ]);
        let value = Value::object([
            ("a", Value::map(Type::String, [("?unknown", Value::string("x").sensitive())])),
            ("?b", Value::unknown_not_null(Type::Number)),
            ("c", Value::set(Type::String, [Value::string("z"), Value::unknown(Type::String)])),
            ("d", Value::null(Type::String)),
        ])
        .with_marks(Marks::EPHEMERAL);
        assert_eq!(decode(&encode(&value), &ty).unwrap(), value);
        let open = Value::list(Type::Number, [Value::number(1)]);
        assert_eq!(decode(&encode_open(&open), &Type::Dynamic).unwrap(), open);
    }

    #[test]
    fn values_of_open_type_keep_their_own_type() {
        let ty = Type::object([("open", Type::Dynamic), ("text", Type::String)]);
        let list = Value::list(Type::String, [Value::string("x").sensitive()]);
        for open in [
            list.clone(),
            list.sensitive(),
            Value::null(Type::String),
            Value::null(Type::Dynamic),
            Value::unknown(Type::set(Type::Number)),
            Value::string("plain"),
            Value::object([("?type", Value::map(Type::Bool, [("k", Value::bool(true))]))]),
        ] {
            let value = Value::object([("open", open), ("text", Value::string("t").sensitive())]);
            assert_eq!(decode(&encode_as(&value, &ty), &ty).unwrap(), value);
        }
    }

    #[test]
    fn marks_inside_a_value_of_open_type_are_kept() {
        let value = Value::object([
            ("a", Value::tuple([Value::string("x").sensitive(), Value::null(Type::Dynamic)])),
            ("?b", Value::unknown(Type::Number)),
        ]);
        assert_eq!(decode(&encode(&value), &Type::Dynamic).unwrap(), value);
        let ty = Type::object([("v", Type::Dynamic)]);
        let inside = Value::object([("v", value)]);
        assert_eq!(decode(&encode(&inside), &ty).unwrap(), inside);
    }

    #[test]
    fn plain_json_is_checked_against_the_type() {
        let ty = Type::object([("n", Type::Number)]);
        let big: Json = serde_json::from_str(r#"{"n": 123456789012345678901234567890}"#).unwrap();
        let value = from_plain(&big, &ty).unwrap();
        assert_eq!(to_plain(&value), big);
        assert!(from_plain(&json!({"n": true}), &ty).is_err());
        assert!(from_plain(&json!({"m": 1}), &ty).is_err());
    }
}
