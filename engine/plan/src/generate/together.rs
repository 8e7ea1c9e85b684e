//! Which attributes of an object can stand in one block: an object has a value for each of several arguments
//! that exclude each other, and configuration may have one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_model::schema::{Attribute, Block};
use evenkeel_model::value::Kind;
use evenkeel_provider::validate::is_set;

/// The attributes that must be left out though they have values, each with the reason.
pub(super) fn left_out(
    block: &Block,
    value: &Value,
    is_written: impl Fn(&Attribute, &Value) -> bool,
) -> BTreeMap<Arc<str>, String> {
    let mut wanted: Vec<(&Arc<str>, &Attribute, bool)> = block
        .attributes
        .iter()
        .filter(|(name, _)| is_set(value, name))
        .filter_map(|(name, attribute)| {
            let found = value.get(name)?;
            is_written(attribute, found).then(|| (name, attribute, says_nothing(found)))
        })
        .collect();
    wanted.sort_by_key(|(name, attribute, is_empty)| (*is_empty, !attribute.required, *name));
    let mut kept: BTreeSet<&Arc<str>> = block.block_types.keys().filter(|name| is_set(value, name)).collect();
    let mut left_out = BTreeMap::new();
    for (name, ..) in &wanted {
        match kept.iter().find(|other| exclude_each_other(block, name, other)) {
            Some(other) => drop(left_out.insert(Arc::clone(name), format!("conflicts with {other}"))),
            None => drop(kept.insert(name)),
        }
    }
    // What is left out may have been needed by something else.
    loop {
        let alone =
            wanted.iter().filter(|(name, ..)| kept.contains(name)).find_map(|(name, attribute, _)| {
                let missing = attribute.required_with.iter().find(|other| !kept.contains(other))?;
                Some((*name, missing))
            });
        let Some((name, missing)) = alone else { return left_out };
        kept.remove(name);
        left_out.insert(name.clone(), format!("needs {missing}"));
    }
}

fn exclude_each_other(block: &Block, one: &Arc<str>, other: &Arc<str>) -> bool {
    let excludes = |one: &Arc<str>, other: &Arc<str>| {
        let attribute = block.attributes.get(one);
        one != other
            && attribute.is_some_and(|attribute| {
                attribute.conflicts_with.contains(other) || attribute.exactly_one_of.contains(other)
            })
    };
    excludes(one, other) || excludes(other, one)
}

/// Whether a value is what a provider tells where nothing was set, so that another one tells more.
fn says_nothing(value: &Value) -> bool {
    match value.kind() {
        Kind::Bool(set) => !set,
        Kind::String(text) => text.is_empty(),
        Kind::Number(_) => value == &Value::number(0),
        Kind::Map(_, entries) => entries.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_model::Type;
    use evenkeel_model::schema::Schema;

    use super::*;

    fn found(attributes: &str, value: Value) -> Vec<String> {
        let text = format!(r#"{{"type_name": "t_r", "block": {{"attributes": {{{attributes}}}}}}}"#);
        let schema: Schema = serde_json::from_str(&text).unwrap();
        let found = left_out(&schema.block, &value, |_, _| true);
        found.into_iter().map(|(name, why)| format!("{name}: {why}")).collect()
    }

    #[test]
    fn one_of_those_that_exclude_each_other_is_kept() {
        let attributes = r#"
            "name": {"type": "string", "optional": true, "computed": true, "conflicts_with": ["name_prefix"]},
            "name_prefix": {"type": "string", "optional": true, "computed": true},
            "cidr": {"type": "string", "optional": true, "exactly_one_of": ["cidr", "group", "self"]},
            "group": {"type": "string", "optional": true, "exactly_one_of": ["cidr", "group", "self"]},
            "self": {"type": "bool", "optional": true, "exactly_one_of": ["cidr", "group", "self"]}"#;
        let text = Value::string;
        let both = Value::object([
            ("name", text("a-1")),
            ("name_prefix", text("a-")),
            ("cidr", text("")),
            ("group", text("g")),
            ("self", Value::bool(false)),
        ]);
        assert_eq!(
            found(attributes, both),
            ["cidr: conflicts with group", "name_prefix: conflicts with name", "self: conflicts with group"]
        );
        let one = Value::object([
            ("name", Value::null(Type::String)),
            ("name_prefix", text("a-")),
            ("self", Value::bool(true)),
        ]);
        assert!(found(attributes, one).is_empty());
    }

    #[test]
    fn what_needs_something_that_is_left_out_is_left_out_too() {
        let attributes = r#"
            "a": {"type": "string", "optional": true},
            "b": {"type": "string", "optional": true, "conflicts_with": ["a"]},
            "c": {"type": "string", "optional": true, "required_with": ["b"]},
            "d": {"type": "string", "optional": true, "required_with": ["c"]}"#;
        let all = Value::object(["a", "b", "c", "d"].map(|name| (name, Value::string("x"))));
        assert_eq!(found(attributes, all), ["b: conflicts with a", "c: needs b", "d: needs c"]);
    }
}
