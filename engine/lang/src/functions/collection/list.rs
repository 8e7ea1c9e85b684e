//! Lists that are made from lists.

use evenkeel_model::convert::{convert, unify};
use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Marks, Number, Type, Value};

use super::{elements, first, type_of};
use crate::eval::length_bounds;
use crate::functions::{CallError, bad, failed, whole};

pub(super) fn chunklist(arguments: &[Value]) -> Result<Value, CallError> {
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

pub(super) fn compact(arguments: &[Value]) -> Result<Value, CallError> {
    if !first(arguments).is_wholly_known() {
        return Ok(Value::unknown(Type::list(Type::String)));
    }
    let kept =
        elements(arguments, 0).iter().filter(|element| element.as_str().is_some_and(|text| !text.is_empty()));
    Ok(Value::list(Type::String, kept.cloned()))
}

pub(super) fn concat_type(arguments: &[Value]) -> Result<Type, CallError> {
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

pub(super) fn concat(arguments: &[Value]) -> Result<Value, CallError> {
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
        Type::List(element) => Value::list(found_type((*element).clone(), &all), all),
        _ => Value::tuple(all),
    }
    .with_marks(marks))
}

/// The type of elements of which an empty list did not say any.
fn found_type(declared: Type, elements: &[Value]) -> Type {
    let mut types = elements.iter().map(Value::ty);
    match (declared, types.next()) {
        (Type::Dynamic, Some(first)) if types.all(|ty| ty == first) => first,
        (declared, _) => declared,
    }
}

pub(super) fn distinct(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = type_of(arguments, 0);
    if !first(arguments).is_wholly_known() {
        return Ok(Value::unknown(ty));
    }
    let mut seen = std::collections::BTreeSet::new();
    let kept = elements(arguments, 0).iter().filter(|element| seen.insert((*element).clone()));
    Ok(Value::list(ty.element().cloned().unwrap_or(Type::Dynamic), kept.cloned()))
}

/// The parts of a sequence, nested ones taken apart; `None` where their number is not known.
pub(super) fn flattened(list: &Value, out: &mut Vec<Value>, marks: &mut Marks) -> bool {
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

pub(super) fn flatten_type(arguments: &[Value]) -> Result<Type, CallError> {
    match type_of(arguments, 0) {
        Type::List(_) | Type::Set(_) | Type::Tuple(_) => Ok(Type::Dynamic),
        _ if !first(arguments).is_wholly_known() => Ok(Type::Dynamic),
        _ => failed("can only flatten lists, sets and tuples"),
    }
}

pub(super) fn flatten(arguments: &[Value]) -> Result<Value, CallError> {
    flatten_type(arguments)?;
    let (mut out, mut marks) = (Vec::new(), Marks::NONE);
    let known = flattened(&first(arguments), &mut out, &mut marks);
    Ok(if known { Value::tuple(out) } else { Value::unknown(Type::Dynamic) }.with_marks(marks))
}

pub(super) fn range(arguments: &[Value]) -> Result<Value, CallError> {
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
    if step == zero && start != end {
        return bad(2, "step must not be zero");
    }
    let down = step.is_negative();
    if down && end > start {
        return bad(1, "end must be less than start when step is negative");
    }
    if !down && end < start {
        return bad(1, "end must be greater than start when step is positive");
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
        let Some(next) = number.add(&step) else {
            return failed("infinite numbers that cancel out give no next one");
        };
        number = next;
    }
    Ok(Value::list(Type::Number, values))
}

pub(super) fn reverse_type(arguments: &[Value]) -> Result<Type, CallError> {
    match type_of(arguments, 0) {
        Type::Tuple(types) => Ok(Type::tuple(types.iter().rev().cloned())),
        Type::List(element) | Type::Set(element) => Ok(Type::List(element)),
        other => bad(0, format!("can only reverse list or tuple values, not {}", other.friendly_name())),
    }
}

pub(super) fn reverse(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = reverse_type(arguments)?;
    let reversed: Vec<Value> = elements(arguments, 0).iter().rev().cloned().collect();
    Ok(match ty {
        Type::List(element) => Value::list((*element).clone(), reversed),
        _ => Value::tuple(reversed),
    }
    .with_marks(first(arguments).marks()))
}

/// The bounds of a slice, as far as they are known.
pub(super) fn slice_bounds(arguments: &[Value]) -> Result<Option<(usize, usize)>, CallError> {
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

pub(super) fn slice_type(arguments: &[Value]) -> Result<Type, CallError> {
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

pub(super) fn slice(arguments: &[Value]) -> Result<Value, CallError> {
    let ty = slice_type(arguments)?;
    let Some((start, end)) = slice_bounds(arguments)? else { return Ok(Value::unknown(ty)) };
    let kept: Vec<Value> = elements(arguments, 0).get(start..end).unwrap_or_default().to_vec();
    Ok(match ty {
        Type::List(element) => Value::list((*element).clone(), kept),
        _ => Value::tuple(kept),
    }
    .with_marks(first(arguments).marks()))
}

pub(super) fn sort(arguments: &[Value]) -> Result<Value, CallError> {
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
