//! Building the value of an object from what the cloud says about it.
//!
//! A value must have exactly the attributes and types of its schema. [`Builder`] starts from what
//! is remembered or planned (which holds what only configuration knows: `force_destroy`,
//! `timeouts`), takes what was observed, and fills the rest with nulls.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::schema::{NestedBlock, Nesting, Schema};
use evenkeel_model::{Type, Value};
use evenkeel_provider::propose;

/// An object being put together.
pub struct Builder<'a> {
    schema: &'a Schema,
    attributes: BTreeMap<Arc<str>, Value>,
}

impl<'a> Builder<'a> {
    /// Starts from a remembered or planned object. What is unknown there becomes null; what is null
    /// and has a default takes it.
    pub fn new(schema: &'a Schema, base: &Value) -> Self {
        let known = |name: &str| base.get(name).filter(|value| value.is_wholly_known() && !value.is_null());
        let attributes = schema.block.attributes.iter().map(|(name, attribute)| {
            let value = known(name).cloned().or_else(|| propose::default_value(attribute));
            (name.clone(), value.unwrap_or_else(|| Value::null(attribute.ty.clone())))
        });
        let blocks = schema.block.block_types.iter().map(|(name, nested)| {
            (name.clone(), known(name).cloned().unwrap_or_else(|| absent_block(nested)))
        });
        Self { schema, attributes: attributes.chain(blocks).collect() }
    }

    /// Sets an attribute to any value. An attribute that the schema does not have is left out.
    pub fn set(mut self, name: &str, value: Value) -> Self {
        if let Some(slot) = self.attributes.get_mut(name) {
            *slot = value;
        }
        self
    }

    /// Sets a string attribute; `None` is null.
    pub fn str(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        let value = value.map_or_else(|| Value::null(Type::String), Value::string);
        self.set(name, value)
    }

    /// Sets a string attribute; `None` is the empty text, which is how answers of data sources say it.
    pub fn text(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        let value = value.map_or_else(|| Value::string(""), Value::string);
        self.set(name, value)
    }

    /// Sets a bool attribute; `None` is null.
    pub fn bool(self, name: &str, value: Option<bool>) -> Self {
        self.set(name, value.map_or_else(|| Value::null(Type::Bool), Value::bool))
    }

    /// Sets a number attribute; `None` is null.
    pub fn number(self, name: &str, value: Option<impl Into<i64>>) -> Self {
        let value = value.map_or_else(|| Value::null(Type::Number), |number| Value::number(number.into()));
        self.set(name, value)
    }

    /// Sets a set of strings.
    pub fn string_set<S: AsRef<str>>(self, name: &str, values: impl IntoIterator<Item = S>) -> Self {
        self.set(name, Value::set(Type::String, values.into_iter().map(Value::string)))
    }

    /// Sets a list of strings.
    pub fn string_list<S: AsRef<str>>(self, name: &str, values: impl IntoIterator<Item = S>) -> Self {
        self.set(name, Value::list(Type::String, values.into_iter().map(Value::string)))
    }

    /// Sets `tags` and `tags_all`.
    pub fn tags(self, (own, all): (Value, Value)) -> Self {
        self.set("tags", own).set("tags_all", all)
    }

    /// The attribute as it stands.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name)
    }

    /// The object.
    pub fn build(self) -> Value {
        debug_assert!(
            self.attributes.iter().all(|(name, value)| self.fits(name, value)),
            "every attribute has the type of the schema"
        );
        Value::object(self.attributes)
    }

    fn fits(&self, name: &str, value: &Value) -> bool {
        let block = &self.schema.block;
        let expected = block.attributes.get(name).map(|attribute| attribute.ty.clone());
        let expected = expected.or_else(|| block.block_types.get(name).map(NestedBlock::implied_type));
        expected == Some(value.ty())
    }
}

/// What a nested block is when there is none.
pub fn absent_block(nested: &NestedBlock) -> Value {
    let element = nested.block.implied_type();
    match nested.nesting_mode {
        Nesting::Single | Nesting::Group => Value::null(element),
        Nesting::List => Value::list(element, []),
        Nesting::Set => Value::set(element, []),
        Nesting::Map => Value::map::<&str>(element, []),
    }
}
