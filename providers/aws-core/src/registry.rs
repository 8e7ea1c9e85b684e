//! Lists of resource types and data sources with their schemas; each service has one.
//!
//! A schema is parsed when it is first asked for.

use std::sync::OnceLock;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ResourceSpec};

use crate::plan;
use crate::resource::{DataSource, Resource};

/// A managed resource type and its schema.
pub struct ResourceEntry {
    /// What it does.
    pub resource: &'static dyn Resource,
    /// What its objects look like.
    pub schema: LazySchema,
}

/// A data source and its schema.
pub struct DataEntry {
    /// What it does.
    pub source: &'static dyn DataSource,
    /// What its answers look like.
    pub schema: LazySchema,
}

/// A schema as text, and parsed as soon as it is needed.
pub struct LazySchema {
    text: &'static str,
    parsed: OnceLock<Schema>,
}

impl LazySchema {
    /// A schema file's text.
    pub const fn new(text: &'static str) -> Self {
        Self { text, parsed: OnceLock::new() }
    }

    /// The schema.
    pub fn get(&self) -> &Schema {
        self.parsed.get_or_init(|| {
            serde_json::from_str(self.text).expect("the tests read every schema file built in")
        })
    }
}

/// Defines `RESOURCES` and `DATA_SOURCES` of a service, and `schema` and `data_schema` by name. The
/// schema files are named as seen from the `src` folder of a crate beside this one.
#[macro_export]
macro_rules! service {
    (resources { $($resource:expr => $name:literal,)* } data { $($source:expr => $data:literal,)* }) => {
        /// The managed resource types, by name.
        pub static RESOURCES: [$crate::registry::ResourceEntry; { const ALL: &[&str] = &[$($name),*]; ALL.len() }] =
            [$($crate::registry::ResourceEntry { resource: &$resource, schema: $crate::schema_file!($name) },)*];

        /// The data sources, by name.
        pub static DATA_SOURCES: [$crate::registry::DataEntry; { const ALL: &[&str] = &[$($data),*]; ALL.len() }] =
            [$($crate::registry::DataEntry { source: &$source, schema: $crate::schema_file!($data) },)*];

        /// The schema of a managed resource type that is in the list.
        #[allow(dead_code, reason = "a service may have data sources only")]
        pub fn schema(kind: &str) -> &'static evenkeel_model::schema::Schema {
            $crate::registry::schema_of(&RESOURCES, kind)
        }

        /// The schema of a data source that is in the list.
        #[allow(dead_code, reason = "a service may have managed types only")]
        pub fn data_schema(kind: &str) -> &'static evenkeel_model::schema::Schema {
            $crate::registry::data_schema_of(&DATA_SOURCES, kind)
        }
    };
}

/// A file of `schemas/aws`, by its name without the ending.
#[macro_export]
macro_rules! schema_file {
    ($name:literal) => {
        $crate::registry::LazySchema::new(include_str!(concat!("../../../schemas/aws/", $name, ".json")))
    };
}

/// The schema of a managed resource type that is in the list.
pub fn schema_of(entries: &'static [ResourceEntry], kind: &str) -> &'static Schema {
    let entry = entries.iter().find(|entry| entry.resource.kind() == kind);
    entry.expect("a resource type asks for its own schema and is in the list").schema.get()
}

/// The schema of a data source that is in the list.
pub fn data_schema_of(entries: &'static [DataEntry], kind: &str) -> &'static Schema {
    let entry = entries.iter().find(|entry| entry.source.kind() == kind);
    entry.expect("a data source asks for its own schema and is in the list").schema.get()
}

impl ResourceEntry {
    /// Its schema.
    pub fn schema(&self) -> &Schema {
        self.schema.get()
    }
}

impl DataEntry {
    /// Its schema.
    pub fn schema(&self) -> &Schema {
        self.schema.get()
    }
}

impl ResourceSpec for ResourceEntry {
    fn schema(&self) -> &Schema {
        self.schema.get()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = crate::tags::validate(config);
        diagnostics.extend(self.resource.validate(config));
        diagnostics
    }

    fn plan(&self, request: &PlanRequest<'_>) -> PlannedChange {
        plan::plan(self.resource, self.schema.get(), request)
    }
}
