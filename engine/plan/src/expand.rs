//! `count` and `for_each`: which instances there are.

use std::sync::Arc;

use evenkeel_lang::ast::Expr;
use evenkeel_lang::eval::{Scope, evaluate, evidence};
use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostic, Diagnostics, InstanceKey, Marks, Type, Value, convert};

use crate::types::Repetition;

/// More instances than this of one block are refused: it is a mistake, or an attack.
pub const INSTANCES_MAX: u64 = 1_000_000;

/// What `each` and `count` are inside one instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstanceData {
    /// `each.key` and `each.value`
    pub each: Option<(Value, Value)>,
    /// `count.index`
    pub count_index: Option<u64>,
}

/// The instances of a block, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expansion {
    /// Whether it repeats, and how.
    pub repetition: Repetition,
    /// Key and data of each instance.
    pub instances: Vec<(Option<InstanceKey>, InstanceData)>,
}

impl Expansion {
    /// A block that does not repeat.
    pub fn single() -> Self {
        Self { repetition: Repetition::Single, instances: vec![(None, InstanceData::default())] }
    }
}

/// Evaluates `count` or `for_each`.
pub fn expand(
    count: Option<&Expr>,
    for_each: Option<&Expr>,
    scope: &dyn Scope,
) -> Result<Expansion, Diagnostics> {
    match (count, for_each) {
        (Some(count), _) => expand_count(count, scope),
        (None, Some(for_each)) => expand_for_each(for_each, scope),
        (None, None) => Ok(Expansion::single()),
    }
}

fn expand_count(expression: &Expr, scope: &dyn Scope) -> Result<Expansion, Diagnostics> {
    let (value, diagnostics) = evaluate(expression, scope);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let error = |detail: String| {
        let mut diagnostic =
            Diagnostic::error("Invalid count argument", detail).at(expression.range().clone());
        diagnostic.evidence = Some(evidence(expression, scope));
        Err(Diagnostics::from(diagnostic))
    };
    if value.all_marks().contains(Marks::EPHEMERAL) {
        return error(
            "Ephemeral values cannot be used as \"count\": the number of instances is kept in plans and state.".into(),
        );
    }
    // That a sensitive number shows in addresses is accepted, as in Terraform.
    let value = value.unmark_deep().0;
    let Ok(number) = convert::convert(&value, &Type::Number) else {
        let detail = "Invalid expression value: a number is required.";
        let diagnostic = Diagnostic::error("Incorrect value type", detail);
        return Err(diagnostic.at(expression.range().clone()).into());
    };
    match number.kind() {
        Kind::Unknown(..) => error(
            "The \"count\" value depends on resource attributes that cannot be determined until apply, so \
             the number of instances cannot be predicted. Use a value that is known from configuration, or \
             apply first what the count depends on."
                .into(),
        ),
        Kind::Null(_) => error(
            "The given \"count\" argument value is null. An integer is required, or leave the argument out."
                .into(),
        ),
        Kind::Number(number) => match number.to_u64() {
            Some(count) if count <= INSTANCES_MAX => Ok(Expansion {
                repetition: Repetition::Count,
                instances: (0..count)
                    .map(|index| {
                        let data = InstanceData { count_index: Some(index), each: None };
                        (Some(InstanceKey::Int(index)), data)
                    })
                    .collect(),
            }),
            Some(_) => error(format!("The given \"count\" is above the limit of {INSTANCES_MAX} instances.")),
            None if number.is_negative() => error(
                "The given \"count\" argument value is unsuitable: must be greater than or equal to zero."
                    .into(),
            ),
            None => {
                error("The given \"count\" argument value is unsuitable: a whole number is required.".into())
            }
        },
        _ => error("The given \"count\" argument value is unsuitable: a number is required.".into()),
    }
}

fn expand_for_each(expression: &Expr, scope: &dyn Scope) -> Result<Expansion, Diagnostics> {
    let (value, diagnostics) = evaluate(expression, scope);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let error = |detail: &str| {
        let mut diagnostic =
            Diagnostic::error("Invalid for_each argument", detail).at(expression.range().clone());
        diagnostic.evidence = Some(evidence(expression, scope));
        Err(Diagnostics::from(diagnostic))
    };
    if !value.marks().declared().is_empty() {
        return error(
            "Sensitive or ephemeral values cannot be used as \"for_each\": the keys show in addresses and \
             plans. Use nonsensitive() on the keys if they are no secret.",
        );
    }
    let unknown = "The \"for_each\" value includes keys or set values derived from resource attributes that \
                   cannot be determined until apply, so the instances cannot be predicted. Use a map whose \
                   keys are known from configuration and put the results of apply into its values only.";
    let instances: Vec<(Arc<str>, Value)> = match value.kind() {
        Kind::Unknown(..) => return error(unknown),
        Kind::Null(_) => {
            return error(
                "The given \"for_each\" argument value is null. A map, or set of strings is allowed, or leave \
                 the argument out.",
            );
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
        }
        Kind::Set(_, elements) => {
            let mut keys = Vec::new();
            for element in elements.iter() {
                match element.kind() {
                    Kind::Unknown(..) => return error(unknown),
                    Kind::String(text) => keys.push((text.clone(), element.clone())),
                    Kind::Null(_) => {
                        let detail = "The given \"for_each\" set contains null. Remove it, for example with compact().";
                        let diagnostic = Diagnostic::error("Invalid for_each set argument", detail);
                        return Err(diagnostic.at(expression.range().clone()).into());
                    }
                    _ => {
                        return error(
                            "The given \"for_each\" argument value is unsuitable: \"for_each\" supports maps and \
                             sets of strings, but you have provided a set containing another type.",
                        );
                    }
                }
            }
            keys
        }
        _ => {
            return error(
                "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument must be a map, or \
                 set of strings. Use toset() to make a set of a list of strings.",
            );
        }
    };
    if instances.len() as u64 > INSTANCES_MAX {
        return error("The given \"for_each\" has more elements than the limit of 1000000 instances.");
    }
    let instances = instances
        .into_iter()
        .map(|(key, value)| {
            let data = InstanceData { each: Some((Value::string(&*key), value)), count_index: None };
            (Some(InstanceKey::String(key)), data)
        })
        .collect();
    Ok(Expansion { repetition: Repetition::ForEach, instances })
}
