//! What conversion means for types alone.

use crate::ty::Type;

use super::unify;

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

/// The one type of the parts; open only where all of them are.
pub(super) fn common_element(parts: &[Type]) -> Option<Type> {
    let open = parts.iter().all(|part| matches!(part, Type::Dynamic));
    unify(parts).filter(|found| open || !matches!(found, Type::Dynamic))
}

/// Fills the open parts of `to` from the type a value has.
pub(super) fn fill_dynamic(from: &Type, to: &Type) -> Type {
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
pub(super) fn can_gather<'a>(parts: impl Iterator<Item = &'a Type>, element: &Type) -> bool {
    if !matches!(element, Type::Dynamic) {
        return parts.into_iter().all(|part| can_convert(part, element));
    }
    let parts: Vec<Type> = parts.cloned().collect();
    parts.is_empty() || common_element(&parts).is_some()
}
