//! Equality and order of values, also of those that are not wholly known.

use evenkeel_model::value::{Entries, Kind};
use evenkeel_model::{Number, Type, Value};

use crate::ast::BinaryOp;

pub(super) type Bound = Option<(Number, bool)>;

pub(super) fn bounds(value: &Value) -> (Bound, Bound) {
    match value.kind() {
        Kind::Number(number) => (Some((number.clone(), true)), Some((number.clone(), true))),
        Kind::Unknown(_, Some(refinements)) => (refinements.min.clone(), refinements.max.clone()),
        _ => (None, None),
    }
}

/// What the known bounds of two numbers say about their order. As cty has it, bounds count as if they
/// were excluded: that the smallest `a` equals the largest `b` says nothing.
pub(super) fn compare_ranges(op: BinaryOp, a: &Value, b: &Value) -> Option<bool> {
    let ((a_min, a_max), (b_min, b_max)) = (bounds(a), bounds(b));
    let below = |low: Bound, high: Bound| low.zip(high).is_some_and(|((low, _), (high, _))| low < high);
    let (less, greater) = (below(a_max, b_min), below(b_max, a_min));
    match (less, greater, op) {
        (true, _, BinaryOp::Less | BinaryOp::LessOrEqual) => Some(true),
        (true, _, BinaryOp::Greater | BinaryOp::GreaterOrEqual) => Some(false),
        (_, true, BinaryOp::Less | BinaryOp::LessOrEqual) => Some(false),
        (_, true, BinaryOp::Greater | BinaryOp::GreaterOrEqual) => Some(true),
        _ => None,
    }
}

/// `a == b` as cty has it: null equals null of any type, values of different types differ, and
/// anything unknown that matters makes the answer unknown.
pub(crate) fn equal(a: &Value, b: &Value) -> Value {
    let marks = a.all_marks().union(b.all_marks());
    equality(a, b).map_or_else(|| Value::unknown_not_null(Type::Bool), Value::bool).with_marks(marks)
}

/// Whether two values are equal; `None` where that is not known.
pub(crate) fn equality(a: &Value, b: &Value) -> Option<bool> {
    let compound = |value: &Value| value.as_elements().is_some() || value.as_entries().is_some();
    if compound(a) && compound(b) && !has_open(a) && !has_open(b) && a.ty() != b.ty() {
        return Some(false);
    }
    equality_inside(a, b)
}

/// Whether something inside is unknown and has no type yet.
pub(super) fn has_open(value: &Value) -> bool {
    matches!(value.kind(), Kind::Unknown(Type::Dynamic, _))
        || value.as_elements().into_iter().flatten().any(has_open)
        || value.as_entries().into_iter().flatten().any(|(_, value)| has_open(value))
}

/// The same for values whose types have been compared.
pub(super) fn equality_inside(a: &Value, b: &Value) -> Option<bool> {
    match (a.kind(), b.kind()) {
        (Kind::Null(_), Kind::Null(_)) => Some(true),
        (Kind::Null(_), _) => {
            if b.is_definitely_not_null() {
                Some(false)
            } else {
                None
            }
        }
        (_, Kind::Null(_)) => {
            if a.is_definitely_not_null() {
                Some(false)
            } else {
                None
            }
        }
        (Kind::Unknown(..), _) | (_, Kind::Unknown(..)) => unknown_equality(a, b),
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Number(a), Kind::Number(b)) => Some(a == b),
        (Kind::String(a), Kind::String(b)) => Some(a == b),
        (Kind::List(ta, a), Kind::List(tb, b)) => {
            if !comparable(ta, tb) {
                return Some(false);
            }
            sequences(a, b)
        }
        (Kind::Tuple(a), Kind::Tuple(b)) => sequences(a, b),
        (Kind::Set(ta, x), Kind::Set(tb, y)) => {
            if !comparable(ta, tb) {
                return Some(false);
            }
            if !a.is_wholly_known() || !b.is_wholly_known() {
                return None;
            }
            if x.len() != y.len() {
                return Some(false);
            }
            sequences(x, y)
        }
        (Kind::Map(ta, a), Kind::Map(tb, b)) => {
            if !comparable(ta, tb) {
                return Some(false);
            }
            entries(a, b)
        }
        (Kind::Object(a), Kind::Object(b)) => entries(a, b),
        _ => Some(false),
    }
}

pub(super) fn comparable(a: &Type, b: &Type) -> bool {
    a == b || a.has_dynamic() || b.has_dynamic()
}

pub(super) fn unknown_equality(a: &Value, b: &Value) -> Option<bool> {
    // Two unknown values of different types may both turn out to be null, which is the same.
    if a.is_unknown() && b.is_unknown() {
        return None;
    }
    let (unknown, other) = if a.is_unknown() { (a, b) } else { (b, a) };
    if !conforms(&other.ty(), &unknown.ty(), has_open(other)) {
        return Some(false);
    }
    if !length_possible(unknown, other) {
        return Some(false);
    }
    if let (Some(prefix), Some(text)) =
        (unknown.refinements().and_then(|refinements| refinements.prefix.as_deref()), other.as_str())
        && !text.starts_with(prefix)
    {
        return Some(false);
    }
    if compare_ranges(BinaryOp::Less, a, b) == Some(true)
        || compare_ranges(BinaryOp::Greater, a, b) == Some(true)
    {
        return Some(false);
    }
    None
}

/// Whether a value of this type can be what an unknown value of another type turns out to be. What is
/// open in the type can be anything where something inside of the value is unknown.
pub(super) fn conforms(ty: &Type, unknown: &Type, open: bool) -> bool {
    match (ty, unknown) {
        (_, Type::Dynamic) => true,
        (Type::Dynamic, _) if open => true,
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            conforms(a, b, open)
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| conforms(a, b, open))
        }
        (Type::Object(a), Type::Object(b)) => {
            a.attributes.keys().eq(b.attributes.keys())
                && a.attributes.values().zip(b.attributes.values()).all(|(a, b)| conforms(a, b, open))
        }
        (a, b) => a == b,
    }
}

/// Whether an unknown collection can turn out to have as many elements as a known one.
pub(super) fn length_possible(unknown: &Value, other: &Value) -> bool {
    let (least, most) = length_bounds(unknown);
    let (other_least, other_most) = length_bounds(other);
    !other.ty().is_collection()
        || (most.is_none_or(|most| other_least <= most) && other_most.is_none_or(|most| least <= most))
}

pub(super) fn sequences(a: &[Value], b: &[Value]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    all(a.iter().zip(b).map(|(a, b)| equality_inside(a, b)))
}

pub(super) fn entries(a: &Entries, b: &Entries) -> Option<bool> {
    if !a.keys().eq(b.keys()) {
        return Some(false);
    }
    all(a.values().zip(b.values()).map(|(a, b)| equality_inside(a, b)))
}

/// False when one is false, unknown when none is false and one unknown.
pub(super) fn all(results: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for result in results {
        match result {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = false,
        }
    }
    known.then_some(true)
}

/// The fewest and the most elements that a collection can have.
pub(crate) fn length_bounds(value: &Value) -> (u64, Option<u64>) {
    match value.kind() {
        Kind::Set(_, elements) if !value.is_wholly_known() => {
            (u64::from(!elements.is_empty()), Some(elements.len() as u64))
        }
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            (elements.len() as u64, Some(elements.len() as u64))
        }
        Kind::Map(_, entries) | Kind::Object(entries) => (entries.len() as u64, Some(entries.len() as u64)),
        Kind::Unknown(Type::Tuple(types), _) => (types.len() as u64, Some(types.len() as u64)),
        Kind::Unknown(_, Some(refinements)) => {
            (refinements.length_min.unwrap_or_default(), refinements.length_max)
        }
        _ => (0, None),
    }
}
