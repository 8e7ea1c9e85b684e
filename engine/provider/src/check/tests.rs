use evenkeel_model::schema::Schema;
use evenkeel_model::{Type, json};

use super::*;

fn schema() -> Schema {
    serde_json::from_str(
        r#"{"type_name": "t", "block": {
        "attributes": {
            "id": {"type": "string", "computed": true},
            "name": {"type": "string", "required": true},
            "note": {"type": "string", "optional": true},
            "zone": {"type": "string", "optional": true, "computed": true},
            "size": {"type": "number", "optional": true, "default": 3},
            "once": {"type": "string", "optional": true, "write_only": true},
            "policy": {"type": "string", "optional": true, "equality": "json"}
        },
        "block_types": {
            "rule": {"nesting_mode": "list", "block": {"attributes": {
                "port": {"type": "number", "required": true},
                "hash": {"type": "string", "computed": true}}}},
            "peer": {"nesting_mode": "set", "block": {"attributes": {
                "port": {"type": "number", "required": true},
                "hash": {"type": "string", "computed": true}}}},
            "zoned": {"nesting_mode": "map", "block": {"attributes": {
                "port": {"type": "number", "required": true}}}},
            "one": {"nesting_mode": "single", "block": {"attributes": {
                "port": {"type": "number", "required": true}}}}
        }}}"#,
    )
    .unwrap()
}

/// An object of the type from JSON; what is not said is null or empty. `"?"` is unknown.
fn object(text: &str) -> Value {
    let schema = schema();
    let given: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut whole = serde_json::Map::new();
    for name in schema.block.attributes.keys() {
        whole.insert(name.to_string(), given.get(&**name).cloned().unwrap_or_default());
    }
    for (name, nested) in &schema.block.block_types {
        let empty = match nested.nesting_mode {
            Nesting::List | Nesting::Set => serde_json::json!([]),
            Nesting::Map => serde_json::json!({}),
            Nesting::Single | Nesting::Group => serde_json::Value::Null,
        };
        whole.insert(name.to_string(), given.get(&**name).cloned().unwrap_or(empty));
    }
    let value = json::from_plain(&whole.into(), &schema.ty()).unwrap();
    value.map_bottom_up(&mut |value| match value.as_str() {
        Some("?") => Value::unknown(Type::String),
        _ => value,
    })
}

fn plan(config: &str, answer: &str) -> Vec<String> {
    let found = planned(&schema().block, None, &object(config), &object(answer));
    found.into_iter().map(|violation| violation.to_string()).collect()
}

#[test]
fn what_is_configured_is_planned() {
    let config = r#"{"name": "n", "policy": "{\"a\": 1}", "rule": [{"port": 1}], "peer": [{"port": 1}, {"port": 2}],
        "zoned": {"a": {"port": 1}}, "one": {"port": 1}}"#;
    let good = r#"{"id": "?", "name": "n", "zone": "z", "size": 3, "policy": "{\"a\":1}",
        "rule": [{"port": 1, "hash": "h"}], "peer": [{"port": 1, "hash": "?"}, {"port": 2, "hash": "x"}],
        "zoned": {"a": {"port": 1}}, "one": {"port": 1}}"#;
    assert_eq!(plan(config, good), Vec::<String>::new());
    for (from, to, said) in [
        (r#""name": "n""#, r#""name": "m""#, "name: the planned value is not the configured one"),
        (
            r#""zone": "z""#,
            r#""note": "z""#,
            "note: a value is planned for an attribute that is neither configured nor computed",
        ),
        (r#""zone": "z""#, r#""once": "z""#, "once: a write-only attribute must be planned as null"),
        (
            r#"[{"port": 1, "hash": "h"}]"#,
            r#"[{"port": 9, "hash": "h"}]"#,
            "rule[0].port: the planned value is not the configured one",
        ),
        (r#"[{"port": 1, "hash": "h"}]"#, "[]", "rule: the number of blocks differs from configuration"),
        (r#"{"port": 2, "hash": "x"}"#, r#"{"port": 3}"#, "peer: a block is planned that is not configured"),
        (r#", {"port": 2, "hash": "x"}"#, "", "peer: a configured block is missing"),
        (
            r#"{"a": {"port": 1}}"#,
            r#"{"b": {"port": 1}}"#,
            "zoned: the labels of the blocks differ from configuration",
        ),
        (
            r#"{"a": {"port": 1}}"#,
            r#"{"a": {"port": 2}}"#,
            "zoned[\"a\"].port: the planned value is not the configured one",
        ),
        (r#", "one": {"port": 1}"#, "", "one: a configured block is missing"),
    ] {
        assert!(good.contains(from), "{from}");
        assert_eq!(plan(config, &good.replacen(from, to, 1)), [said], "{to}");
    }
    let bare = r#"{"name": "n"}"#;
    let invented = "one: a block is planned that is neither configured nor computed";
    assert_eq!(plan(bare, r#"{"name": "n", "one": {"port": 1}}"#), [invented]);
}

#[test]
fn what_was_known_stays_so() {
    let promise =
        r#"{"id": "?", "name": "n", "rule": [{"port": 1, "hash": "?"}], "peer": [{"port": 1, "hash": "p"}]}"#;
    let check = |answer: &str| -> Vec<String> {
        applied(&object(promise), &object(answer))
            .into_iter()
            .map(|violation| violation.to_string())
            .collect()
    };
    let good =
        r#"{"id": "i", "name": "n", "rule": [{"port": 1, "hash": "h"}], "peer": [{"port": 1, "hash": "p"}]}"#;
    assert_eq!(check(good), Vec::<String>::new());
    for (from, to, said) in [
        (r#""name": "n""#, r#""name": "m""#, "name: the value differs from the plan"),
        (r#""name": "n""#, r#""name": null"#, "name: the value differs from the plan"),
        (r#""id": "i""#, r#""id": "?""#, "the value is still unknown after apply"),
        (r#"[{"port": 1, "hash": "h"}]"#, "[]", "rule: the value differs from the plan"),
        (r#""hash": "p""#, r#""hash": "q""#, "peer: the set differs from the plan"),
    ] {
        let found = check(&good.replacen(from, to, 1));
        assert!(found.len() == 1 && found[0].ends_with(said), "{to}: {found:?}");
    }
}
