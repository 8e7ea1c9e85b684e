//! Conversion and unification of types (go-cty `docs/convert.md`).
//!
//! A conversion that the language makes by itself is tried with [`convert`]; where several values
//! must agree on one type, [`unify`] finds it. Unknown values convert by type alone.

mod types;
mod unify;

use crate::path::{Path, PathStep};
use crate::ty::{ObjectType, Type};
use crate::value::{Entries, Kind, Refinements, Value};

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
    let converted = match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) => convert_absent(value, ty),
        _ => convert_known(value, ty),
    };
    Ok(converted?.with_marks(marks))
}

#[inline(never)]
fn convert_absent(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    let from = value.ty();
    if !can_convert(&from, ty) {
        return Err(mismatch(&from, ty));
    }
    let to = fill_dynamic(&from, ty);
    if value.is_null() {
        return Ok(Value::null(to));
    }
    Ok(match refinements_after(&from, value.refinements(), &to) {
        Some(refinements) => Value::unknown_refined(to, refinements),
        None => Value::unknown(to),
    })
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

/// Conversion follows the nesting of values, so the frames on the way down are kept small: this
/// delegates at once, and elements are walked in loops.
fn convert_known(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    match ty {
        Type::List(_) | Type::Set(_) | Type::Map(_) if is_already(value, ty) => Ok(value.clone().unmark().0),
        // Even where there is no element that could fail.
        Type::List(_) | Type::Set(_) | Type::Map(_) if !collection_fits(value, ty) => {
            Err(mismatch(&value.ty(), ty))
        }
        Type::List(element) => convert_list(value, element, ty),
        Type::Set(element) => convert_set(value, element, ty),
        Type::Map(element) => convert_map(value, element, ty),
        Type::Tuple(types) => convert_tuple(value, types, ty),
        Type::Object(object) => match value.as_entries() {
            Some(entries) => convert_object(entries, object),
            None => Err(mismatch(&value.ty(), ty)),
        },
        Type::Bool | Type::Number | Type::String | Type::Dynamic => convert_primitive(value, ty),
    }
}

/// Whether elements have exactly the element type, so that there is nothing to look at.
#[inline(never)]
fn is_already(value: &Value, ty: &Type) -> bool {
    match (value.kind(), ty) {
        (Kind::List(from, _), Type::List(to))
        | (Kind::Set(from, _), Type::Set(to))
        | (Kind::Map(from, _), Type::Map(to)) => *from == **to && !from.has_dynamic(),
        _ => false,
    }
}

#[inline(never)]
fn collection_fits(value: &Value, ty: &Type) -> bool {
    value.ty_of_collection().is_none_or(|from| can_convert(&from, ty))
}

#[inline(never)]
fn convert_primitive(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    match (value.kind(), ty) {
        (Kind::Bool(_), Type::Bool) | (Kind::Number(_), Type::Number) | (Kind::String(_), Type::String) => {
            Ok(value.clone().unmark().0)
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
        _ => Err(mismatch(&value.ty(), ty)),
    }
}

#[inline(never)]
fn convert_list(value: &Value, element: &Type, ty: &Type) -> Result<Value, ConvertError> {
    let Some(elements) = value.as_elements() else { return Err(mismatch(&value.ty(), ty)) };
    if let Kind::Set(from, _) = value.kind()
        && elements.len() > 1
        && !value.is_wholly_known()
    {
        // Unknown elements may turn out to be equal, so not even the length is known.
        return Ok(Value::unknown(Type::list(fill_dynamic(from, element))));
    }
    let (elements, element) = convert_sequence(value, elements, element, ty)?;
    Ok(Value::list(element, elements))
}

#[inline(never)]
fn convert_set(value: &Value, element: &Type, ty: &Type) -> Result<Value, ConvertError> {
    let Some(elements) = value.as_elements() else { return Err(mismatch(&value.ty(), ty)) };
    let (elements, element) = convert_sequence(value, elements, element, ty)?;
    Ok(Value::set(element, elements))
}

/// The elements of a list or set, and the type that they have then.
fn convert_sequence(
    value: &Value,
    elements: &[Value],
    element: &Type,
    ty: &Type,
) -> Result<(Vec<Value>, Type), ConvertError> {
    let element = open_element(value, element, ty)?;
    let elements = convert_elements(elements, &element, ty)?;
    if !element.has_dynamic() {
        return Ok((elements, concrete(&element)));
    }
    let element = element_type(value, &element, elements.iter(), ty)?;
    match elements.iter().all(|found| found.ty() == element) {
        true => Ok((elements, element)),
        false => Ok((convert_elements(&elements, &element, ty)?, element)),
    }
}

fn convert_elements(elements: &[Value], element: &Type, ty: &Type) -> Result<Vec<Value>, ConvertError> {
    let mut converted = Vec::with_capacity(elements.len());
    for (i, value) in elements.iter().enumerate() {
        match convert(value, element) {
            Ok(value) => converted.push(value),
            Err(error) if matches!(ty, Type::Set(_)) => return Err(error.inside(PathStep::Element)),
            Err(error) => return Err(error.inside(PathStep::Index(i))),
        }
    }
    Ok(converted)
}

#[inline(never)]
fn convert_tuple(value: &Value, types: &[Type], ty: &Type) -> Result<Value, ConvertError> {
    let elements = match value.kind() {
        Kind::Tuple(elements) if elements.len() == types.len() => elements,
        _ => return Err(mismatch(&value.ty(), ty)),
    };
    let mut converted = Vec::with_capacity(elements.len());
    for (i, (value, ty)) in elements.iter().zip(types).enumerate() {
        converted.push(convert(value, ty).map_err(|error| error.inside(PathStep::Index(i)))?);
    }
    Ok(Value::tuple(converted))
}

#[inline(never)]
fn convert_map(value: &Value, element: &Type, ty: &Type) -> Result<Value, ConvertError> {
    let Some(entries) = value.as_entries() else { return Err(mismatch(&value.ty(), ty)) };
    let element = open_element(value, element, ty)?;
    let entries = convert_entries(entries, &element)?;
    if !element.has_dynamic() {
        return Ok(Kind::Map(concrete(&element), entries).into());
    }
    let element = element_type(value, &element, entries.values(), ty)?;
    let all_have_it = entries.values().all(|found| found.ty() == element);
    match all_have_it {
        true => Ok(Kind::Map(element, entries).into()),
        false => {
            let entries = convert_entries(&entries, &element)?;
            Ok(Kind::Map(element, entries).into())
        }
    }
}

fn convert_entries(entries: &Entries, ty: &Type) -> Result<Entries, ConvertError> {
    let converted = entries.iter().map(|(key, value)| {
        let value = convert(value, ty).map_err(|error| error.inside(PathStep::Key(key.clone())))?;
        Ok((key.clone(), value))
    });
    converted.collect()
}

fn convert_object(entries: &Entries, object: &ObjectType) -> Result<Value, ConvertError> {
    let missing: Vec<String> = object
        .attributes
        .keys()
        .filter(|name| !entries.contains_key(name) && !object.optional.contains(*name))
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
    // What is still open would have to be of several types.
    unify(&types).filter(|found| !found.has_dynamic()).ok_or_else(|| disagreement(ty))
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
