//! Attributes of an older schema, where the resource type has nothing of its own to say about them: what
//! is gone from the schema is gone, and what is new is not set yet. A change of a type or a name needs more,
//! and fails when the attributes are decoded.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Type, json};
use serde_json::Value as Json;

/// The encoded attributes of an older version in the shape of today's; none of a newer one.
pub fn by_schema(schema: &Schema, version: u64, attributes: &Json) -> Option<Json> {
    (version < schema.version).then(|| known(attributes, &schema.ty()))
}

/// A value without the attributes that its type does not have. It nests as deep as its type at most.
fn known(encoded: &Json, ty: &Type) -> Json {
    match (encoded, ty) {
        (Json::Object(marked), ty) if marked.contains_key("?marks") => {
            let inside = marked.iter().map(|(key, value)| match key.as_str() {
                "?value" => (key.clone(), known(value, ty)),
                _ => (key.clone(), value.clone()),
            });
            Json::Object(inside.collect())
        }
        (Json::Object(entries), Type::Object(object)) => {
            let attribute = |name: &String| object.attributes.get(json::unescape_key(name));
            let entries = entries.iter().filter_map(|(name, value)| Some((name, value, attribute(name)?)));
            Json::Object(entries.map(|(name, value, ty)| (name.clone(), known(value, ty))).collect())
        }
        (Json::Object(entries), Type::Map(element)) => {
            Json::Object(entries.iter().map(|(key, value)| (key.clone(), known(value, element))).collect())
        }
        (Json::Array(elements), Type::List(element) | Type::Set(element)) => {
            elements.iter().map(|value| known(value, element)).collect()
        }
        (other, _) => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_gone_from_the_schema_is_left_out() {
        let nested =
            json!({ "nesting_mode": "list", "block": { "attributes": { "n": { "type": "number" } } } });
        let schema: Schema = serde_json::from_value(json!({ "type_name": "t", "version": 2, "block": {
            "attributes": { "id": { "type": "string", "computed": true }, "new": { "type": "string", "optional": true } },
            "block_types": { "b": nested } } }))
        .unwrap();
        let old = json!({ "id": { "?marks": ["sensitive"], "?value": "i" }, "gone": 1, "b": [{ "n": 1, "gone": {} }] });
        let upgraded = by_schema(&schema, 1, &old).unwrap();
        assert_eq!(upgraded, json!({ "id": { "?marks": ["sensitive"], "?value": "i" }, "b": [{ "n": 1 }] }));
        assert!(evenkeel_model::json::decode(&upgraded, &schema.ty()).is_ok());
        assert_eq!(by_schema(&schema, 2, &old), None);
        assert_eq!(by_schema(&schema, 3, &old), None);
    }
}
