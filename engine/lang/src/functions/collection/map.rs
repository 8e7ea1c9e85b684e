//! Maps and objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::convert::{convert, unify};
use evenkeel_model::value::{Entries, Kind};
use evenkeel_model::{Marks, Type, Value};

use super::{elements, first, type_of};
use crate::eval::equality;
use crate::functions::{CallError, bad, failed, text};

pub(super) fn keys(arguments: &[Value]) -> Result<Value, CallError> {
    let map = first(arguments);
    let marks = map.marks();
    let result = match (map.ty(), map.as_entries()) {
        (Type::Object(object), _) => Value::tuple(object.attributes.keys().map(Value::string)),
        (Type::Map(_), Some(entries)) => Value::list(Type::String, entries.keys().map(Value::string)),
        (Type::Map(_), None) => Value::unknown(Type::list(Type::String)),
        _ => return bad(0, "must have map or object type"),
    };
    Ok(result.with_marks(marks))
}

pub(super) fn lookup_type(arguments: &[Value]) -> Result<Type, CallError> {
    if arguments.len() > 3 {
        return failed(format!("lookup() takes two or three arguments, got {}", arguments.len()));
    }
    let key = arguments.get(1).and_then(Value::as_str);
    // By kind, because the whole type of a large object takes a walk over it.
    let map = first(arguments);
    let (object, element) = match map.kind() {
        Kind::Object(_) | Kind::Unknown(Type::Object(_), _) => (true, Type::Dynamic),
        Kind::Map(element, _) => (false, element.clone()),
        Kind::Unknown(Type::Map(element), _) => (false, (**element).clone()),
        _ => return bad(0, "lookup() requires a map as the first argument"),
    };
    match (key, arguments.get(2)) {
        (None, _) if object => Ok(Type::Dynamic),
        (Some(key), default) if object => match (attribute_type(&map, key), default) {
            (Some(ty), _) => Ok(ty),
            (None, Some(default)) => Ok(default.ty()),
            (None, None) => bad(0, format!("the given object has no attribute {key:?}")),
        },
        (_, Some(default)) if convert(default, &element).is_err() => {
            bad(2, "the default value must have the same type as the map elements")
        }
        _ => Ok(element),
    }
}

pub(super) fn attribute_type(object: &Value, name: &str) -> Option<Type> {
    match object.kind() {
        Kind::Object(attributes) => attributes.get(name).map(Value::ty),
        Kind::Unknown(Type::Object(object), _) => object.attributes.get(name).cloned(),
        _ => None,
    }
}

pub(super) fn lookup(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = lookup_type(arguments)?;
    let map = first(arguments);
    let key_marks = arguments.get(1).map(Value::marks).unwrap_or_default();
    let marks = map.marks().union(key_marks);
    if map.is_unknown() || arguments.get(1).is_some_and(Value::is_unknown) {
        return Ok(Value::unknown(ty).with_marks(marks));
    }
    let key = text(arguments, 1);
    if let Some(found) = map.get(key) {
        return Ok(found.clone().with_marks(marks));
    }
    match arguments.get(2) {
        Some(default) => match convert(default, &ty) {
            Ok(default) => Ok(default.with_marks(marks)),
            Err(error) => bad(2, error.to_string()),
        },
        None => failed(format!("lookup failed to find key {key:?}")),
    }
}

pub(super) fn matchkeys(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = type_of(arguments, 0);
    let (keys_type, search_type) = (type_of(arguments, 1), type_of(arguments, 2));
    let Some(common) = unify(&[keys_type, search_type]) else {
        return failed("keys and searchset must be of the same type");
    };
    let lengths = |position: usize| arguments.get(position).and_then(Value::as_elements).map(<[Value]>::len);
    if lengths(0).zip(lengths(1)).is_some_and(|(values, keys)| values != keys) {
        return failed("length of keys and values should be equal");
    }
    if !arguments.iter().all(Value::is_wholly_known) {
        return Ok(Value::unknown(ty));
    }
    let as_common = |position: usize| match arguments.get(position).map(|value| convert(value, &common)) {
        Some(Ok(value)) => Ok(value),
        _ => failed("keys and searchset must be of the same type"),
    };
    let (keys, search) = (as_common(1)?, as_common(2)?);
    let (keys, search) = (keys.as_elements().unwrap_or_default(), search.as_elements().unwrap_or_default());
    let kept = elements(arguments, 0)
        .iter()
        .zip(keys)
        .filter(|(_, key)| search.iter().any(|wanted| equality(key, wanted) == Some(true)))
        .map(|(value, _)| value.clone());
    Ok(Value::list(ty.element().cloned().unwrap_or(Type::Dynamic), kept))
}

pub(super) fn merge_type(arguments: &[Value]) -> Result<Type, CallError> {
    let mut attributes: BTreeMap<Arc<str>, Type> = BTreeMap::new();
    let mut shapes = Vec::new();
    let mut known = true;
    for argument in arguments {
        let ty = argument.ty();
        match (&ty, argument.kind()) {
            (Type::Dynamic, _) => return Ok(Type::Dynamic),
            (Type::Object(_), Kind::Null(_)) => shapes.push(Type::object::<&str>([])),
            (Type::Object(object), _) => {
                attributes.extend(object.attributes.iter().map(|(name, ty)| (name.clone(), ty.clone())));
                shapes.push(ty);
            }
            (Type::Map(element), kind) => {
                match kind {
                    Kind::Map(_, entries) => {
                        attributes.extend(entries.keys().map(|name| (name.clone(), (**element).clone())));
                    }
                    Kind::Unknown(..) => known = false,
                    _ => {}
                }
                shapes.push(ty);
            }
            _ => return failed(format!("arguments must be maps or objects, got {:?}", ty.friendly_name())),
        }
    }
    match shapes.first() {
        None => Ok(Type::object::<&str>([])),
        Some(first) if shapes.iter().all(|shape| shape == first) => Ok(first.clone()),
        Some(_) if !known => Ok(Type::Dynamic),
        Some(_) => Ok(Type::object(attributes)),
    }
}

pub(super) fn merge(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = merge_type(arguments)?;
    if arguments.iter().any(Value::is_unknown) {
        return Ok(Value::unknown(ty));
    }
    let mut merged: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    let mut marks = Marks::NONE;
    for argument in arguments {
        marks = marks.union(argument.marks());
        let entries = argument.as_entries().into_iter().flatten();
        merged.extend(entries.map(|(key, value)| (key.clone(), value.clone())));
    }
    Ok(match ty {
        Type::Map(element) => Value::map((*element).clone(), merged),
        _ => Value::object(merged),
    }
    .with_marks(marks))
}

pub(super) fn transpose(arguments: &[Value]) -> Result<Value, CallError> {
    let map = first(arguments);
    let ty = Type::list(Type::String);
    if !map.is_wholly_known() {
        return Ok(Value::unknown(Type::map(ty)));
    }
    let mut turned: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
    for (key, list) in map.as_entries().into_iter().flatten() {
        if list.is_null() {
            return bad(0, "input map contains a null list");
        }
        for element in list.as_elements().unwrap_or_default() {
            let Some(name) = element.as_str() else { return bad(0, "input contains a null string") };
            turned.entry(name.into()).or_default().push(Value::string(key));
        }
    }
    let turned = turned.into_iter().map(|(key, list)| (key, Value::list(Type::String, list)));
    Ok(Value::map(ty, turned))
}

pub(super) fn values_type(arguments: &[Value]) -> Result<Type, CallError> {
    match type_of(arguments, 0) {
        Type::Map(element) => Ok(Type::List(element)),
        Type::Object(object) => Ok(Type::tuple(object.attributes.values().cloned())),
        _ => failed("values() requires a map as the first argument"),
    }
}

pub(super) fn values(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = values_type(arguments)?;
    let map = first(arguments);
    let all: Vec<Value> = map.as_entries().into_iter().flat_map(Entries::values).cloned().collect();
    Ok(match ty {
        Type::List(element) => Value::list((*element).clone(), all),
        _ => Value::tuple(all),
    }
    .with_marks(map.marks()))
}

pub(super) fn zipmap_type(arguments: &[Value]) -> Result<Type, CallError> {
    let keys = first(arguments);
    match type_of(arguments, 1) {
        Type::List(element) => Ok(Type::Map(element)),
        Type::Tuple(types) if keys.is_wholly_known() => {
            let keys = keys.as_elements().unwrap_or_default();
            check_lengths(keys.len(), types.len())?;
            let mut attributes = BTreeMap::new();
            for (i, (key, ty)) in keys.iter().zip(types.iter()).enumerate() {
                let Some(key) = key.as_str() else {
                    return failed(format!("keys list has null value at index {i}"));
                };
                attributes.insert(Arc::<str>::from(key), ty.clone());
            }
            Ok(Type::object(attributes))
        }
        Type::Tuple(_) => Ok(Type::Dynamic),
        _ => failed("values argument must be a list or tuple value"),
    }
}

pub(super) fn check_lengths(keys: usize, values: usize) -> Result<(), CallError> {
    match keys == values {
        true => Ok(()),
        false => failed(format!("number of keys ({keys}) does not match number of values ({values})")),
    }
}

pub(super) fn zipmap(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = zipmap_type(arguments)?;
    let (keys, list) = (first(arguments), arguments.get(1).cloned().unwrap_or_else(|| Value::tuple([])));
    let mut marks = keys.marks().union(list.marks());
    if !keys.is_wholly_known() {
        return Ok(Value::unknown(ty).with_marks(marks));
    }
    let (keys, list) = (keys.as_elements().unwrap_or_default(), list.as_elements().unwrap_or_default());
    check_lengths(keys.len(), list.len())?;
    let mut entries: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    for (i, (key, value)) in keys.iter().zip(list).enumerate() {
        marks = marks.union(key.marks());
        let Some(key) = key.as_str() else { return failed(format!("keys list has null value at index {i}")) };
        entries.insert(key.into(), value.clone());
    }
    Ok(match ty {
        Type::Map(element) => Value::map((*element).clone(), entries),
        _ => Value::object(entries),
    }
    .with_marks(marks))
}
