//! Conversions between types, and marks.

use evenkeel_model::convert::convert;
use evenkeel_model::value::Kind;
use evenkeel_model::{Marks, Type, Value};

use super::{CallError, Function, Parameter, Ty, any, bad, failed};

const V: Parameter = any("v").null().unknown().marked().dynamic();
const VALUE: Parameter = any("value").null().unknown().marked().dynamic();

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "can",
        &[any("expression").null().unknown().marked().dynamic()],
        Ty::Bool,
        |_| Ok(Value::bool(true)),
        "Whether the expression can be evaluated without an error.",
    ),
    Function::new(
        "convert",
        &[any("value").null().unknown().marked().dynamic(), any("type").null().unknown().marked().dynamic()],
        Ty::Any,
        |_| failed("the type must be written as a type constraint"),
        "The value converted to a type, which is written as in a variable's type constraint.",
    )
    .nullable(),
    Function::new(
        "ephemeralasnull",
        &[VALUE],
        Ty::Any,
        ephemeral_as_null,
        "The value with null for everything ephemeral.",
    )
    .nullable(),
    Function::new("issensitive", &[VALUE], Ty::Bool, is_sensitive, "Whether the value is sensitive."),
    Function::new(
        "nonsensitive",
        &[VALUE],
        Ty::Any,
        non_sensitive,
        "The value without its sensitive mark; the caller answers for what is then shown.",
    )
    .nullable(),
    Function::new(
        "sensitive",
        &[VALUE],
        Ty::Any,
        |arguments| Ok(first(arguments).sensitive()),
        "The value, marked sensitive.",
    )
    .nullable(),
    Function::new("tobool", &[V], Ty::Bool, |arguments| to(arguments, Type::Bool), "The value as a bool.")
        .nullable(),
    Function::new(
        "tolist",
        &[V],
        Ty::ListAny,
        |arguments| to(arguments, Type::list(Type::Dynamic)),
        "The value as a list.",
    )
    .nullable(),
    Function::new(
        "tomap",
        &[V],
        Ty::MapAny,
        |arguments| to(arguments, Type::map(Type::Dynamic)),
        "The value as a map.",
    )
    .nullable(),
    Function::new(
        "tonumber",
        &[V],
        Ty::Number,
        |arguments| to(arguments, Type::Number),
        "The value as a number.",
    )
    .nullable(),
    Function::new(
        "toset",
        &[V],
        Ty::SetAny,
        |arguments| to(arguments, Type::set(Type::Dynamic)),
        "The value as a set: without order and duplicates.",
    )
    .nullable(),
    Function::new(
        "tostring",
        &[V],
        Ty::String,
        |arguments| to(arguments, Type::String),
        "The value as text.",
    )
    .nullable(),
    Function::new(
        "try",
        &[],
        Ty::Any,
        try_first,
        "The first of the expressions that can be evaluated without an error.",
    )
    .variadic(any("expressions").null().unknown().marked().dynamic())
    .nullable(),
];

fn first(arguments: &[Value]) -> Value {
    arguments.first().cloned().unwrap_or_else(|| Value::null(Type::Dynamic))
}

/// `try` is evaluated by the evaluator; this is left for arguments that were spread, where nothing
/// can fail any more.
fn try_first(arguments: &[Value]) -> Result<Value, CallError> {
    match arguments.first() {
        Some(value) => Ok(value.clone()),
        None => failed("at least one argument is required"),
    }
}

fn to(arguments: &[Value], ty: Type) -> Result<Value, CallError> {
    let value = first(arguments);
    // As in Terraform, an unknown value tells nothing of its elements.
    if value.is_unknown() && convert(&value, &ty).is_ok() {
        return Ok(Value::unknown(ty).with_marks(value.marks()));
    }
    convert(&value, &ty).or_else(|_| bad(0, why_not(&value, &ty)))
}

fn why_not(value: &Value, ty: &Type) -> String {
    let wanted = match ty {
        Type::List(_) => "list of any single type".into(),
        Type::Set(_) => "set of any single type".into(),
        Type::Map(_) => "map of any single type".into(),
        _ => ty.friendly_name(),
    };
    match (value.as_str(), ty) {
        (Some(_), Type::Bool | Type::Number) if !value.marks().is_empty() => {
            format!("cannot convert this sensitive string to {wanted}")
        }
        (Some(text), Type::Bool) => {
            format!("cannot convert {text:?} to bool; only the strings \"true\" or \"false\" are allowed")
        }
        (Some(text), Type::Number) => {
            format!(
                "cannot convert {text:?} to number; given string must be a decimal representation of a number"
            )
        }
        _ => format!("cannot convert {} to {wanted}", value.ty().friendly_name()),
    }
}

fn is_sensitive(arguments: &[Value]) -> Result<Value, CallError> {
    let value = first(arguments);
    Ok(match value {
        value if value.is_sensitive() => Value::bool(true),
        value if value.is_unknown() => Value::unknown(Type::Bool),
        _ => Value::bool(false),
    })
}

fn non_sensitive(arguments: &[Value]) -> Result<Value, CallError> {
    let (value, marks) = first(arguments).unmark();
    Ok(value.with_marks(marks.without(Marks::SENSITIVE.union(Marks::ECHO))))
}

fn ephemeral_as_null(arguments: &[Value]) -> Result<Value, CallError> {
    Ok(first(arguments).map_bottom_up(&mut |value| match value.marks().contains(Marks::EPHEMERAL) {
        true => Value::from(Kind::Null(value.ty())).with_marks(value.marks().without(Marks::EPHEMERAL)),
        false => value,
    }))
}
