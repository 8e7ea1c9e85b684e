//! What is picked out of a collection, or said about it.

use std::sync::Arc;

use evenkeel_model::convert::{convert, unify};
use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Number, Type, Value};

use super::{elements, first, is_sequence, type_of};
use crate::eval::{equality, length_bounds};
use crate::functions::{CallError, bad, failed, whole};

pub(super) fn truth(arguments: &[Value], deciding: bool) -> Result<Value, CallError> {
    let mut unknown = false;
    for element in elements(arguments, 0) {
        match element.kind() {
            // `alltrue` stops at what it cannot tell; `anytrue` looks on.
            Kind::Unknown(..) if !deciding => return Ok(Value::unknown(Type::Bool)),
            Kind::Unknown(..) => unknown = true,
            Kind::Bool(value) if *value == deciding => return Ok(Value::bool(deciding)),
            // A null counts as not true.
            Kind::Null(_) if !deciding => return Ok(Value::bool(false)),
            _ => {}
        }
    }
    Ok(if unknown { Value::unknown(Type::Bool) } else { Value::bool(!deciding) })
}

pub(super) fn coalesce_type(arguments: &[Value]) -> Result<Type, CallError> {
    let types: Vec<Type> = arguments.iter().map(Value::ty).collect();
    match unify(&types) {
        Some(ty) => Ok(ty),
        None => failed("all arguments must have the same type"),
    }
}

pub(super) fn coalesce(arguments: &[Value]) -> Result<Value, CallError> {
    if arguments.is_empty() {
        return failed("at least one argument is required");
    }
    let ty = coalesce_type(arguments)?;
    for (i, argument) in arguments.iter().enumerate() {
        if argument.is_unknown() {
            return Ok(Value::unknown(ty));
        }
        if argument.is_null() {
            continue;
        }
        let value = convert(argument, &ty).or_else(|error| bad(i, error.to_string()))?;
        if value.as_str() != Some("") {
            return Ok(value);
        }
    }
    failed("no non-null, non-empty-string arguments")
}

pub(super) fn coalescelist(arguments: &[Value]) -> Result<Value, CallError> {
    if arguments.is_empty() {
        return failed("at least one argument is required");
    }
    let known = arguments.iter().take_while(|argument| argument.is_known());
    if !known.into_iter().all(|argument| is_sequence(&argument.ty())) {
        return failed("coalescelist arguments must be lists or tuples");
    }
    let empty = |argument: &&Value| argument.as_elements().is_none_or(<[Value]>::is_empty);
    match arguments.iter().find(|argument| argument.is_unknown() || !empty(argument)) {
        Some(found) if found.is_unknown() => Ok(Value::unknown(Type::Dynamic)),
        Some(found) => Ok(found.clone()),
        None => failed("no non-null arguments"),
    }
}

pub(super) fn contains(arguments: &[Value]) -> Result<Value, CallError> {
    let (Some(list), Some(wanted)) = (arguments.first(), arguments.get(1)) else {
        return failed("a list and a value are required");
    };
    if !is_sequence(&list.ty()) && !matches!(list.ty(), Type::Set(_)) {
        return failed("argument must be list, tuple, or set");
    }
    let mut unknown = false;
    for element in elements(arguments, 0) {
        match equality(wanted, element) {
            Some(true) => return Ok(Value::bool(true)),
            Some(false) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { Value::unknown(Type::Bool) } else { Value::bool(false) })
}

pub(super) fn wrapped_position(arguments: &[Value], count: usize) -> Result<usize, CallError> {
    let position = match whole(arguments, 1) {
        Ok(position) => position,
        Err(_) => return failed("invalid index: a whole number is required"),
    };
    match i64::try_from(count) {
        Ok(count) if count > 0 => Ok(usize::try_from(position.rem_euclid(count)).unwrap_or_default()),
        _ => failed("cannot use element function with an empty list"),
    }
}

pub(super) fn element_type(arguments: &[Value]) -> Result<Type, CallError> {
    match type_of(arguments, 0) {
        Type::List(element) => Ok((*element).clone()),
        Type::Tuple(types) => match arguments.get(1).is_some_and(Value::is_known) {
            false => Ok(Type::Dynamic),
            true => {
                let position = wrapped_position(arguments, types.len())?;
                Ok(types.get(position).cloned().unwrap_or(Type::Dynamic))
            }
        },
        other => failed(format!("cannot read elements from {}", other.friendly_name())),
    }
}

pub(super) fn element(arguments: &[Value]) -> Result<Value, CallError> {
    let given = first(arguments);
    if !matches!(given.kind(), Kind::List(..) | Kind::Tuple(_)) {
        return failed(format!("cannot read elements from {}", given.ty().friendly_name()));
    }
    let list = elements(arguments, 0);
    let position = wrapped_position(arguments, list.len())?;
    match list.get(position) {
        Some(element) => Ok(element.clone().with_marks(given.marks())),
        None => failed("cannot use element function with an empty list"),
    }
}

pub(super) fn index(arguments: &[Value]) -> Result<Value, CallError> {
    if !is_sequence(&type_of(arguments, 0)) {
        return failed("argument must be a list or tuple");
    }
    let list = elements(arguments, 0);
    if list.is_empty() {
        return failed("cannot search an empty list");
    }
    let wanted = arguments.get(1).cloned().unwrap_or_else(|| Value::null(Type::Dynamic));
    for (i, element) in list.iter().enumerate() {
        match equality(element, &wanted) {
            Some(true) => return Ok(Value::number(i)),
            Some(false) => {}
            None => return Ok(Value::unknown(Type::Number)),
        }
    }
    failed("item not found")
}

pub(super) fn length(arguments: &[Value]) -> Result<Value, CallError> {
    let value = first(arguments);
    let marks = value.marks();
    let result = match value.kind() {
        Kind::Tuple(elements) => Value::number(elements.len()),
        Kind::Object(attributes) => Value::number(attributes.len()),
        Kind::Unknown(Type::Object(object), _) => Value::number(object.attributes.len()),
        Kind::String(_) | Kind::Unknown(Type::String, _) => crate::functions::string::length(&value),
        Kind::Unknown(Type::Dynamic, _) => Value::unknown(Type::Number),
        Kind::Bool(_) | Kind::Number(_) | Kind::Null(_) | Kind::Unknown(Type::Bool | Type::Number, _) => {
            return bad(0, "argument must be a string, a collection type, or a structural type");
        }
        Kind::List(..) | Kind::Set(..) | Kind::Map(..) | Kind::Unknown(..) => match length_bounds(&value) {
            (least, Some(most)) if least == most => Value::number(least),
            (least, most) => unknown_count(least, most),
        },
    };
    Ok(result.with_marks(marks))
}

/// A number of elements that is not known beyond its limits.
pub(super) fn unknown_count(least: u64, most: Option<u64>) -> Value {
    let refinements = Refinements {
        not_null: true,
        min: Some((Number::from(least), true)),
        max: most.map(|most| (Number::from(most), true)),
        ..Refinements::default()
    };
    Kind::Unknown(Type::Number, Some(Arc::new(refinements))).into()
}

pub(super) fn one_type(arguments: &[Value]) -> Result<Type, CallError> {
    match type_of(arguments, 0) {
        Type::List(element) | Type::Set(element) => Ok((*element).clone()),
        Type::Tuple(types) if types.len() < 2 => Ok(types.first().cloned().unwrap_or(Type::Dynamic)),
        _ => bad(0, ONE_WRONG),
    }
}

pub(super) const ONE_WRONG: &str = "must be a list, set, or tuple value with either zero or one elements";

pub(super) fn one(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = one_type(arguments)?;
    let list = first(arguments);
    let (least, most) = length_bounds(&list);
    let result = match list.as_elements().unwrap_or_default() {
        [] => Value::null(ty),
        [only] => only.clone(),
        _ if least <= 1 && most != Some(least) => Value::unknown(ty),
        _ => return bad(0, ONE_WRONG),
    };
    Ok(result.with_marks(list.marks()))
}
