//! Decoding a block's body by its schema: arguments evaluated and converted, nested and `dynamic`
//! blocks gathered into collections, and everything that does not belong reported.
//!
//! Checks across attributes (conflicts, allowed values) are not done here.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::convert::{concrete, convert};
use evenkeel_model::schema::{self, NestedBlock, Nesting};
use evenkeel_model::ty::ObjectType;
use evenkeel_model::{Diagnostics, Marks, SourceRange, Type, Value};

use super::{Evaluator, Scope, did_you_mean};
use crate::ast::{Attribute, Block, Body, Expr, ExprKind};
use crate::parse::{json_blocks, json_dynamic};

/// What a message says of arguments and blocks that the public provider has and this one has not yet.
pub const NOT_IMPLEMENTED: &str = "exists in the public provider, but Evenkeel does not implement it yet";

/// The object that a body stands for: of the schema's implied type, with null for what is absent
/// and empty collections for absent repeatable blocks. `range` is the block's header, where missing
/// arguments are reported.
pub fn decode_body(
    body: &Body,
    schema: &schema::Block,
    scope: &dyn Scope,
    range: &SourceRange,
) -> (Value, Diagnostics) {
    let mut evaluator = Evaluator::new(scope);
    let value = evaluator.decode(body, schema, range);
    (value, evaluator.finish())
}

/// One block as it will be decoded: written, or made by a `dynamic` block for one element.
struct Occurrence<'b> {
    body: &'b Body,
    range: &'b SourceRange,
    labels: Vec<Arc<str>>,
    names: Vec<(Arc<str>, Value)>,
    marks: Marks,
}

/// All blocks of one type.
#[derive(Default)]
struct Occurrences<'b> {
    known: Vec<Occurrence<'b>>,
    /// A `dynamic` block whose `for_each` is unknown: its marks.
    unknown: Option<Marks>,
}

impl Evaluator<'_> {
    fn decode(&mut self, body: &Body, schema: &schema::Block, range: &SourceRange) -> Value {
        let body = &self.with_json_blocks(body, &|attribute| match schema.block_types.get(&attribute.name) {
            Some(nested) => Some(usize::from(nested.nesting_mode == Nesting::Map)),
            None => schema
                .attributes
                .get(&attribute.name)
                .is_some_and(|known| known.attr_as_blocks && is_objects(&attribute.value))
                .then_some(0),
        });
        self.refuse_unexpected(
            body,
            &|name| schema.attributes.contains_key(name),
            &|name| {
                schema.block_types.contains_key(name)
                    || schema.attributes.get(name).is_some_and(|attribute| attribute.attr_as_blocks)
            },
            &names_of(schema),
        );
        let mut attributes = Vec::with_capacity(schema.attributes.len() + schema.block_types.len());
        for (name, attribute) in &schema.attributes {
            let value = self.decode_attribute(body, name, attribute, range);
            attributes.push((name.clone(), value));
        }
        for (name, nested) in &schema.block_types {
            let value = self.decode_nested(body, name, nested, range);
            attributes.push((name.clone(), value));
        }
        Value::object(attributes)
    }

    /// The body with those arguments of the JSON syntax made blocks that are blocks: for them,
    /// `labels` says how many labels they have.
    #[inline(never)]
    fn with_json_blocks(&mut self, body: &Body, labels: &dyn Fn(&Attribute) -> Option<usize>) -> Body {
        if !body.attributes.iter().any(|attribute| attribute.json) {
            return body.clone();
        }
        let mut attributes: BTreeMap<Arc<str>, Attribute> = BTreeMap::new();
        let mut blocks = body.blocks.to_vec();
        for attribute in body.attributes.iter() {
            let (found, problems) = match labels(attribute).filter(|_| attribute.json) {
                Some(labels) => json_blocks(attribute, labels),
                None if attribute.json && &*attribute.name == "dynamic" => json_dynamic(attribute),
                None => {
                    if attributes.insert(attribute.name.clone(), attribute.clone()).is_some() {
                        let detail = format!("The argument {:?} is set more than once.", attribute.name);
                        self.fail("Duplicate argument", detail, &attribute.name_range);
                    }
                    continue;
                }
            };
            blocks.extend(found);
            self.diagnostics.extend(problems);
        }
        Body { attributes: attributes.into_values().collect(), blocks: blocks.into() }
    }

    /// Reports attributes and blocks that the schema does not have.
    fn refuse_unexpected(
        &mut self,
        body: &Body,
        is_attribute: &dyn Fn(&str) -> bool,
        is_block: &dyn Fn(&str) -> bool,
        names: &[&str],
    ) {
        for attribute in body.attributes.iter().filter(|attribute| !is_attribute(&attribute.name)) {
            let name = &*attribute.name;
            let hint = match is_block(name) {
                true => format!(" Did you mean to define a block of type {name:?}?"),
                false => hint(name, names),
            };
            let detail = format!("An argument named {name:?} is not expected here.{hint}");
            self.fail("Unsupported argument", detail, &attribute.name_range);
        }
        for block in body.blocks.iter() {
            let name = block_type(block);
            if is_block(name) {
                continue;
            }
            let hint = match is_attribute(name) {
                true => format!(
                    " Did you mean to define argument {name:?}? If so, use the equals sign to assign it a value."
                ),
                false => hint(name, names),
            };
            let detail = format!("Blocks of type {name:?} are not expected here.{hint}");
            self.fail("Unsupported block type", detail, &block.range);
        }
    }

    fn decode_attribute(
        &mut self,
        body: &Body,
        name: &Arc<str>,
        attribute: &schema::Attribute,
        range: &SourceRange,
    ) -> Value {
        if attribute.attr_as_blocks && body.blocks.iter().any(|block| block_type(block) == &**name) {
            return self.decode_attribute_blocks(body, name, attribute);
        }
        let Some(given) = body.attribute(name) else {
            if attribute.required {
                self.missing(name, range);
            }
            return Value::null(attribute.ty.clone());
        };
        let value = self.eval_converted(given, &attribute.ty);
        if value.is_null() {
            if attribute.required {
                self.missing(name, &given.name_range);
            }
            return value;
        }
        if attribute.unsupported && value.is_known() {
            self.not_implemented("argument", name, &given.name_range);
        } else if attribute.computed && !attribute.optional && !attribute.required {
            let detail = format!(
                "Can't configure a value for {name:?}: its value will be decided automatically based on the result of applying this configuration."
            );
            self.fail("Value for unconfigurable attribute", detail, &given.name_range);
        }
        value
    }

    fn missing(&mut self, name: &str, range: &SourceRange) {
        let detail = format!("The argument {name:?} is required, but no definition was found.");
        self.fail("Missing required argument", detail, range);
    }

    fn not_implemented(&mut self, what: &str, name: &str, range: &SourceRange) {
        let summary = if what == "block" { "Unsupported block type" } else { "Unsupported argument" };
        let detail = format!(
            "The {what} {name:?} {NOT_IMPLEMENTED}. Remove it, or leave this resource to the provider's own binary."
        );
        self.fail(summary, detail, range);
    }

    fn eval_converted(&mut self, attribute: &Attribute, ty: &Type) -> Value {
        let value = self.eval(&attribute.value);
        match convert(&value, ty) {
            Ok(value) => value,
            Err(error) => {
                let detail = format!("Inappropriate value for attribute {:?}: {error}.", attribute.name);
                let before = self.diagnostics.0.len();
                self.fail("Incorrect attribute value type", detail, attribute.value.range());
                self.explain(before, &attribute.value);
                Value::unknown(concrete(ty))
            }
        }
    }

    fn decode_nested(
        &mut self,
        body: &Body,
        name: &Arc<str>,
        nested: &NestedBlock,
        range: &SourceRange,
    ) -> Value {
        let occurrences = self.occurrences(body, name);
        if nested.unsupported
            && let Some(first) = occurrences.known.first()
        {
            self.not_implemented("block", name, first.range);
        }
        let element = nested.block.implied_type();
        let values: Vec<(Vec<Arc<str>>, Value)> = occurrences
            .known
            .iter()
            .map(|one| {
                let value = self.with_names(one.names.iter().cloned(), |inner| {
                    inner.decode(one.body, &nested.block, one.range)
                });
                (one.labels.clone(), value.with_marks(one.marks))
            })
            .collect();
        self.check_count(name, nested, &occurrences, range);
        if let Some(marks) = occurrences.unknown {
            return Value::unknown(nested.implied_type()).with_marks(marks);
        }
        match nested.nesting_mode {
            Nesting::Single => {
                values.into_iter().next().map_or_else(|| Value::null(element), |(_, value)| value)
            }
            Nesting::Group => match values.into_iter().next() {
                Some((_, value)) => value,
                None => self.decode(&Body::default(), &nested.block, range),
            },
            Nesting::List => Value::list(element, values.into_iter().map(|(_, value)| value)),
            Nesting::Set => Value::set(element, values.into_iter().map(|(_, value)| value)),
            Nesting::Map => self.by_label(name, element, values, range),
        }
    }

    fn by_label(
        &mut self,
        name: &str,
        element: Type,
        values: Vec<(Vec<Arc<str>>, Value)>,
        range: &SourceRange,
    ) -> Value {
        let mut entries: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        for (labels, value) in values {
            let Some(label) = labels.into_iter().next() else {
                let detail = format!("All {name:?} blocks must have a label that tells them apart.");
                self.fail("Missing label for block", detail, range);
                continue;
            };
            if entries.contains_key(&label) {
                let detail =
                    format!("Another {name:?} block has the label {label:?} already. Labels must be unique.");
                self.fail("Duplicate block label", detail, range);
                continue;
            }
            entries.insert(label, value);
        }
        Value::map(element, entries)
    }

    fn check_count(
        &mut self,
        name: &str,
        nested: &NestedBlock,
        occurrences: &Occurrences,
        range: &SourceRange,
    ) {
        let count = occurrences.known.len() as u64;
        let single = matches!(nested.nesting_mode, Nesting::Single | Nesting::Group);
        let most = if single && nested.max_items == 0 { 1 } else { nested.max_items };
        if count < nested.min_items && occurrences.unknown.is_none() {
            let detail = format!("At least {} {name:?} blocks are required.", nested.min_items);
            self.fail(format!("Insufficient {name} blocks"), detail, range);
        }
        if most > 0 && count > most {
            let last = occurrences.known.last().map_or(range, |one| one.range);
            let detail = format!("No more than {most} {name:?} blocks are allowed.");
            self.fail(format!("Too many {name} blocks"), detail, last);
        }
    }

    /// The blocks of one type in source order, `dynamic` ones expanded.
    fn occurrences<'b>(&mut self, body: &'b Body, name: &str) -> Occurrences<'b> {
        let mut found = Occurrences::default();
        for block in body.blocks.iter().filter(|block| block_type(block) == name) {
            if &*block.kind == "dynamic" {
                self.expand_dynamic(block, &mut found);
            } else {
                found.known.push(Occurrence {
                    body: &block.body,
                    range: &block.range,
                    labels: block.labels.clone(),
                    names: Vec::new(),
                    marks: Marks::NONE,
                });
            }
        }
        found
    }

    fn expand_dynamic<'b>(&mut self, block: &'b Block, found: &mut Occurrences<'b>) {
        let Some(for_each) = block.body.attribute("for_each") else {
            self.missing("for_each", &block.range);
            return;
        };
        let Some(content) = block.body.blocks.iter().find(|inner| &*inner.kind == "content") else {
            let detail = "A dynamic block needs one \"content\" block, the body of the blocks it makes.";
            self.fail("Insufficient content blocks", detail, &block.range);
            return;
        };
        let iterator = self.iterator_name(block);
        let range = for_each.value.range();
        let (collection, marks) = self.eval(&for_each.value).unmark();
        if collection.is_null() {
            self.fail("Invalid dynamic for_each value", "Cannot use a null value in for_each.", range);
            return;
        }
        if collection.is_unknown() {
            found.unknown = Some(found.unknown.unwrap_or_default().union(marks));
            return;
        }
        let Some(items) = super::collection::items(&collection) else {
            let name = collection.ty().friendly_name();
            let detail =
                format!("Cannot use a {name} value in for_each. An iterable collection is required.");
            self.fail("Invalid dynamic for_each value", detail, range);
            return;
        };
        for (key, value) in items {
            let element = Value::object([("key", key.with_marks(marks)), ("value", value.with_marks(marks))]);
            let names = vec![(iterator.clone(), element)];
            let labels = match block.body.attribute("labels") {
                Some(labels) => self.with_names(names.clone(), |inner| inner.dynamic_labels(&labels.value)),
                None => Vec::new(),
            };
            found.known.push(Occurrence { body: &content.body, range: &block.range, labels, names, marks });
        }
    }

    fn iterator_name(&mut self, block: &Block) -> Arc<str> {
        let default = || Arc::from(block_type(block));
        match block.body.attribute("iterator") {
            None => default(),
            Some(given) => match given.value.kind() {
                ExprKind::Name(name) => name.clone(),
                _ => {
                    let detail = "The iterator of a dynamic block must be a single name.";
                    self.fail("Invalid expression", detail, given.value.range());
                    default()
                }
            },
        }
    }

    fn dynamic_labels(&mut self, labels: &Expr) -> Vec<Arc<str>> {
        let labels_range = labels.range();
        let value = self.eval(labels);
        let labels: Option<Vec<Arc<str>>> = value.as_elements().and_then(|elements| {
            elements
                .iter()
                .map(|element| convert(element, &Type::String).ok()?.as_str().map(Arc::from))
                .collect()
        });
        labels.unwrap_or_else(|| {
            let detail = "The labels of a dynamic block must be a list of known strings.";
            self.fail("Invalid dynamic block label", detail, labels_range);
            Vec::new()
        })
    }

    /// An attribute of the "attributes as blocks" kind, written as blocks.
    fn decode_attribute_blocks(
        &mut self,
        body: &Body,
        name: &Arc<str>,
        attribute: &schema::Attribute,
    ) -> Value {
        let occurrences = self.occurrences(body, name);
        if let Some(given) = body.attribute(name) {
            let detail =
                format!("{name:?} is written both as an argument and as blocks. Use one of the two.");
            self.fail("Attribute redefined", detail, &given.name_range);
        }
        if attribute.unsupported
            && let Some(first) = occurrences.known.first()
        {
            self.not_implemented("argument", name, first.range);
        }
        self.decode_object_blocks(&occurrences, &attribute.ty)
    }

    fn decode_object_blocks(&mut self, occurrences: &Occurrences, ty: &Type) -> Value {
        let (Type::List(element) | Type::Set(element)) = ty else { return Value::unknown(ty.clone()) };
        let Type::Object(object) = &**element else { return Value::unknown(ty.clone()) };
        let values: Vec<Value> = occurrences
            .known
            .iter()
            .map(|one| {
                let value =
                    self.with_names(one.names.iter().cloned(), |inner| inner.decode_object(one.body, object));
                value.with_marks(one.marks)
            })
            .collect();
        match (occurrences.unknown, ty) {
            (Some(marks), _) => Value::unknown(concrete(ty)).with_marks(marks),
            (None, Type::Set(_)) => Value::set(concrete(element), values),
            (None, _) => Value::list(concrete(element), values),
        }
    }

    /// A body read by an object type: what is absent is null.
    fn decode_object(&mut self, body: &Body, object: &ObjectType) -> Value {
        let is_block = |name: &str| object.attributes.get(name).is_some_and(holds_blocks);
        let body = &self.with_json_blocks(body, &|attribute| {
            (is_block(&attribute.name) && is_objects(&attribute.value)).then_some(0)
        });
        let names: Vec<&str> = object.attributes.keys().map(|name| &**name).collect();
        self.refuse_unexpected(body, &|name| object.attributes.contains_key(name), &is_block, &names);
        let attributes: Vec<(Arc<str>, Value)> = object
            .attributes
            .iter()
            .map(|(name, ty)| {
                let value = match body.attribute(name) {
                    Some(given) => self.eval_converted(given, ty),
                    None if is_block(name) => {
                        let occurrences = self.occurrences(body, name);
                        match occurrences.known.is_empty() && occurrences.unknown.is_none() {
                            true => Value::null(concrete(ty)),
                            false => self.decode_object_blocks(&occurrences, ty),
                        }
                    }
                    None => Value::null(concrete(ty)),
                };
                (name.clone(), value)
            })
            .collect();
        Value::object(attributes)
    }
}

/// The type that a block stands for: its own, or the label of a `dynamic` one.
fn block_type(block: &Block) -> &str {
    match (&*block.kind, block.labels.first()) {
        ("dynamic", Some(label)) => label,
        (kind, _) => kind,
    }
}

/// Whether a value of the JSON syntax can be blocks.
fn is_objects(value: &Expr) -> bool {
    match value.kind() {
        ExprKind::Object(_) => true,
        ExprKind::Tuple(elements) => {
            elements.iter().all(|element| matches!(element.kind(), ExprKind::Object(_)))
        }
        _ => false,
    }
}

fn holds_blocks(ty: &Type) -> bool {
    matches!(ty, Type::List(element) | Type::Set(element) if matches!(&**element, Type::Object(_)))
}

fn names_of(schema: &schema::Block) -> Vec<&str> {
    schema.attributes.keys().chain(schema.block_types.keys()).map(|name| &**name).collect()
}

fn hint(name: &str, names: &[&str]) -> String {
    did_you_mean(name, names.iter().copied())
        .map(|near| format!(" Did you mean {near:?}?"))
        .unwrap_or_default()
}
