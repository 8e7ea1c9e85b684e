//! States that older versions of the provider wrote for texts of random characters.
//!
//! Version 2 brought `numeric`, of which `number` is the old name. What an import of those days left empty
//! gets the defaults, so that nothing is replaced because of it.

use evenkeel_model::schema::Schema;
use evenkeel_provider::upgrade;
use serde_json::{Map, Value as Json, json};

use super::characters::{flags, minimums};

/// The attributes in today's shape.
pub(super) fn characters(schema: &Schema, version: u64, attributes: &Json) -> Option<Json> {
    let mut upgraded = upgrade::by_schema(schema, version, attributes)?;
    if let Json::Object(attributes) = &mut upgraded {
        fill(attributes);
    }
    Some(upgraded)
}

fn fill(attributes: &mut Map<String, Json>) {
    let number = attributes.get("number").filter(|number| !number.is_null()).cloned();
    let length = attributes.get("result").map(bare).and_then(Json::as_str).map(str::len);
    let mut missing = vec![("numeric", number.unwrap_or(json!(true))), ("number", json!(true))];
    missing.extend(flags().map(|name| (name, json!(true))));
    missing.extend(minimums().map(|name| (name, json!(0))));
    missing.extend(length.map(|length| ("length", json!(length))));
    for (name, value) in missing {
        let entry = attributes.entry(name).or_insert(Json::Null);
        if entry.is_null() {
            *entry = value;
        }
    }
}

/// The value without what says that it is sensitive.
pub(crate) fn bare(value: &Json) -> &Json {
    value.get("?value").unwrap_or(value)
}
