//! Lists, maps, tuples and objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::convert::{convert, unify};
use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Marks, Number, Type, Value};

use super::{CallError, Function, Parameter, Ty, any, bad, failed, number, string, text, whole};
use crate::eval::{equality, length_bounds};

const LIST: Parameter = any("list");
const LIST_STRING: Parameter = Parameter::new("list", Ty::ListString);
const LIST_BOOL: Parameter = Parameter::new("list", Ty::ListBool);
const LIST_ANY: Parameter = Parameter::new("list", Ty::ListAny);

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("alltrue", &[LIST_BOOL], Ty::Bool, |a| truth(a, false), "Whether all elements are true."),
    Function::new("anytrue", &[LIST_BOOL], Ty::Bool, |a| truth(a, true), "Whether any element is true."),
    Function::new(
        "chunklist",
        &[LIST_ANY.marked(), number("size").marked()],
        Ty::ListListAny,
        chunklist,
        "The list cut into lists of at most the given size.",
    )
    .returning(|a| Ok(Type::list(type_of(a, 0)))),
    Function::new(
        "coalesce",
        &[],
        Ty::Any,
        coalesce,
        "The first argument that is neither null nor the empty text.",
    )
    .variadic(any("vals").null().unknown().dynamic())
    .returning(coalesce_type),
    Function::new("coalescelist", &[], Ty::Any, coalescelist, "The first list that has elements.")
        .variadic(any("vals").null().unknown().dynamic())
        .nullable(),
    Function::new(
        "compact",
        &[LIST_STRING],
        Ty::ListString,
        compact,
        "The list without null and empty text.",
    ),
    Function::new("concat", &[], Ty::Any, concat, "The elements of all lists, in order.")
        .variadic(any("seqs").marked())
        .returning(concat_type),
    Function::new(
        "contains",
        &[LIST, any("value")],
        Ty::Any,
        contains,
        "Whether the list, set or tuple has the element.",
    )
    .returning(|_| Ok(Type::Bool)),
    Function::new("distinct", &[LIST_ANY], Ty::ListAny, distinct, "The list without repeated elements.")
        .returning(|a| Ok(type_of(a, 0))),
    Function::new(
        "element",
        &[LIST.marked(), number("index")],
        Ty::Any,
        element,
        "The element at the index, which wraps around.",
    )
    .returning(element_type)
    .nullable(),
    Function::new(
        "flatten",
        &[LIST.marked()],
        Ty::Any,
        flatten,
        "The elements of the list and of the lists in it, as one tuple.",
    )
    .returning(flatten_type),
    Function::new(
        "index",
        &[LIST, any("value")],
        Ty::Any,
        index,
        "The position of the first element that equals the value.",
    )
    .returning(|_| Ok(Type::Number)),
    Function::new(
        "keys",
        &[any("inputMap").unknown().marked()],
        Ty::Any,
        keys,
        "The keys of the map, in order.",
    ),
    Function::new(
        "length",
        &[any("value").unknown().marked().dynamic()],
        Ty::Number,
        length,
        "The number of elements, or of characters.",
    ),
    Function::new(
        "lookup",
        &[any("inputMap").marked().unknown(), string("key").marked().unknown()],
        Ty::Any,
        lookup,
        "The element with the key, or the default.",
    )
    .variadic(any("default").marked().null().unknown().dynamic())
    .returning(lookup_type)
    .nullable(),
    Function::new(
        "matchkeys",
        &[LIST_ANY.rename("values"), LIST_ANY.rename("keys"), LIST_ANY.rename("searchset")],
        Ty::ListAny,
        matchkeys,
        "The values whose keys are in the search set.",
    )
    .returning(|a| Ok(type_of(a, 0))),
    Function::new("merge", &[], Ty::Any, merge, "The entries of all maps; later ones win.")
        .variadic(any("maps").null().marked().dynamic())
        .returning(merge_type),
    Function::new("one", &[LIST.marked()], Ty::Any, one, "The only element, or null where there is none.")
        .returning(one_type)
        .nullable(),
    Function::new("range", &[], Ty::ListNumber, range, "Numbers from start to before end, by step.")
        .variadic(number("params")),
    Function::new("reverse", &[LIST.marked()], Ty::Any, reverse, "The elements in reverse order.")
        .returning(reverse_type),
    Function::new(
        "slice",
        &[LIST.marked(), number("start_index"), number("end_index")],
        Ty::Any,
        slice,
        "The elements from start to before end.",
    )
    .returning(slice_type),
    Function::new("sort", &[LIST_STRING.unknown()], Ty::ListString, sort, "The texts in order."),
    Function::new(
        "transpose",
        &[Parameter::new("values", Ty::MapListString)],
        Ty::MapListString,
        transpose,
        "The map turned around: values to the keys that had them.",
    ),
    Function::new(
        "values",
        &[any("mapping").marked()],
        Ty::Any,
        values,
        "The values of the map, in the order of its keys.",
    )
    .returning(values_type),
    Function::new(
        "zipmap",
        &[LIST_STRING.rename("keys").marked(), any("values").marked()],
        Ty::Any,
        zipmap,
        "A map from a list of keys and a list of values.",
    )
    .returning(zipmap_type),
];

fn type_of(arguments: &[Value], position: usize) -> Type {
    arguments.get(position).map_or(Type::Dynamic, Value::ty)
}

fn first(arguments: &[Value]) -> Value {
    arguments.first().cloned().unwrap_or_else(|| Value::null(Type::Dynamic))
}

fn elements(arguments: &[Value], position: usize) -> &[Value] {
    arguments.get(position).and_then(Value::as_elements).unwrap_or_default()
}

fn is_sequence(ty: &Type) -> bool {
    matches!(ty, Type::List(_) | Type::Tuple(_))
}

fn truth(arguments: &[Value], deciding: bool) -> Result<Value, CallError> {
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

fn chunklist(arguments: &[Value]) -> Result<Value, CallError> {
    let marks = arguments.iter().fold(Marks::NONE, |marks, argument| marks.union(argument.marks()));
    let Some(size) = arguments.get(1).and_then(Value::as_i64) else {
        return failed("invalid size: a whole number is required");
    };
    let Ok(size) = usize::try_from(size) else { return failed("the size argument must be positive") };
    let ty = type_of(arguments, 0);
    let inner = ty.element().cloned().unwrap_or(Type::Dynamic);
    let list = elements(arguments, 0);
    let size = if size == 0 { list.len().max(1) } else { size };
    let chunks = list.chunks(size).map(|chunk| Value::list(inner.clone(), chunk.iter().cloned()));
    Ok(Value::list(ty, chunks).with_marks(marks))
}

fn coalesce_type(arguments: &[Value]) -> Result<Type, CallError> {
    let types: Vec<Type> = arguments.iter().map(Value::ty).collect();
    match unify(&types) {
        Some(ty) => Ok(ty),
        None => failed("all arguments must have the same type"),
    }
}

fn coalesce(arguments: &[Value]) -> Result<Value, CallError> {
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

fn coalescelist(arguments: &[Value]) -> Result<Value, CallError> {
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

fn compact(arguments: &[Value]) -> Result<Value, CallError> {
    if !first(arguments).is_wholly_known() {
        return Ok(Value::unknown(Type::list(Type::String)));
    }
    let kept =
        elements(arguments, 0).iter().filter(|element| element.as_str().is_some_and(|text| !text.is_empty()));
    Ok(Value::list(Type::String, kept.cloned()))
}

fn concat_type(arguments: &[Value]) -> Result<Type, CallError> {
    if arguments.is_empty() {
        return failed("at least one argument is required");
    }
    let types: Vec<Type> = arguments.iter().map(Value::ty).collect();
    if types.iter().all(|ty| matches!(ty, Type::List(_)))
        && let Some(ty) = unify(&types)
    {
        return Ok(ty);
    }
    let mut elements = Vec::new();
    for (i, (argument, ty)) in arguments.iter().zip(&types).enumerate() {
        match (ty, argument.as_elements()) {
            (Type::Tuple(types), _) => elements.extend(types.iter().cloned()),
            (Type::List(element), Some(found)) => elements.extend(found.iter().map(|_| (**element).clone())),
            (Type::List(_), None) => return Ok(Type::Dynamic),
            _ => {
                let name = ty.friendly_name();
                return bad(i, format!("all arguments must be lists or tuples; got {name}"));
            }
        }
    }
    Ok(Type::tuple(elements))
}

fn concat(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = concat_type(arguments)?;
    let mut marks = Marks::NONE;
    let mut all = Vec::new();
    for (i, argument) in arguments.iter().enumerate() {
        marks = marks.union(argument.marks());
        let argument = match &ty {
            Type::List(_) => convert(argument, &ty).or_else(|error| bad(i, error.to_string()))?,
            _ => argument.clone(),
        };
        all.extend(argument.as_elements().unwrap_or_default().iter().cloned());
    }
    Ok(match ty {
        Type::List(element) => Value::list((*element).clone(), all),
        _ => Value::tuple(all),
    }
    .with_marks(marks))
}

fn contains(arguments: &[Value]) -> Result<Value, CallError> {
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

fn distinct(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = type_of(arguments, 0);
    if !first(arguments).is_wholly_known() {
        return Ok(Value::unknown(ty));
    }
    let mut seen = std::collections::BTreeSet::new();
    let kept = elements(arguments, 0).iter().filter(|element| seen.insert((*element).clone()));
    Ok(Value::list(ty.element().cloned().unwrap_or(Type::Dynamic), kept.cloned()))
}

fn wrapped_position(arguments: &[Value], count: usize) -> Result<usize, CallError> {
    let position = match whole(arguments, 1) {
        Ok(position) => position,
        Err(_) => return failed("invalid index: a whole number is required"),
    };
    match i64::try_from(count) {
        Ok(count) if count > 0 => Ok(usize::try_from(position.rem_euclid(count)).unwrap_or_default()),
        _ => failed("cannot use element function with an empty list"),
    }
}

fn element_type(arguments: &[Value]) -> Result<Type, CallError> {
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

fn element(arguments: &[Value]) -> Result<Value, CallError> {
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

/// The parts of a sequence, nested ones taken apart; `None` where their number is not known.
fn flattened(list: &Value, out: &mut Vec<Value>, marks: &mut Marks) -> bool {
    *marks = marks.union(list.marks());
    let (least, most) = length_bounds(list);
    let Some(elements) = list.as_elements().filter(|_| most == Some(least)) else { return false };
    let mut known = true;
    for element in elements {
        let nested =
            matches!(element.ty(), Type::List(_) | Type::Set(_) | Type::Tuple(_)) && !element.is_null();
        if nested {
            known &= flattened(element, out, marks);
        } else {
            known &= !(element.is_unknown() && element.ty() == Type::Dynamic);
            out.push(element.clone());
        }
    }
    known
}

fn flatten_type(arguments: &[Value]) -> Result<Type, CallError> {
    match type_of(arguments, 0) {
        Type::List(_) | Type::Set(_) | Type::Tuple(_) => Ok(Type::Dynamic),
        _ if !first(arguments).is_wholly_known() => Ok(Type::Dynamic),
        _ => failed("can only flatten lists, sets and tuples"),
    }
}

fn flatten(arguments: &[Value]) -> Result<Value, CallError> {
    flatten_type(arguments)?;
    let (mut out, mut marks) = (Vec::new(), Marks::NONE);
    let known = flattened(&first(arguments), &mut out, &mut marks);
    Ok(if known { Value::tuple(out) } else { Value::unknown(Type::Dynamic) }.with_marks(marks))
}

fn index(arguments: &[Value]) -> Result<Value, CallError> {
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

fn keys(arguments: &[Value]) -> Result<Value, CallError> {
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

fn length(arguments: &[Value]) -> Result<Value, CallError> {
    let value = first(arguments);
    let marks = value.marks();
    let result = match value.kind() {
        Kind::Tuple(elements) => Value::number(elements.len()),
        Kind::Object(attributes) => Value::number(attributes.len()),
        Kind::Unknown(Type::Object(object), _) => Value::number(object.attributes.len()),
        Kind::String(_) | Kind::Unknown(Type::String, _) => super::string::length(&value),
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
fn unknown_count(least: u64, most: Option<u64>) -> Value {
    let refinements = Refinements {
        not_null: true,
        min: Some((Number::from(least), true)),
        max: most.map(|most| (Number::from(most), true)),
        ..Refinements::default()
    };
    Kind::Unknown(Type::Number, Some(Arc::new(refinements))).into()
}

fn lookup_type(arguments: &[Value]) -> Result<Type, CallError> {
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

fn attribute_type(object: &Value, name: &str) -> Option<Type> {
    match object.kind() {
        Kind::Object(attributes) => attributes.get(name).map(Value::ty),
        Kind::Unknown(Type::Object(object), _) => object.attributes.get(name).cloned(),
        _ => None,
    }
}

fn lookup(arguments: &[Value]) -> Result<Value, CallError> {
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

fn matchkeys(arguments: &[Value]) -> Result<Value, CallError> {
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

fn merge_type(arguments: &[Value]) -> Result<Type, CallError> {
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

fn merge(arguments: &[Value]) -> Result<Value, CallError> {
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

fn one_type(arguments: &[Value]) -> Result<Type, CallError> {
    match type_of(arguments, 0) {
        Type::List(element) | Type::Set(element) => Ok((*element).clone()),
        Type::Tuple(types) if types.len() < 2 => Ok(types.first().cloned().unwrap_or(Type::Dynamic)),
        _ => bad(0, ONE_WRONG),
    }
}

const ONE_WRONG: &str = "must be a list, set, or tuple value with either zero or one elements";

fn one(arguments: &[Value]) -> Result<Value, CallError> {
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

fn range(arguments: &[Value]) -> Result<Value, CallError> {
    const COUNT_MAX: usize = 1024;
    let numbers: Vec<&Number> = arguments.iter().filter_map(Value::as_number).collect();
    let (zero, up) = (Number::ZERO, Number::from(1));
    let step = |start: &Number, end: &Number| if end < start { up.neg() } else { up.clone() };
    let (start, end, step) = match numbers[..] {
        [end] => (zero.clone(), end.clone(), step(&zero, end)),
        [start, end] => (start.clone(), end.clone(), step(start, end)),
        [start, end, step] => (start.clone(), end.clone(), step.clone()),
        _ => return failed("must have one, two, or three arguments"),
    };
    if step == zero {
        return bad(2, "step must not be zero");
    }
    let down = step.is_negative();
    if down && end > start {
        return bad(1, "end must be less than start when step is negative");
    }
    if !down && end < start {
        return bad(1, "end must be greater than start when step is positive");
    }
    if [&start, &end, &step].iter().any(|number| number.is_infinite()) {
        return failed("the numbers must be finite");
    }
    let mut values = Vec::new();
    let mut number = start;
    while if down { number > end } else { number < end } {
        if values.len() >= COUNT_MAX {
            return failed(
                "more than 1024 values were generated; either decrease the difference between start and end or use a smaller step",
            );
        }
        values.push(Kind::Number(number.clone()).into());
        let Some(next) = number.add(&step) else { return failed("the numbers must be finite") };
        number = next;
    }
    Ok(Value::list(Type::Number, values))
}

fn reverse_type(arguments: &[Value]) -> Result<Type, CallError> {
    match type_of(arguments, 0) {
        Type::Tuple(types) => Ok(Type::tuple(types.iter().rev().cloned())),
        Type::List(element) | Type::Set(element) => Ok(Type::List(element)),
        other => bad(0, format!("can only reverse list or tuple values, not {}", other.friendly_name())),
    }
}

fn reverse(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = reverse_type(arguments)?;
    let reversed: Vec<Value> = elements(arguments, 0).iter().rev().cloned().collect();
    Ok(match ty {
        Type::List(element) => Value::list((*element).clone(), reversed),
        _ => Value::tuple(reversed),
    }
    .with_marks(first(arguments).marks()))
}

/// The bounds of a slice, as far as they are known.
fn slice_bounds(arguments: &[Value]) -> Result<Option<(usize, usize)>, CallError> {
    let list = first(arguments);
    let count = match list.ty() {
        Type::Tuple(types) => Some(types.len()),
        _ => list.as_elements().map(<[Value]>::len),
    };
    let bound = |position: usize, name: &str| -> Result<Option<usize>, CallError> {
        if arguments.get(position).is_none_or(Value::is_unknown) {
            return Ok(None);
        }
        let Ok(given) = whole(arguments, position) else {
            return bad(position, format!("invalid {name} index: a whole number is required"));
        };
        match usize::try_from(given) {
            Err(_) => bad(position, format!("{name} index must not be less than zero")),
            Ok(given) if count.is_some_and(|count| given > count) => {
                bad(position, format!("{name} index must not be greater than the length of the list"))
            }
            Ok(given) => Ok(Some(given)),
        }
    };
    let (start, end) = (bound(1, "start")?, bound(2, "end")?);
    match (start, end) {
        (Some(start), Some(end)) if start > end => bad(1, "start index must not be greater than end index"),
        (Some(start), Some(end)) => Ok(Some((start, end))),
        _ => Ok(None),
    }
}

fn slice_type(arguments: &[Value]) -> Result<Type, CallError> {
    let ty = type_of(arguments, 0);
    match &ty {
        Type::List(_) => {
            slice_bounds(arguments)?;
            Ok(ty)
        }
        Type::Tuple(types) => Ok(match slice_bounds(arguments)? {
            Some((start, end)) => Type::tuple(types.get(start..end).unwrap_or_default().iter().cloned()),
            None => Type::Dynamic,
        }),
        Type::Set(_) => bad(
            0,
            "cannot slice a set, because its elements do not have indices; explicitly convert to a list if the ordering of the result is not important",
        ),
        _ => bad(0, "must be a list or tuple value"),
    }
}

fn slice(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = slice_type(arguments)?;
    let Some((start, end)) = slice_bounds(arguments)? else { return Ok(Value::unknown(ty)) };
    let kept: Vec<Value> = elements(arguments, 0).get(start..end).unwrap_or_default().to_vec();
    Ok(match ty {
        Type::List(element) => Value::list((*element).clone(), kept),
        _ => Value::tuple(kept),
    }
    .with_marks(first(arguments).marks()))
}

fn sort(arguments: &[Value]) -> Result<Value, CallError> {
    let list = first(arguments);
    let ty = Type::list(Type::String);
    if !list.is_wholly_known() {
        let (least, most) = length_bounds(&list);
        let refinements = Refinements {
            not_null: true,
            length_min: Some(least),
            length_max: most,
            ..Refinements::default()
        };
        return Ok(Value::unknown_refined(ty, refinements));
    }
    let mut sorted = elements(arguments, 0).to_vec();
    if let Some(at) = sorted.iter().position(Value::is_null) {
        return failed(format!("given list element {at} is null; a null string cannot be sorted"));
    }
    sorted.sort();
    Ok(Value::list(Type::String, sorted))
}

fn transpose(arguments: &[Value]) -> Result<Value, CallError> {
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

fn values_type(arguments: &[Value]) -> Result<Type, CallError> {
    match type_of(arguments, 0) {
        Type::Map(element) => Ok(Type::List(element)),
        Type::Object(object) => Ok(Type::tuple(object.attributes.values().cloned())),
        _ => failed("values() requires a map as the first argument"),
    }
}

fn values(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = values_type(arguments)?;
    let map = first(arguments);
    let all: Vec<Value> = map.as_entries().into_iter().flat_map(BTreeMap::values).cloned().collect();
    Ok(match ty {
        Type::List(element) => Value::list((*element).clone(), all),
        _ => Value::tuple(all),
    }
    .with_marks(map.marks()))
}

fn zipmap_type(arguments: &[Value]) -> Result<Type, CallError> {
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

fn check_lengths(keys: usize, values: usize) -> Result<(), CallError> {
    match keys == values {
        true => Ok(()),
        false => failed(format!("number of keys ({keys}) does not match number of values ({values})")),
    }
}

fn zipmap(arguments: &[Value]) -> Result<Value, CallError> {
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
