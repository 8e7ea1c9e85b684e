use evenkeel_model::{Type, Value};

use super::*;

fn schema() -> Schema {
    let text = r#"{"type_name": "t_net", "block": {"attributes": {
        "id": {"type": "string", "computed": true},
        "name": {"type": "string", "optional": true},
        "range": {"type": "string", "required": true, "force_new": true},
        "size": {"type": "number", "optional": true},
        "tags": {"type": ["map", "string"], "optional": true}
    }}}"#;
    serde_json::from_str(text).unwrap()
}

fn value(name: Option<&str>, range: Option<&str>, size: Option<i64>, tag: Option<&str>) -> Value {
    let text = |text: Option<&str>| text.map_or(Value::null(Type::String), Value::string);
    let tags = tag.map(|tag| Value::map(Type::String, [("Name", Value::string(tag))]));
    Value::object([
        ("id", Value::unknown(Type::String)),
        ("name", text(name)),
        ("range", range.map_or(Value::unknown(Type::String), Value::string)),
        ("size", size.map_or(Value::null(Type::Number), Value::number)),
        ("tags", tags.unwrap_or(Value::null(Type::map(Type::String)))),
    ])
}

fn listed(id: &str, name: Option<&str>, tag: Option<&str>) -> Listed {
    let tags = tag.map(|tag| ("Name".to_owned(), tag.to_owned())).into_iter().collect();
    Listed { name: name.map(str::to_owned), tags, ..Listed::of(id) }
}

/// What is matched, as `0=1 tags`, then what is doubtful.
fn matched(wanted: &[Value], candidates: &[(Listed, Option<Value>)]) -> String {
    let (schema, address): (_, InstanceAddress) = (schema(), "t_net.a".parse().unwrap());
    let wanted: Vec<Wanted<'_>> =
        wanted.iter().map(|value| Wanted { address: &address, value, schema: &schema }).collect();
    let candidates: Vec<Candidate<'_>> =
        candidates.iter().map(|(listed, value)| Candidate { listed, value: value.as_ref() }).collect();
    let found = matching(&wanted, &candidates);
    let pairs = found.pairs.iter().map(|(one, (other, why))| format!("{one}={other} {}", why.as_str()));
    let doubtful = found.doubtful.iter().map(|(one, others)| format!("{one}? {others:?}"));
    pairs.chain(doubtful).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_natural_key_is_enough() {
    let wanted = [value(Some("logs"), Some("r1"), None, None), value(Some("data"), Some("r2"), None, None)];
    let objects = [(listed("data", None, None), None), (listed("i-1", Some("logs"), None), None)];
    assert_eq!(matched(&wanted, &objects), "0=1 natural key, 1=0 natural key");
}

#[test]
fn an_object_that_is_as_configured_is_matched_and_another_one_is_not() {
    let wanted = [value(None, Some("r1"), Some(1), None), value(None, Some("r2"), Some(1), None)];
    let objects = [
        (listed("i-1", None, None), Some(value(None, Some("r2"), Some(1), None))),
        (listed("i-2", None, None), Some(value(None, Some("r1"), Some(1), None))),
        (listed("i-3", None, None), Some(value(None, Some("r3"), Some(1), None))),
    ];
    assert_eq!(matched(&wanted, &objects), "0=1 as configured, 1=0 as configured");
}

#[test]
fn tags_tell_what_was_changed_since_unless_it_is_another_object() {
    let wanted = [value(None, Some("r1"), Some(1), Some("web"))];
    let changed = (listed("i-1", None, Some("web")), Some(value(None, Some("r1"), Some(9), Some("web"))));
    assert_eq!(matched(&wanted, &[changed]), "0=0 tags");
    let other = (listed("i-1", None, Some("web")), Some(value(None, Some("r9"), Some(1), Some("web"))));
    assert_eq!(matched(&wanted, &[other]), "");
    assert_eq!(matched(&wanted, &[(listed("i-1", None, Some("web")), None)]), "0=0 tags");
}

#[test]
fn what_is_not_certain_on_both_sides_is_left_to_people() {
    let same = value(None, Some("r1"), Some(1), None);
    let one = |id: &str| (listed(id, None, None), Some(same.clone()));
    assert_eq!(matched(std::slice::from_ref(&same), &[one("i-1"), one("i-2")]), "0? [0, 1]");
    assert_eq!(matched(&[same.clone(), same.clone()], &[one("i-1")]), "0? [0], 1? [0]");
    assert_eq!(matched(&[value(None, None, None, None)], &[one("i-1")]), "", "nothing to compare by");
}

#[test]
fn what_one_match_settles_helps_the_next() {
    let (named, plain) = (value(Some("a"), Some("r1"), None, None), value(None, Some("r1"), None, None));
    let objects = [
        (listed("i-1", Some("a"), None), Some(value(None, Some("r1"), None, None))),
        (listed("i-2", None, None), Some(value(None, Some("r1"), None, None))),
    ];
    assert_eq!(matched(&[plain, named], &objects), "0=1 as configured, 1=0 natural key");
}
