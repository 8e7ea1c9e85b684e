//! Schemas: what a resource type, a data source or a provider block accepts and how its attributes
//! behave. They are data (`schemas/`), and everything generic is driven by them: decoding of
//! configuration, validation, diff, replacement, reference pages, random configurations for tests.
//!
//! There is deliberately no mapping to cloud APIs here; what does something is Rust.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ty::Type;

/// The schema of a resource type, data source or provider block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The type name: `aws_vpc`; the local name for a provider block.
    pub type_name: Arc<str>,
    /// The state version of the shape, as the public provider counts it.
    #[serde(default)]
    pub version: u64,
    /// What it is, in a sentence or two.
    #[serde(default)]
    pub description: String,
    /// Holds data that cannot be made again (databases, disks, buckets).
    #[serde(default, skip_serializing_if = "is_default")]
    pub stateful: bool,
    /// How an object made by an interrupted create is found again, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_by: Option<String>,
    /// What `import` takes as identifier, with an example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_id: Option<String>,
    /// Attributes and nested blocks.
    pub block: Block,
}

/// Attributes and nested blocks of one level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Attributes by name.
    #[serde(default)]
    pub attributes: BTreeMap<Arc<str>, Attribute>,
    /// Nested blocks by type name.
    #[serde(default)]
    pub block_types: BTreeMap<Arc<str>, NestedBlock>,
}

/// One attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Must be set.
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: bool,
    /// May be set.
    #[serde(default, skip_serializing_if = "is_default")]
    pub optional: bool,
    /// Set by the provider where configuration leaves it out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub computed: bool,
    /// Must not be shown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sensitive: bool,
    /// Accepted from configuration, never stored.
    #[serde(default, skip_serializing_if = "is_default")]
    pub write_only: bool,
    /// A change makes a new object.
    #[serde(default, skip_serializing_if = "is_default")]
    pub force_new: bool,
    /// A known type of the public provider that this one does not implement: setting it is refused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unsupported: bool,
    /// May also be written as nested blocks (the public provider's "attributes as blocks").
    #[serde(default, skip_serializing_if = "is_default")]
    pub attr_as_blocks: bool,
    /// The value when configuration leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// When two different values mean the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equality: Option<Equality>,
    /// A computed value that is known only after apply when one of these attributes changes; `*` is
    /// any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recompute_on: Vec<Arc<str>>,
    /// The only values allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub valid_values: Vec<Arc<str>>,
    /// May not be set together with these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts_with: Vec<Arc<str>>,
    /// Needs these to be set as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_with: Vec<Arc<str>>,
    /// Exactly one of these is set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exactly_one_of: Vec<Arc<str>>,
    /// At least one of these is set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at_least_one_of: Vec<Arc<str>>,
    /// Why not to use it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl Attribute {
    /// An attribute of which nothing is said but its type.
    pub fn new(ty: Type) -> Self {
        Self {
            ty,
            required: false,
            optional: false,
            computed: false,
            sensitive: false,
            write_only: false,
            force_new: false,
            unsupported: false,
            attr_as_blocks: false,
            default: None,
            equality: None,
            recompute_on: Vec::new(),
            valid_values: Vec::new(),
            conflicts_with: Vec::new(),
            required_with: Vec::new(),
            exactly_one_of: Vec::new(),
            at_least_one_of: Vec::new(),
            deprecated: None,
            description: String::new(),
        }
    }
}

/// When two values that differ are still the same wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Equality {
    /// The same JSON document, however written.
    Json,
    /// The same access policy: see `evenkeel_provider::policy`.
    Policy,
    /// The same address; `https://` may be left out.
    Url,
    /// The same network, host bits ignored.
    Cidr,
    /// Upper and lower case mean the same.
    CaseInsensitive,
    /// Texts that say the same number: a price.
    Number,
}

/// How often a nested block occurs and what it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nesting {
    /// At most one, null when absent.
    Single,
    /// At most one, never null.
    Group,
    /// Any number, in order.
    List,
    /// Any number, without order.
    Set,
    /// Any number, by label.
    Map,
}

/// A nested block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NestedBlock {
    /// What it becomes.
    pub nesting_mode: Nesting,
    /// Its contents.
    pub block: Block,
    /// The fewest there may be.
    #[serde(default, skip_serializing_if = "is_default")]
    pub min_items: u64,
    /// The most there may be; 0 for no limit.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_items: u64,
    /// A change makes a new object.
    #[serde(default, skip_serializing_if = "is_default")]
    pub force_new: bool,
    /// Set by the provider where configuration has none of these blocks.
    #[serde(default, skip_serializing_if = "is_default")]
    pub computed: bool,
    /// Not implemented: writing one is refused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unsupported: bool,
    /// What it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Block {
    /// The object type of a decoded block: every attribute and nested block, absent ones null or
    /// empty.
    pub fn implied_type(&self) -> Type {
        let attributes = self.attributes.iter().map(|(name, attribute)| (name.clone(), attribute.ty.clone()));
        let blocks = self.block_types.iter().map(|(name, nested)| (name.clone(), nested.implied_type()));
        Type::object(attributes.chain(blocks))
    }
}

impl NestedBlock {
    /// The type of the attribute that the blocks become.
    pub fn implied_type(&self) -> Type {
        let object = self.block.implied_type();
        match self.nesting_mode {
            Nesting::Single | Nesting::Group => object,
            Nesting::List => Type::list(object),
            Nesting::Set => Type::set(object),
            Nesting::Map => Type::map(object),
        }
    }
}

impl Schema {
    /// The type of a whole object of this resource type.
    pub fn ty(&self) -> Type {
        self.block.implied_type()
    }
}
