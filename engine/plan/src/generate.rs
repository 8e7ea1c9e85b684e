//! Configuration for objects that are imported and not declared: a resource block with everything that may
//! be set as it is, for a person to go over.
//!
//! What cannot be set, is deprecated or is the id of the object is left out; of sensitive values only the
//! place is written, and of arguments that exclude each other one has its value.

mod together;

use std::fmt::Write as _;
use std::sync::Arc;

use evenkeel_lang::functions::expression;
use evenkeel_model::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use evenkeel_model::value::Kind;
use evenkeel_model::{ResourceAddress, Value, json};

/// What a generated file begins with.
pub const HEAD: &str = "# __generated__ by Terraform\n\
                        # Please review these resources and move them into your main configuration files.\n";

/// The block of a resource whose object is `value`.
pub fn resource(
    schema: &Schema,
    address: &ResourceAddress,
    provider: Option<&str>,
    id: &str,
    value: &Value,
) -> String {
    let id = expression(&Value::string(id));
    let mut text = format!("# __generated__ by Terraform from {id}\n{}", head(address, provider));
    attributes(&schema.block, value, true, &mut text);
    blocks(&schema.block, value, &mut text);
    text.push_str("}\n");
    match evenkeel_lang::fmt::format("generated.tf", text.as_bytes()) {
        Ok(laid_out) => laid_out,
        Err(_) => text,
    }
}

/// A block that only says that there is a resource, until it is known what to write into it.
pub fn stub(address: &ResourceAddress, provider: Option<&str>) -> String {
    format!("{}}}\n", head(address, provider))
}

fn head(address: &ResourceAddress, provider: Option<&str>) -> String {
    let provider = provider.map(|provider| format!("provider = {provider}\n")).unwrap_or_default();
    format!("resource \"{}\" \"{}\" {{\n{provider}", address.kind, address.name)
}

fn attributes(block: &Block, value: &Value, outermost: bool, text: &mut String) {
    let written =
        |attribute: &Attribute, value: &Value| is_settable(attribute) && !is_hidden(attribute, value);
    let left_out = together::left_out(block, value, written);
    let own_id = |name: &str, attribute: &Attribute| {
        outermost && name == "id" && attribute.optional && attribute.computed
    };
    for (name, attribute) in &block.attributes {
        if !is_settable(attribute) || own_id(name, attribute) {
            continue;
        }
        let found = value.get(name).cloned().unwrap_or_else(|| Value::null(attribute.ty.clone()));
        let argument = match left_out.get(name) {
            Some(why) => format!("null # {why}"),
            None if is_hidden(attribute, &found) => "null # sensitive".to_owned(),
            None => argument(&found),
        };
        let _ = writeln!(text, "{name} = {argument}");
    }
}

fn is_settable(attribute: &Attribute) -> bool {
    (attribute.required || attribute.optional) && attribute.deprecated.is_none()
}

fn is_hidden(attribute: &Attribute, value: &Value) -> bool {
    attribute.sensitive || attribute.write_only || !value.all_marks().is_empty()
}

fn argument(value: &Value) -> String {
    match document(value) {
        Some(document) => format!("jsonencode({})", expression(&document)),
        None => expression(value),
    }
}

/// What a text says that is a JSON object or array.
fn document(value: &Value) -> Option<Value> {
    let text = value.as_str().map(str::trim).filter(|text| text.starts_with(['{', '[']))?;
    let parsed: serde_json::Value = serde_json::from_str(text).ok()?;
    json::from_plain_untyped(&parsed).ok()
}

fn blocks(block: &Block, value: &Value, text: &mut String) {
    for (name, nested) in &block.block_types {
        let Some(found) = value.get(name) else { continue };
        match (nested.nesting_mode, found.kind()) {
            _ if !found.marks().is_empty() => {
                let _ = writeln!(text, "# {name} blocks are sensitive and have to be written by hand");
            }
            (Nesting::Single | Nesting::Group, Kind::Object(_)) => one(name, "", nested, found, text),
            (_, Kind::List(_, elements) | Kind::Set(_, elements)) => {
                elements.iter().for_each(|element| one(name, "", nested, element, text));
            }
            (_, Kind::Map(_, entries)) => {
                for (key, element) in entries.iter() {
                    let label = format!(" {}", expression(&Value::string(key)));
                    one(name, &label, nested, element, text);
                }
            }
            _ => {}
        }
    }
}

fn one(name: &Arc<str>, label: &str, nested: &NestedBlock, value: &Value, text: &mut String) {
    let _ = writeln!(text, "{name}{label} {{");
    attributes(&nested.block, value, false, text);
    blocks(&nested.block, value, text);
    text.push_str("}\n");
}

#[cfg(test)]
mod tests {
    use evenkeel_model::Type;

    use super::*;

    #[test]
    fn what_may_be_set_is_written_as_it_is() {
        let schema: Schema = serde_json::from_str(
            r#"{"type_name": "t_r", "block": {
            "attributes": {
                "id": {"type": "string", "optional": true, "computed": true},
                "arn": {"type": "string", "computed": true},
                "name": {"type": "string", "required": true},
                "policy": {"type": "string", "optional": true},
                "password": {"type": "string", "optional": true, "sensitive": true},
                "old": {"type": "string", "optional": true, "deprecated": "no"},
                "tags": {"type": ["map", "string"], "optional": true}
            },
            "block_types": {
                "rule": {"nesting_mode": "list", "block": {"attributes": {
                    "port": {"type": "number", "required": true},
                    "id": {"type": "string", "optional": true, "computed": true}
                }}},
                "none": {"nesting_mode": "single", "block": {"attributes": {}}}
            }}}"#,
        )
        .unwrap();
        let rule = |port: i64| Value::object([("port", Value::number(port)), ("id", Value::string("r"))]);
        let rules = [rule(80), rule(443)];
        let value = Value::object([
            ("id", Value::string("i")),
            ("arn", Value::string("a")),
            ("name", Value::string("${x}")),
            ("policy", Value::string("{\"a\": [1, true]}")),
            ("password", Value::string("hunter22")),
            ("old", Value::string("o")),
            ("tags", Value::map(Type::String, [("a b", Value::string("1")), ("c", Value::string("2"))])),
            ("rule", Value::list(rules[0].ty(), rules)),
            ("none", Value::null(Type::Dynamic)),
        ]);
        let address: evenkeel_model::InstanceAddress = "t_r.x".parse().unwrap();
        let text = resource(&schema, &address.resource, Some("t.west"), "i\"d", &value);
        let expected = r#"# __generated__ by Terraform from "i\"d"
resource "t_r" "x" {
  provider = t.west
  name     = "$${x}"
  password = null # sensitive
  policy = jsonencode({
    a = [1, true]
  })
  tags = {
    "a b" = "1"
    c     = "2"
  }
  rule {
    id   = "r"
    port = 80
  }
  rule {
    id   = "r"
    port = 443
  }
}
"#;
        assert_eq!(text, expected);
        assert!(!text.contains("hunter22"));
    }
}
