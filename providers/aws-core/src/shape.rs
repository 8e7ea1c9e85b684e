//! The value of an object, filled in by its schema, nested blocks included.
//!
//! Services answer with nothing where something is off, empty or zero, and configuration may say the
//! same by leaving it out. A [`Shape`] settles that in one place: what is written stays as it is
//! written where it means what was found, what is not written is null or what the schema says, and
//! what only the provider knows is never null.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use evenkeel_model::{Type, Value};
use evenkeel_provider::{diff, propose};

use crate::object::absent_block;

/// A block being put together.
pub struct Shape<'a> {
    block: &'a Block,
    known: Option<&'a Value>,
    values: BTreeMap<Arc<str>, Value>,
}

impl<'a> Shape<'a> {
    /// A whole object. `known` is the object as it is remembered or planned; what is not found in the
    /// cloud (timeouts, what only deleting looks at) is taken from there.
    pub fn new(schema: &'a Schema, known: &'a Value) -> Self {
        let mut shape = Self::of(&schema.block, Some(known));
        for (name, value) in known.as_entries().into_iter().flatten() {
            let kept = value.is_wholly_known() && !value.is_null();
            if let Some(slot) = shape.values.get_mut(name).filter(|_| kept) {
                *slot = value.clone();
            }
        }
        shape
    }

    fn of(block: &'a Block, known: Option<&'a Value>) -> Self {
        let attributes = block.attributes.iter().map(|(name, attribute)| {
            let default = propose::default_value(attribute);
            (name.clone(), default.unwrap_or_else(|| Value::null(attribute.ty.clone())))
        });
        let blocks = block.block_types.iter().map(|(name, nested)| (name.clone(), absent_block(nested)));
        Self { block, known, values: attributes.chain(blocks).collect() }
    }

    /// What was found for an attribute; nothing where the answer does not have it.
    pub fn value(mut self, name: &str, found: Option<Value>) -> Self {
        if let (Some(attribute), Some(slot)) = (self.block.attributes.get(name), self.values.get_mut(name)) {
            *slot = settled(attribute, self.known.and_then(|known| known.get(name)), found);
        }
        self
    }

    /// A value as it is, of the attribute's type.
    pub fn exactly(mut self, name: &str, value: Value) -> Self {
        if let Some(slot) = self.values.get_mut(name) {
            *slot = value;
        }
        self
    }

    /// A text.
    pub fn text(self, name: &str, found: Option<impl AsRef<str>>) -> Self {
        self.value(name, found.map(Value::string))
    }

    /// A flag.
    pub fn flag(self, name: &str, found: Option<bool>) -> Self {
        self.value(name, found.map(Value::bool))
    }

    /// A number.
    pub fn number(self, name: &str, found: Option<impl Into<i64>>) -> Self {
        self.value(name, found.map(|number| Value::number(number.into())))
    }

    /// Texts, as the set or list that the schema says.
    pub fn texts<S: AsRef<str>>(self, name: &str, found: impl IntoIterator<Item = S>) -> Self {
        let texts = found.into_iter().map(Value::string);
        let value = match self.block.attributes.get(name).map(|attribute| &attribute.ty) {
            Some(Type::List(_)) => Value::list(Type::String, texts),
            _ => Value::set(Type::String, texts),
        };
        self.value(name, Some(value))
    }

    /// `tags` and `tags_all`.
    pub fn tags(self, (own, all): (Value, Value)) -> Self {
        self.exactly("tags", own).exactly("tags_all", all)
    }

    /// Nested blocks, one for each thing found; `fill` puts one of them into its block.
    pub fn blocks<T>(mut self, name: &str, found: &[T], fill: impl Fn(Self, &T) -> Self) -> Self {
        let Some(nested) = self.block.block_types.get(name) else { return self };
        let known = self.known.and_then(|known| known.get(name));
        let value = blocks_value(nested, known, found, fill);
        self.values.insert(name.into(), value);
        self
    }

    /// Blocks as they are written, where the service does not tell; what only it knows is left empty.
    pub fn written(mut self, name: &str) -> Self {
        if let Some(nested) = self.block.block_types.get(name) {
            let known = self.known.and_then(|known| known.get(name));
            self.values.insert(name.into(), written(nested, known));
        }
        self
    }

    /// The object of which nothing was found: what only the provider knows is empty.
    pub fn nothing(mut self) -> Self {
        for (name, attribute) in &self.block.attributes {
            let known = self.known.and_then(|known| known.get(name));
            self.values.insert(name.clone(), settled(attribute, known, None));
        }
        self
    }

    /// Whether configuration, or what is remembered of it, has blocks of this name.
    pub fn has(&self, name: &str) -> bool {
        let known = self.known.and_then(|known| known.get(name)).and_then(Value::as_elements);
        known.is_some_and(|elements| !elements.is_empty())
    }

    /// The value.
    pub fn build(self) -> Value {
        Value::object(self.values)
    }
}

fn blocks_value<'a, T>(
    nested: &'a NestedBlock,
    known: Option<&'a Value>,
    found: &[T],
    fill: impl Fn(Shape<'a>, &T) -> Shape<'a>,
) -> Value {
    let known = known.and_then(Value::as_elements).unwrap_or_default();
    let filled = |item: &T, known: Option<&'a Value>| fill(Shape::of(&nested.block, known), item).build();
    let ty = nested.block.implied_type();
    match nested.nesting_mode {
        Nesting::Set => Value::set(
            ty,
            found.iter().map(|item| {
                // The written block that this one is says how it is written.
                let as_written = known.iter().map(|known| (known, filled(item, Some(known))));
                let same = as_written.into_iter().find(|(known, value)| fits(known, value));
                same.map_or_else(|| filled(item, None), |(_, value)| value)
            }),
        ),
        _ => Value::list(ty, found.iter().enumerate().map(|(index, item)| filled(item, known.get(index)))),
    }
}

fn written(nested: &NestedBlock, known: Option<&Value>) -> Value {
    let known = known.and_then(Value::as_elements).unwrap_or_default();
    let fill = |known: &Value| {
        let mut shape = Shape::of(&nested.block, None);
        for (name, attribute) in &nested.block.attributes {
            let value = known.get(name).filter(|value| value.is_wholly_known() && !value.is_null());
            shape.values.insert(name.clone(), settled(attribute, None, value.cloned()));
        }
        for (name, inner) in &nested.block.block_types {
            shape.values.insert(name.clone(), written(inner, known.get(name)));
        }
        shape.build()
    };
    let ty = nested.block.implied_type();
    match nested.nesting_mode {
        Nesting::Set => Value::set(ty, known.iter().map(fill)),
        _ => Value::list(ty, known.iter().map(fill)),
    }
}

/// Whether everything that is known of a block is so.
fn fits(known: &Value, value: &Value) -> bool {
    known.as_entries().into_iter().flatten().all(|(name, known)| {
        !known.is_wholly_known() || value.get(name).is_some_and(|value| diff::same(value, known))
    })
}

fn settled(attribute: &Attribute, known: Option<&Value>, found: Option<Value>) -> Value {
    let written = known.filter(|known| known.is_wholly_known() && !known.is_null());
    let nothing = || zero(&attribute.ty);
    let little = found.as_ref().is_none_or(is_zero);
    match (written, found) {
        (Some(written), Some(found)) if diff::equivalent(attribute, written, &found) => written.clone(),
        (Some(written), _) if little && is_zero(written) => written.clone(),
        (Some(_), found) => found.unwrap_or_else(nothing),
        (None, Some(found)) if !little => found,
        (None, found) if attribute.computed || attribute.required => found.unwrap_or_else(nothing),
        (None, found) => match propose::default_value(attribute) {
            Some(default) => found.unwrap_or(default),
            None => Value::null(attribute.ty.clone()),
        },
    }
}

/// What means the same as nothing.
fn zero(ty: &Type) -> Value {
    match ty {
        Type::String => Value::string(""),
        Type::Bool => Value::bool(false),
        Type::Number => Value::number(0),
        Type::List(element) => Value::list((**element).clone(), []),
        Type::Set(element) => Value::set((**element).clone(), []),
        Type::Map(element) => Value::map::<&str>((**element).clone(), []),
        _ => Value::null(ty.clone()),
    }
}

fn is_zero(value: &Value) -> bool {
    value.is_null() || diff::same(value, &zero(&value.ty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        serde_json::from_value(json!({
            "type_name": "aws_thing",
            "block": {
                "attributes": {
                    "encrypted": { "type": "bool", "optional": true, "description": "." },
                    "kms_key_id": { "type": "string", "optional": true, "computed": true, "description": "." },
                    "check": { "type": "bool", "optional": true, "default": true, "description": "." },
                    "wait": { "type": "bool", "optional": true, "description": "." }
                },
                "block_types": {
                    "disk": {
                        "nesting_mode": "set",
                        "block": { "attributes": {
                            "name": { "type": "string", "required": true, "description": "." },
                            "size": { "type": "number", "optional": true, "description": "." },
                            "id": { "type": "string", "computed": true, "description": "." }
                        } }
                    }
                }
            }
        }))
        .expect("the schema can be read")
    }

    fn object(encrypted: Value) -> Value {
        Value::object([("encrypted", encrypted), ("wait", Value::bool(true))])
    }

    #[test]
    fn nothing_found_is_as_it_is_written() {
        let schema = schema();
        let encrypted = |written: Value, found: Option<bool>| {
            Shape::new(&schema, &object(written)).flag("encrypted", found).build().get("encrypted").cloned()
        };
        let null = || Value::null(Type::Bool);
        assert_eq!(encrypted(null(), Some(false)), Some(null()));
        assert_eq!(encrypted(Value::bool(false), None), Some(Value::bool(false)));
        assert_eq!(encrypted(Value::bool(true), None), Some(Value::bool(false)));
        assert_eq!(encrypted(null(), Some(true)), Some(Value::bool(true)));
    }

    #[test]
    fn what_only_the_provider_knows_is_never_null_and_defaults_stand() {
        let schema = schema();
        let known = object(Value::bool(true));
        let value = Shape::new(&schema, &known).text("kms_key_id", None::<&str>).flag("check", None).build();
        assert_eq!(value.get_str("kms_key_id"), Some(""));
        assert_eq!(value.get_bool("check"), Some(true));
        assert_eq!(value.get_bool("wait"), Some(true));
        let value = Shape::new(&schema, &known).flag("check", Some(false)).build();
        assert_eq!(value.get_bool("check"), Some(false));
    }

    #[test]
    fn blocks_without_order_are_matched_with_what_is_written() {
        let schema = schema();
        let disks = schema.block.block_types.get("disk").expect("the schema has disks").block.implied_type();
        let disk = |name: &str, size: Value, id: Value| {
            Value::object([("name", Value::string(name)), ("size", size), ("id", id)])
        };
        let unknown = || Value::unknown(Type::String);
        let written =
            [disk("a", Value::number(0), unknown()), disk("b", Value::null(Type::Number), unknown())];
        let known = Value::object([("disk", Value::set(disks, written))]);
        let value = Shape::new(&schema, &known)
            .blocks("disk", &["b", "a"], |shape, name| {
                shape.text("name", Some(name)).number("size", Some(0)).text("id", Some("1"))
            })
            .build();
        let sizes: Vec<_> =
            value.get("disk").and_then(Value::as_elements).unwrap_or_default().iter().collect();
        assert!(
            sizes.iter().any(|disk| disk.get_str("name") == Some("a") && disk.get_i64("size") == Some(0))
        );
        assert!(sizes.iter().any(|disk| disk.get_str("name") == Some("b") && disk.get_i64("size").is_none()));
    }
}
