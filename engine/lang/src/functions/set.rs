//! Sets.

use std::collections::BTreeSet;

use evenkeel_model::convert::{convert, unify};
use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Marks, Type, Value};

use super::{CallError, Function, Parameter, Ty, any, bad, failed};
use crate::eval::length_bounds;

const FIRST: Parameter = Parameter::new("first_set", Ty::SetAny).dynamic();
const OTHER: Parameter = Parameter::new("other_sets", Ty::SetAny).dynamic();

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "setintersection",
        &[FIRST],
        Ty::SetAny,
        setintersection,
        "The elements that all sets have.",
    )
    .variadic(OTHER)
    .returning(set_type),
    Function::new("setproduct", &[], Ty::Any, setproduct, "All combinations of one element of each set.")
        .variadic(any("sets").marked().unknown())
        .returning(product_type),
    Function::new(
        "setsubtract",
        &[Parameter::new("a", Ty::SetAny).dynamic(), Parameter::new("b", Ty::SetAny).dynamic()],
        Ty::SetAny,
        setsubtract,
        "The elements of the first set that the second does not have.",
    )
    .returning(set_type),
    Function::new("setunion", &[FIRST], Ty::SetAny, setunion, "The elements that any of the sets has.")
        .variadic(OTHER)
        .returning(set_type),
];

/// The type that all sets have in common; empty sets of unknown elements fit any.
fn set_type(arguments: &[Value]) -> Result<Type, CallError> {
    let elements: Vec<Type> = arguments
        .iter()
        .filter(|argument| !empty_and_open(argument))
        .map(|argument| argument.ty().element().cloned().unwrap_or(Type::Dynamic))
        .collect();
    if elements.is_empty() {
        return Ok(Type::set(Type::Dynamic));
    }
    match unify(&elements) {
        Some(element) => Ok(Type::set(element)),
        None => failed("given sets must all have compatible element types"),
    }
}

fn empty_and_open(value: &Value) -> bool {
    matches!(value.kind(), Kind::Set(Type::Dynamic, elements) if elements.is_empty())
}

fn operate(
    arguments: &[Value],
    unknown_elements: bool,
    combine: impl Fn(Vec<Value>, &[Value]) -> Vec<Value>,
) -> Result<Value, CallError> {
    let ty = set_type(arguments)?;
    let element = ty.element().cloned().unwrap_or(Type::Dynamic);
    // A list, because two unknown elements that look the same may turn out to differ.
    let mut result: Option<Vec<Value>> = None;
    for (i, argument) in arguments.iter().enumerate() {
        if !unknown_elements && !argument.is_wholly_known() {
            return Ok(Value::unknown(ty));
        }
        let set = convert(argument, &ty).or_else(|error| bad(i, error.to_string()))?;
        result = Some(match result {
            None => set.as_elements().unwrap_or_default().to_vec(),
            Some(result) => combine(result, set.as_elements().unwrap_or_default()),
        });
    }
    Ok(Value::set(element, result.unwrap_or_default()))
}

fn setunion(arguments: &[Value]) -> Result<Value, CallError> {
    operate(arguments, true, |mut result, other| {
        result.extend(other.iter().cloned());
        result
    })
}

fn setintersection(arguments: &[Value]) -> Result<Value, CallError> {
    operate(arguments, false, |result, other| {
        let other: BTreeSet<&Value> = other.iter().collect();
        result.into_iter().filter(|element| other.contains(element)).collect()
    })
}

fn setsubtract(arguments: &[Value]) -> Result<Value, CallError> {
    operate(arguments, false, |result, other| {
        let other: BTreeSet<&Value> = other.iter().collect();
        result.into_iter().filter(|element| !other.contains(element)).collect()
    })
}

fn product_elements(arguments: &[Value]) -> Result<(Vec<Type>, bool), CallError> {
    if arguments.len() < 2 {
        return failed("at least two arguments are required");
    }
    let mut ordered = true;
    let mut elements = Vec::new();
    for (i, argument) in arguments.iter().enumerate() {
        elements.push(match argument.ty() {
            Type::Set(element) => {
                ordered = false;
                (*element).clone()
            }
            Type::List(element) => (*element).clone(),
            Type::Tuple(types) if types.is_empty() => Type::Dynamic,
            Type::Tuple(types) => match unify(&types) {
                Some(element) => element,
                None => return bad(i, "all elements must be of the same type"),
            },
            _ => return bad(i, "a set or a list is required"),
        });
    }
    Ok((elements, ordered))
}

fn product_type(arguments: &[Value]) -> Result<Type, CallError> {
    let (elements, ordered) = product_elements(arguments)?;
    let element = Type::tuple(elements);
    Ok(if ordered { Type::list(element) } else { Type::set(element) })
}

/// More combinations than this only serve to exhaust memory.
const COMBINATIONS_MAX: usize = 1_000_000;

fn setproduct(arguments: &[Value]) -> Result<Value, CallError> {
    let (types, ordered) = product_elements(arguments)?;
    let marks = arguments.iter().fold(Marks::NONE, |marks, argument| marks.union(argument.marks()));
    let bounds: Vec<(u64, Option<u64>)> = arguments.iter().map(length_bounds).collect();
    if arguments
        .iter()
        .zip(&bounds)
        .any(|(argument, (least, most))| argument.is_unknown() || Some(*least) != *most)
    {
        return Ok(unknown_product(arguments, &bounds)?.with_marks(marks));
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for (i, (argument, ty)) in arguments.iter().zip(&types).enumerate() {
        let elements = argument.as_elements().unwrap_or_default();
        if rows.len().saturating_mul(elements.len()) > COMBINATIONS_MAX {
            return failed(format!("more than {COMBINATIONS_MAX} combinations"));
        }
        let elements: Vec<Value> = elements
            .iter()
            .map(|element| convert(element, ty).or_else(|error| bad(i, error.to_string())))
            .collect::<Result<_, _>>()?;
        rows = rows
            .iter()
            .flat_map(|row| elements.iter().map(|element| row.iter().chain([element]).cloned().collect()))
            .collect();
    }
    let element = Type::tuple(types);
    let rows = rows.into_iter().map(Value::tuple);
    Ok(if ordered { Value::list(element, rows) } else { Value::set(element, rows) }.with_marks(marks))
}

fn unknown_product(arguments: &[Value], bounds: &[(u64, Option<u64>)]) -> Result<Value, CallError> {
    let ty = product_type(arguments)?;
    let most = bounds.iter().map(|(_, most)| *most).try_fold(1_u64, |total, most| total.checked_mul(most?));
    let (length_min, length_max) = match most {
        Some(0) => (Some(0), Some(0)),
        Some(most) if most <= 2048 => (Some(1), Some(most)),
        _ => (None, None),
    };
    let refinements = Refinements { not_null: true, length_min, length_max, ..Refinements::default() };
    Ok(Value::unknown_refined(ty, refinements))
}
