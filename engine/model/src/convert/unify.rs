//! The one type that several have in common.

use std::sync::Arc;

use crate::ty::{ObjectType, Type};

use super::can_convert;

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

pub(super) fn unify_elements(types: &[&Type]) -> Option<Type> {
    let elements: Vec<Type> = types.iter().filter_map(|ty| ty.element().cloned()).collect();
    unify(&elements)
}

/// Replaces the structural types by the collection they make up together, and tries again.
pub(super) fn unify_through(
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

pub(super) fn objects_as_map(types: &[&Type]) -> Option<Type> {
    let attributes: Vec<Type> = types
        .iter()
        .flat_map(|ty| match ty {
            Type::Object(object) => object.attributes.values().cloned().collect(),
            _ => Vec::new(),
        })
        .collect();
    if attributes.is_empty() { None } else { gathered(&attributes).map(Type::map) }
}

pub(super) fn tuples_as_list(types: &[&Type]) -> Option<Type> {
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
pub(super) fn gathered(parts: &[Type]) -> Option<Type> {
    unify(parts)
}

pub(super) fn unify_objects(types: &[&Type]) -> Option<Type> {
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

pub(super) fn unify_tuples(types: &[&Type]) -> Option<Type> {
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
pub(super) fn most_general(types: &[Type]) -> Option<Type> {
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
