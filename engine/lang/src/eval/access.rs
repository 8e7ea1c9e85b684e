//! Getting at parts of values: attributes, indexes and splats.

use std::sync::Arc;

use evenkeel_model::convert::convert;
use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Diagnostic, Number, SourceRange, Type, Value};

use super::{Evaluator, did_you_mean};
use crate::ast::{Expr, SplatStep};

const INVALID_INDEX: &str = "Invalid index";
const BEYOND: &str = ": the given index is greater than or equal to the length of the collection";
const UNSUPPORTED: &str = "Unsupported attribute";

/// `value.name`
pub(crate) fn get_attribute(value: &Value, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
    let marks = value.marks();
    let error = |summary: &str, detail: String| Diagnostic::error(summary, detail).at(range.clone());
    match value.kind() {
        Kind::Null(_) => Err(error(
            "Attempt to get attribute from null value",
            "This value is null, so it does not have any attributes.".into(),
        )),
        Kind::Object(attributes) => attributes
            .get(name)
            .map(|value| value.clone().with_marks(marks))
            .ok_or_else(|| error(UNSUPPORTED, no_attribute(name, attributes.keys()))),
        Kind::Map(_, entries) => {
            entries.get(name).map(|value| value.clone().with_marks(marks)).ok_or_else(|| {
                error(
                    "Missing map element",
                    format!("This map does not have an element with the key {name:?}."),
                )
            })
        }
        Kind::Unknown(Type::Object(object), _) => object
            .attributes
            .get(name)
            .map(|ty| Value::unknown(ty.clone()).with_marks(marks))
            .ok_or_else(|| error(UNSUPPORTED, no_attribute(name, object.attributes.keys()))),
        Kind::Unknown(Type::Map(element), _) => Ok(Value::unknown((**element).clone()).with_marks(marks)),
        Kind::Unknown(Type::Dynamic, _) => Ok(Value::unknown(Type::Dynamic).with_marks(marks)),
        _ => Err(error(UNSUPPORTED, no_attributes(&value.ty(), name))),
    }
}

fn no_attribute<'a>(name: &str, names: impl Iterator<Item = &'a Arc<str>>) -> String {
    let detail = format!("This object does not have an attribute named {name:?}.");
    match did_you_mean(name, names.map(|name| &**name)) {
        Some(near) => format!("{detail} Did you mean {near:?}?"),
        None => detail,
    }
}

fn no_attributes(ty: &Type, name: &str) -> String {
    match ty {
        Type::List(element) if matches!(&**element, Type::Object(object) if object.attributes.contains_key(name)) => {
            format!(
                "Can't access attributes on a list of objects. Did you mean to access attribute {name:?} for a specific element of the list, or across all elements of the list?"
            )
        }
        Type::List(element) if matches!(&**element, Type::Object(_)) => {
            "Can't access attributes on a list of objects. Did you mean to access an attribute for a specific element of the list, or across all elements of the list?".into()
        }
        Type::Set(element) if matches!(&**element, Type::Object(_)) => {
            "Can't access attributes on a set of objects. Did you mean to access an attribute across all elements of the set?".into()
        }
        ty if ty.is_primitive() => {
            format!("Can't access attributes on a primitive-typed value ({}).", ty.friendly_name())
        }
        _ => "This value does not have any attributes.".into(),
    }
}

/// `collection[key]`
pub(crate) fn index(collection: &Value, key: &Value, range: &SourceRange) -> Result<Value, Diagnostic> {
    if collection.is_null() {
        let detail = "This value is null, so it does not have any indices.";
        return Err(Diagnostic::error("Attempt to index null value", detail).at(range.clone()));
    }
    if key.is_null() {
        return Err(invalid("Can't use a null value as an indexing key.", range));
    }
    if open(collection) || open(key) {
        return Ok(Value::unknown(Type::Dynamic).with_marks(collection.marks()));
    }
    // Looks at the kind and not at the type, which would take a walk over the whole collection.
    match collection.kind() {
        Kind::List(..) | Kind::Tuple(_) | Kind::Unknown(Type::List(_) | Type::Tuple(_), _) => {
            index_sequence(collection, key, range)
        }
        Kind::Map(element, _) => index_map(collection, key, element, range),
        Kind::Unknown(Type::Map(element), _) => index_map(collection, key, element, range),
        Kind::Object(_) | Kind::Unknown(Type::Object(_), _) => index_object(collection, key, range),
        Kind::Set(..) | Kind::Unknown(Type::Set(_), _) => Err(invalid(
            "Elements of a set are identified only by their value and don't have any separate index or key to select with, so it's only possible to perform operations across all elements of the set.",
            range,
        )),
        _ => Err(invalid("This value does not have any indices.", range)),
    }
}

/// Whether not even the type of a value is known.
fn open(value: &Value) -> bool {
    matches!(value.kind(), Kind::Unknown(Type::Dynamic, _) | Kind::Null(Type::Dynamic))
}

fn invalid(detail: impl Into<String>, range: &SourceRange) -> Diagnostic {
    Diagnostic::error(INVALID_INDEX, detail).at(range.clone())
}

fn no_element(why: &str, range: &SourceRange) -> Diagnostic {
    invalid(format!("The given key does not identify an element in this collection value{why}."), range)
}

fn key_as(key: &Value, ty: &Type, range: &SourceRange) -> Result<Value, Diagnostic> {
    convert(key, ty).map_err(|error| no_element(&format!(": {error}"), range))
}

fn index_sequence(collection: &Value, key: &Value, range: &SourceRange) -> Result<Value, Diagnostic> {
    let key = key_as(key, &Type::Number, range)?;
    let marks = collection.marks().union(key.marks());
    let Some(number) = key.as_number() else {
        return Ok(match collection.kind() {
            Kind::List(element, _) => Value::unknown(element.clone()).with_marks(marks),
            Kind::Unknown(Type::List(element), _) => Value::unknown((**element).clone()).with_marks(marks),
            _ => Value::unknown(Type::Dynamic).with_marks(marks),
        });
    };
    if let Kind::Unknown(Type::List(element), refinements) = collection.kind() {
        // Whether there is such an element cannot be told, unless the length is limited.
        let most = refinements.as_ref().and_then(|refinements| refinements.length_max);
        let beyond = most.is_some_and(|most| number >= &Number::from(most));
        return match beyond {
            true => Err(no_element(BEYOND, range)),
            false => Ok(Value::unknown((**element).clone()).with_marks(marks)),
        };
    }
    if !number.is_integer() {
        return Err(no_element(
            ": indexing a sequence requires a whole number, but the given index has a fractional part",
            range,
        ));
    }
    if number.is_negative() {
        return Err(no_element(": a negative number is not a valid index for a sequence", range));
    }
    let position = number.to_usize();
    let beyond = || no_element(BEYOND, range);
    match (collection.as_elements(), collection.kind()) {
        (Some([]), _) => Err(no_element(": the collection has no elements", range)),
        (Some(elements), _) => position
            .and_then(|position| elements.get(position))
            .map(|element| element.clone().with_marks(marks))
            .ok_or_else(beyond),
        (None, Kind::Unknown(Type::Tuple(types), _)) => position
            .and_then(|position| types.get(position))
            .map(|ty| Value::unknown(ty.clone()).with_marks(marks))
            .ok_or_else(beyond),
        (None, _) => Ok(Value::unknown(Type::Dynamic).with_marks(marks)),
    }
}

fn index_map(
    collection: &Value,
    key: &Value,
    element: &Type,
    range: &SourceRange,
) -> Result<Value, Diagnostic> {
    let key = key_as(key, &Type::String, range)?;
    let marks = collection.marks().union(key.marks());
    match (key.as_str(), collection.as_entries()) {
        (Some(key), Some(entries)) => {
            entries.get(key).map(|value| value.clone().with_marks(marks)).ok_or_else(|| no_element("", range))
        }
        _ => Ok(Value::unknown(element.clone()).with_marks(marks)),
    }
}

fn index_object(collection: &Value, key: &Value, range: &SourceRange) -> Result<Value, Diagnostic> {
    let by_number = key.as_number().is_some();
    let key = key_as(key, &Type::String, range)?;
    let Some(name) = key.as_str() else {
        return Ok(Value::unknown(Type::Dynamic).with_marks(collection.marks()));
    };
    let missing = || {
        let hint = " An object only supports looking up attributes by name, not by numeric index.";
        let mut diagnostic = no_element("", range);
        if by_number {
            diagnostic.detail.push_str(hint);
        }
        diagnostic
    };
    let found = match collection.kind() {
        Kind::Object(attributes) => attributes.get(name).cloned(),
        Kind::Unknown(Type::Object(object), _) => object.attributes.get(name).cloned().map(Value::unknown),
        _ => None,
    };
    found.map(|value| value.with_marks(collection.marks())).ok_or_else(missing)
}

/// What a splat does with each element.
pub(super) enum Each<'e> {
    /// Attributes and indexes.
    Steps(&'e [SplatStep]),
    /// An expression in which the name stands for the element: a splat with another one inside.
    Body(&'e Arc<str>, &'e Expr),
}

impl Evaluator<'_> {
    /// The result of an access, or the error reported.
    pub(super) fn settle(&mut self, result: Result<Value, Diagnostic>) -> Value {
        match result {
            Ok(value) => value,
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                Value::unknown(Type::Dynamic)
            }
        }
    }

    fn apply_each(&mut self, value: Value, each: &Each, range: &SourceRange) -> Value {
        match each {
            Each::Steps(steps) => self.apply_steps(value, steps, range),
            Each::Body(name, body) => self.with_names([((*name).clone(), value)], |inner| inner.eval(body)),
        }
    }

    fn apply_steps(&mut self, value: Value, steps: &[SplatStep], range: &SourceRange) -> Value {
        steps.iter().fold(value, |value, step| match step {
            SplatStep::Attribute(name, range) => {
                let result = get_attribute(&value, name, range);
                self.settle(result)
            }
            SplatStep::Index(key) => {
                let key_value = self.eval(key);
                let result = index(&value, &key_value, range);
                self.settle(result)
            }
        })
    }

    #[inline(never)]
    pub(super) fn eval_splat(&mut self, source: &Expr, each: &Each, range: &SourceRange) -> Value {
        let (value, diagnostics) = self.aside(|inner| inner.eval(source));
        let failed = diagnostics.has_errors();
        self.diagnostics.extend(diagnostics);
        if failed {
            return Value::unknown(Type::Dynamic);
        }
        self.splat(value, source.range(), each, range)
    }

    #[inline(never)]
    fn splat(&mut self, value: Value, source_range: &SourceRange, each: &Each, range: &SourceRange) -> Value {
        let marks = value.marks();
        let ty = value.ty();
        let sequence = matches!(ty, Type::Tuple(_) | Type::List(_) | Type::Set(_));
        if value.is_null() {
            if !sequence {
                return Value::tuple([]).with_marks(marks);
            }
            let detail = "Splat expressions (with the * symbol) cannot be applied to null sequences.";
            return self.fail("Splat of null value", detail, source_range);
        }
        if ty == Type::Dynamic {
            return Value::unknown(Type::Dynamic).with_marks(marks);
        }
        if !sequence {
            let open = !value.is_definitely_not_null();
            let element = self.apply_each(value, each, range);
            return match open {
                true => Value::unknown(Type::Dynamic).with_marks(marks),
                false => Value::tuple([element]).with_marks(marks),
            };
        }
        match value.as_elements() {
            None => self.splat_unknown(&value, &ty, each, range).with_marks(marks),
            Some(elements) => self.splat_known(elements, &ty, each, range).with_marks(marks),
        }
    }

    /// The type of a splat over a value of which only the type is known.
    fn splat_type(&mut self, ty: &Type, each: &Each, range: &SourceRange) -> Type {
        match ty {
            Type::Tuple(types) => Type::tuple(
                types
                    .iter()
                    .map(|ty| self.apply_each(Value::unknown(ty.clone()), each, range).ty())
                    .collect::<Vec<_>>(),
            ),
            Type::List(element) | Type::Set(element) => {
                Type::list(self.apply_each(Value::unknown((**element).clone()), each, range).ty())
            }
            _ => Type::Dynamic,
        }
    }

    fn splat_unknown(&mut self, value: &Value, ty: &Type, each: &Each, range: &SourceRange) -> Value {
        let result = self.splat_type(ty, each, range);
        let source = value.refinements();
        let refinements = Refinements {
            not_null: true,
            length_min: source.and_then(|r| r.length_min),
            length_max: source.and_then(|r| r.length_max),
            ..Refinements::default()
        };
        Kind::Unknown(result, Some(Arc::new(refinements))).into()
    }

    fn splat_known(&mut self, elements: &[Value], ty: &Type, each: &Each, range: &SourceRange) -> Value {
        let before = self.diagnostics.0.len();
        let values: Vec<Value> =
            elements.iter().map(|element| self.apply_each(element.clone(), each, range)).collect();
        if self.diagnostics.0.len() > before {
            return Value::unknown(Type::Dynamic);
        }
        if matches!(ty, Type::Tuple(_)) {
            return Value::tuple(values);
        }
        let Some(element) = values.first().map(Value::ty) else {
            return match self.splat_type(ty, each, range) {
                Type::List(element) => Value::list((*element).clone(), []),
                _ => Value::unknown(Type::Dynamic),
            };
        };
        if values.iter().any(|value| value.ty() != element) {
            return self.fail(
                "Invalid nested splat expressions",
                "The second level of splat expression produced elements of different types, so it isn't possible to construct a valid list to represent the top-level result. Consider using a for expression instead, to produce a tuple-typed result which can therefore have non-homogenous element types.",
                range,
            );
        }
        Value::list(element, values)
    }
}
