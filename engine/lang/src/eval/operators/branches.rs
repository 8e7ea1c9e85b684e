//! What the two branches of a conditional have in common.

use evenkeel_model::convert::unify;
use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Marks, Number, Type, Value};

use super::equality::{Bound, bounds, length_bounds};

/// The type that both branches of a conditional become; `None` where there is none.
pub(super) fn result_of_branches(yes: &Value, no: &Value) -> Option<Type> {
    let (yes_type, no_type) = (yes.ty(), no.ty());
    let bare_null =
        |value: &Value| matches!(value.kind(), Kind::Null(Type::Dynamic)) && value.marks().is_empty();
    if bare_null(yes) {
        return Some(no_type);
    }
    if bare_null(no) {
        return Some(yes_type);
    }
    if yes_type == Type::Dynamic || no_type == Type::Dynamic {
        return Some(Type::Dynamic);
    }
    unify(&[yes_type, no_type])
}

/// What is known of a conditional whose condition is not.
#[inline(never)]
pub(super) fn unknown_branch(ty: &Type, yes: Value, no: Value, marks: Marks) -> Value {
    if yes.is_null() && no.is_null() {
        return Value::null(ty.clone()).with_marks(marks);
    }
    let mut refinements = Refinements {
        not_null: yes.is_definitely_not_null() && no.is_definitely_not_null(),
        ..Refinements::default()
    };
    if yes.ty() == Type::Number && no.ty() == Type::Number {
        let ((yes_min, yes_max), (no_min, no_max)) = (bounds(&yes), bounds(&no));
        refinements.min = outer(yes_min, no_min, |a, b| a < b);
        refinements.max = outer(yes_max, no_max, |a, b| a > b);
    }
    if ty.is_collection() && yes.ty() == no.ty() {
        let ((yes_min, yes_max), (no_min, no_max)) = (length_bounds(&yes), length_bounds(&no));
        refinements.length_min = Some(yes_min.min(no_min));
        refinements.length_max = yes_max.zip(no_max).map(|(a, b)| a.max(b));
    }
    Value::unknown_refined(ty.clone(), refinements).with_marks(marks)
}

pub(super) fn outer(a: Bound, b: Bound, outside: impl Fn(&Number, &Number) -> bool) -> Bound {
    let (a, b) = (a?, b?);
    Some(match () {
        () if a.0 == b.0 => (a.0, a.1 || b.1),
        () if outside(&a.0, &b.0) => a,
        () => b,
    })
}

/// Why two types have nothing in common, in a clause.
pub(super) fn describe_mismatch(yes: &Type, no: &Type) -> String {
    match (yes, no) {
        (Type::Object(a), Type::Object(b)) => {
            for (name, ty) in &a.attributes {
                match b.attributes.get(name) {
                    None => {
                        return format!(
                            "The 'true' value includes object attribute {name:?}, which is absent in the 'false' value"
                        );
                    }
                    Some(other) if other != ty => {
                        let why = describe_mismatch(ty, other);
                        return format!("Type mismatch for object attribute {name:?}: {why}");
                    }
                    Some(_) => {}
                }
            }
            if let Some(name) = b.attributes.keys().find(|name| !a.attributes.contains_key(*name)) {
                return format!(
                    "The 'false' value includes object attribute {name:?}, which is absent in the 'true' value"
                );
            }
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() != b.len() => {
            let (a, b) = (a.len(), b.len());
            return format!("The 'true' tuple has length {a}, but the 'false' tuple has length {b}");
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            if let Some((i, (a, b))) = a.iter().zip(b.iter()).enumerate().find(|(_, (a, b))| a != b) {
                return format!("Type mismatch for tuple element {i}: {}", describe_mismatch(a, b));
            }
        }
        (Type::List(a), Type::List(b)) if structural(a, b) => {
            return format!("Mismatched list element types: {}", describe_mismatch(a, b));
        }
        (Type::Set(a), Type::Set(b)) if structural(a, b) => {
            return format!("Mismatched set element types: {}", describe_mismatch(a, b));
        }
        (Type::Map(a), Type::Map(b)) if structural(a, b) => {
            return format!("Mismatched map element types: {}", describe_mismatch(a, b));
        }
        _ => {}
    }
    let (yes, no) = (yes.friendly_name(), no.friendly_name());
    if yes == no {
        return "At least one deeply-nested attribute or element is not compatible across both the 'true' and the 'false' value".into();
    }
    format!("The 'true' value is {yes}, but the 'false' value is {no}")
}

pub(super) fn structural(a: &Type, b: &Type) -> bool {
    matches!((a, b), (Type::Object(_), Type::Object(_)) | (Type::Tuple(_), Type::Tuple(_)))
}
