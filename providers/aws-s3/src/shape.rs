//! Values and what the API's structures are made of: reading the parts of a value, and making a
//! value of the parts that an answer has.
//!
//! A setting describes what it saw as JSON that leaves out what is absent; [`block`] gives it the
//! type of its schema.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_s3::types::Tag;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use evenkeel_model::schema::{Attribute, Block, NestedBlock, Nesting};
use evenkeel_model::{Type, Value, json};
use serde_json::{Map, Value as Json};

use crate::object::absent_block;
use crate::tags;

/// The first of the nested blocks of a name.
pub fn one<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    many(value, name).first()
}

/// The nested blocks of a name.
pub fn many<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_elements).unwrap_or_default()
}

/// A text that says something.
pub fn text(value: &Value, name: &str) -> Option<String> {
    value.get_str(name).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A text, empty where there is none.
pub fn text_or_empty(value: &Value, name: &str) -> String {
    value.get_str(name).unwrap_or_default().to_owned()
}

/// A number.
pub fn number(value: &Value, name: &str) -> Option<i32> {
    value.get_i64(name).and_then(|number| i32::try_from(number).ok())
}

/// A number that says something.
pub fn positive(value: &Value, name: &str) -> Option<i32> {
    number(value, name).filter(|number| *number > 0)
}

/// A list or set of texts; `None` where there are none.
pub fn texts(value: &Value, name: &str) -> Option<Vec<String>> {
    let texts: Vec<String> = many(value, name).iter().filter_map(Value::as_str).map(str::to_owned).collect();
    (!texts.is_empty()).then_some(texts)
}

/// A point in time.
pub fn date(value: &Value, name: &str) -> Option<DateTime> {
    DateTime::from_str(value.get_str(name)?, Format::DateTimeWithOffset).ok()
}

/// A point in time as the public provider writes it.
pub fn date_text(date: &DateTime) -> Option<String> {
    date.fmt(Format::DateTime).ok()
}

/// Tags of a filter.
pub fn filter_tags(value: &Value, name: &str) -> Vec<Tag> {
    let tags = value.get(name).map(tags::from_value).unwrap_or_default();
    tags.iter().map(|(key, value)| tag(key, value)).collect()
}

/// One tag.
pub fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().expect("key and value are both given")
}

/// Tags as a JSON map; null where there are none.
pub fn tags_json(tags: &[Tag]) -> Json {
    let entries: Map<String, Json> =
        tags.iter().map(|tag| (tag.key.clone(), tag.value.clone().into())).collect();
    if entries.is_empty() { Json::Null } else { entries.into() }
}

/// The block of an optional part: a list of one, or of none.
pub fn optional<T>(part: Option<T>, shape: impl FnOnce(T) -> Json) -> Json {
    Json::Array(part.map(shape).into_iter().collect())
}

/// Blocks of a list.
pub fn each<'a, T: 'a>(parts: impl IntoIterator<Item = &'a T>, shape: impl Fn(&T) -> Json) -> Json {
    Json::Array(parts.into_iter().map(shape).collect())
}

/// Texts of a list of anything that can be shown as one.
pub fn strings<T: AsRef<str>>(parts: &[T]) -> Json {
    parts.iter().map(AsRef::as_ref).collect::<Vec<&str>>().into()
}

/// The value of a block: what the JSON leaves out is null or absent.
pub fn block(block: &Block, json: &Json) -> Value {
    let part = |name: &Arc<str>| json.get(&**name).unwrap_or(&Json::Null);
    let attributes =
        block.attributes.iter().map(|(name, schema)| (name.clone(), attribute(schema, part(name))));
    let blocks = block.block_types.iter().map(|(name, schema)| (name.clone(), nested(schema, part(name))));
    Value::object(attributes.chain(blocks).collect::<BTreeMap<_, _>>())
}

/// The value of an attribute.
pub fn attribute(attribute: &Attribute, json: &Json) -> Value {
    let value = json::from_plain(json, &attribute.ty);
    debug_assert!(value.is_ok(), "an answer is described as the schema has it: {value:?}");
    value.unwrap_or_else(|_| Value::null(attribute.ty.clone()))
}

/// The value of nested blocks.
pub fn nested(nested: &NestedBlock, json: &Json) -> Value {
    let element: Type = nested.block.implied_type();
    let elements = json.as_array().into_iter().flatten().map(|json| block(&nested.block, json));
    match nested.nesting_mode {
        Nesting::List => Value::list(element, elements),
        Nesting::Set => Value::set(element, elements),
        Nesting::Single | Nesting::Group if json.is_object() => block(&nested.block, json),
        Nesting::Single | Nesting::Group | Nesting::Map => absent_block(nested),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_is_absent() {
        let schema: Block = serde_json::from_value(json!({
            "attributes": { "a": { "type": "string", "optional": true } },
            "block_types": { "b": { "nesting_mode": "set", "block": { "attributes": { "n": { "type": "number" } } } } },
        }))
        .unwrap();
        let value = block(&schema, &json!({ "b": [{ "n": 1 }, {}] }));
        assert_eq!(value.ty(), schema.implied_type());
        assert!(value.get("a").unwrap().is_null());
        assert_eq!(many(&value, "b").len(), 2);
        assert_eq!(many(&block(&schema, &json!({})), "b").len(), 0);
    }

    #[test]
    fn points_in_time_are_read_and_written() {
        let value = Value::object([("at", Value::string("2030-01-02T00:00:00Z"))]);
        assert_eq!(
            date(&value, "at").and_then(|date| date_text(&date)).as_deref(),
            Some("2030-01-02T00:00:00Z")
        );
        assert_eq!(date(&value, "other"), None);
    }
}
