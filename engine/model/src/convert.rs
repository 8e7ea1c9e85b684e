//! Conversion and unification of types (go-cty `docs/convert.md`).
//!
//! A conversion that the language makes by itself is tried with [`convert`]; where several values
//! must agree on one type, [`unify`] finds it. Unknown values convert by type alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::path::{Path, PathStep};
use crate::ty::{ObjectType, Type};
use crate::value::{Kind, Refinements, Value};

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

/// The one type of the parts; open only where all of them are.
fn common_element(parts: &[Type]) -> Option<Type> {
    let open = parts.iter().all(|part| matches!(part, Type::Dynamic));
    unify(parts).filter(|found| open || !matches!(found, Type::Dynamic))
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

/// Fills the open parts of `to` from the type a value has.
fn fill_dynamic(from: &Type, to: &Type) -> Type {
    if !to.has_dynamic() {
        return concrete(to);
    }
    let joined = |types: &[Type], element: &Type| match types {
        [] => concrete(element),
        types => {
            common_element(types).map_or_else(|| concrete(element), |found| fill_dynamic(&found, element))
        }
    };
    match (from, to) {
        (from, Type::Dynamic) => from.clone(),
        (Type::List(a) | Type::Set(a), Type::List(b)) => Type::list(fill_dynamic(a, b)),
        (Type::List(a) | Type::Set(a), Type::Set(b)) => Type::set(fill_dynamic(a, b)),
        (Type::Map(a), Type::Map(b)) => Type::map(fill_dynamic(a, b)),
        (Type::Tuple(types), Type::List(b)) => Type::list(joined(types, b)),
        (Type::Tuple(types), Type::Set(b)) => Type::set(joined(types, b)),
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            Type::tuple(a.iter().zip(b.iter()).map(|(a, b)| fill_dynamic(a, b)))
        }
        (Type::Object(a), Type::Map(b)) => {
            let types: Vec<Type> = a.attributes.values().cloned().collect();
            Type::map(joined(&types, b))
        }
        (Type::Map(a), Type::Object(b)) => {
            Type::object(b.attributes.iter().map(|(name, b)| (name.clone(), fill_dynamic(a, b))))
        }
        (Type::Object(a), Type::Object(b)) => Type::object(b.attributes.iter().map(|(name, b)| {
            let filled = a.attributes.get(name).map_or_else(|| concrete(b), |a| fill_dynamic(a, b));
            (name.clone(), filled)
        })),
        _ => concrete(to),
    }
}

/// Whether some value of `from` can become a `to`.
pub fn can_convert(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Dynamic, _) | (_, Type::Dynamic) => true,
        (a, b) if a == b => true,
        (Type::String, Type::Bool | Type::Number) | (Type::Bool | Type::Number, Type::String) => true,
        (Type::List(a) | Type::Set(a), Type::List(b) | Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            can_convert(a, b)
        }
        (Type::Tuple(elements), Type::List(b) | Type::Set(b)) => can_gather(elements.iter(), b),
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| can_convert(a, b))
        }
        (Type::Object(object), Type::Map(b)) => can_gather(object.attributes.values(), b),
        (Type::Map(a), Type::Object(object)) => object.attributes.values().all(|b| can_convert(a, b)),
        (Type::Object(a), Type::Object(b)) => {
            b.attributes.iter().all(|(name, to)| match a.attributes.get(name) {
                Some(from) => can_convert(from, to),
                None => b.optional.contains(name),
            })
        }
        _ => false,
    }
}

/// Whether parts of these types can become elements of one collection.
fn can_gather<'a>(parts: impl Iterator<Item = &'a Type>, element: &Type) -> bool {
    if !matches!(element, Type::Dynamic) {
        return parts.into_iter().all(|part| can_convert(part, element));
    }
    let parts: Vec<Type> = parts.cloned().collect();
    parts.is_empty() || common_element(&parts).is_some()
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

/// The one type that all can be converted to, if there is one (cty's unsafe unification).
///
/// Values of one kind meet in that kind, element by element; objects and tuples that differ in
/// shape meet in a map or list. An open type among them leaves the result open.
pub fn unify(types: &[Type]) -> Option<Type> {
    let (first, rest) = match types {
        [] => return Some(Type::Dynamic),
        [first, rest @ ..] => (first, rest),
    };
    if rest.iter().all(|ty| ty == first) {
        return Some(first.clone());
    }
    let open = types.iter().any(|ty| matches!(ty, Type::Dynamic));
    let closed: Vec<&Type> = types.iter().filter(|ty| !matches!(ty, Type::Dynamic)).collect();
    let count = |is: fn(&Type) -> bool| closed.iter().filter(|ty| is(ty)).count();
    let lists = count(|ty| matches!(ty, Type::List(_)));
    let sets = count(|ty| matches!(ty, Type::Set(_)));
    let maps = count(|ty| matches!(ty, Type::Map(_)));
    let objects = count(|ty| matches!(ty, Type::Object(_)));
    let tuples = count(|ty| matches!(ty, Type::Tuple(_)));
    let all = closed.len();
    match () {
        () if all > 0 && open && [lists, sets, maps, objects, tuples].contains(&all) => Some(Type::Dynamic),
        () if maps == all => unify_elements(&closed).map(Type::map),
        () if lists == all => unify_elements(&closed).map(Type::list),
        () if sets == all => unify_elements(&closed).map(Type::set),
        () if objects == all => unify_objects(&closed),
        () if tuples == all => unify_tuples(&closed),
        () if maps > 0 && maps + objects == all => {
            unify_through(types, |ty| matches!(ty, Type::Object(_)), objects_as_map)
                .or_else(|| most_general(types))
        }
        () if lists > 0 && lists + tuples == all => {
            unify_through(types, |ty| matches!(ty, Type::Tuple(_)), tuples_as_list)
                .or_else(|| most_general(types))
        }
        () if objects > 0 && tuples > 0 => None,
        () => most_general(types),
    }
}

fn unify_elements(types: &[&Type]) -> Option<Type> {
    let elements: Vec<Type> = types.iter().filter_map(|ty| ty.element().cloned()).collect();
    unify(&elements)
}

/// Replaces the structural types by the collection they make up together, and tries again.
fn unify_through(
    types: &[Type],
    structural: fn(&Type) -> bool,
    gather: fn(&[&Type]) -> Option<Type>,
) -> Option<Type> {
    let parts: Vec<&Type> = types.iter().filter(|ty| structural(ty)).collect();
    let collection = gather(&parts)?;
    let replaced: Vec<Type> =
        types.iter().map(|ty| if structural(ty) { collection.clone() } else { ty.clone() }).collect();
    unify(&replaced).filter(|found| !matches!(found, Type::Dynamic))
}

fn objects_as_map(types: &[&Type]) -> Option<Type> {
    let attributes: Vec<Type> = types
        .iter()
        .flat_map(|ty| match ty {
            Type::Object(object) => object.attributes.values().cloned().collect(),
            _ => Vec::new(),
        })
        .collect();
    if attributes.is_empty() { None } else { gathered(&attributes).map(Type::map) }
}

fn tuples_as_list(types: &[&Type]) -> Option<Type> {
    let elements: Vec<Type> = types
        .iter()
        .flat_map(|ty| match ty {
            Type::Tuple(elements) => elements.to_vec(),
            _ => Vec::new(),
        })
        .collect();
    if elements.is_empty() {
        return None;
    }
    gathered(&elements).map(Type::list).filter(|list| types.iter().all(|ty| can_convert(ty, list)))
}

/// The element type of parts that are put into one collection.
fn gathered(parts: &[Type]) -> Option<Type> {
    unify(parts)
}

fn unify_objects(types: &[&Type]) -> Option<Type> {
    let objects: Vec<&ObjectType> = types
        .iter()
        .filter_map(|ty| match ty {
            Type::Object(object) => Some(&**object),
            _ => None,
        })
        .collect();
    let first = objects.first()?;
    if !objects.iter().all(|object| object.attributes.keys().eq(first.attributes.keys())) {
        return objects_as_map(types);
    }
    let attributes: Option<Vec<(Arc<str>, Type)>> = first
        .attributes
        .keys()
        .map(|name| {
            let across: Vec<Type> =
                objects.iter().filter_map(|object| object.attributes.get(name).cloned()).collect();
            Some((name.clone(), unify(&across)?))
        })
        .collect();
    Some(Type::object(attributes?))
}

fn unify_tuples(types: &[&Type]) -> Option<Type> {
    let tuples: Vec<&[Type]> = types
        .iter()
        .filter_map(|ty| match ty {
            Type::Tuple(elements) => Some(&**elements),
            _ => None,
        })
        .collect();
    let length = tuples.first()?.len();
    if !tuples.iter().all(|tuple| tuple.len() == length) {
        return tuples_as_list(types);
    }
    let elements: Option<Vec<Type>> = (0..length)
        .map(|i| {
            let across: Vec<Type> = tuples.iter().filter_map(|tuple| tuple.get(i).cloned()).collect();
            unify(&across)
        })
        .collect();
    Some(Type::tuple(elements?))
}

/// The first of the types, most general ones first, that all others convert to.
fn most_general(types: &[Type]) -> Option<Type> {
    let rank = |ty: &Type| match ty {
        Type::String | Type::List(_) | Type::Map(_) => 0,
        Type::Number | Type::Bool | Type::Set(_) => 1,
        Type::Object(_) | Type::Tuple(_) => 2,
        Type::Dynamic => 3,
    };
    let mut ordered: Vec<&Type> = types.iter().collect();
    ordered.sort_by_key(|ty| rank(ty));
    ordered.into_iter().find(|wanted| types.iter().all(|ty| can_convert(ty, wanted))).cloned()
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
    fn unification_follows_cty() {
        let object = |names: &[&str]| Type::object(names.iter().map(|name| (*name, Type::Number)));
        let tuple = |types: &[Type]| Type::tuple(types.iter().cloned());
        let cases = [
            (vec![Type::Number, Type::Bool], None),
            (vec![Type::Number, Type::Bool, Type::String], Some(Type::String)),
            (vec![Type::Dynamic, Type::String], Some(Type::String)),
            (vec![Type::Dynamic, Type::list(Type::String)], Some(Type::Dynamic)),
            (vec![object(&["a"]), object(&["b"])], Some(Type::map(Type::Number))),
            (vec![object(&["a"]), tuple(&[])], None),
            (vec![tuple(&[Type::Number]), tuple(&[])], Some(Type::list(Type::Number))),
            (vec![tuple(&[Type::Number]), Type::list(Type::String)], Some(Type::list(Type::String))),
            (vec![Type::set(Type::String), Type::list(Type::String)], Some(Type::list(Type::String))),
            (vec![Type::map(Type::String), object(&[])], Some(Type::map(Type::String))),
        ];
        for (types, expected) in cases {
            assert_eq!(unify(&types), expected, "{types:?}");
        }
    }

    /// Converting twice at each level would take time that doubles with each.
    #[test]
    fn deep_types_convert_in_no_time() {
        let nested = |inner: Type| (0..60).fold(inner, |ty, _| Type::list(ty));
        let value = (0..60).fold(Value::number(1), |value, _| Value::tuple([value]));
        for inner in [Type::String, Type::Dynamic] {
            assert!(convert(&value, &nested(inner)).is_ok());
        }
        let null = (0..60).fold(Value::null(Type::Dynamic), |value, _| Value::tuple([value]));
        assert!(convert(&null, &nested(Type::Dynamic)).is_ok());
    }

    #[test]
    fn marks_survive() {
        let value = Value::number(1).sensitive();
        assert!(convert(&value, &Type::String).unwrap().is_sensitive());
    }
}
