//! Lists, maps, tuples and objects.

mod list;
mod map;
mod pick;

use super::{Function, Parameter, Ty, any, number, string};
use evenkeel_model::{Type, Value};

use list::{
    chunklist, compact, concat, concat_type, distinct, flatten, flatten_type, range, reverse, reverse_type,
    slice, slice_type, sort,
};
use map::{
    keys, lookup, lookup_type, matchkeys, merge, merge_type, transpose, values, values_type, zipmap,
    zipmap_type,
};
use pick::{
    coalesce, coalesce_type, coalescelist, contains, element, element_type, index, length, one, one_type,
    truth,
};

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
