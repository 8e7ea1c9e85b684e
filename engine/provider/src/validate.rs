//! Checks of a configuration that its schema alone decides.

use evenkeel_model::schema::{Attribute, Block};
use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostic, Diagnostics, Value};

/// Checks valid values and the relations between attributes. Unknown values are let through.
/// The diagnostics have no range: the caller, who knows the block, adds it.
pub fn block(block: &Block, config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for (name, attribute) in &block.attributes {
        let Some(value) = config.get(name) else { continue };
        check_attribute(name, attribute, value, config, &mut diagnostics);
    }
    for (name, nested) in &block.block_types {
        match config.get(name).map(Value::kind) {
            Some(Kind::Object(_)) => {
                if let Some(value) = config.get(name) {
                    diagnostics.extend(self::block(&nested.block, value));
                }
            }
            Some(Kind::List(_, elements) | Kind::Set(_, elements)) => {
                for element in elements.iter() {
                    diagnostics.extend(self::block(&nested.block, element));
                }
            }
            Some(Kind::Map(_, entries)) => {
                for element in entries.values() {
                    diagnostics.extend(self::block(&nested.block, element));
                }
            }
            _ => {}
        }
    }
    diagnostics
}

/// Whether an attribute or a kind of block has a value that counts as set.
pub fn is_set(config: &Value, name: &str) -> bool {
    config.get(name).is_some_and(|value| match value.kind() {
        Kind::Null(_) => false,
        Kind::List(_, elements) | Kind::Set(_, elements) => !elements.is_empty(),
        _ => true,
    })
}

/// Whether it is certain that an argument is set: what is not known yet may turn out to be null.
fn is_certain(config: &Value, name: &str) -> bool {
    is_set(config, name) && config.get(name).is_some_and(Value::is_known)
}

fn check_attribute(
    name: &str,
    attribute: &Attribute,
    value: &Value,
    config: &Value,
    diagnostics: &mut Diagnostics,
) {
    if is_certain(config, name) {
        check_valid_values(name, attribute, value, diagnostics);
        for other in
            attribute.conflicts_with.iter().filter(|other| &***other != name && is_certain(config, other))
        {
            diagnostics.push(Diagnostic::error(
                "Conflicting configuration arguments",
                format!("\"{name}\": conflicts with {other}. Set only one of them."),
            ));
        }
        for other in attribute.required_with.iter().filter(|other| !is_set(config, other)) {
            diagnostics.push(Diagnostic::error(
                "Missing required argument",
                format!("\"{name}\": all of `{name},{other}` must be specified together."),
            ));
        }
        if let Some(reason) = &attribute.deprecated {
            diagnostics.push(Diagnostic::warning("Argument is deprecated", format!("\"{name}\": {reason}")));
        }
    }
    check_groups(attribute, config, diagnostics);
}

fn check_valid_values(name: &str, attribute: &Attribute, value: &Value, diagnostics: &mut Diagnostics) {
    let Some(text) = value.as_str() else { return };
    if attribute.valid_values.is_empty() || attribute.valid_values.iter().any(|valid| &**valid == text) {
        return;
    }
    let allowed: Vec<String> = attribute.valid_values.iter().map(|valid| format!("\"{valid}\"")).collect();
    let got = if value.marks().is_empty() { format!("\"{text}\"") } else { "(sensitive value)".into() };
    diagnostics.push(Diagnostic::error(
        format!("expected {name} to be one of [{}], got {got}", allowed.join(" ")),
        "Use one of the values listed.",
    ));
}

fn check_groups(attribute: &Attribute, config: &Value, diagnostics: &mut Diagnostics) {
    let count = |names: &[std::sync::Arc<str>]| names.iter().filter(|name| is_set(config, name)).count();
    let open = |names: &[std::sync::Arc<str>]| {
        names.iter().any(|name| config.get(name).is_some_and(Value::is_unknown))
    };
    let group = &attribute.exactly_one_of;
    if !group.is_empty() && !open(group) && count(group) != 1 {
        let names = group.join(",");
        let detail = match count(group) {
            0 => format!("one of `{names}` must be specified"),
            _ => format!("only one of `{names}` can be specified"),
        };
        diagnostics.push(Diagnostic::error("Invalid combination of arguments", format!("{detail}.")));
    }
    let group = &attribute.at_least_one_of;
    if !group.is_empty() && !open(group) && count(group) == 0 {
        let names = group.join(",");
        diagnostics.push(Diagnostic::error(
            "Missing required argument",
            format!("at least one of `{names}` must be specified."),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::Type;

    fn summaries(other: Value) -> Vec<String> {
        let schema: Block = serde_json::from_str(
            r#"{"attributes": {
                "zone": {"type": "string", "optional": true, "conflicts_with": ["zone_id"], "valid_values": ["a"]},
                "zone_id": {"type": "string", "optional": true, "conflicts_with": ["zone"]}
            }}"#,
        )
        .expect("the schema can be read");
        let config = Value::object([("zone", Value::string("a")), ("zone_id", other)]);
        block(&schema, &config).0.iter().map(|found| found.summary.to_string()).collect()
    }

    #[test]
    fn what_is_not_known_yet_conflicts_with_nothing() {
        assert_eq!(summaries(Value::unknown(Type::String)), [""; 0]);
        assert_eq!(summaries(Value::null(Type::String)), [""; 0]);
        assert_eq!(summaries(Value::string("b")), ["Conflicting configuration arguments"; 2]);
    }
}
