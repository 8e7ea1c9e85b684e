//! Type constraints: `list(object({ name = string, port = optional(number, 80) }))`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::convert::convert;
use evenkeel_model::ty::ObjectType;
use evenkeel_model::value::{Entries, Kind};
use evenkeel_model::{Diagnostics, Type, Value};

use super::block::nearest;
use super::constant::constant;
use crate::ast::{Expr, ExprKind, ObjectItem};

const INVALID: &str = "Invalid type specification";

/// Values that `optional(TYPE, DEFAULT)` gives to attributes that are absent or null, by place in
/// the type. They are filled in before the value is converted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeDefaults {
    /// Defaults of the attributes of an object type.
    pub attributes: BTreeMap<Arc<str>, Value>,
    /// Defaults inside the attributes of an object type.
    pub inside: BTreeMap<Arc<str>, Self>,
    /// Defaults inside the elements of a tuple type, by position.
    pub positions: BTreeMap<usize, Self>,
    /// Defaults inside the elements of a collection type.
    pub element: Option<Arc<Self>>,
}

impl TypeDefaults {
    /// Whether there is no default at all.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
            && self.inside.is_empty()
            && self.positions.is_empty()
            && self.element.is_none()
    }

    /// The value with defaults filled in. Collections become tuples and objects where something
    /// inside may have changed; the conversion that follows makes them what they should be.
    pub fn apply(&self, value: &Value) -> Value {
        if self.is_empty() || value.is_null() || value.is_unknown() {
            return value.clone();
        }
        let marks = value.marks();
        let filled = match value.kind() {
            Kind::Object(entries) | Kind::Map(_, entries) => self.apply_entries(entries),
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
                Value::tuple(elements.iter().enumerate().map(|(i, element)| {
                    match self.element.as_deref().or_else(|| self.positions.get(&i)) {
                        Some(defaults) => defaults.apply(element),
                        None => element.clone(),
                    }
                }))
            }
            Kind::Unknown(..) | Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {
                return value.clone();
            }
        };
        filled.with_marks(marks)
    }

    fn apply_entries(&self, entries: &Entries) -> Value {
        let mut filled: BTreeMap<Arc<str>, Value> = entries.to_map();
        for (name, default) in &self.attributes {
            if filled.get(name).is_none_or(Value::is_null) {
                filled.insert(name.clone(), default.clone());
            }
        }
        for (name, value) in &mut filled {
            if let Some(defaults) = self.element.as_deref().or_else(|| self.inside.get(name)) {
                *value = defaults.apply(value);
            }
        }
        Value::object(filled)
    }
}

/// The type that a constraint stands for, its defaults left out.
pub(crate) fn type_of_constraint(expr: &Expr, diagnostics: &mut Diagnostics) -> Type {
    type_constraint(expr, diagnostics).0
}

/// Reads the type constraint of a variable. What is wrong is reported, and counts as `any`.
pub(super) fn variable_type(expr: &Expr, diagnostics: &mut Diagnostics) -> (Type, TypeDefaults) {
    // Before type constructors had arguments these were whole types, and they still are.
    let old = match expr.kind() {
        ExprKind::Name(name) if **name == *"list" => Type::list(Type::Dynamic),
        ExprKind::Name(name) if **name == *"map" => Type::map(Type::Dynamic),
        _ => return type_constraint(expr, diagnostics),
    };
    (old, TypeDefaults::default())
}

fn type_constraint(expr: &Expr, diagnostics: &mut Diagnostics) -> (Type, TypeDefaults) {
    match expr.kind() {
        ExprKind::Name(name) => (keyword(name, expr, diagnostics), TypeDefaults::default()),
        ExprKind::Call { name, arguments, .. } => constructor(name, arguments, expr, diagnostics),
        ExprKind::Literal(value) if value.as_str().is_some() => invalid(
            match value.as_str() {
                Some("string" | "list" | "map") => "Invalid quoted type constraints",
                _ => "Invalid legacy variable type hint",
            },
            "A type is written without quotes: string, not \"string\"; list(string), not \"list\".",
            expr,
            diagnostics,
        ),
        _ => invalid(
            INVALID,
            "A type is a keyword such as string, or a type constructor such as list(string).",
            expr,
            diagnostics,
        ),
    }
}

fn invalid(
    summary: &str,
    detail: impl Into<String>,
    expr: &Expr,
    diagnostics: &mut Diagnostics,
) -> (Type, TypeDefaults) {
    diagnostics.error(summary, detail, Some(expr.range().clone()));
    (Type::Dynamic, TypeDefaults::default())
}

fn keyword(name: &str, expr: &Expr, diagnostics: &mut Diagnostics) -> Type {
    match name {
        "any" => Type::Dynamic,
        "bool" => Type::Bool,
        "number" => Type::Number,
        "string" => Type::String,
        "list" | "map" | "set" | "object" | "tuple" => {
            let example = match name {
                "list" => "list(string)",
                "map" => "map(string)",
                "set" => "set(string)",
                "object" => "object({ name = string })",
                _ => "tuple([string, number])",
            };
            invalid(INVALID, format!("The {name} type needs an argument: {example}."), expr, diagnostics).0
        }
        "optional" => {
            invalid(
                INVALID,
                "optional(...) is only valid for an attribute of an object type.",
                expr,
                diagnostics,
            )
            .0
        }
        _ => {
            let known = ["any", "bool", "number", "string", "list", "map", "set", "object", "tuple"];
            let hint =
                nearest(name, known).map_or_else(String::new, |near| format!(" Did you mean \"{near}\"?"));
            invalid(INVALID, format!("The keyword \"{name}\" is not a type.{hint}"), expr, diagnostics).0
        }
    }
}

fn constructor(
    name: &str,
    arguments: &[Expr],
    expr: &Expr,
    diagnostics: &mut Diagnostics,
) -> (Type, TypeDefaults) {
    match (name, arguments) {
        ("list" | "set" | "map", [element]) => {
            let (element, defaults) = type_constraint(element, diagnostics);
            let ty = match name {
                "list" => Type::list(element),
                "set" => Type::set(element),
                _ => Type::map(element),
            };
            let element = (!defaults.is_empty()).then(|| Arc::new(defaults));
            (ty, TypeDefaults { element, ..TypeDefaults::default() })
        }
        ("object", [argument]) => match argument.kind() {
            ExprKind::Object(items) => object(items, diagnostics),
            _ => invalid(
                INVALID,
                "The argument of object is written in braces: object({ name = TYPE }).",
                argument,
                diagnostics,
            ),
        },
        ("tuple", [argument]) => match argument.kind() {
            ExprKind::Tuple(elements) => tuple(elements, diagnostics),
            _ => invalid(
                INVALID,
                "The argument of tuple is written in brackets: tuple([TYPE, TYPE]).",
                argument,
                diagnostics,
            ),
        },
        ("list" | "set" | "map" | "object" | "tuple", _) => {
            invalid(INVALID, format!("The {name} type has exactly one argument."), expr, diagnostics)
        }
        ("any" | "bool" | "number" | "string", _) => {
            invalid(INVALID, format!("The type {name} has no arguments."), expr, diagnostics)
        }
        ("optional", _) => invalid(
            INVALID,
            "optional(...) is only valid for an attribute of an object type.",
            expr,
            diagnostics,
        ),
        _ => invalid(INVALID, format!("There is no type constructor \"{name}\"."), expr, diagnostics),
    }
}

fn tuple(elements: &[Expr], diagnostics: &mut Diagnostics) -> (Type, TypeDefaults) {
    let mut defaults = TypeDefaults::default();
    let mut types = Vec::new();
    for (i, element) in elements.iter().enumerate() {
        let (ty, inside) = type_constraint(element, diagnostics);
        types.push(ty);
        if !inside.is_empty() {
            defaults.positions.insert(i, inside);
        }
    }
    (Type::tuple(types), defaults)
}

fn object(items: &[ObjectItem], diagnostics: &mut Diagnostics) -> (Type, TypeDefaults) {
    let mut attributes = BTreeMap::new();
    let mut optional = BTreeSet::new();
    let mut defaults = TypeDefaults::default();
    for item in items {
        let Some(name) = bare_name(&item.key) else {
            invalid(INVALID, "The keys of an object type are plain names.", &item.key, diagnostics);
            continue;
        };
        let (ty, inside) = attribute(&name, &item.value, &mut optional, &mut defaults, diagnostics);
        if attributes.insert(name.clone(), ty).is_some() {
            invalid(
                INVALID,
                format!("The attribute \"{name}\" occurs twice in this object type."),
                &item.key,
                diagnostics,
            );
        }
        if !inside.is_empty() {
            defaults.inside.insert(name, inside);
        }
    }
    (Type::Object(Arc::new(ObjectType { attributes, optional })), defaults)
}

/// A name that is written without quotes: it takes as many bytes as it has.
fn bare_name(key: &Expr) -> Option<Arc<str>> {
    let ExprKind::Literal(value) = key.kind() else { return None };
    let bytes = key.range().end.byte.saturating_sub(key.range().start.byte);
    value.as_str().filter(|name| name.len() == bytes as usize).map(Arc::from)
}

fn attribute(
    name: &Arc<str>,
    expr: &Expr,
    optional: &mut BTreeSet<Arc<str>>,
    defaults: &mut TypeDefaults,
    diagnostics: &mut Diagnostics,
) -> (Type, TypeDefaults) {
    let ExprKind::Call { name: modifier, arguments, .. } = expr.kind() else {
        return type_constraint(expr, diagnostics);
    };
    if &**modifier != "optional" {
        return type_constraint(expr, diagnostics);
    }
    optional.insert(name.clone());
    let (ty, default) = match &arguments[..] {
        [ty] => (ty, None),
        [ty, default] => (ty, Some(default)),
        _ => {
            return invalid(
                INVALID,
                "optional has a type and, if wanted, a default: optional(TYPE) or optional(TYPE, DEFAULT).",
                expr,
                diagnostics,
            );
        }
    };
    let (ty, inside) = type_constraint(ty, diagnostics);
    if let Some(value) = default.and_then(|default| constant(default, diagnostics)) {
        match convert(&inside.apply(&value), &ty) {
            Ok(value) => {
                defaults.attributes.insert(name.clone(), value);
            }
            Err(error) => {
                let detail = format!(
                    "The default of the optional attribute \"{name}\" does not fit its type: {error}."
                );
                invalid("Invalid default value for optional attribute", detail, expr, diagnostics);
            }
        }
    }
    (ty, inside)
}
