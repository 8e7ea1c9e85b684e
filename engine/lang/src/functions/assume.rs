//! What a configuration knows about values that are not known yet: OpenTofu's `assume` functions.
//! An assumption narrows an unknown value, and is checked where the value is known.

use evenkeel_model::convert::convert;
use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Type, Value};

use super::{CallError, Function, Parameter, Ty, any, bad, failed, number, string, text};
use crate::eval::{equality, length_bounds};

const VALUE: Parameter = any("value").null().unknown().dynamic();
const LIST: Parameter = Parameter::new("value", Ty::ListAny).null().unknown().dynamic();
const SET: Parameter = Parameter::new("value", Ty::SetAny).null().unknown().dynamic();
const MAP: Parameter = Parameter::new("value", Ty::MapAny).null().unknown().dynamic();
const LEAST: Parameter = number("min_length");
const MOST: Parameter = number("max_length");

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "assumeequal",
        &[
            any("actual_value").null().unknown().marked().dynamic(),
            any("expected_value").null().unknown().marked().dynamic(),
        ],
        Ty::Any,
        assume_equal,
        "The expected value, after a check that the actual one is equal as far as both are known.",
    )
    .nullable(),
    Function::new(
        "assumelistlength",
        &[LIST, LEAST, MOST],
        Ty::ListAny,
        |a| length(a, Some(1), Some(2)),
        "The list, assumed to have a length within the bounds.",
    )
    .returning(same_type)
    .nullable(),
    Function::new(
        "assumelistlengthmax",
        &[LIST, MOST],
        Ty::ListAny,
        |a| length(a, None, Some(1)),
        "The list, assumed not to be longer than that.",
    )
    .returning(same_type)
    .nullable(),
    Function::new(
        "assumelistlengthmin",
        &[LIST, LEAST],
        Ty::ListAny,
        |a| length(a, Some(1), None),
        "The list, assumed not to be shorter than that.",
    )
    .returning(same_type)
    .nullable(),
    Function::new(
        "assumemaplength",
        &[MAP, LEAST, MOST],
        Ty::MapAny,
        |a| length(a, Some(1), Some(2)),
        "The map, assumed to have a number of elements within the bounds.",
    )
    .returning(same_type)
    .nullable(),
    Function::new(
        "assumemaplengthmax",
        &[MAP, MOST],
        Ty::MapAny,
        |a| length(a, None, Some(1)),
        "The map, assumed not to have more elements than that.",
    )
    .returning(same_type)
    .nullable(),
    Function::new(
        "assumemaplengthmin",
        &[MAP, LEAST],
        Ty::MapAny,
        |a| length(a, Some(1), None),
        "The map, assumed not to have fewer elements than that.",
    )
    .returning(same_type)
    .nullable(),
    Function::new(
        "assumenotnull",
        &[VALUE],
        Ty::Any,
        assume_not_null,
        "The value, assumed never to be null.",
    )
    .returning(same_type),
    Function::new(
        "assumesetlength",
        &[SET, LEAST, MOST],
        Ty::SetAny,
        |a| length(a, Some(1), Some(2)),
        "The set, assumed to have a number of elements within the bounds.",
    )
    .returning(same_type)
    .nullable(),
    Function::new(
        "assumesetlengthmax",
        &[SET, MOST],
        Ty::SetAny,
        |a| length(a, None, Some(1)),
        "The set, assumed not to have more elements than that.",
    )
    .returning(same_type)
    .nullable(),
    Function::new(
        "assumesetlengthmin",
        &[SET, LEAST],
        Ty::SetAny,
        |a| length(a, Some(1), None),
        "The set, assumed not to have fewer elements than that.",
    )
    .returning(same_type)
    .nullable(),
    Function::new(
        "assumestringprefix",
        &[string("value").null().unknown().dynamic(), string("prefix")],
        Ty::String,
        assume_prefix,
        "The text, assumed to start with the prefix.",
    )
    .nullable(),
];

const NOT_UPHELD: &str = "assumption was not upheld";

fn first(arguments: &[Value]) -> Value {
    arguments.first().cloned().unwrap_or_else(|| Value::null(Type::Dynamic))
}

fn same_type(arguments: &[Value]) -> Result<Type, CallError> {
    Ok(first(arguments).ty())
}

fn assume_equal(arguments: &[Value]) -> Result<Value, CallError> {
    let [actual, expected] = arguments else { return failed("two values are required") };
    let Ok(converted) = convert(actual, &expected.ty()) else {
        let (actual, expected) = (actual.ty().friendly_name(), expected.ty().friendly_name());
        return bad(0, format!("actual value type {actual} does not match assumed value type {expected}"));
    };
    match equality(&converted, expected) {
        Some(false) => bad(0, "the actual value does not match the assumed value"),
        Some(true) | None => Ok(expected.with_marks_of(&converted)),
    }
}

/// The unknown value with more known of it.
fn refined(value: &Value, narrow: impl FnOnce(&mut Refinements)) -> Value {
    let mut refinements = value.refinements().cloned().unwrap_or_default();
    narrow(&mut refinements);
    Value::unknown_refined(value.ty(), refinements)
}

fn assume_not_null(arguments: &[Value]) -> Result<Value, CallError> {
    let value = first(arguments);
    match value.kind() {
        Kind::Unknown(Type::Dynamic, _) | Kind::Null(Type::Dynamic) => bad(
            0,
            "given value must have a known type; the \"convert\" function gives it the type that is assumed",
        ),
        Kind::Null(_) => bad(0, NOT_UPHELD),
        Kind::Unknown(..) => Ok(refined(&value, |refinements| refinements.not_null = true)),
        _ => Ok(value),
    }
}

fn assume_prefix(arguments: &[Value]) -> Result<Value, CallError> {
    let (value, prefix) = (first(arguments), text(arguments, 1));
    if let Some(found) = value.as_str() {
        return if found.starts_with(prefix) { Ok(value) } else { bad(0, NOT_UPHELD) };
    }
    if value.is_null() {
        return Ok(value);
    }
    let known = value.refinements().and_then(|refinements| refinements.prefix.clone());
    match known.as_deref().unwrap_or_default() {
        known if known.starts_with(prefix) => Ok(value),
        known if prefix.starts_with(known) => {
            Ok(refined(&value, |refinements| refinements.prefix = Some(prefix.into())))
        }
        _ => bad(0, NOT_UPHELD),
    }
}

/// The collection with bounds on its length, which the arguments at these positions are.
fn length(arguments: &[Value], least: Option<usize>, most: Option<usize>) -> Result<Value, CallError> {
    let bound = |position: Option<usize>| match position {
        None => Ok(None),
        Some(position) => match arguments.get(position).and_then(Value::as_i64).map(u64::try_from) {
            Some(Ok(bound)) => Ok(Some(bound)),
            _ => bad(position, "must be a whole number that is not negative"),
        },
    };
    let (least, most) = (bound(least)?, bound(most)?);
    let value = first(arguments);
    if value.is_null() || (value.is_unknown() && value.ty() == Type::Dynamic) {
        return Ok(value);
    }
    let (fewest, greatest) = length_bounds(&value);
    let (low, high) = (least.unwrap_or(0).max(fewest), min_of(most, greatest));
    if high.is_some_and(|high| high < low) {
        return bad(0, NOT_UPHELD);
    }
    Ok(match value.is_unknown() {
        false => value,
        true => refined(&value, |refinements| {
            refinements.length_min = Some(low);
            refinements.length_max = high;
        }),
    })
}

fn min_of(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (bound, None) | (None, bound) => bound,
    }
}
