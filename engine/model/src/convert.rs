//! Conversion and unification of types (go-cty `docs/convert.md`).
//!
//! A conversion that the language makes by itself is tried with [`convert`]; where several values
//! must agree on one type, [`unify`] finds it. Unknown values convert by type alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::path::{Path, PathStep};
use crate::ty::{ObjectType, Type};
use crate::value::{Kind, Value};

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
        Kind::Null(_) => return Ok(Value::null(concrete(ty)).with_marks(marks)),
        Kind::Unknown(from, refinements) => {
            if !may_convert(from, ty) {
                return Err(mismatch(from, ty));
            }
            let same = from == ty;
            let refinements = refinements.as_ref().and_then(|r| match (same, r.not_null) {
                (true, _) => Some(r.clone()),
                (false, true) => {
                    Some(Arc::new(crate::value::Refinements { not_null: true, ..Default::default() }))
                }
                (false, false) => None,
            });
            let to =
                if ty.has_dynamic() && may_convert(from, ty) { merge_dynamic(from, ty) } else { ty.clone() };
            return Ok(Value::from(Kind::Unknown(to, refinements)).with_marks(marks));
        }
        _ => {}
    }
    Ok(convert_known(value, ty)?.with_marks(marks))
}

/// The type with its `optional` information dropped, as values carry it.
pub fn concrete(ty: &Type) -> Type {
    match ty {
        Type::List(element) => Type::list(concrete(element)),
        Type::Set(element) => Type::set(concrete(element)),
        Type::Map(element) => Type::map(concrete(element)),
        Type::Tuple(elements) => Type::Tuple(elements.iter().map(concrete).collect()),
        Type::Object(object) => {
            Type::object(object.attributes.iter().map(|(name, ty)| (name.clone(), concrete(ty))))
        }
        Type::Dynamic | Type::Bool | Type::Number | Type::String => ty.clone(),
    }
}

fn convert_known(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    match (value.kind(), ty) {
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
        (Kind::List(_, elements) | Kind::Tuple(elements) | Kind::Set(_, elements), Type::List(element)) => {
            let elements = convert_elements(elements, element, PathStep::Index)?;
            let element = element_type(element, elements.iter());
            let elements = convert_elements(&elements, &element, PathStep::Index)?;
            Ok(Value::list(element, elements))
        }
        (Kind::List(_, elements) | Kind::Tuple(elements) | Kind::Set(_, elements), Type::Set(element)) => {
            let elements = convert_elements(elements, element, |_| PathStep::Element)?;
            let element = element_type(element, elements.iter());
            let elements = convert_elements(&elements, &element, |_| PathStep::Element)?;
            Ok(Value::set(element, elements))
        }
        (Kind::List(_, elements) | Kind::Tuple(elements), Type::Tuple(types)) => {
            if elements.len() != types.len() {
                return Err(ConvertError::new(format!("tuple of {} elements is required", types.len())));
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
            let entries = convert_entries(entries, element)?;
            let element = element_type(element, entries.values());
            let entries = convert_entries(&entries, &element)?;
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

/// The element type of a converted collection: as asked for, or what the elements agree on where
/// the constraint leaves it open.
fn element_type<'a>(constraint: &Type, elements: impl Iterator<Item = &'a Value>) -> Type {
    if !constraint.has_dynamic() {
        return concrete(constraint);
    }
    let types: Vec<Type> = elements.map(Value::ty).collect();
    unify(&types).unwrap_or(Type::Dynamic)
}

/// Fills the open parts of `to` from the type a value has.
fn merge_dynamic(from: &Type, to: &Type) -> Type {
    match (from, to) {
        (from, Type::Dynamic) => from.clone(),
        (Type::List(a) | Type::Set(a), Type::List(b)) => Type::list(merge_dynamic(a, b)),
        (Type::List(a) | Type::Set(a), Type::Set(b)) => Type::set(merge_dynamic(a, b)),
        (Type::Map(a), Type::Map(b)) => Type::map(merge_dynamic(a, b)),
        _ => concrete(to),
    }
}

/// Whether some value of `from` can become a `to`.
fn may_convert(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Dynamic, _) | (_, Type::Dynamic) => true,
        (a, b) if a == b => true,
        (Type::String, Type::Bool | Type::Number) | (Type::Bool | Type::Number, Type::String) => true,
        (Type::List(a) | Type::Set(a), Type::List(b) | Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            may_convert(a, b)
        }
        (Type::Tuple(elements), Type::List(b) | Type::Set(b)) => elements.iter().all(|a| may_convert(a, b)),
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| may_convert(a, b))
        }
        (Type::Object(object), Type::Map(b)) => object.attributes.values().all(|a| may_convert(a, b)),
        (Type::Map(a), Type::Object(object)) => object.attributes.values().all(|b| may_convert(a, b)),
        (Type::Object(a), Type::Object(b)) => {
            b.attributes.iter().all(|(name, to)| match a.attributes.get(name) {
                Some(from) => may_convert(from, to),
                None => b.optional.contains(name),
            })
        }
        _ => false,
    }
}

fn mismatch(from: &Type, to: &Type) -> ConvertError {
    let name = to.friendly_name();
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let _ = from;
    ConvertError::new(format!("{article} {name} is required"))
}

/// The one type that all can be converted to, if there is one.
pub fn unify(types: &[Type]) -> Option<Type> {
    let mut kinds = types.iter().filter(|ty| !matches!(ty, Type::Dynamic));
    let first = match kinds.next() {
        None => return Some(Type::Dynamic),
        Some(first) => first.clone(),
    };
    let found = kinds.try_fold(first, |found, ty| unify_two(&found, ty));
    match found {
        Some(_) if types.iter().any(|ty| matches!(ty, Type::Dynamic)) => Some(Type::Dynamic),
        found => found,
    }
}

fn unify_two(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        (a, b) if a == b => Some(a.clone()),
        (Type::Dynamic, _) | (_, Type::Dynamic) => Some(Type::Dynamic),
        (a, b) if a.is_primitive() && b.is_primitive() => Some(Type::String),
        (Type::List(a), Type::List(b)) => Some(Type::list(unify_two(a, b)?)),
        (Type::Set(a), Type::Set(b)) => Some(Type::set(unify_two(a, b)?)),
        (Type::Set(a), Type::List(b)) | (Type::List(a), Type::Set(b)) => Some(Type::list(unify_two(a, b)?)),
        (Type::Map(a), Type::Map(b)) => Some(Type::map(unify_two(a, b)?)),
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            let elements: Option<Vec<Type>> = a.iter().zip(b.iter()).map(|(a, b)| unify_two(a, b)).collect();
            Some(Type::tuple(elements?))
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            let all: Vec<Type> = a.iter().chain(b.iter()).cloned().collect();
            Some(Type::list(unify(&all)?))
        }
        (Type::Tuple(elements), other @ (Type::List(element) | Type::Set(element)))
        | (other @ (Type::List(element) | Type::Set(element)), Type::Tuple(elements)) => {
            let mut all: Vec<Type> = elements.to_vec();
            all.push((**element).clone());
            let element = unify(&all)?;
            Some(if matches!(other, Type::List(_)) { Type::list(element) } else { Type::set(element) })
        }
        (Type::Object(a), Type::Object(b)) => unify_objects(a, b),
        (Type::Object(object), Type::Map(element)) | (Type::Map(element), Type::Object(object)) => {
            let mut all: Vec<Type> = object.attributes.values().cloned().collect();
            all.push((**element).clone());
            Some(Type::map(unify(&all)?))
        }
        _ => None,
    }
}

fn unify_objects(a: &ObjectType, b: &ObjectType) -> Option<Type> {
    if a.attributes.keys().eq(b.attributes.keys()) {
        let attributes: Option<Vec<(Arc<str>, Type)>> = a
            .attributes
            .iter()
            .map(|(name, ty)| Some((name.clone(), unify_two(ty, b.attributes.get(name)?)?)))
            .collect();
        return Some(Type::object(attributes?));
    }
    let all: Vec<Type> = a.attributes.values().chain(b.attributes.values()).cloned().collect();
    Some(Type::map(unify(&all)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primitives_convert_both_ways() {
        assert_eq!(convert(&Value::string("12"), &Type::Number).unwrap(), Value::number(12));
        assert_eq!(convert(&Value::number(12), &Type::String).unwrap(), Value::string("12"));
        assert_eq!(convert(&Value::string("true"), &Type::Bool).unwrap(), Value::bool(true));
        assert!(convert(&Value::string("x"), &Type::Number).is_err());
        assert!(convert(&Value::number(1), &Type::Bool).is_err());
    }

    #[test]
    fn tuples_become_collections() {
        let tuple = Value::tuple([Value::string("b"), Value::number(1), Value::string("b")]);
        assert_eq!(
            convert(&tuple, &Type::set(Type::String)).unwrap(),
            Value::set(Type::String, [Value::string("1"), Value::string("b")])
        );
        assert_eq!(
            convert(&tuple, &Type::list(Type::Dynamic)).unwrap(),
            Value::list(Type::String, [Value::string("b"), Value::string("1"), Value::string("b")])
        );
    }

    #[test]
    fn errors_name_the_place() {
        let value = Value::object([("a", Value::tuple([Value::string("x")]))]);
        let ty = Type::object([("a", Type::list(Type::Number))]);
        assert_eq!(convert(&value, &ty).unwrap_err().to_string(), "attribute \"a[0]\": a number is required");
        let ty = Type::object([("a", Type::Dynamic), ("b", Type::Bool)]);
        assert_eq!(convert(&value, &ty).unwrap_err().to_string(), "attribute \"b\" is required");
    }

    #[test]
    fn marks_survive() {
        let value = Value::number(1).sensitive();
        assert!(convert(&value, &Type::String).unwrap().is_sensitive());
    }
}
