//! Conversion and unification of types (go-cty `docs/convert.md`).
//!
//! A conversion that the language makes by itself is tried with [`convert`]; where several values
//! must agree on one type, [`unify`] finds it. Unknown values convert by type alone.

mod types;
mod unify;

use crate::path::{Path, PathStep};
use crate::ty::{ObjectType, Type};
use crate::value::{Kind, Refinements, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

use types::{common_element, fill_dynamic};

pub use types::{can_convert, concrete};
pub use unify::unify;

/// Why a value does not fit a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct ConvertError {
    /// Where inside the value.
    pub path: Path,
    /// What is needed there, as a clause: "a number is required".
    pub message: String,
}

impl ConvertError {
    fn new(message: impl Into<String>) -> Self {
        Self { path: Path::root(), message: message.into() }
    }

    fn inside(mut self, step: PathStep) -> Self {
        self.path.0.insert(0, step);
        self
    }

    fn text(&self) -> String {
        if self.path.0.is_empty() {
            return self.message.clone();
        }
        match self.path.0.first() {
            Some(PathStep::Attribute(_)) => format!("attribute \"{}\": {}", self.path, self.message),
            Some(PathStep::Key(_) | PathStep::Index(_)) => format!("element {}: {}", self.path, self.message),
            Some(PathStep::Element) | None => format!("incorrect set element type: {}", self.message),
        }
    }
}

/// The value as the given type, keeping its marks. `Dynamic` accepts anything as it is.
pub fn convert(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    if matches!(ty, Type::Dynamic) {
        return Ok(value.clone());
    }
    let marks = value.marks();
    match value.kind() {
        Kind::Null(from) => {
            if !can_convert(from, ty) {
                return Err(mismatch(from, ty));
            }
            return Ok(Value::null(fill_dynamic(from, ty)).with_marks(marks));
        }
        Kind::Unknown(from, refinements) => {
            if !can_convert(from, ty) {
                return Err(mismatch(from, ty));
            }
            let to = fill_dynamic(from, ty);
            let refinements = refinements_after(from, refinements.as_deref(), &to);
            let unknown = refinements.map_or_else(
                || Value::unknown(to.clone()),
                |refinements| Value::unknown_refined(to.clone(), refinements),
            );
            return Ok(unknown.with_marks(marks));
        }
        _ => {}
    }
    Ok(convert_known(value, ty)?.with_marks(marks))
}

/// What is still known of an unknown value after its conversion.
fn refinements_after(from: &Type, given: Option<&Refinements>, to: &Type) -> Option<Refinements> {
    if from == to {
        return given.cloned();
    }
    let not_null = given.is_some_and(|given| given.not_null);
    let (least, most) = (given.and_then(|given| given.length_min), given.and_then(|given| given.length_max));
    let at_least_one = |least: u64| u64::from(least > 0);
    let (length_min, length_max) = match (from, to) {
        (Type::Object(object), Type::Map(_)) => exactly(object.attributes.len()),
        (Type::Tuple(types), Type::List(_)) => exactly(types.len()),
        (Type::Tuple(types), Type::Set(_)) => {
            let most = types.len() as u64;
            (Some(at_least_one(most)), Some(most))
        }
        (Type::List(_) | Type::Set(_), Type::Set(_)) => (least.map(at_least_one), most),
        (Type::List(_) | Type::Set(_), Type::List(_)) | (Type::Map(_), Type::Map(_)) => (least, most),
        _ => (None, None),
    };
    let refinements = Refinements { not_null, length_min, length_max, ..Refinements::default() };
    (refinements != Refinements::default()).then_some(refinements)
}

fn exactly(length: usize) -> (Option<u64>, Option<u64>) {
    (Some(length as u64), Some(length as u64))
}

fn convert_known(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    // Even where there is no element that could fail.
    if value.ty_of_collection().is_some_and(|from| !can_convert(&from, ty)) {
        return Err(mismatch(&value.ty(), ty));
    }
    match (value.kind(), ty) {
        // Elements have exactly the element type, so there is nothing to look at.
        (Kind::List(from, _), Type::List(to))
        | (Kind::Set(from, _), Type::Set(to))
        | (Kind::Map(from, _), Type::Map(to))
            if *from == **to && !from.has_dynamic() =>
        {
            Ok(value.kind().clone().into())
        }
        (Kind::Bool(_), Type::Bool) | (Kind::Number(_), Type::Number) | (Kind::String(_), Type::String) => {
            Ok(value.kind().clone().into())
        }
        (Kind::Bool(value), Type::String) => Ok(Value::string(if *value { "true" } else { "false" })),
        (Kind::Number(number), Type::String) => Ok(Value::string(number.to_string())),
        (Kind::String(text), Type::Number) => text
            .parse()
            .map(|number: crate::Number| Value::number(number))
            .map_err(|_| mismatch(&Type::String, ty)),
        (Kind::String(text), Type::Bool) => match &**text {
            "true" | "1" => Ok(Value::bool(true)),
            "false" | "0" => Ok(Value::bool(false)),
            "True" | "TRUE" => {
                Err(ConvertError::new("a bool is required; to convert from string, use lowercase \"true\""))
            }
            "False" | "FALSE" => {
                Err(ConvertError::new("a bool is required; to convert from string, use lowercase \"false\""))
            }
            _ => Err(mismatch(&Type::String, ty)),
        },
        (Kind::Set(from, elements), Type::List(element))
            if elements.len() > 1 && !value.is_wholly_known() =>
        {
            // Unknown elements may turn out to be equal, so not even the length is known.
            Ok(Value::unknown(Type::list(fill_dynamic(from, element))))
        }
        (Kind::List(_, elements) | Kind::Tuple(elements) | Kind::Set(_, elements), Type::List(element)) => {
            let element = open_element(value, element, ty)?;
            let elements = convert_elements(elements, &element, PathStep::Index)?;
            if !element.has_dynamic() {
                return Ok(Value::list(concrete(&element), elements));
            }
            let element = element_type(value, &element, elements.iter(), ty)?;
            let elements = match elements.iter().all(|found| found.ty() == element) {
                true => elements,
                false => convert_elements(&elements, &element, PathStep::Index)?,
            };
            Ok(Value::list(element, elements))
        }
        (Kind::List(_, elements) | Kind::Tuple(elements) | Kind::Set(_, elements), Type::Set(element)) => {
            let element = open_element(value, element, ty)?;
            let elements = convert_elements(elements, &element, |_| PathStep::Element)?;
            if !element.has_dynamic() {
                return Ok(Value::set(concrete(&element), elements));
            }
            let element = element_type(value, &element, elements.iter(), ty)?;
            let elements = match elements.iter().all(|found| found.ty() == element) {
                true => elements,
                false => convert_elements(&elements, &element, |_| PathStep::Element)?,
            };
            Ok(Value::set(element, elements))
        }
        (Kind::Tuple(elements), Type::Tuple(types)) => {
            if elements.len() != types.len() {
                return Err(mismatch(&value.ty(), ty));
            }
            let elements: Result<Vec<Value>, _> = elements
                .iter()
                .zip(types.iter())
                .enumerate()
                .map(|(i, (element, ty))| convert(element, ty).map_err(|e| e.inside(PathStep::Index(i))))
                .collect();
            Ok(Value::tuple(elements?))
        }
        (Kind::Map(_, entries) | Kind::Object(entries), Type::Map(element)) => {
            let element = open_element(value, element, ty)?;
            let entries = convert_entries(entries, &element)?;
            if !element.has_dynamic() {
                return Ok(Value::map(concrete(&element), entries));
            }
            let element = element_type(value, &element, entries.values(), ty)?;
            let entries = match entries.values().all(|found| found.ty() == element) {
                true => entries,
                false => convert_entries(&entries, &element)?,
            };
            Ok(Value::map(element, entries))
        }
        (Kind::Map(_, entries) | Kind::Object(entries), Type::Object(object)) => {
            convert_object(entries, object)
        }
        _ => Err(mismatch(&value.ty(), ty)),
    }
}

fn convert_elements(
    elements: &[Value],
    ty: &Type,
    step: impl Fn(usize) -> PathStep,
) -> Result<Vec<Value>, ConvertError> {
    elements
        .iter()
        .enumerate()
        .map(|(i, element)| convert(element, ty).map_err(|e| e.inside(step(i))))
        .collect()
}

fn convert_entries(
    entries: &BTreeMap<Arc<str>, Value>,
    ty: &Type,
) -> Result<BTreeMap<Arc<str>, Value>, ConvertError> {
    entries
        .iter()
        .map(|(key, value)| {
            Ok((key.clone(), convert(value, ty).map_err(|e| e.inside(PathStep::Key(key.clone())))?))
        })
        .collect()
}

fn convert_object(entries: &BTreeMap<Arc<str>, Value>, object: &ObjectType) -> Result<Value, ConvertError> {
    let missing: Vec<String> = object
        .attributes
        .keys()
        .filter(|name| !entries.contains_key(*name) && !object.optional.contains(*name))
        .map(|name| format!("\"{name}\""))
        .collect();
    match &missing[..] {
        [] => {}
        [one] => return Err(ConvertError::new(format!("attribute {one} is required"))),
        [init @ .., last] => {
            return Err(ConvertError::new(format!("attributes {} and {last} are required", init.join(", "))));
        }
    }
    let attributes: Result<Vec<_>, ConvertError> = object
        .attributes
        .iter()
        .map(|(name, ty)| {
            let value = match entries.get(name) {
                Some(value) => convert(value, ty).map_err(|e| e.inside(PathStep::Attribute(name.clone())))?,
                None => Value::null(concrete(ty)),
            };
            Ok((name.clone(), value))
        })
        .collect();
    Ok(Value::object(attributes?))
}

/// The element type to convert to: where the constraint is open, what the parts of a tuple or
/// object agree on.
fn open_element(value: &Value, element: &Type, ty: &Type) -> Result<Type, ConvertError> {
    if !matches!(element, Type::Dynamic) {
        return Ok(element.clone());
    }
    let parts: Vec<Type> = match value.kind() {
        Kind::Tuple(elements) => elements.iter().map(Value::ty).collect(),
        Kind::Object(attributes) => attributes.values().map(Value::ty).collect(),
        _ => return Ok(Type::Dynamic),
    };
    if parts.is_empty() {
        return Ok(Type::Dynamic);
    }
    let common = if matches!(ty, Type::Map(_)) { unify(&parts) } else { common_element(&parts) };
    common.ok_or_else(|| disagreement(ty))
}

fn disagreement(ty: &Type) -> ConvertError {
    let what = match ty {
        Type::List(_) => "list",
        Type::Set(_) => "set",
        _ => "map",
    };
    ConvertError::new(format!("all {what} elements must have the same type"))
}

/// The element type of a converted collection: as asked for, or what the elements agree on where
/// the constraint leaves it open.
fn element_type<'a>(
    value: &Value,
    constraint: &Type,
    elements: impl Iterator<Item = &'a Value>,
    ty: &Type,
) -> Result<Type, ConvertError> {
    if !constraint.has_dynamic() {
        return Ok(concrete(constraint));
    }
    let mut types: Vec<Type> = elements.map(Value::ty).collect();
    // In a map, what has no type of its own yet (a bare null) takes that of the others.
    if matches!(ty, Type::Map(_)) && types.iter().any(|found| !matches!(found, Type::Dynamic)) {
        let before = types.len();
        types.retain(|found| !matches!(found, Type::Dynamic));
        if types.len() < before && types.iter().any(|found| Some(found) != types.first()) {
            return Err(disagreement(ty));
        }
    }
    if types.is_empty() {
        return Ok(match (constraint, value.ty().element()) {
            (Type::Dynamic, Some(element)) => element.clone(),
            _ => concrete(constraint),
        });
    }
    if types.iter().all(|found| Some(found) == types.first()) {
        return Ok(types.into_iter().next().unwrap_or(Type::Dynamic));
    }
    unify(&types).filter(|found| !matches!(found, Type::Dynamic)).ok_or_else(|| disagreement(ty))
}

fn mismatch(from: &Type, to: &Type) -> ConvertError {
    let message = match (from, to) {
        (Type::String, Type::Number) => "a number is required".to_owned(),
        (Type::String, Type::Bool) => "a bool is required".to_owned(),
        (Type::Tuple(_), Type::List(element) | Type::Set(element))
        | (Type::Object(_), Type::Map(element))
            if matches!(**element, Type::Dynamic) =>
        {
            return disagreement(to);
        }
        _ => format!("{} required", to.friendly_name().replace("dynamic", "any single type")),
    };
    ConvertError::new(message)
}

#[cfg(test)]
mod tests;
