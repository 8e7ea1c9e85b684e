//! The one list of everything this provider supports.
//!
//! A schema is parsed when it is first asked for.

use std::sync::OnceLock;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ResourceSpec};

use crate::resource::{DataSource, Resource};
use crate::resources::{ec2, s3};
use crate::{data, plan};

/// A managed resource type and its schema.
pub struct ResourceEntry {
    /// What it does.
    pub resource: &'static dyn Resource,
    schema: LazySchema,
}

/// A data source and its schema.
pub struct DataEntry {
    /// What it does.
    pub source: &'static dyn DataSource,
    schema: LazySchema,
}

struct LazySchema {
    text: &'static str,
    parsed: OnceLock<Schema>,
}

impl LazySchema {
    const fn new(text: &'static str) -> Self {
        Self { text, parsed: OnceLock::new() }
    }

    fn get(&self) -> &Schema {
        self.parsed.get_or_init(|| {
            serde_json::from_str(self.text).expect("the tests read every schema file built in")
        })
    }
}

macro_rules! schema {
    ($name:literal) => {
        LazySchema::new(include_str!(concat!("../../../schemas/aws/", $name, ".json")))
    };
}

macro_rules! resources {
    ($($resource:expr => $name:literal,)*) => {
        /// All managed resource types, by name.
        pub static RESOURCES: [ResourceEntry; { const NAMES: &[&str] = &[$($name),*]; NAMES.len() }] =
            [$(ResourceEntry { resource: &$resource, schema: schema!($name) },)*];
    };
}

macro_rules! data_sources {
    ($($source:expr => $name:literal,)*) => {
        /// All data sources, by name.
        pub static DATA_SOURCES: [DataEntry; { const NAMES: &[&str] = &[$($name),*]; NAMES.len() }] =
            [$(DataEntry { source: &$source, schema: schema!($name) },)*];
    };
}

resources! {
    ec2::Instance => "aws_instance",
    ec2::InternetGateway => "aws_internet_gateway",
    ec2::RouteTable => "aws_route_table",
    ec2::RouteTableAssociation => "aws_route_table_association",
    s3::Bucket => "aws_s3_bucket",
    s3::BucketVersioning => "aws_s3_bucket_versioning",
    s3::Object => "aws_s3_object",
    ec2::SecurityGroup => "aws_security_group",
    ec2::Subnet => "aws_subnet",
    ec2::Vpc => "aws_vpc",
    ec2::SecurityGroupEgressRule => "aws_vpc_security_group_egress_rule",
    ec2::SecurityGroupIngressRule => "aws_vpc_security_group_ingress_rule",
}

data_sources! {
    data::Ami => "data.aws_ami",
    data::AvailabilityZones => "data.aws_availability_zones",
    data::CallerIdentity => "data.aws_caller_identity",
    data::Region => "data.aws_region",
}

static PROVIDER: LazySchema = schema!("provider");

/// A managed resource type.
pub fn resource(kind: &str) -> Option<&'static ResourceEntry> {
    RESOURCES.iter().find(|entry| entry.resource.kind() == kind)
}

/// A data source.
pub fn data_source(kind: &str) -> Option<&'static DataEntry> {
    DATA_SOURCES.iter().find(|entry| entry.source.kind() == kind)
}

/// The schema of a managed resource type that is in the list.
pub fn schema(kind: &str) -> &'static Schema {
    resource(kind).expect("a resource type asks for its own schema and is in the list").schema()
}

/// The schema of a data source that is in the list.
pub fn data_schema(kind: &str) -> &'static Schema {
    data_source(kind).expect("a data source asks for its own schema and is in the list").schema()
}

/// The schema of the provider block.
pub fn provider_schema() -> &'static Schema {
    PROVIDER.get()
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

#[cfg(test)]
mod tests;
